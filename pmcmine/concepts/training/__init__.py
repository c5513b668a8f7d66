"""Linking that is learned from annotated texts, and its evaluation."""
