"""Describe a release: cards, Croissant, datasheet, report, costs."""
