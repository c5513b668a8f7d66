"""Write texts about rows of a release with a language model, each traceable to the passages given to the model."""
