"""Read and write row files of the work folder: Arrow, one record batch for each licence group and split."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute

from pmcmine.errors import DamagedError
from pmcmine.io.folder import Folder
from pmcmine.io.sealed import arrow_bytes, open_arrow, trailer, without_trailer
from pmcmine.text.bounds import clean
from pmcmine.work.manifest import RowFile, Slice
from schemas import Table, to_arrow

Place = tuple[str, str]  # licence group and split
GIVEN_UP = "given-up"  # in the work folder: a note for each damaged file with a withdrawn commit


def data_bytes(array: Any) -> int:
    """Return the bytes of the values of an Arrow array, additive over rows and independent of chunks."""
    if isinstance(array, pa.ChunkedArray):
        return sum(data_bytes(c) for c in array.chunks)
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        if not len(array):
            return 0
        lengths = pa.compute.sum(pa.compute.binary_length(array)).as_py() or 0
        return int(lengths) + 4 * len(array)
    if pa.types.is_list(kind):
        return 4 * len(array) + data_bytes(array.flatten())
    if pa.types.is_fixed_size_list(kind):
        return len(array) * int(kind.list_size) * max(int(kind.value_type.bit_width) // 8, 1)
    if pa.types.is_struct(kind):
        return sum(data_bytes(f) for f in array.flatten())
    return len(array) * max(int(kind.bit_width) // 8, 1)


def set_column(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """Replace the values of a column."""
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.schema.field(at), values)


def write_arrow(
    work: Folder,
    name: str,
    schema: pa.Schema,
    tables: Sequence[pa.Table],
    *,
    replace: bool = False,
    same: bool = False,
) -> None:
    """Write a row file: an Arrow file with one single-chunk record batch per table, and a checksum."""
    data = arrow_bytes(schema, tables)
    with work.create(name, replace=replace, same=same) as (stream, _):
        stream.write(data)
        stream.write(trailer(data))


def read_arrow(work: Folder, name: str) -> Any:
    """Open a row file, checked against its checksum.

    If it is damaged, its block is given up, so that the next run mines it again.

    Raises:
        DamagedError: if it is missing or damaged.
    """
    try:
        try:
            data = work.read(name)
        except FileNotFoundError:
            raise DamagedError(f"{work.url}/{name}: is missing") from None
        return open_arrow(without_trailer(data, f"{work.url}/{name}"), f"{work.url}/{name}")
    except DamagedError as error:
        raise give_up(work, name, str(error)) from None


def give_up(work: Folder, name: str, problem: str) -> DamagedError:
    """Withdraw the commit that a damaged file of a work folder belongs to, and note it; return the error to raise.

    Args:
        work: the run's work folder.
        name: a pack or row file of a block, or a file of near duplicates.
        problem: its damage.
    """
    top = name.split("/", 1)[0]
    if top == "blocks":
        work.remove(f"{name.rsplit('/', 2)[0]}/manifest.json")
        outcome = "its block was given up, the same command mines it again"
    else:
        work.remove("near/near.json")
        outcome = "near duplicates are looked for again by the same command"
    work.write(f"{GIVEN_UP}/{name.replace('/', '-')}", problem.encode(), replace=True)
    return DamagedError(f"{problem}; {outcome}")


def _converted(table: Table, rows: Sequence[Any]) -> pa.Table:
    """Convert records to an Arrow table; text that UTF-8 can't encode gets replacement characters."""
    try:
        return to_arrow(table, rows)
    except UnicodeEncodeError:
        return to_arrow(table, [_cleaned(r) for r in rows])


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return tuple(map(_cleaned, value))
    if isinstance(value, Mapping):
        return {k: _cleaned(v) for k, v in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value, **{f.name: _cleaned(getattr(value, f.name)) for f in dataclasses.fields(value)}
        )
    return value


@dataclass
class Rows:
    """Rows of one table by (group, split), in order; mostly in Arrow, as records take ten times the memory.

    Attributes:
        table: the table.
        count: rows so far.
    """

    table: Table
    count: int = 0
    _records: dict[Place, list[Any]] = field(default_factory=dict)
    _arrow: dict[Place, list[pa.Table]] = field(default_factory=dict)

    def add(self, place: Place, rows: Sequence[Any]) -> None:
        """Add records of one group and split."""
        if rows:
            self._records.setdefault(place, []).extend(rows)
            self.count += len(rows)

    def add_table(self, place: Place, rows: pa.Table) -> None:
        """Add rows of one group and split, with the schema of the table."""
        self.to_arrow()
        self._arrow.setdefault(place, []).append(rows)
        self.count += len(rows)

    def to_arrow(self) -> None:
        """Convert the records to Arrow."""
        for place, rows in self._records.items():
            self._arrow.setdefault(place, []).append(_converted(self.table, rows))
        self._records.clear()

    def write(self, work: Folder, name: str, *, replace: bool = False) -> RowFile:
        """Write the rows; return the file's entry for a manifest, with the name None if there are no rows."""
        self.to_arrow()
        batches, slices = [], []
        for place in sorted(self._arrow):
            arrow = pa.concat_tables(self._arrow[place]).combine_chunks()
            size = sum(data_bytes(c) for c in arrow.columns)
            slices.append(Slice(place[0], place[1], len(arrow), size))
            batches.append(arrow)
        if batches:
            write_arrow(work, name, self.table.schema, batches, replace=replace)
        return RowFile(name if batches else None, tuple(slices))
