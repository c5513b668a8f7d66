"""Tell words of general English from names, for the checks of written text."""
