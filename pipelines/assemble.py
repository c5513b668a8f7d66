"""The *assemble* job: committed blocks to shards and tables.

    block indexes ─▶ by SHA-256: duplicates ─▶ by shard: tar ─▶ places ─┐
                                       └─ leaks ─▶ places ──────────────┴▶ by table file: Parquet

What is shuffled is a key, a place in a pack and small flags; bytes and texts are read where they lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import apache_beam as beam
import pyarrow as pa

from pmcmine.assemble.duplicates import SampleRef, mark_duplicates
from pmcmine.assemble.plan import PANEL_SHARDS, SHARDS, Plan
from pmcmine.assemble.shards import FigurePlace, Member, figure_member, panel_members, write_shard
from pmcmine.assemble.tables import all_files, write_table_file
from pmcmine.block import read_manifest
from pmcmine.duplicates.clusters import read_leaks
from pmcmine.ids import article_place
from pmcmine.storage import Folder
from pmcmine.tarball import BLOCK

FileKey = tuple[str, str, str, int]
ShardKey = tuple[str, str, str, int]  # dataset, group, split, number


def read_index(block: int, plan: Plan, work: Folder) -> Iterator[tuple[str, dict[str, Any]]]:
    """The samples of a block by the hash of their bytes."""
    manifest = read_manifest(work, block)
    if manifest is None:
        raise RuntimeError(f"block {block} is not committed")
    leaks = read_leaks(work, block)
    for part in manifest["parts"]:
        with work.open(part["index"]) as stream:
            rows = pa.ipc.open_file(stream).read_all().to_pylist()
        for row in rows:
            leak = leaks.get(row["figure_id"], ("", "", ""))
            known = {"split": plan.split_of(row["pmcid"]), "leaks_into": leak[0], "twin": leak[1], "twin_kind": leak[2]}
            yield row["sha256"], {**row, **known}


def by_shard(element: tuple[str, Iterable[dict[str, Any]]], plan: Plan) -> Iterator[tuple[ShardKey, Any]]:
    """Mark the duplicates of one image and send each sample, and those of its panels, to its shard; leaks go to
    shard -1, and their panels nowhere."""
    for sample in mark_duplicates(SampleRef(**row) for row in element[1]):
        place = (sample.group, sample.split)
        if sample.leaks_into:
            yield (SHARDS, *place, -1), asdict(sample)
            continue
        yield (SHARDS, *place, plan.shard_of(SHARDS, sample.figure_id, *place)), asdict(sample)
        for panel in panel_members(sample):
            yield (PANEL_SHARDS, *place, plan.shard_of(PANEL_SHARDS, panel.id, *place)), asdict(panel)


def shard_places(
    element: tuple[ShardKey, Iterable[dict[str, Any] | None]],
    plan: Plan,
    work: Folder,
    out: Folder,
) -> Iterator[tuple[FileKey, dict[str, Any]]]:
    """Write a shard and send what its figures' rows must know to the table files."""
    (dataset, group, split, shard), rows = element
    found = [row for row in rows if row is not None]
    if dataset == PANEL_SHARDS:
        write_shard(dataset, group, split, shard, [Member(**row) for row in found], plan, work, out)
        return
    samples = {s.figure_id: s for s in (SampleRef(**row) for row in found)}
    at: dict[str, tuple[str, int, int]] = {}
    if shard >= 0:
        name, places = write_shard(
            dataset, group, split, shard, [figure_member(s) for s in samples.values()], plan, work, out
        )
        at = {figure_id: (name, start, size) for figure_id, start, size in places}
    for s in samples.values():
        name, start, size = at.get(s.figure_id, ("", 0, 0))
        place = FigurePlace(
            s.figure_id,
            s.split,
            duplicate_of=s.duplicate_of,
            leaks_into=s.leaks_into,
            shard=name,
            image_offset=start + BLOCK if name else 0,
            sample_offset=start,
            sample_size=size,
            twin=s.twin,
            twin_kind=s.twin_kind,
            n_panels=len(s.panels),
        )
        where = article_place(s.figure_id.partition(".")[0])
        yield ("figures", group, split, plan.file_of("figures", group, split, where)), asdict(place)
        if place.leaks_into:
            yield ("rejects", "", "", plan.file_of("rejects", "", "", where)), asdict(place)


def table_file(
    element: tuple[FileKey, Iterable[dict[str, Any] | None]], plan: Plan, work: Folder, out: Folder
) -> dict[str, Any]:
    """Write a Parquet file."""
    key, places = element
    return write_table_file(key, [FigurePlace(**p) for p in places if p is not None], plan, work, out)


def build(pipeline: beam.Pipeline, plan: Plan, work: Folder, out: Folder) -> Any:
    """The graph of the assemble job."""
    shard_keys = [
        ((dataset, g, s, i), None)
        for dataset in (SHARDS, PANEL_SHARDS)
        for (g, s), n in sorted(plan.counts(dataset).items())
        for i in range(n)
    ]
    samples = (
        pipeline
        | "Blocks" >> beam.Create(list(range(plan.n_blocks)), reshuffle=False)
        | "ReadIndex" >> beam.FlatMap(read_index, plan, work)
        | "SameBytes" >> beam.GroupByKey()
        | "MarkDuplicates" >> beam.FlatMap(by_shard, plan)
    )
    places = (
        (samples, pipeline | "AllShards" >> beam.Create(shard_keys, reshuffle=False))
        | "Samples" >> beam.Flatten()
        | "ByShard" >> beam.GroupByKey()
        | "WriteShards" >> beam.FlatMap(shard_places, plan, work, out)
    )
    files = pipeline | "AllFiles" >> beam.Create([(key, None) for key in all_files(plan)], reshuffle=False)
    return (
        (places, files)
        | "Places" >> beam.Flatten()
        | "ByFile" >> beam.GroupByKey()
        | "WriteTables" >> beam.Map(table_file, plan, work, out)
    )
