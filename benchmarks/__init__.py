"""Ratios measured within one run: `python -m benchmarks NAME`."""
