"""Row files to sorted Parquet: one file is a range of the articles' places, so no text is shuffled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.compute

from pmcmine.assemble.parquet import write_parquet
from pmcmine.assemble.shards import FigurePlace
from pmcmine.ids import article_id, article_place, pmcid_number, range_index
from pmcmine.io.folder import Folder
from pmcmine.io.hashed import HashedWriter
from pmcmine.rejects import Reason, Stage, Unit
from pmcmine.release.layout import read_old_table, release_folder
from pmcmine.release.plan import Plan, TableFile, file_name, overlapping
from pmcmine.work.delta import read_tombstones, superseded_in
from pmcmine.work.manifest import RowFile, parts_of
from pmcmine.work.records import (
    Clusters,
    TableRecord,
    committed_table,
    read_clusters,
    table_record,
    write_table_record,
)
from pmcmine.work.rows import read_arrow, set_column
from schemas import TABLES, Table, to_arrow
from schemas.ledger import Reject

_ASSEMBLED = frozenset({"figures", "rejects", "clusters", "tombstones"})  # hold what the whole corpus decides


def _staged(table: Table, group: str, split: str, file: int, plan: Plan, work: Folder) -> Iterable[pa.Table]:
    """Read the rows of a file: in an update first the old rows that remain, then the staged ones by block."""
    n_files = plan.files[table.name, group, split]
    clustered = read_clusters(work) if table.name == "clusters" else None
    blocks = overlapping(file, n_files, plan.n_blocks)
    if plan.base is not None and table.name != "clusters":
        superseded = superseded_in(work, blocks)
        for rows in old_rows(TableFile(table.name, group, split, file), plan, work):
            found = still_valid(rows, table, superseded)
            yield _in_range(found, table, group, split, file, n_files, plan) if plan.base.fresh else found
    if table.name == "tombstones":
        yield to_arrow(table, [t for t in read_tombstones(work).added if _is_place(t.pmcid, file, n_files)])
    for block in blocks:
        for held in _held(table, block, clustered, work):
            wanted = [
                i
                for i, s in enumerate(held.slices)
                if s.group == group and (not table.grouped or plan.moved or s.split == split)
            ]
            if held.file is None or not wanted:
                continue
            reader = read_arrow(work, held.file)
            for i in wanted:
                rows = pa.Table.from_batches([reader.get_batch(i)])
                yield _in_range(rows, table, group, split, file, n_files, plan)


def _is_place(pmcid: str, file: int, n_files: int) -> bool:
    return range_index(article_place(pmcid), n_files) == file


def old_rows(key: TableFile, plan: Plan, work: Folder, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Yield the rows of the release that an update starts from, of the files that meet a file's range."""
    assert plan.base is not None
    table, group, split, file = key
    n = plan.base.file_counts.get((table, group, split), 0)
    release = release_folder(work)
    for other in overlapping(file, plan.files[table, group, split], n) if n else ():
        name = f"tables/{file_name(table, group, split, other, n)}"
        if name in plan.base.files:
            yield read_old_table(release, plan.base.files[name], columns)


def still_valid(rows: pa.Table, table: Table, superseded: frozenset[str]) -> pa.Table:
    """Drop the rows of articles that are read again or gone; return the rest as they were staged."""
    if superseded:
        rows = rows.filter(pa.array([p not in superseded for p in rows["pmcid"].to_pylist()], pa.bool_()))
    if table.name == "rejects":  # those of the assembler come again
        rows = rows.filter(pa.compute.not_equal(rows["stage"], Stage.ASSEMBLE.value))
    if table.name == "figures":
        rows = _set(rows, "no_sample", [
            None if r == Reason.LEAKS_INTO_EVALUATION.value else r for r in rows["no_sample"].to_pylist()
        ])  # fmt: skip
    return rows


def as_staged(rows: pa.Table, table: Table) -> pa.Table:
    """Clear the columns that only the assembler fills, so that the size equals that of staged rows."""
    for name in ("split", "duplicate_of", "leaks_into", "shard", "image_offset", "sample_offset", "sample_size"):
        if name in rows.schema.names and (table.grouped or name != "split"):
            field = rows.schema.field(name)
            empty = pa.nulls(len(rows), field.type) if field.nullable else pa.array([""] * len(rows), field.type)
            rows = set_column(rows, name, empty)
    return rows


def _held(table: Table, block: int, clustered: Clusters | None, work: Folder) -> Iterator[RowFile]:
    """Yield the row files that a block has of a table."""
    if clustered is not None:
        held = clustered.blocks.get(str(block))
        yield from [held] if held is not None else []
        return
    yield from (part.tables[table.name] for part in parts_of(work, block))


def _in_range(rows: pa.Table, table: Table, group: str, split: str, file: int, n_files: int, plan: Plan) -> pa.Table:
    """Select the rows whose article is in the file's range and split."""
    keep: dict[str, bool] = {}
    pmcids = rows["pmcid"].to_pylist()
    for pmcid in set(pmcids):
        place = plan.file_of(table.name, group, split, article_place(pmcid)) if n_files > 1 else 0
        keep[pmcid] = place == file and (not table.grouped or plan.split_of(pmcid) == split)
    if all(keep.values()):
        return rows
    return rows.filter(pa.array([keep[p] for p in pmcids], pa.bool_()))


def _runs(pieces: Sequence[pa.Table]) -> list[tuple[int, int, int, int]]:
    """Return (PMCID number, piece, first row, rows) of each article's run of rows, in order of the number.

    An article's rows follow each other in its piece, so that sorting needs no copy of the rows.
    """
    runs = []
    for n, piece in enumerate(pieces):
        encoded = pa.compute.run_end_encode(piece["pmcid"].combine_chunks())
        start = 0
        for pmcid, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
            runs.append((pmcid_number(pmcid), n, start, end - start))
            start = end
    return sorted(runs)


def _row_groups(pieces: Sequence[pa.Table], schema: pa.Schema, row_group: int) -> Iterator[pa.Table]:
    """Yield sorted rows in tables of `row_group` rows (the last one shorter), each column in one chunk."""
    waiting: list[pa.Table] = []
    held = 0
    for _, n, start, length in _runs(pieces):
        waiting.append(pieces[n].slice(start, length))
        held += length
        while held >= row_group:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, row_group).combine_chunks()
            waiting, held = [joined.slice(row_group)], held - row_group
    if held:
        yield pa.concat_tables(waiting).combine_chunks()


def _set(rows: pa.Table, name: str, values: Sequence[Any]) -> pa.Table:
    return set_column(rows, name, pa.array(values, rows.schema.field(name).type))


def _join_places(rows: pa.Table, places: Mapping[str, FigurePlace]) -> pa.Table:
    """Return figure rows with what the assembler learnt about them."""
    found = [places.get(f) for f in rows["figure_id"].to_pylist()]
    reasons = rows["no_sample"].to_pylist()
    rows = _set(
        rows,
        "no_sample",
        [
            Reason.LEAKS_INTO_EVALUATION.value if p is not None and p.leaks_into else r
            for p, r in zip(found, reasons, strict=True)
        ],
    )
    rows = _set(rows, "duplicate_of", [p.duplicate_of or None if p else None for p in found])
    rows = _set(rows, "leaks_into", [p.leaks_into or None if p else None for p in found])
    return _set_places(rows, found, ("image_offset", "sample_offset", "sample_size"))


def _set_places(rows: pa.Table, found: Sequence[FigurePlace | None], names: Iterable[str]) -> pa.Table:
    rows = _set(rows, "shard", [p.shard or None if p else None for p in found])
    for name in names:
        rows = _set(rows, name, [getattr(p, name) if p and p.shard else None for p in found])
    return rows


def leak_reject(place: FigurePlace) -> Reject:
    """Build the ledger row of a figure that is left out of train."""
    aid = place.figure_id.split("/", 1)[0]
    pmcid, _, version = aid.partition(".")
    return Reject(
        reject_id=f"{pmcid}/leak/{place.figure_id}",
        stage=Stage.ASSEMBLE.value,
        unit=Unit.FIGURE.value,
        reason=Reason.LEAKS_INTO_EVALUATION.value,
        pmcid=pmcid,
        article_id=article_id(pmcid, int(version)),
        figure_id=place.figure_id,
        detail=(
            f"nearly the same {place.twin_kind} is in {place.leaks_into}: {place.twin}"
            if place.twin
            else f"the same bytes are in {place.leaks_into}: {place.duplicate_of}"
        ),
    )


def write_table_file(
    key: TableFile,
    places: Iterable[FigurePlace],
    plan: Plan,
    work: Folder,
    out: Folder,
    tables: Mapping[str, Table] = TABLES,
) -> TableRecord:
    """Write one Parquet file unless it is committed; its record.

    Args:
        key: which file.
        places: locations of figures and panels; for rejects, the leaks.
        plan: the plan.
        work: the run's work folder.
        out: the release folder.
        tables: the tables by name, with the columns of enrichers.
    """
    name_of, group, split, file = key
    table = tables[name_of]
    name = file_name(name_of, group, split, file, plan.files[name_of, group, split])
    target = f"tables/{name}"
    record = committed_table(name, work, out)
    if record is not None:
        return record
    places = list(places)
    entry = plan.old_file(target)
    may_stay = name_of not in _ASSEMBLED and not places
    if entry is not None and entry.rows is not None and may_stay and not _touched(key, plan, work):
        record = TableRecord(target, entry.sha256, entry.bytes, entry.rows, True, name_of, group, split)
        write_table_record(work, record)
        return record
    pieces = [p for p in _staged(table, group, split, file, plan, work) if len(p)]
    if name_of == "rejects":
        leaks = sorted((leak_reject(p) for p in places if p.leaks_into), key=lambda r: r.reject_id)
        pieces += [to_arrow(table, leaks)] if leaks else []
    found = {p.figure_id: p for p in places} if name_of in ("figures", "panels") else {}
    samples = 0

    def finished() -> Iterator[pa.Table]:
        nonlocal samples
        for rows in _row_groups(pieces, table.schema, table.row_group):
            if table.grouped:
                rows = _set(rows, "split", [split] * len(rows))
            if name_of == "figures":
                rows = _join_places(rows, found)
                samples += len(rows) - rows["shard"].null_count
            if name_of == "panels":
                rows = _set_places(
                    rows, [found.get(p) for p in rows["panel_id"].to_pylist()], ("sample_offset", "sample_size")
                )
            yield rows.cast(table.schema)

    same = plan.base is None and not work.exists(table_record(name))
    with out.create(target, replace=True, same=same) as (stream, _), HashedWriter(stream) as hashed:
        n = write_parquet(cast("BinaryIO", hashed), table.schema, finished())
        digest = hashed.finish()
    kept = entry is not None and entry.sha256 == digest
    if kept:
        out.remove(target)
    record = TableRecord(target, digest, hashed.size, n, kept, name_of, group, split)
    if name_of == "figures":
        left_out = sum(p.n_panels for p in found.values() if p.leaks_into)
        record = replace(record, samples=samples, panels_left_out=left_out)
    write_table_record(work, record)
    return record


def _touched(key: TableFile, plan: Plan, work: Folder) -> bool:
    """Check whether an update changes anything in the range of a file."""
    blocks = overlapping(key.file, plan.files[key.series], plan.n_blocks)
    return bool(superseded_in(work, blocks))


def all_files(plan: Plan) -> list[TableFile]:
    """All Parquet files of a release."""
    return [TableFile(t, g, s, i) for (t, g, s), n in sorted(plan.files.items()) for i in range(n)]


__all__ = ["all_files", "old_rows", "write_table_file"]
