"""Route samples to shards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa

from pmcmine.assemble.old_rows import OldRows
from pmcmine.assemble.old_samples import read_old_samples
from pmcmine.assemble.reach import EVERYTHING, Reach, among, image_hashes, reached_hashes, read_reach
from pmcmine.assemble.shards import panel_members, plain_member
from pmcmine.duplicates.exact import SampleRef, mark_duplicates, plain
from pmcmine.ids import article_place, range_index
from pmcmine.io.folder import Folder
from pmcmine.release.plan import LEFT_OUT, LEFT_OUT_PANELS, PANEL_SHARDS, SHARDS, Plan, TableFile
from pmcmine.work.leaks import read_leaks
from pmcmine.work.manifest import read_manifest
from pmcmine.work.rows import read_arrow

# Shuffled keys are plain tuples: a named tuple would carry its class with each key.
FileKey = tuple[str, str, str, int]  # as TableFile
ShardKey = tuple[str, str, str, str]  # as ShardFile
GROUPED: Final = "grouped"
ROUTED: Final = "routed"


def read_index(block: int, plan: Plan, work: Folder) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the samples of a block, keyed by the hash of their image."""
    manifest = read_manifest(work, block)
    if manifest is None:
        if plan.base is None:
            raise RuntimeError(f"block {block} is not committed")
        return  # an update mines few blocks
    leaks = read_leaks(work, block)
    for part in manifest.parts:
        for row in read_arrow(work, part.index).read_all().to_pylist():
            yield row["sha256"], {**row, "split": plan.split_of(row["pmcid"]), **_leak(leaks, row["figure_id"])}


def _leak(leaks: Mapping[str, tuple[str, str, str]], figure_id: str) -> dict[str, str]:
    return dict(zip(("leaks_into", "twin", "twin_kind"), leaks.get(figure_id, ("", "", "")), strict=True))


def old_files(plan: Plan) -> list[TableFile]:
    """Return the files of figures in the release that an update starts from; a new layout may have other files."""
    counts = sorted(plan.base.file_counts.items()) if plan.base is not None else ()
    return [TableFile(*series, file) for series, n in counts if series[0] == "figures" for file in range(n)]


def read_old(key: FileKey, plan: Plan, work: Folder) -> Iterator[tuple[str, Any]]:
    """Read samples of the old release that may change, or are in a shard with one that may.

    Each is yielded behind `GROUPED`, keyed by the hash of its image, if a sample of the same bytes is added or removed;
    all others are unchanged, and go to their shards directly, behind `ROUTED`.

    Args:
        key: a file of figures of that release.
        plan: the plan.
        work: the update's work folder.
    """
    leaks: dict[int, dict[str, tuple[str, str, str]]] = {}
    reach = read_reach(work)
    old = OldRows(plan, work)
    old = replace(old, plan=replace(plan, files=old.base.file_counts))
    hashes = reached_hashes(work) if reach.shards is not None else None
    for row in read_old_samples(old, TableFile(*key), reach):
        block = range_index(article_place(row["pmcid"]), plan.n_blocks)
        if block not in leaks:
            leaks[block] = read_leaks(work, block)
        leak = _leak(leaks[block], row["figure_id"])
        if hashes is None or among(image_hashes(pa.chunked_array([[row["sha256"]]])), hashes)[0]:
            yield GROUPED, (row["sha256"], {**row, **leak})
        else:
            same = {"duplicate_of": row["old_duplicate_of"], "leaks_into": row["old_leaks_into"]}
            for routed in _routed(SampleRef(**{**row, **leak, **same}), plan, reach):
                yield ROUTED, routed


def by_shard(
    element: tuple[str, Iterable[dict[str, Any]]], plan: Plan, reach: Reach = EVERYTHING
) -> Iterator[tuple[ShardKey, Any]]:
    """Mark the duplicates of one image, and send each sample and its panels to their shards."""
    for sample in mark_duplicates(SampleRef(**row) for row in element[1]):
        yield from _routed(sample, plan, reach)


def _routed(sample: SampleRef, plan: Plan, reach: Reach) -> Iterator[tuple[ShardKey, Any]]:
    """Send a sample and its panels to their shards, unless these stay unchanged without being read.

    Samples that leak, and their panels, go to the shards of left-out samples.
    """
    place = (sample.group, sample.split)
    dataset, panels = (LEFT_OUT, LEFT_OUT_PANELS) if sample.leaks_into else (SHARDS, PANEL_SHARDS)
    path = _path(dataset, sample.figure_id, sample.old, *place, plan)
    if not _stays(f"{dataset}/{path}", plan, reach):
        yield (dataset, *place, path), plain(sample)
    for panel in panel_members(sample):
        path = _path(panels, panel.id, panel.old, *place, plan)
        if not _stays(f"{panels}/{path}", plan, reach):
            yield (panels, *place, path), plain_member(panel)


def _stays(name: str, plan: Plan, reach: Reach) -> bool:
    return reach.shards is not None and plan.base is not None and name in plan.base.files and name not in reach.shards


def _path(dataset: str, sample_id: str, old: Sequence[Any] | None, group: str, split: str, plan: Plan) -> str:
    """Choose the shard of a sample: its old one, unless all get new locations."""
    if old is not None and plan.keeps_places and old[0].startswith(f"{dataset}/{group}/{split}/"):
        return str(old[0]).removeprefix(f"{dataset}/")
    return plan.shard_of(dataset, sample_id, group, split)
