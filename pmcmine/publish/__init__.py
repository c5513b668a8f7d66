"""A release to the Hugging Face Hub, and back: one dataset repo a dataset folder. Needs `pmcmine[hub]`."""
