"""The *assemble* job: committed blocks to shards and tables.

    block indexes ─▶ by SHA-256: duplicates ─▶ by shard: tar ─▶ places ─┐
                                       └─ leaks ─▶ places ──────────────┴▶ by table file: Parquet

What is shuffled is a key, a place in a pack and small flags; bytes and texts are read in place.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics.metric import Metrics

from pmcmine.assemble.image_tables import write_image_table
from pmcmine.assemble.routing import FileKey, ShardKey, by_shard, read_index, read_old
from pmcmine.assemble.shards import FigurePlace, Member, figure_member, write_shard
from pmcmine.assemble.tables import all_files, write_table_file
from pmcmine.duplicates.exact import SampleRef
from pmcmine.ids import article_place
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.tar import BLOCK
from pmcmine.release.layout import file_entry
from pmcmine.release.plan import LEFT_OUT, LEFT_OUT_PANELS, PANEL_SHARDS, PARQUET, SHARDS, Plan, TableFile
from pmcmine.work.delta import DELTA
from pmcmine.work.records import TableRecord, shard_record
from pmcmine.work.state import write_part
from schemas import TABLES, Table


def shard_places(
    element: tuple[ShardKey, Iterable[dict[str, Any] | None]],
    plan: Plan,
    work: Folder,
    out: Folder,
    keep_state: bool,
    samples_schema: pa.Schema | None = None,
) -> Iterator[tuple[FileKey, dict[str, Any]]]:
    """Write a shard, and send the locations of its figures and panels to the table files."""
    (dataset, group, split, path), rows = element
    found = [row for row in rows if row is not None]
    Metrics.counter("pmcmine", f"{dataset}/samples_in").inc(len(found))
    if dataset in (PANEL_SHARDS, LEFT_OUT_PANELS):
        members = {row["id"]: Member(**row) for row in found}
        if dataset == LEFT_OUT_PANELS and not (keep_state and members):
            return
        written = write_shard(dataset, group, split, path, [*members.values()], plan, work, out)
        if dataset == LEFT_OUT_PANELS:
            _write_index(dataset, path, written, work, out)
            return
        for panel, start, size in written:
            at = FigurePlace(panel, split, shard=path, sample_offset=start, sample_size=size)
            where = article_place(panel.partition(".")[0])
            yield ("panels", group, split, plan.file_of("panels", group, split, where)), asdict(at)
        return
    started = time.monotonic()
    samples = {s.figure_id: s for s in (SampleRef(**row) for row in found)}
    places: dict[str, tuple[int, int]] = {}
    if dataset == SHARDS or (keep_state and samples):
        staged = [figure_member(s) for s in samples.values()]
        written = write_shard(dataset, group, split, path, staged, plan, work, out)
        places = {figure_id: (start, size) for figure_id, start, size in written}
        Metrics.counter("pmcmine", f"{dataset}/samples_out").inc(len(places))
        Metrics.counter("pmcmine", f"{dataset}/bytes").inc(sum(size for _, size in places.values()))
        Metrics.distribution("pmcmine", "shard_milliseconds").update(round(1000 * (time.monotonic() - started)))
        if dataset == SHARDS and samples_schema is not None:
            table = write_image_table(path, staged, written, plan, work, out, samples_schema)
            if table is not None:
                Metrics.counter("pmcmine", f"{PARQUET}/bytes").inc(table.bytes)
        if dataset == LEFT_OUT:
            _write_index(dataset, path, written, work, out)
    for s in samples.values():
        name = path if dataset == SHARDS else ""
        start, size = places[s.figure_id] if name else (0, 0)
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


def _write_index(dataset: str, path: str, places: Sequence[tuple[str, int, int]], work: Folder, out: Folder) -> None:
    """Record the locations of left-out samples, because no table has them."""
    data = json.dumps(sorted(places)).encode()
    name = f"{dataset}/{path}.json"
    same = not work.exists(DELTA) and not work.exists(f"{shard_record(dataset, path)}-index")
    with out.create(name, replace=True, same=same) as (stream, _):
        stream.write(data)
    work.write(f"{shard_record(dataset, path)}-index", sealed.to_bytes(file_entry(name, data)), replace=True)


def table_file(
    element: tuple[FileKey, Iterable[dict[str, Any] | None]],
    plan: Plan,
    work: Folder,
    out: Folder,
    tables: Mapping[str, Table],
) -> TableRecord:
    """Write a Parquet file."""
    key, places = TableFile(*element[0]), element[1]
    started = time.monotonic()
    record = write_table_file(key, [FigurePlace(**p) for p in places if p is not None], plan, work, out, tables)
    Metrics.counter("pmcmine", f"tables/{key.table}/rows_out").inc(record.rows)
    Metrics.counter("pmcmine", f"tables/{key.table}/bytes").inc(record.bytes)
    Metrics.distribution("pmcmine", "table_milliseconds").update(round(1000 * (time.monotonic() - started)))
    return record


def build(
    pipeline: beam.Pipeline,
    plan: Plan,
    work: Folder,
    out: Folder,
    keep_state: bool = True,
    tables: Mapping[str, Table] = TABLES,
    samples_schema: pa.Schema | None = None,
) -> Any:
    """Build the graph of the assemble job.

    Args:
        pipeline: the pipeline to extend.
        plan: the plan.
        work: the run's work folder.
        out: the folder for files of the release: the release folder, or the folder in which an update gathers them.
        keep_state: whether `state/` is written.
        tables: the tables by name, with the columns of enrichers.
        samples_schema: schema of the samples' JSON, with the columns of enrichers, if `shards-parquet` is written.
    """
    blocks = pipeline | "Blocks" >> beam.Create(list(range(plan.n_blocks)), reshuffle=False)
    staged = blocks | "ReadIndex" >> beam.FlatMap(read_index, plan, work)
    if plan.base is not None:
        files_of_figures = [tuple(key) for key in all_files(plan) if key.table == "figures"]
        old = (
            pipeline
            | "OldFiles" >> beam.Create(files_of_figures, reshuffle=False)
            | "ReadOld" >> beam.FlatMap(read_old, plan, work)
        )
        staged = (staged, old) | "OldAndNew" >> beam.Flatten()
    samples = staged | "SameBytes" >> beam.GroupByKey() | "MarkDuplicates" >> beam.FlatMap(by_shard, plan)
    shards = [(tuple(key), None) for key in plan.shard_paths()]
    places = (
        (samples, pipeline | "AllShards" >> beam.Create(shards, reshuffle=False))
        | "Samples" >> beam.Flatten()
        | "ByShard" >> beam.GroupByKey()
        | "WriteShards" >> beam.FlatMap(shard_places, plan, work, out, keep_state, samples_schema)
    )
    if keep_state:
        _ = blocks | "WriteState" >> beam.Map(write_part, work, out)
    files = pipeline | "AllFiles" >> beam.Create([(tuple(key), None) for key in all_files(plan)], reshuffle=False)
    return (
        (places, files)
        | "Places" >> beam.Flatten()
        | "ByFile" >> beam.GroupByKey()
        | "WriteTables" >> beam.Map(table_file, plan, work, out, tables)
    )
