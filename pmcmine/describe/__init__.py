"""Descriptions of a release: cards, Croissant, data sheet, report, costs."""
