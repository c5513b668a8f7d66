"""Score rows of a release with models: side tables that conditions can name."""
