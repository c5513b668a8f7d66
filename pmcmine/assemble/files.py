"""Write the files of a release from routed rows and samples: shards first, then tables with locations in the shards."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pmcmine.assemble.image_tables import write_image_table
from pmcmine.assemble.routing import FileKey, ShardKey
from pmcmine.assemble.shards import FigurePlace, Member, figure_member, write_shard
from pmcmine.assemble.tables import write_table_file
from pmcmine.duplicates.exact import SampleRef
from pmcmine.ids import article_place
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.tar import BLOCK
from pmcmine.release.layout import file_entry
from pmcmine.release.plan import LEFT_OUT, LEFT_OUT_PANELS, PANEL_SHARDS, PARQUET, SHARDS, Plan, ShardFile, TableFile
from pmcmine.work.counters import Counters
from pmcmine.work.delta import DELTA
from pmcmine.work.records import TableRecord, shard_record
from schemas import Table


def shard_places(
    element: tuple[ShardKey, Iterable[dict[str, Any] | None]],
    plan: Plan,
    work: Folder,
    out: Folder,
    keep_state: bool,
    counters: Counters,
    samples_schema: pa.Schema | None = None,
) -> Iterator[tuple[FileKey, dict[str, Any]]]:
    """Write a shard, and send the locations of its figures and panels to the table files."""
    (dataset, group, split, path), rows = element
    found = [row for row in rows if row is not None]
    counters.add(f"{dataset}/samples_in", len(found))
    if dataset in (PANEL_SHARDS, LEFT_OUT_PANELS):
        members = {row["id"]: Member(**row) for row in found}
        for at in _panel_places(ShardFile(*element[0]), members, plan, work, out, keep_state):
            where = article_place(at.figure_id.partition(".")[0])
            yield ("panels", group, split, plan.file_of("panels", group, split, where)), _plain(at)
        return
    started = time.monotonic()
    samples = {s.figure_id: s for s in (SampleRef(**row) for row in found)}
    places: dict[str, tuple[int, int]] = {}
    if dataset == SHARDS or (keep_state and samples):
        staged = [figure_member(s) for s in samples.values()]
        written = write_shard(dataset, group, split, path, staged, plan, work, out)
        places = {figure_id: (start, size) for figure_id, start, size in written}
        counters.add(f"{dataset}/samples_out", len(places))
        counters.add(f"{dataset}/bytes", sum(size for _, size in places.values()))
        counters.took("shard", time.monotonic() - started)
        if dataset == SHARDS and samples_schema is not None:
            table = write_image_table(path, staged, written, plan, work, out, samples_schema)
            counters.add(f"{PARQUET}/bytes", table.bytes if table is not None else 0)
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
        yield ("figures", group, split, plan.file_of("figures", group, split, where)), _plain(place)
        if place.leaks_into or s.old_leaks_into:
            yield ("rejects", "", "", plan.file_of("rejects", "", "", where)), _plain(place)


def _plain(place: FigurePlace) -> dict[str, Any]:
    return {name: getattr(place, name) for name in FigurePlace.__slots__}


def _panel_places(
    shard: ShardFile, members: Mapping[str, Member], plan: Plan, work: Folder, out: Folder, keep_state: bool
) -> list[FigurePlace]:
    """Write a shard of panels; return their locations."""
    dataset, group, split, path = shard
    if dataset == PANEL_SHARDS:
        written = write_shard(dataset, group, split, path, [*members.values()], plan, work, out)
        return [FigurePlace(p, split, shard=path, sample_offset=start, sample_size=n) for p, start, n in written]
    if keep_state and members:
        written = write_shard(dataset, group, split, path, [*members.values()], plan, work, out)
        _write_index(dataset, path, written, work, out)
    # Their rows have no location, although some had one in the release that an update starts from.
    return [FigurePlace(panel, split) for panel, member in members.items() if member.old is not None]


def _write_index(dataset: str, path: str, places: Sequence[tuple[str, int, int]], work: Folder, out: Folder) -> None:
    """Record the locations of left-out samples, because no table has them."""
    data = json.dumps(sorted(places)).encode()
    name = f"{dataset}/{path}.json"
    same = not work.exists(DELTA) and not work.exists(f"{shard_record(dataset, path)}-index")
    with out.create(name, replace=True, same=same) as (stream, _):
        stream.write(data)
    work.write(
        f"{shard_record(dataset, path)}-index", sealed.to_bytes(file_entry(name, data).to_object()), replace=True
    )


def table_file(
    element: tuple[FileKey, Iterable[dict[str, Any] | None]],
    plan: Plan,
    work: Folder,
    out: Folder,
    tables: Mapping[str, Table],
    counters: Counters,
) -> TableRecord:
    """Write a Parquet file of a table; return its record."""
    key, places = TableFile(*element[0]), element[1]
    started = time.monotonic()
    record = write_table_file(key, [FigurePlace(**p) for p in places if p is not None], plan, work, out, tables)
    counters.add(f"tables/{key.table}/rows_out", record.rows)
    counters.add(f"tables/{key.table}/bytes", record.bytes)
    counters.took("table", time.monotonic() - started)
    return record
