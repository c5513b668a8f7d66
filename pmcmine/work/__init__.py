"""What the blocks of a run leave for its later stages, and a release for the next one."""
