"""Compound figures: panels of captions, boxes of images, and which belongs to which."""
