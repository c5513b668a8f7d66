"""The network that looks at pictures: how it was made (`export`); its `LICENSE.md` says what it is."""
