"""Texts that a language model writes about rows of a release, each traceable to what the model was given."""
