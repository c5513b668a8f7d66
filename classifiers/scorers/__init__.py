"""Scorers that come with pmcmine, a file each."""
