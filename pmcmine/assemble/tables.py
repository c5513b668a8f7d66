"""Sort row files into Parquet: one file is a range of the articles' positions, so no text is shuffled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.compute

from pmcmine.assemble.old_rows import OldRows
from pmcmine.assemble.parquet import count_values, write_parquet
from pmcmine.assemble.place_columns import PLACED, Places, places_of, with_places
from pmcmine.assemble.shards import FigurePlace
from pmcmine.ids import article_id, article_place, pmcid_number, range_index
from pmcmine.io.folder import Folder
from pmcmine.io.hashed import HashedWriter
from pmcmine.rejects import Reason, Stage, Unit
from pmcmine.release.layout import FileEntry
from pmcmine.release.plan import Plan, TableFile, file_name
from pmcmine.work.delta import changed_in, read_tombstones
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

_ASSEMBLED = frozenset({"clusters", "tombstones"})  # decided over the whole corpus


def _staged(table: Table, file: TableFile, plan: Plan, work: Folder) -> Iterable[pa.Table]:
    """Read the rows of a file: in an update first the old rows that remain, then the staged ones by block."""
    clustered = read_clusters(work) if table.name == "clusters" else None
    if plan.base is not None and table.name != "clusters":
        for rows in OldRows(plan, work).valid_rows_of(file):
            yield _in_range(rows, file, plan) if plan.base.fresh else rows
    if table.name == "tombstones":
        n_files = plan.files[file.series]
        yield to_arrow(table, [t for t in read_tombstones(work).added if _is_place(t.pmcid, file.file, n_files)])
    for block in plan.blocks_of(file):
        for held in _held(table, block, clustered, work):
            wanted = _wanted(held, table, file, plan)
            if held.file is None or not wanted:
                continue
            reader = read_arrow(work, held.file)
            for i in wanted:
                yield _in_range(pa.Table.from_batches([reader.get_batch(i)]), file, plan)


def _wanted(held: RowFile, table: Table, file: TableFile, plan: Plan) -> list[int]:
    """Return the slices of staged rows that may have rows of a file."""
    return [
        i
        for i, s in enumerate(held.slices)
        if s.group == file.group and (not table.grouped or plan.moved or s.split == file.split)
    ]


def _is_place(pmcid: str, file: int, n_files: int) -> bool:
    return range_index(article_place(pmcid), n_files) == file


def _held(table: Table, block: int, clustered: Clusters | None, work: Folder) -> Iterator[RowFile]:
    """Yield the row files of a block for a table."""
    if clustered is not None:
        held = clustered.blocks.get(str(block))
        yield from [held] if held is not None else []
        return
    yield from (part.tables[table.name] for part in parts_of(work, block))


def _in_range(rows: pa.Table, file: TableFile, plan: Plan) -> pa.Table:
    """Select the rows of articles in the file's range and split."""
    n_files, grouped = plan.files[file.series], TABLES[file.table].grouped
    keep: dict[str, bool] = {}
    pmcids = rows["pmcid"].to_pylist()
    for pmcid in set(pmcids):
        place = plan.file_of(*file.series, article_place(pmcid)) if n_files > 1 else 0
        keep[pmcid] = place == file.file and (not grouped or plan.split_of(pmcid) == file.split)
    if all(keep.values()):
        return rows
    return rows.filter(pa.array([keep[p] for p in pmcids], pa.bool_()))


def _runs(pieces: Sequence[pa.Table]) -> list[tuple[int, int, int, int]]:
    """Return (PMCID number, piece, first row, rows) of each article's run of rows, in order of the number.

    An article's rows are consecutive in their piece, so that sorting needs no copy of the rows.
    """
    runs = []
    for n, piece in enumerate(pieces):
        encoded = pa.compute.run_end_encode(piece["pmcid"].combine_chunks())
        start = 0
        for pmcid, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
            runs.append((pmcid_number(pmcid), n, start, end - start))
            start = end
    return sorted(runs)


def _in_order(runs: Sequence[tuple[int, int, int, int]]) -> bool:
    """Check whether all runs are in the first piece, one after the other."""
    return bool(runs) and all(
        piece == 0 and start == end
        for (_, piece, start, _), end in zip(runs, accumulate((run[3] for run in runs), initial=0), strict=False)
    )


def _row_groups(pieces: Sequence[pa.Table], schema: pa.Schema, row_group: int) -> Iterator[pa.Table]:
    """Yield sorted rows in tables of `row_group` rows (the last one shorter), each column in one chunk."""
    runs = _runs(pieces)
    if _in_order(runs):  # for example if an update only removes rows or locations from a file
        for start in range(0, len(pieces[0]), row_group):
            yield pieces[0].slice(start, row_group).combine_chunks()
        return
    waiting: list[pa.Table] = []
    held = 0
    for _, n, start, length in runs:
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


def _as_before(old: OldRows, key: TableFile, table: Table, places: Places) -> FileEntry | None:
    """Return the entry of the old file if the new one would be equal; None if that is only known after writing it.

    Args:
        old: the old rows.
        key: the file.
        table: its table.
        places: figures or panels with locations that an update read; for rejects, those that leak, or did before.
    """
    entry = old.plan.old_file(f"tables/{file_name(*key.series, key.file, old.plan.files[key.series])}")
    if entry is None or entry.rows is None or key.table in _ASSEMBLED or (key.table not in PLACED and len(places)):
        return None
    if not old.has_columns(entry, table) or _holds_changes(old, key, table):
        return None
    for before in old.rows_of(key, PLACED[key.table]) if key.table in PLACED and len(places) else ():
        if not with_places(before, key.table, places).equals(before):
            return None
    return entry


def _holds_changes(old: OldRows, key: TableFile, table: Table) -> bool:
    """Check whether a file has, or gets, rows of articles that are read again or removed."""
    superseded = old.superseded(key)
    if not superseded:
        return False
    for block in changed_in(old.work, old.plan.blocks_of(key)):  # no other block was mined
        for part in parts_of(old.work, block):
            if _wanted(part.tables[table.name], table, key, old.plan):
                return True
    gone = pa.array(sorted(superseded), pa.string())
    return any(pa.compute.any(pa.compute.is_in(rows["pmcid"], value_set=gone)).as_py()
               for rows in old.rows_of(key, ["pmcid"]))  # fmt: skip


def _with_leaks(pieces: Sequence[pa.Table], places: Sequence[FigurePlace], table: Table) -> list[pa.Table]:
    """Return rows of rejects including those of the figures that leak.

    Args:
        pieces: the rows; those of an old release include its leaks.
        places: figures that leak, or did in that release; an update does not read others that did.
        table: the table.
    """
    seen = {p.figure_id for p in places}
    others: list[pa.Table] = []
    leaks = [leak_reject(p) for p in places if p.leaks_into]
    for piece in pieces:
        old = pa.compute.equal(piece["stage"], Stage.ASSEMBLE.value)
        others.append(piece.filter(pa.compute.invert(old)))
        leaks += [Reject(**row) for row in piece.filter(old).to_pylist() if row["figure_id"] not in seen]
    leaks.sort(key=lambda r: r.reject_id)
    return [*others, *([to_arrow(table, leaks)] if leaks else [])]


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
    """Write one Parquet file unless it is committed; return its record.

    Args:
        key: the file.
        places: locations of figures and panels; for rejects, the leaks.
        plan: the plan.
        work: the run's work folder.
        out: the release folder.
        tables: the tables by name, with the columns of enrichers.
    """
    name_of, group, split, file = key
    table = tables[name_of]
    name = file_name(*key.series, file, plan.files[key.series])
    target = f"tables/{name}"
    record = committed_table(name, work, out)
    if record is not None:
        return record
    places = list(places)
    found = places_of(places)
    old = OldRows(plan, work)
    stays = _as_before(old, key, table, found)
    if stays is not None and stays.rows is not None:
        record = TableRecord(target, stays.sha256, stays.bytes, stays.rows, True, name_of, group, split)
        samples = count_values(old.folder, stays.name, "shard") if name_of == "figures" else 0
        return _recorded(record, samples, places, work)
    pieces = [p for p in _staged(table, key, plan, work) if len(p)]
    if name_of == "rejects":
        pieces = _with_leaks(pieces, places, table)
    samples = 0

    def finished() -> Iterator[pa.Table]:
        nonlocal samples
        for rows in _row_groups(pieces, table.schema, table.row_group):
            if table.grouped:
                rows = _set(rows, "split", [split] * len(rows))
            rows = with_places(rows, name_of, found)
            if name_of == "figures":
                samples += len(rows) - rows["shard"].null_count
            yield rows.cast(table.schema)

    same = plan.base is None and not work.exists(table_record(name))
    with out.create(target, replace=True, same=same) as (stream, _), HashedWriter(stream) as hashed:
        n = write_parquet(cast("BinaryIO", hashed), table.schema, finished())
        digest = hashed.finish()
    entry = plan.old_file(target)
    kept = entry is not None and entry.sha256 == digest
    if kept:
        out.remove(target)
    record = TableRecord(target, digest, hashed.size, n, kept, name_of, group, split)
    return _recorded(record, samples, places, work)


def _recorded(record: TableRecord, samples: int, places: Sequence[FigurePlace], work: Folder) -> TableRecord:
    """Record that a table file is complete, for `figures` also the number of rows with samples."""
    if record.table == "figures":
        left_out = sum(p.n_panels for p in places if p.leaks_into)
        record = replace(record, samples=samples, panels_left_out=left_out)
    write_table_record(work, record)
    return record


def all_files(plan: Plan) -> list[TableFile]:
    """Return all Parquet files of a release."""
    return [TableFile(t, g, s, i) for (t, g, s), n in sorted(plan.files.items()) for i in range(n)]


__all__ = ["all_files", "write_table_file"]
