"""Texts of others: what may be shown of them, and how long they may be. Knows no file and no article."""
