"""From one release to the next: what a release keeps for that (`state/`), what changed, and where it starts from."""
