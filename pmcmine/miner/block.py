"""Mine a block of articles into packs and row files, committed by one manifest written last.

A block that was started twice without a commit has killed its worker: its articles are then mined in child processes,
and a child that dies is bisected down to the article that kills it.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections import Counter

from pmcmine.config import MineConfig
from pmcmine.io.folder import Folder
from pmcmine.miner.at_work import STARTS_AT_WORK, naming_slow, settle_marker
from pmcmine.miner.children import mine_in_halves
from pmcmine.miner.part import mine_part
from pmcmine.miner.retries import outcomes_before
from pmcmine.sources.base import Entry, Reader
from pmcmine.work.delta import read_superseded
from pmcmine.work.manifest import Manifest, Part, block_folder, read_manifest, write_manifest
from pmcmine.work.snapshot import read_block

log = logging.getLogger(__name__)
_CAREFUL_AFTER = 2  # starts without a commit


def _read_starts(work: Folder, home: str) -> tuple[int, frozenset[str]]:
    """Count starts that ended without a record, and list the articles in progress at interrupted starts."""
    silent, suspects = 0, set[str]()
    for name in work.names(home):
        if name.startswith("started-") and not name.endswith(".tmp"):  # left by a killed writer
            try:
                suspects |= set(json.loads(work.read(f"{home}/{name}"))["suspects"])
            except (ValueError, KeyError, TypeError, RecursionError):  # mostly empty
                silent += 1
    return silent, frozenset(suspects)


def mine_block(
    block: int, work: Folder, config: MineConfig, reader: Reader, threads: int, share: float = 1.0
) -> Manifest:
    """Mine a block unless it is committed; return its manifest.

    Args:
        block: number of the block in the snapshot.
        work: the run's work folder.
        config: the configuration.
        reader: the source, opened.
        threads: articles mined in parallel.
        share: the reader's share of the request budget, for child processes.
    """
    home = block_folder(block)
    committed = read_manifest(work, block)
    if committed is not None:
        return committed
    attempt = f"{os.getpid():d}-{uuid.uuid4().hex[:8]}"
    silent, suspects = _read_starts(work, home)
    marker = f"{home}/started-{attempt}"
    work.write(marker, b"")
    STARTS_AT_WORK[marker] = {}
    groups = _wanted(work, block)

    def progress(counts: Counter[str], done: bool = False) -> None:
        data = json.dumps({**counts, "done": int(done)}).encode()
        work.write(f"progress/{block:06d}.json", data, replace=True)

    try:
        parts: list[Part] = []
        apart = [g for g in groups if g[0].pmcid in suspects]
        if apart:
            log.warning(
                "block %d was interrupted at work on %s: mining it in a child process",
                block,
                ", ".join(g[0].pmcid for g in apart),
            )
            for group in apart:
                parts += mine_in_halves([group], block, work, config, f"{home}/{attempt}", share)
            groups = [g for g in groups if g[0].pmcid not in suspects]
        if silent >= _CAREFUL_AFTER:
            log.warning("block %d was started %d times without a commit: mining it in child processes", block, silent)
            parts += mine_in_halves(groups, block, work, config, f"{home}/{attempt}", share) if groups else []
        else:
            home_part, before = f"{home}/{attempt}-p0", outcomes_before(work, block)
            with naming_slow(work, marker):
                parts.append(mine_part(groups, reader, config, work, home_part, threads, progress, before, marker))
        write_manifest(work, Manifest(block, attempt, tuple(parts)))
    except Exception:
        STARTS_AT_WORK.pop(marker, None)
        work.remove(marker)  # the worker failed but was not killed
        raise
    except BaseException:
        settle_marker(work, marker)
        raise
    STARTS_AT_WORK.pop(marker, None)
    work.remove(marker)
    committed = read_manifest(work, block)
    if committed is None:
        raise RuntimeError(f"the manifest of block {block} vanished")
    progress(committed.counts() + Counter(pmcids=len(committed.unchanged())), done=True)
    return committed


def _wanted(work: Folder, block: int) -> list[list[Entry]]:
    """Select the PMCIDs of a block to mine: all, or in an update the new and changed ones."""
    groups = read_block(work, block)
    superseded = read_superseded(work, block)
    return [g for g in groups if g[0].pmcid in superseded] if superseded else groups
