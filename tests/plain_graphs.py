"""The graphs of a run as plain loops, without Beam."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmcmine.assemble.files import shard_places, table_file
from pmcmine.assemble.reach import read_reach
from pmcmine.assemble.routing import GROUPED, ROUTED, by_shard, old_files, read_index, read_old
from pmcmine.assemble.tables import all_files
from pmcmine.config import MineConfig
from pmcmine.duplicates import routing
from pmcmine.io.folder import Folder
from pmcmine.miner.block import mine_block
from pmcmine.release.plan import Plan
from pmcmine.sources import open_source
from pmcmine.work.counters import NoCounters
from pmcmine.work.state import write_part
from schemas import Table


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, list[Any]]]:
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return [*groups.items()]


@dataclass(frozen=True)
class PlainGraphs:
    """Does each step of a run in this process, one element after the other."""

    @property
    def versions(self) -> Mapping[str, str]:
        return {}

    def mine(self, config: MineConfig, work: Folder, blocks: Sequence[int], shares: int) -> None:
        reader = open_source(config).open(1.0)
        try:
            for block in blocks:
                mine_block(block, work, config, reader, 1, 1 / shares)
        finally:
            reader.close()

    def near_duplicates(self, config: MineConfig, work: Folder, n_blocks: int, buckets: int) -> None:
        parts = routing.parts_of(n_blocks)
        tokens = _grouped(t for block in range(n_blocks) for t in routing.read_tokens(block, parts, work))
        repeated = _grouped(r for element in tokens for r in routing.repeated(element))
        signatures = _grouped(s for element in repeated for s in routing.read_signatures(element, parts, work))
        tagged = [t for element in signatures for t in routing.by_content(element, parts, buckets)]
        keys = _grouped(value for tag, value in tagged if tag == routing.KEYS)
        pairs = [value for tag, value in tagged if tag == routing.EDGES]
        pairs += [pair for element in keys for pair in routing.by_key(element, buckets)]
        for element in _grouped(pairs):
            routing.edges(element, work, NoCounters())

    def assemble(self, config: MineConfig, work: Folder, out: Folder, plan: Plan, tables: Mapping[str, Table]) -> None:
        staged = [s for block in range(plan.n_blocks) for s in read_index(block, plan, work)]
        reach, old = read_reach(work), []
        if plan.base is not None:
            old = [s for key in old_files(plan) for s in read_old(key, plan, work)]
        staged += [value for tag, value in old if tag == GROUPED]
        routed = [r for element in _grouped(staged) for r in by_shard(element, plan, reach)]
        routed += [value for tag, value in old if tag == ROUTED]
        shards = _grouped([*routed, *((tuple(key), None) for key in reach.shard_paths(plan))])
        counters = NoCounters()
        places = [p for e in shards for p in shard_places(e, plan, work, out, config.keep_state, counters)]
        if config.keep_state:
            for block in range(plan.n_blocks):
                write_part(block, work, out)
        for element in _grouped([*places, *((tuple(key), None) for key in all_files(plan))]):
            table_file(element, plan, work, out, tables, counters)
