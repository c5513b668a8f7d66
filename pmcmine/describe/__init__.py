"""What a release says of itself: cards, Croissant, data sheet, report, costs."""
