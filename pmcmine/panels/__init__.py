"""Compound figures: panels of captions, boxes in images, and the matching of both."""
