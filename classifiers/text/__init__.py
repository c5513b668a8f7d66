"""What a paragraph is: its type, its domain, and how well it teaches."""
