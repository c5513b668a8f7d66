"""Updates: compare snapshots, write tombstones, and plan the next release from the last one."""
