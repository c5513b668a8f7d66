"""Releases in Python and notebooks: tables as Arrow, pandas or polars, figures with their pictures; and making one."""
