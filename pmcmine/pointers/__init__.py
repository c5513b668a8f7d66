"""Pointer rows for content that may not be redistributed, and their rehydration."""
