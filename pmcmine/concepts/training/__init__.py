"""Learn linking from annotated texts, and evaluate it."""
