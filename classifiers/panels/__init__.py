"""Draw compound figures from real layouts, train the networks that read letters and see layouts, and fit weights."""
