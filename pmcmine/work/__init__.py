"""Manage files that the blocks of a run leave for its later stages, and a release for its next update."""
