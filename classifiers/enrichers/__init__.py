"""One module for each entry point that adds columns to rows."""
