"""The fault suite: `python -m benchmarks.soak`."""
