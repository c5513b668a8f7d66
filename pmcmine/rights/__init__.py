"""Rights: licences of articles, rights of figures, attribution."""
