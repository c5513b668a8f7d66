"""Shared parts of evaluations: intervals and readers of gold files."""
