"""The checks, one a module: `CODES` and `find(answer)`."""
