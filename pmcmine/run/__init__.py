"""A run: what it is, what it needs, what it owns, how it goes and how it ends. No Beam."""
