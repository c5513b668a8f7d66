"""Read table rows of the release that an update starts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from pmcmine.errors import DamagedError, ReleaseError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason, Stage
from pmcmine.release.layout import WAY_OUT, FileEntry, open_file, read_old_table, release_folder
from pmcmine.release.old_names import renamed_columns
from pmcmine.release.plan import Base, Plan, TableFile, file_name, overlapping
from pmcmine.work.delta import superseded_in
from pmcmine.work.rows import set_column
from schemas import TABLES, Table


@dataclass(frozen=True)
class OldRows:
    """The rows of the old release, by the files of a plan.

    Attributes:
        plan: the plan of the update, or of the old release; its `base` is the old release.
        work: the update's work folder.
    """

    plan: Plan
    work: Folder

    @property
    def base(self) -> Base:
        """Return the files of the old release."""
        assert self.plan.base is not None, "only an update has an old release"
        return self.plan.base

    @property
    def folder(self) -> Folder:
        """Return the folder of the old release."""
        return release_folder(self.work)

    def superseded(self, file: TableFile) -> frozenset[str]:
        """Return the superseded PMCIDs in the range of a file: their old rows are no longer valid."""
        return superseded_in(self.work, self.plan.blocks_of(file))

    def rows_of(self, file: TableFile, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield all rows of the old files that overlap the range of a file."""
        n = self.base.file_counts.get(file.series, 0)
        for other in overlapping(file.file, self.plan.files[file.series], n) if n else ():
            name = f"tables/{file_name(*file.series, other, n)}"
            if name in self.base.files:
                yield read_old_table(self.folder, self.base.files[name], columns)

    def valid_rows_of(self, file: TableFile) -> Iterator[pa.Table]:
        """Yield the old rows that are still valid."""
        superseded = self.superseded(file)
        for rows in self.rows_of(file):
            yield _still_valid(with_columns(rows, TABLES[file.table], self.folder.url), superseded)

    def has_columns(self, entry: FileEntry, table: Table) -> bool:
        """Check whether an old file has the columns of a current table; it is not opened if that is known.

        Raises:
            DamagedError: if it can't be read.
        """
        if self.base.columns_of_today:
            return True
        try:
            with open_file(self.folder, entry.name) as stream:
                return bool(pq.read_schema(stream).names == table.schema.names)
        except sealed.UNREADABLE as error:
            said = f"{type(error).__name__}; {WAY_OUT}"
            raise DamagedError(f"{self.folder.url}/{entry.name}: is damaged ({said})") from None


def with_columns(rows: pa.Table, table: Table, where: str) -> pa.Table:
    """Rename the columns of an earlier version to their current names, and add missing ones as empty columns.

    Args:
        rows: rows of a release.
        table: the current table.
        where: the release, for the error.

    Raises:
        ReleaseError: if a column can't be empty.
    """
    renamed = renamed_columns(table.name, rows.schema.names)
    rows = rows.rename_columns([renamed.get(name, name) for name in rows.schema.names])
    for at, field in enumerate(table.schema):
        if field.name in rows.schema.names:
            continue
        if field.nullable:
            empty = pa.nulls(len(rows), field.type)
        elif pa.types.is_list(field.type):
            empty = pa.array([[]] * len(rows), field.type)
        else:
            raise ReleaseError(
                f"{where}: {table.name} has no column {field.name}; another version made the release: mine it anew"
            )
        # Columns of enrichers may be between those of the table.
        before = rows.schema.get_field_index(table.schema.names[at - 1]) if at else -1
        rows = rows.add_column(before + 1, field, empty)
    return rows


def _still_valid(rows: pa.Table, superseded: frozenset[str]) -> pa.Table:
    """Drop the rows of articles that are read again or removed."""
    if superseded:
        gone = pa.array(sorted(superseded), pa.string())
        rows = rows.filter(pa.compute.invert(pa.compute.is_in(rows["pmcid"], value_set=gone)))
    return rows


def _without_leaks(rows: pa.Table, table: str) -> pa.Table:
    """Remove an earlier run's decisions about leaks from rows of figures and rejects."""
    if table == "rejects":
        return rows.filter(pa.compute.not_equal(rows["stage"], Stage.ASSEMBLE.value))
    if table != "figures":
        return rows
    leak = Reason.LEAKS_INTO_EVALUATION.value
    reasons = [None if r == leak else r for r in rows["no_sample"].to_pylist()]
    return set_column(rows, "no_sample", pa.array(reasons, rows.schema.field("no_sample").type))


def as_staged(rows: pa.Table, table: Table) -> pa.Table:
    """Drop rows and clear columns that only the assembler fills, so that the size equals that of staged rows."""
    rows = _without_leaks(rows, table.name)
    for name in ("split", "duplicate_of", "leaks_into", "shard", "image_offset", "sample_offset", "sample_size"):
        if name in rows.schema.names and (table.grouped or name != "split"):
            field = rows.schema.field(name)
            empty = pa.nulls(len(rows), field.type) if field.nullable else pa.array([""] * len(rows), field.type)
            rows = set_column(rows, name, empty)
    return rows
