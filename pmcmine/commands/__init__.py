"""The commands, one module per group. Heavy packages are imported inside the functions."""
