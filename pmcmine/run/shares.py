"""Compute how many blocks a run mines in parallel."""

from __future__ import annotations

from pmcmine.config import MineConfig


def fetch_keys(config: MineConfig, remote: bool, n_blocks: int) -> int:
    """Compute the number of shares of the request budget; at most this many blocks are mined in parallel.

    A source without a remote host has one share per block.
    """
    if not remote:
        return n_blocks
    given = config.fetch_keys or {"direct": config.workers, "prism": 2, "slurm": config.slurm_cpus}.get(
        config.runner, 64
    )
    return max(1, min(given, n_blocks))
