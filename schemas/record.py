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
from typing import Any, Final

import pyarrow as pa

_SCALARS: Mapping[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
}

_ATOMS: Final = frozenset({str, int, float, bool, type(None)})


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
        unit: the unit or format of the value, if it has one.
        null: what a null means; required for every nullable column.
        arrow: the Arrow type, if it is not the annotation's default (int64, float64, string).
        default: the value until a later step knows it.
        text: whether it is text of the article, which pointer rows leave out.
        values: all values that it, or an element of its list, can have, if they are a closed set.
    """
    metadata = {"meaning": meaning, "unit": unit, "null": null, "arrow": arrow, "text": text, "values": values}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def withheld() -> Any:
    """Declare the column that says that a row is a pointer."""
    return col(
        "For pointer rows: SHA-256 of the text left out for licence reasons.",
        null="nothing is withheld",
        default=None,
    )


def extra() -> Any:
    """Declare the values of columns that enrichers of other packages add, by name."""
    return field(default_factory=dict, hash=False, metadata={"extra": True})


def _columns(record: Any) -> tuple[dataclasses.Field[Any], ...]:
    return tuple(f for f in dataclasses.fields(record) if not f.metadata.get("extra"))


def text_columns(record: Any) -> tuple[str, ...]:
    """Return the names of the columns that hold text of the article."""
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
        return pa.list_(_arrow_type(_strip_optional(item)[0]))
    if dataclasses.is_dataclass(hint):
        record: Any = hint
        return pa.struct(list(arrow_schema(record)))
    raise TypeError(f"no Arrow type for {hint!r}")


@cache
def arrow_schema(record: Any) -> pa.Schema:
    """Build the Arrow schema of a record class, with meaning, unit and null rule as field metadata.

    Raises:
        TypeError: if a field is undeclared, or is nullable without a null rule (or the reverse).
    """
    hints = typing.get_type_hints(record)
    fields = []
    for f in _columns(record):
        if "meaning" not in f.metadata:
            raise TypeError(f"{record.__name__}.{f.name} is not declared with col()")
        hint, nullable = _strip_optional(hints[f.name])
        if nullable != (f.metadata["null"] is not None):
            raise TypeError(f"{record.__name__}.{f.name}: a nullable column needs a null rule, others none")
        said: dict[str, Any] = {k: f.metadata.get(k) for k in ("meaning", "unit", "null", "text", "values")}
        fields.append(make_field(f.name, f.metadata["arrow"] or _arrow_type(hint), **said))
    return pa.schema(fields)


def make_field(
    name: str,
    kind: pa.DataType,
    meaning: str,
    *,
    unit: str | None = None,
    null: str | None = None,
    text: bool = False,
    values: Sequence[str] | None = None,
) -> pa.Field:
    """Return a column as an Arrow field that carries its meaning, unit, null rule and closed set of values."""
    notes = {"meaning": meaning}
    notes |= {"unit": unit} if unit is not None else {}
    notes |= {"null": null} if null is not None else {}
    notes |= {"text": "true"} if text else {}
    notes |= {"values": json.dumps(values)} if values else {}
    return pa.field(name, kind, null is not None, notes)


def notes_of(field_: pa.Field) -> dict[str, str]:
    """Return the notes of a field: meaning, unit, null rule, values."""
    return {k.decode(): v.decode() for k, v in (field_.metadata or {}).items()}


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
        extra: columns that enrichers of other packages add, after those of the record.
        lacking: columns that files of an earlier version do not have.
    """

    name: str
    record: Any
    meaning: str
    key: str
    grouped: bool = True
    row_group: int = 10_000
    extra: tuple[pa.Field, ...] = ()
    lacking: frozenset[str] = frozenset()

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the rows."""
        columns = pa.schema([f for f in (*arrow_schema(self.record), *self.extra) if f.name not in self.lacking])
        return columns.with_metadata({"table": self.name, "meaning": self.meaning})


@cache
def _getter(record: type) -> tuple[tuple[str, ...], Any]:
    names = tuple(f.name for f in _columns(record))
    return names, attrgetter(*names) if len(names) > 1 else (lambda r: (getattr(r, names[0]),))


def plain(value: Any) -> Any:
    """Turn nested records into dicts and tuples into lists, as Arrow and JSON take them."""
    if type(value) in _ATOMS:  # as most values are
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names, getter = _getter(type(value))
        return {k: plain(v) for k, v in zip(names, getter(value), strict=True)}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    return value


def to_arrow(table: Table, rows: Sequence[Any]) -> pa.Table:
    """Build an Arrow table of records, column by column, in the given order.

    Raises:
        pyarrow.ArrowInvalid: if a value does not fit its declared type.
    """
    schema = table.schema
    own = len(schema) - len(table.extra)
    columns = [pa.array([plain(getattr(r, f.name)) for r in rows], f.type) for f in list(schema)[:own]]
    columns += [pa.array([plain(r.extra.get(f.name)) for r in rows], f.type) for f in table.extra]
    return pa.Table.from_arrays(columns, schema=schema)


def closed_values(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the values of each column that has a closed set of them."""
    notes = {f.name: notes_of(f) for f in schema}
    return {name: json.loads(said["values"]) for name, said in notes.items() if "values" in said}


def describe(schema: pa.Schema) -> Iterable[tuple[str, str, str, str, str]]:
    """Yield (name, type, meaning, unit, null rule) of each column, for docs and cards."""
    for f in schema:
        notes = notes_of(f)
        yield f.name, str(f.type), notes["meaning"], notes.get("unit", ""), notes.get("null", "")
