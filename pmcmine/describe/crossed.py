"""Cross two dimensions of a corpus: kinds of images by licence and year, journals and concepts by kind of image.

Rows and columns are the most frequent values; all others share one, so that a table covers everything.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from pmcmine.io.duck import connected

NONE: Final = "(none)"
OTHERS: Final = "others"
ROWS: Final = 15  # rows named in a table
COLUMNS: Final = 6  # columns named in a table, including the one of all others
_SPAN: Final = 5  # years
_MEMORY: Final = "512MB"  # limit for DuckDB, which spills the rest to disk
_FIGURES: Final = pa.schema(
    [("figure_id", pa.string()), ("shard", pa.string()), ("image_kinds", pa.list_(pa.string()))]
)
_CONCEPTS: Final = pa.schema(
    [(c, pa.string()) for c in ("context_id", "context_kind", "cui", "source_id")] + [("negated", pa.bool_())]
)
_JOINED: Final = f"""
CREATE TEMP TABLE joined AS SELECT concept, kinds FROM (
  SELECT DISTINCT context_id, coalesce(cui, source_id) AS concept FROM concept_rows
  WHERE context_kind = 'figure_caption' AND NOT coalesce(negated, false)
) JOIN (
  SELECT figure_id, CASE WHEN coalesce(len(image_kinds), 0) = 0 THEN ['{NONE}'] ELSE image_kinds END AS kinds
  FROM figure_rows WHERE shard IS NOT NULL
) ON context_id = figure_id
"""
# A row and a column; None stands for all unnamed values, since a value may be called "others".
_Place = tuple[str | None, str | None]
# Reads columns of one table of the release, file by file.
Read = Callable[[str, Sequence[str]], Iterator[pa.Table]]


@dataclass(frozen=True, slots=True)
class CrossRow:
    """A row of a cross table.

    Attributes:
        name: the value.
        total: pairs with it, each once.
        numbers: pairs with it and the value of each column.
    """

    name: str
    total: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Pairs by two dimensions; a pair of several kinds or concepts counts for each.

    Attributes:
        title: the counted dimensions.
        columns: names of the columns.
        rows: the rows.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[CrossRow, ...]


def most(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return values with their counts, most frequent first."""
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _shown(counted: Mapping[str, int], limit: int) -> list[str]:
    """Return the named values: as many as fit, or one less if others are left."""
    values = [v for v, _ in most(counted)]
    return values if len(values) <= limit else values[: limit - 1]


def cross(
    title: str,
    rows: Mapping[str, int],
    columns: Mapping[str, int],
    numbers: Mapping[tuple[str, str], int],
    names: Mapping[str, str] | None = None,
) -> CrossTable:
    """Return a table of the most frequent rows and columns.

    Args:
        title: the counted dimensions.
        rows: count of each row value.
        columns: count of each column value.
        numbers: count of each pair of values.
        names: display names of the row values, if different.
    """
    down, across = _shown(rows, ROWS), _columns(columns)
    return _table(title, down, rows, _folded(numbers, set(down), set(across)), across, names or {})


def _columns(counted: Mapping[str, int]) -> list[str | None]:
    """Return the values of the columns; the last one may stand for all others."""
    across = _shown(counted, COLUMNS)
    return [*across, *([None] if len(across) < len(counted) else [])]


def _folded(
    numbers: Mapping[Any, int], down: Collection[str | None], across: Collection[str | None]
) -> Counter[_Place]:
    folded: Counter[_Place] = Counter()
    for (row, column), n in numbers.items():
        folded[row if row in down else None, column if column in across else None] += n
    return folded


def _named(columns: Sequence[str | None]) -> tuple[str, ...]:
    """Return the column names; that of all others differs from every value."""
    rest = OTHERS if OTHERS not in columns else f"all {OTHERS}"
    return tuple(rest if c is None else c for c in columns)


def _table(
    title: str,
    down: Sequence[str],
    totals: Mapping[str, int],
    numbers: Mapping[_Place, int],
    columns: Sequence[str | None],
    names: Mapping[str, str],
) -> CrossTable:
    """Return a table with a last row for all unnamed values; without rows if there is nothing to cross."""
    found = [CrossRow(names.get(r, r), totals[r], tuple(numbers.get((r, c), 0) for c in columns)) for r in down]
    if len(down) < len(totals):
        rest = sum(totals.values()) - sum(totals[r] for r in down)
        name = f"{len(totals) - len(down):,} {OTHERS}"
        found.append(CrossRow(name, rest, tuple(numbers.get((None, c), 0) for c in columns)))
    return CrossTable(title, _named(columns), tuple(found) if columns else ())


def cross_years(
    kinds: Mapping[str, int], years: Mapping[str, int], numbers: Mapping[tuple[str, str], int]
) -> CrossTable:
    """Cross kinds with five-year spans; the earliest span includes all years before."""
    spans = _spans(years)
    columns = list(dict.fromkeys(spans[y] for y in sorted(spans))) + ([NONE] if NONE in years else [])
    down = _shown(kinds, ROWS)
    folded: Counter[_Place] = Counter()
    for (kind, year), n in numbers.items():
        folded[kind if kind in down else None, spans.get(year, NONE)] += n
    return _table("kind of image × year", down, kinds, folded, columns, {})


def _spans(years: Mapping[str, int]) -> dict[str, str]:
    """Map each year to its five-year span; the earliest span includes all years before."""
    known = sorted(int(y) for y in years if y != NONE)
    if not known:
        return {}
    newest = known[-1] - known[-1] % _SPAN
    first = newest - _SPAN * (COLUMNS - 2)
    return {str(y): _span(y - y % _SPAN, known[-1]) if y >= first else f"until {first - 1}" for y in known}


def _span(start: int, newest: int) -> str:
    return f"{start}" if start == newest else f"{start}–{min(start + _SPAN - 1, newest)}"


def cross_concepts(
    read: Read, concepts: Mapping[str, int], kinds: Mapping[str, int], names: Mapping[str, str]
) -> CrossTable:
    """Cross the concepts of captions with kinds of image, joined on disk if memory is too small.

    Args:
        read: reads the rows of a table.
        concepts: captions of each concept.
        kinds: pairs of each kind.
        names: names of concepts.
    """
    title = "concept × kind of image"
    if not concepts or not kinds:
        return CrossTable(title, (), ())
    down = [v for v, _ in most({c: n for c, n in concepts.items() if c != NONE})][: ROWS - 1]
    with tempfile.TemporaryDirectory(prefix="pmcmine-balance-") as spill, connected() as sql:
        sql.execute(f"SET memory_limit = '{_MEMORY}'")
        sql.execute("SET temp_directory = $1", [spill])
        for name, schema, table in (
            ("figure_rows", _FIGURES, "figures"),
            ("concept_rows", _CONCEPTS, "concepts"),
        ):
            sql.register(name, pa.RecordBatchReader.from_batches(schema, _batches(read, table, schema)))
        sql.execute(_JOINED)
        sql.register("named", pa.table({"concept": pa.array(down, pa.string())}))
        sql.execute(
            "CREATE TEMP VIEW folded AS SELECT CASE WHEN concept IN (SELECT concept FROM named) THEN concept "
            "ELSE NULL END AS row, kinds FROM joined"
        )
        totals = dict(sql.sql("SELECT row, count(*) FROM folded GROUP BY row").fetchall())
        (others,) = sql.sql(
            "SELECT count(DISTINCT concept) FROM joined WHERE concept NOT IN (SELECT concept FROM named)"
        ).fetchall()[0]
        counted = sql.sql(
            "SELECT row, kind, count(*) FROM (SELECT row, unnest(kinds) AS kind FROM folded) GROUP BY ALL"
        )
        numbers = {(row, kind): n for row, kind, n in counted.fetchall()}
    columns = _columns(kinds)
    folded = _folded(numbers, set(down), set(columns))
    rows = [
        CrossRow(f"{names[c]} ({c})" if c in names else c, totals[c], tuple(folded[c, k] for k in columns))
        for c in sorted(down, key=lambda c: -totals.get(c, 0))
        if c in totals
    ]
    if None in totals:
        rows.append(CrossRow(f"{others:,} {OTHERS}", totals[None], tuple(folded[None, k] for k in columns)))
    return CrossTable(title, _named(columns), tuple(rows))


def _batches(read: Read, table: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table with the columns of a schema; files that lack one of them are skipped."""
    for rows in read(table, schema.names):
        if {*schema.names} <= {*rows.column_names}:
            yield from rows.select(schema.names).cast(schema).to_batches()
