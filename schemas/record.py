"""Records declared once: a frozen dataclass whose fields carry their meaning, unit and null rule.

The Arrow schema, the Parquet columns, the cards and the docs are all derived from these classes.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from functools import cache, cached_property
from operator import attrgetter
from typing import Any

import pyarrow as pa

_SCALARS: Mapping[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
}


def col(
    meaning: str,
    *,
    unit: str | None = None,
    null: str | None = None,
    arrow: pa.DataType | None = None,
    default: Any = MISSING,
    text: bool = False,
    values: Sequence[str] | None = None,
) -> Any:
    """Declare a column.

    Args:
        meaning: one sentence that a reader of the table needs.
        unit: the unit or format of the value, where it has one.
        null: what a null means; required for every nullable column.
        arrow: the Arrow type, where the annotation's default (int64, float64, string) is not wanted.
        default: the value where the record's maker does not know it yet.
        text: whether it is text of the article, which a pointer withholds.
        values: all values that it, or an element of its list, can have, if they are a closed set.
    """
    metadata = {"meaning": meaning, "unit": unit, "null": null, "arrow": arrow, "text": text, "values": values}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def withheld() -> Any:
    """Declare the column that says that a row is a pointer."""
    return col(
        "SHA-256 of the texts that the licence bars from being published, of a row that is a pointer to them.",
        null="nothing is withheld",
        default=None,
    )


def text_columns(record: Any) -> tuple[str, ...]:
    """Names of the columns that hold text of the article."""
    return tuple(f.name for f in dataclasses.fields(record) if f.metadata.get("text"))


def _strip_optional(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        args = [a for a in typing.get_args(hint) if a is not type(None)]
        if len(args) != 1:
            raise TypeError(f"a column has one type and perhaps None, not {hint!r}")
        return args[0], True
    return hint, False


def _arrow_type(hint: Any) -> pa.DataType:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if typing.get_origin(hint) is tuple:
        item, ellipsis = typing.get_args(hint)
        if ellipsis is not Ellipsis:
            raise TypeError(f"a list column is tuple[X, ...], not {hint!r}")
        return pa.list_(_arrow_type(item))
    if dataclasses.is_dataclass(hint):
        return pa.struct(list(arrow_schema(hint)))
    raise TypeError(f"no Arrow type for {hint!r}")


def arrow_schema(record: Any) -> pa.Schema:
    """The Arrow schema of a record class, with meaning, unit and null rule as field metadata.

    Raises:
        TypeError: where a field is undeclared, or is nullable without a null rule (or the reverse).
    """
    hints = typing.get_type_hints(record)
    fields = []
    for f in dataclasses.fields(record):
        if "meaning" not in f.metadata:
            raise TypeError(f"{record.__name__}.{f.name} is not declared with col()")
        hint, nullable = _strip_optional(hints[f.name])
        if nullable != (f.metadata["null"] is not None):
            raise TypeError(f"{record.__name__}.{f.name}: a nullable column needs a null rule, others none")
        notes = {k: str(f.metadata[k]) for k in ("meaning", "unit", "null") if f.metadata[k] is not None}
        notes |= {"text": "true"} if f.metadata.get("text") else {}
        notes |= {"values": json.dumps(f.metadata["values"])} if f.metadata.get("values") else {}
        fields.append(pa.field(f.name, f.metadata["arrow"] or _arrow_type(hint), nullable, notes))
    return pa.schema(fields)


@dataclass(frozen=True)
class Table:
    """One published table.

    Attributes:
        name: folder and configuration name.
        record: the dataclass of its rows.
        meaning: what one row is.
        key: the column that identifies a row, and by which files are sorted within an article.
        grouped: whether files lie in `<group>/<split>-…`, or directly in the table's folder.
        row_group: rows of one Parquet row group; fixed, so that bytes do not depend on batches.
    """

    name: str
    record: Any
    meaning: str
    key: str
    grouped: bool = True
    row_group: int = 10_000

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the rows."""
        return arrow_schema(self.record).with_metadata({"table": self.name, "meaning": self.meaning})


@cache
def _getter(record: type) -> tuple[tuple[str, ...], Any]:
    names = tuple(f.name for f in dataclasses.fields(record))
    return names, attrgetter(*names) if len(names) > 1 else (lambda r: (getattr(r, names[0]),))


def plain(value: Any) -> Any:
    """Turn nested records into dicts and tuples into lists, as Arrow and JSON take them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names, getter = _getter(type(value))
        return {k: plain(v) for k, v in zip(names, getter(value), strict=True)}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    return value


def to_arrow(table: Table, rows: Sequence[Any]) -> pa.Table:
    """Arrow table of records, column by column, in the given order.

    Raises:
        pyarrow.ArrowInvalid: where a value does not fit its declared type.
    """
    schema = table.schema
    columns = [pa.array([plain(getattr(r, f.name)) for r in rows], f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def closed_values(record: Any) -> dict[str, list[str]]:
    """Return the values of each column that has a closed set of them."""
    return {f.name: list(f.metadata["values"]) for f in dataclasses.fields(record) if f.metadata.get("values")}


def describe(record: Any) -> Iterable[tuple[str, str, str, str, str]]:
    """Rows of (name, type, meaning, unit, null rule) for docs and cards."""
    for f in arrow_schema(record):
        notes = {k.decode(): v.decode() for k, v in (f.metadata or {}).items()}
        yield f.name, str(f.type), notes["meaning"], notes.get("unit", ""), notes.get("null", "")
