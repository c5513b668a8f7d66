"""Training of the model that chooses the labels of panels in captions."""
