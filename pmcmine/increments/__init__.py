"""From one release to the next: what a release keeps for it (`state/`), what changed, and the release it starts from."""
