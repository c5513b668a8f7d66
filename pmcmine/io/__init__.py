"""Files, folders and connections. Knows no article."""
