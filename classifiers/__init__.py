"""Text and image classifiers: features, training, evaluation and the shipped small weights."""
