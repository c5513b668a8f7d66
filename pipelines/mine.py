"""The *mine* job: blocks of the snapshot to committed packs and row files.

    fetch keys ─▶ their blocks ─▶ mine and commit each ─▶ its counts

Only block numbers are shuffled, never articles, rows or bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam

from pipelines.counters import BeamCounters
from pmcmine.config import MineConfig, config_class
from pmcmine.io.folder import Folder
from pmcmine.miner.block import mine_block
from pmcmine.sources import open_source
from pmcmine.sources.base import Reader


class MineBlocks(beam.DoFn):
    """(fetch key, blocks) → (block, counts): mines each block unless it is committed."""

    def __init__(self, config: MineConfig, work: Folder, shares: int) -> None:
        self._config = config.model_dump(mode="json")
        self._work = work
        self._shares = shares
        self._reader: Reader | None = None

    def setup(self) -> None:
        """Open the source once per worker, with this fetch key's share of the request budget."""
        config = config_class()(**self._config)
        source = open_source(config)
        self._reader = source.open(1 / self._shares if source.remote else 1.0)
        self._threads = config.concurrency if source.remote else 1

    def teardown(self) -> None:
        """Close connections."""
        if self._reader is not None:
            self._reader.close()

    def process(self, element: tuple[int, Iterable[int]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Mine the blocks of one fetch key, one after the other."""
        assert self._reader is not None
        config, counters = config_class()(**self._config), BeamCounters()
        for block in sorted(element[1]):
            started = time.monotonic()
            manifest = mine_block(block, self._work, config, self._reader, self._threads, 1 / self._shares)
            counts = manifest.counts()
            for name, n in counts.items():
                counters.add(name, n)
            for part in manifest.parts:
                for reason, n in part.rejects.items():
                    counters.add(f"rejects/{reason}", n)
            counters.took("block", time.monotonic() - started)
            yield block, dict(counts)


def build(pipeline: beam.Pipeline, blocks: Sequence[int], shares: int, config: MineConfig, work: Folder) -> Any:
    """Build the graph of the mine job."""
    return (
        pipeline
        | "Blocks" >> beam.Create(list(blocks), reshuffle=False)
        | "FetchKey" >> beam.Map(lambda block, n: (block % n, block), shares)
        | "OneAtATime" >> beam.GroupByKey()
        | "MineBlocks" >> beam.ParDo(MineBlocks(config, work, shares))
    )
