"""Draw compound figures from real layouts, train the reader of panel letters, and fit the weights of cuts."""
