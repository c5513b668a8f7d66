"""Text from outside: limits on its length, and cleaning for display. Knows no file and no article."""
