"""Descriptions of a release: cards, Croissant, datasheet, report, costs."""
