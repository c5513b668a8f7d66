"""Find the shards that an update affects: only shards with a possibly changed sample are read and written.

`duplicate_of` or `leaks_into` of a sample only changes if a sample with the same bytes is added or removed, or if the
near duplicates of one of these changed. Shards without such samples stay the same files, and their samples are not
read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from pmcmine.assemble.old_rows import OldRows
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import read_checked, release_folder
from pmcmine.release.plan import LEFT_OUT, LEFT_OUT_PANELS, PANEL_SHARDS, SHARDS, Plan, ShardFile, TableFile
from pmcmine.work.delta import read_superseded
from pmcmine.work.leaks import old_leaks, read_leaks
from pmcmine.work.rows import read_arrow, write_arrow
from pmcmine.work.state import new_parts, read_part
from pmcmine.work.state_file import read_state

_REACH: Final = "delta/reach.json"
_HASHES: Final = "delta/hashes.arrow"
_SCHEMA: Final = pa.schema([("hash", pa.uint64())])
_IDS: Final = {"figures": "figure_id", "panels": "panel_id"}
_MOST: Final = 2_000_000  # changed figures; a larger update reads all shards


@dataclass(frozen=True, slots=True)
class Reach:
    """Shards of the old release that an update affects.

    Attributes:
        shards: their paths in the release; None for all.
    """

    shards: frozenset[str] | None = None

    def __contains__(self, name: str) -> bool:
        """Check whether an old shard is affected."""
        return self.shards is None or name in self.shards

    def shard_paths(self, plan: Plan) -> list[ShardFile]:
        """Return the shards to write or read."""
        old = plan.base.files if plan.base is not None else {}
        named = ((shard, f"{shard.dataset}/{shard.path}") for shard in plan.shard_paths())
        return [shard for shard, name in named if name not in old or name in self]

    def untouched(self, plan: Plan) -> list[str]:
        """Return the names of old shards that stay without being read."""
        if self.shards is None or plan.base is None:
            return []
        named = (f"{shard.dataset}/{shard.path}" for shard in plan.shard_paths())
        return [name for name in named if name in plan.base.files and name not in self.shards]


EVERYTHING: Final = Reach()
_TYPE: Final = TypeAdapter(Reach)


def find_reach(plan: Plan, work: Folder, keep_state: bool) -> Reach:
    """Find the reach of an update, once all blocks are mined and near duplicates are found; save it for later.

    Args:
        plan: the plan.
        work: the update's work folder.
        keep_state: whether the state is written.
    """
    noted = sealed.record_or_none(work, _REACH, _TYPE.validate_python)
    if noted is not None:
        return noted
    found = EVERYTHING
    if plan.base is not None and plan.keeps_places and keep_state and read_state(release_folder(work)).has_leaks:
        found = _reach(plan, work)
    shards = sorted(found.shards) if found.shards is not None else None
    work.write(_REACH, sealed.to_bytes({"shards": shards}), replace=True)
    return found


def read_reach(work: Folder) -> Reach:
    """Return the reach saved by `find_reach`; everything outside updates."""
    return sealed.record_or_none(work, _REACH, _TYPE.validate_python) or EVERYTHING


def reached_hashes(work: Folder) -> Any:
    """Return the sorted hashes of images with samples that may change."""
    return read_arrow(work, _HASHES).read_all()["hash"].to_numpy()


def image_hashes(sha256: pa.ChunkedArray) -> Any:
    """Return the first 64 bits of hexadecimal hashes as uint64."""
    joined = "".join(sha256.to_pylist())
    return np.frombuffer(bytes.fromhex(joined), ">u8").reshape(-1, 4)[:, 0].astype(np.uint64)


def among(values: Any, known: Any) -> Any:
    """Return for each value whether it occurs in a sorted array."""
    at = np.minimum(np.searchsorted(known, values), max(len(known) - 1, 0))
    return known[at] == values if len(known) else np.zeros(len(values), np.bool_)


def _reach(plan: Plan, work: Folder) -> Reach:
    hashes = np.unique(np.concatenate([np.zeros(0, np.uint64), *_changed_hashes(plan.n_blocks, work)]))
    if len(hashes) > _MOST:
        return EVERYTHING
    table = pa.Table.from_arrays([pa.array(hashes, pa.uint64())], schema=_SCHEMA)
    write_arrow(work, _HASHES, _SCHEMA, [table], replace=True)
    figures: dict[int, set[str]] = {}
    panels: dict[int, set[str]] = {}
    for block in range(plan.n_blocks) if len(hashes) else ():
        index = read_part(release_folder(work), "index", block)
        for row in index.filter(pa.array(among(image_hashes(index["sha256"]), hashes))).to_pylist():
            figures.setdefault(block, set()).add(row["figure_id"])
            panels.setdefault(block, set()).update(p["panel_id"] for p in row["panels"] or ())
    old = OldRows(plan, work)
    shards = _holding(old, "figures", SHARDS, figures) | _holding(old, "panels", PANEL_SHARDS, panels)
    for dataset, ids in ((LEFT_OUT, figures), (LEFT_OUT_PANELS, panels)):
        wanted = set[str]().union(*ids.values())
        shards |= {name for name, held in left_out_shards(old, f"{dataset}/") if wanted & {h[0] for h in held}}
    return Reach(frozenset(shards))


def _changed_hashes(n_blocks: int, work: Folder) -> Iterator[Any]:
    """Yield the hashes of added and removed images, and of images with a changed leak."""
    for block in range(n_blocks):
        superseded, now, before = read_superseded(work, block), read_leaks(work, block), old_leaks(work, block)
        moved = {figure for figure in {*now, *before} if now.get(figure) != before.get(figure)}
        if superseded or moved:
            index = read_part(release_folder(work), "index", block)
            gone = pc.is_in(index["pmcid"], value_set=pa.array(sorted(superseded), pa.string()))
            other = pc.is_in(index["figure_id"], value_set=pa.array(sorted(moved), pa.string()))
            yield image_hashes(index.filter(pc.or_(gone, other))["sha256"])
        for part in new_parts(work, "index", block) if superseded else ():
            yield image_hashes(part["sha256"])


def _holding(old: OldRows, table: str, dataset: str, ids: Mapping[int, set[str]]) -> set[str]:
    """Return the shards that hold figures or panels, which are given by block."""
    shards: set[str] = set()
    column = _IDS[table]
    for series, n in sorted(old.base.file_counts.items()):
        if series[0] != table:
            continue
        for file in range(n):
            key = TableFile(*series, file)
            wanted = set[str]().union(*(ids.get(block, set()) for block in old.plan.blocks_of(key)))
            if not wanted:
                continue
            for rows in old.rows_of(key, [column, "shard"]):
                held = rows.filter(pc.is_in(rows[column], value_set=pa.array(sorted(wanted), pa.string())))
                shards.update(f"{dataset}/{path}" for path in held["shard"].drop_null().unique().to_pylist())
    return shards


def left_out_shards(old: OldRows, folder: str) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """Yield the shards of samples left out of train, each with id, first byte and size of its samples.

    Args:
        old: the rows of the old release.
        folder: their folder in the release.
    """
    for name, entry in old.base.files.items():
        if name.startswith(folder) and name.endswith(".tar.json"):
            yield name.removesuffix(".json"), json.loads(read_checked(old.folder, entry))
