"""Releases that point to what they may not hold, and how it is fetched again."""
