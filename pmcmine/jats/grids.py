"""Lay out the cells of a table: spans resolved, header rows and stub columns marked.

The rules are those of HTML ("Forming a table"), with two differences that leave at most one cell per slot: a cell that
would overlap another is cut, and so are spans that reach beyond the last column in which a cell begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import groupby
from typing import Final, NamedTuple

from pmcmine.jats.dom import Element, local
from pmcmine.text import bounds

_SPAN = re.compile(r"\s*\+?(\d{1,9})\s*")
_MOST_COLUMNS: Final = 1_000  # per cell, as in HTML
_MOST_ROWS: Final = 65_534
_GROUPS: Final = frozenset({"thead", "tbody", "tfoot"})
_ROWS: Final = frozenset({"tr", "row"})
_VALUE = re.compile(
    r"[\s<>=≤≥~≈±+−–‐‑-]*(?:[$€£¥]\s?)?\d[\d\s.,·:/()\[\]%±×^<>=≤≥+−–‐‑*†‡-]*"
    r"(?:(?:to|and|vs\.?)\s?[\d.,%()]+)?[a-z]{0,2}|[-−–—.]+|n/?[as]|n\.[as]\.|ns|nd|[✓✔×xX+]+|yes|no",
    re.IGNORECASE,
)
# Headings of columns with numbers that name rows.
_KEY = re.compile(
    r"(?:[\w.-]+ ){0,2}(?:no|nr|number|ids?|code|case|patient|subject|accession|year|region|group|sample|strain|stage|"
    r"day|week|month|time ?point|cluster|locus|run|experiment|entry|compound)[.:#]?|#|№",
    re.IGNORECASE,
)
_COUNTED: Final = 4  # minimum rows for consecutive numbers to count as row numbers
_NESTED: Final = 2  # maximum consecutive nested section rows
_LETTER = re.compile(r"[^\W\d_]")


class TooManySlots(Exception):
    """A table has more slots than the bound."""


class Placed(NamedTuple):
    """A cell at its position; `heading` says whether the markup makes it a heading."""

    element: Element
    row: int
    column: int
    row_span: int
    column_span: int
    heading: bool


class Layout(NamedTuple):
    """The cells of a table, by row and column.

    `head` holds the rows that the markup makes headings, and `groups` the number of rows of each row group.
    """

    cells: tuple[Placed, ...]
    n_rows: int
    n_columns: int
    head: frozenset[int]
    n_header_rows: int
    groups: tuple[tuple[str, int], ...]


def own_tables(element: Element) -> list[Element]:
    """Return the elements with rows of cells: `<table>`, `<array>` and CALS `<tgroup>`, in document order."""
    return [e for e in element.iter("table", "array", "{*}tgroup") if _has_rows(e)]


def _has_rows(element: Element) -> bool:
    """Check that a `<table>` has more than CALS groups, and that an `<array>` is not an image."""
    if element.tag == "array":
        return element.find("tbody") is not None or element.find("tr") is not None
    return element.tag != "table" or element.find("{*}tgroup") is None


def lay_out(table: Element, most_slots: int = bounds.GRID_SLOTS) -> Layout:
    """Lay out a table.

    Args:
        table: a `<table>`, `<array>` or `<tgroup>`.
        most_slots: limit on rows times columns.

    Raises:
        TooManySlots: above this limit.
    """
    groups = _row_groups(table)
    columns = _cals_columns(table) if table.tag != "table" else {}
    cells: list[Placed] = []
    until: list[int] = []  # for each column, the first row in which it is free
    head: set[int] = set()
    first = n_slots = 0
    for name, rows in groups:
        end = first + len(rows)
        is_head = name == "thead"
        if is_head:
            head.update(range(first, end))
        for r, row in enumerate(rows, first):
            column = 0
            for cell in row:
                tag = cell.tag
                if tag == "td" or tag == "th":
                    # Most cells span nothing; a function call for each would add a tenth to the time. 0 rows mean all
                    # below.
                    get = cell.get
                    heading = tag == "th" or get("scope") is not None
                    tall, wide = get("rowspan"), get("colspan")
                    rows_ = 1 if tall is None or tall == "1" else _span(tall, 1, _MOST_ROWS)
                    width = 1 if wide is None or wide == "1" else _span(wide, 1, _MOST_COLUMNS) or 1
                elif local(cell) == "entry":
                    start, rows_, width = _cals_spans(cell, columns)
                    column, heading = max(column, start), False
                else:
                    continue
                while column < len(until) and until[column] > r:
                    column += 1
                    n_slots += 1
                n_slots += width
                if n_slots > most_slots or column + width > most_slots:
                    raise TooManySlots
                if column + width > len(until):
                    until += [0] * (column + width - len(until))
                if rows_ == width == 1:  # the common case
                    until[column] = r + 1
                    cells.append(Placed(cell, r, column, 1, 1, heading or is_head))
                    column += 1
                    continue
                width = next((n for n in range(width) if until[column + n] > r), width)
                height = end - r if rows_ == 0 else min(rows_, end - r)
                until[column : column + width] = [r + height] * width
                cells.append(Placed(cell, r, column, height, width, heading or is_head))
                column += width
        first = end
    n_columns = max([c[2] for c in cells], default=-1) + 1
    if first * n_columns > most_slots:
        raise TooManySlots
    if len(until) > n_columns:
        cells = [
            c._replace(column_span=n_columns - c.column) if c.column + c.column_span > n_columns else c for c in cells
        ]
    lead = _leading_heads(cells, groups)
    head.update(range(lead))
    return Layout(tuple(cells), first, n_columns, frozenset(head), lead, tuple((name, len(r)) for name, r in groups))


def _leading_heads(cells: Sequence[Placed], groups: Sequence[tuple[str, Sequence[object]]]) -> int:
    """Count the header rows at the top: those of the first `<thead>`, otherwise rows of only `<th>` cells."""
    if groups and groups[0][0] == "thead":
        return len(groups[0][1])
    n = 0
    for row, of_row in groupby(cells, lambda c: c.row):
        held = list(of_row)
        if row != n or not all(c.heading for c in held) or len(held) < 2:
            break
        n += 1
    return n


def _row_groups(table: Element) -> list[tuple[str, list[Element]]]:
    """Return the rows of each group in display order: a foot may precede the body in the markup."""
    groups: list[tuple[str, list[Element]]] = []
    feet: list[tuple[str, list[Element]]] = []
    loose: list[Element] = []
    for child in table:
        name = local(child)
        if name in _ROWS:
            if not loose:
                groups.append(("tbody", loose))
            loose.append(child)
        elif name in _GROUPS:
            loose = []
            (feet if name == "tfoot" else groups).append((name, [r for r in child if local(r) in _ROWS]))
    return groups + feet


def _cals_spans(cell: Element, columns: dict[str, int]) -> tuple[int, int, int]:
    """Return the stated column (0 if there is none), rows and columns of a cell of a CALS table."""
    start = columns.get(cell.get("namest") or cell.get("colname") or "")
    end = columns.get(cell.get("nameend") or "")
    width = min(end - start + 1, _MOST_COLUMNS) if start is not None and end is not None and end >= start else 1
    return start or 0, _span(cell.get("morerows"), 0, _MOST_ROWS - 1) + 1, width


def _span(value: str | None, missing: int, most: int) -> int:
    match = _SPAN.fullmatch(value) if value else None
    return min(int(match[1]), most) if match else missing


def _cals_columns(group: Element) -> dict[str, int]:
    """Return the number of each named column of a CALS table."""
    columns: dict[str, int] = {}
    at = 0
    for child in group:
        if local(child) == "colspec":
            number = _span(child.get("colnum"), 0, _MOST_COLUMNS)
            at = number - 1 if number else at
            if child.get("colname"):
                columns.setdefault(child.get("colname"), at)
            at += 1
    return columns


def is_value(text: str) -> bool:
    """Check whether a cell holds a number or a mark, and no words."""
    return _VALUE.fullmatch(text) is not None or _LETTER.search(text) is None


def stub_columns(layout: Layout, texts: Sequence[str]) -> int:
    """Count the columns on the left that name the rows.

    The markup decides if it has headings in the body. Otherwise a first column of words, or of keys such as patient
    numbers, counts. So do the columns that share its heading or have none, and the next one as long as the cells of a
    column span several rows, but not the same rows as those before it: these describe the rows, as numbers do.
    """
    if layout.n_columns < 2:
        return 0
    head: list[tuple[Placed, str]] = []
    by_column: dict[int, list[tuple[Placed, str]]] = {}
    in_head, n_columns = layout.head, layout.n_columns
    plain, marks = n_columns, False  # the first body column with a cell that is not a heading; whether any cell is one
    for placed in zip(layout.cells, texts, strict=True):
        (_, row, column, _, column_span, heading), text = placed
        if row in in_head:
            head.append(placed)
        elif column_span < n_columns:
            by_column.setdefault(column, []).append(placed)
            marks = marks or heading
            if column < plain and text and not heading:
                plain = column
    if marks and plain < n_columns and plain:
        return min(plain, n_columns - 1)
    least = _named_together(layout, head, by_column)
    n = 0
    before: set[tuple[int, int]] = set()
    for column in range(layout.n_columns - 1):
        held = by_column.get(column, [])
        spans = {(c.row, c.row_span) for c, _ in held if c.row_span > 1}
        names = _are_words(held) or (not column and _are_keys(head, held))
        if (not n or (n >= least and spans)) and not names:
            return n
        n += 1
        if n >= least and (not spans or spans & before):
            break
        before = spans
    return n


def _named_together(
    layout: Layout, head: Sequence[tuple[Placed, str]], by_column: Mapping[int, Sequence[tuple[Placed, str]]]
) -> int:
    """Count the columns on the left that share the first heading, or follow it without a heading and hold words."""
    spans = (c.column_span for c, _ in head if c.column == 0)
    n = max((n for n in spans if n < layout.n_columns), default=1)
    if n > 1 or not head:
        return n
    titled: set[int] = set()
    for c, text in head:
        if text:
            titled.update(range(c.column, c.column + c.column_span))
    while n < layout.n_columns - 1 and n not in titled and _are_words(by_column.get(n, ())):
        n += 1
    return n


def _are_words(held: Sequence[tuple[Placed, str]]) -> bool:
    filled = [t for _, t in held if t]
    return bool(filled) and 2 * sum(1 for t in filled if not is_value(t)) >= len(filled)


def _are_keys(head: Sequence[tuple[Placed, str]], held: Sequence[tuple[Placed, str]]) -> bool:
    """Check whether numbers name the rows: they count them, or are unique below a heading such as "Patient no."."""
    filled = [t for _, t in held if t]
    if len(filled) < 2 or len(set(filled)) < len(filled):
        return False
    return _count_rows(filled) or any(c.column == 0 and _KEY.fullmatch(t[:60]) for c, t in head)


def _count_rows(filled: Sequence[str]) -> bool:
    """Check whether the cells of a column count the rows from 1, as those of "Study omitted" do; a total may follow."""
    numbers = [t.rstrip(".") for t in filled if not _LETTER.search(t)]
    return (
        len(numbers) >= _COUNTED
        and len(filled) - len(numbers) <= 1
        and all(len(t) < 5 and t.isdecimal() and int(t) == n for n, t in enumerate(numbers, 1))
    )


def kinds_of(layout: Layout, texts: Sequence[str], n_stub: int) -> list[str]:
    """Return the kind of each cell: column_header, row_header, section or data."""
    head = layout.head
    filled: dict[int, int] = {}
    for (_, row, _, row_span, _, _), text in zip(layout.cells, texts, strict=True):
        if text:
            filled[row] = filled.get(row, 0) + 1
            for below in range(row + 1, row + row_span) if row_span > 1 else ():
                filled[below] = filled.get(below, 0) + 1
    ordinary = max((row for row, n in filled.items() if n > 1 and row not in head), default=-1)
    alone = {row for row, n in filled.items() if n == 1 and row not in head} if layout.n_columns > 1 else set()
    empty = _rows_without_data(layout, texts, alone) if alone else set()
    kinds = []
    for (_, row, column, row_span, _, heading), text in zip(layout.cells, texts, strict=True):
        if row in head:
            kinds.append("column_header")
        elif not column and text and row in alone and row < ordinary and row_span == 1 and row not in empty:
            kinds.append("section")
        elif column < n_stub or heading:
            kinds.append("row_header")
        else:
            kinds.append("data")
    return kinds


def _rows_without_data(layout: Layout, texts: Sequence[str], alone: Set[int]) -> set[int]:
    """Return the rows with a name and no data: several in succession, if none of the names spans the table.

    Args:
        layout: the table.
        texts: texts of its cells.
        alone: rows with one text.
    """
    named = [
        c.row
        for c, text in zip(layout.cells, texts, strict=True)
        if c.row in alone and text and c.column_span < layout.n_columns
    ]
    runs = groupby(enumerate(named), lambda at: at[1] - at[0])
    return {row for _, run in runs if len(held := [row for _, row in run]) > _NESTED for row in held}


def slots(layout: Layout) -> Iterator[list[int]]:
    """Yield for each row the indices of the cells in its slots, -1 if there is none."""
    rows = [[-1] * layout.n_columns for _ in range(layout.n_rows)]
    for n, (_, first, column, row_span, column_span, _) in enumerate(layout.cells):
        if row_span == column_span == 1:
            rows[first][column] = n
            continue
        for row in rows[first : first + row_span]:
            row[column : column + column_span] = [n] * column_span
    yield from rows
