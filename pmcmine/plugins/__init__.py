"""Extensions of pmcmine, its own and those of other packages, found by entry point."""
