"""Hold the checks, one per module, each with `CODES` and `find(answer)`."""
