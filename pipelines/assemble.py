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
from pmcmine.assemble.plan import Plan
from pmcmine.assemble.shards import FigurePlace, write_shard
from pmcmine.assemble.tables import all_files, write_table_file
from pmcmine.block import read_manifest
from pmcmine.duplicates.clusters import read_leaks
from pmcmine.ids import article_place
from pmcmine.storage import Folder

FileKey = tuple[str, str, str, int]


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


def by_shard(
    element: tuple[str, Iterable[dict[str, Any]]], plan: Plan
) -> Iterator[tuple[tuple[str, str, int], dict[str, Any]]]:
    """Mark the duplicates of one image and send each sample to its shard; leaks go to shard -1."""
    for sample in mark_duplicates(SampleRef(**row) for row in element[1]):
        shard = -1 if sample.leaks_into else plan.shard_of(sample.figure_id, sample.group, sample.split)
        yield (sample.group, sample.split, shard), asdict(sample)


def shard_places(
    element: tuple[tuple[str, str, int], Iterable[dict[str, Any] | None]],
    plan: Plan,
    work: Folder,
    out: Folder,
) -> Iterator[tuple[FileKey, dict[str, Any]]]:
    """Write a shard and send what its samples' rows must know to the table files."""
    (group, split, shard), rows = element
    samples = [SampleRef(**row) for row in rows if row is not None]
    if shard < 0:
        places = [
            FigurePlace(
                s.figure_id,
                s.split,
                duplicate_of=s.duplicate_of,
                leaks_into=s.leaks_into,
                twin=s.twin,
                twin_kind=s.twin_kind,
            )
            for s in samples
        ]
    else:
        places = write_shard(group, split, shard, samples, plan, work, out)
    for place in places:
        where = article_place(place.figure_id.partition(".")[0])
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
    shard_keys = [((g, s, i), None) for (g, s), n in sorted(plan.shards.items()) for i in range(n)]
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
