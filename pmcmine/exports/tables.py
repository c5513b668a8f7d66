"""Tables as spreadsheets: a CSV file per table and an index, as pubget writes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.exports.reader import Export, ReleaseReader
from pmcmine.io.safe_names import inside, safe_name
from pmcmine.text.clean import for_spreadsheet, without_controls

# pubget's columns, then our own.
_INDEX: Final = (
    "pmcid", "table_id", "table_label", "table_caption", "table_foot", "n_header_rows", "table_data_file",
    "grid_id", "article_id", "n_rows", "n_columns", "n_stub_columns", "license", "attribution",
    "privacy",
)  # fmt: skip
_TABLES: Final = """
SELECT g.*, t.label AS table_label, t.caption AS table_caption, t.footnotes AS table_foot, t AS of_table
FROM grids g LEFT JOIN article_tables t USING (table_id)
WHERE g.withheld IS NULL
ORDER BY g.article_id, t.ordinal NULLS LAST, g.ordinal, g.grid_id
"""
_MOST_SLOTS: Final = 4_000_000  # rows times columns of a table
_NUMBER: Final = re.compile(r"[-+]?[\d.,\s]*%?|-+")


class Tables:
    """Tables of the articles as CSV files with an index."""

    name = "tables"
    meaning = "tables of the articles as CSV files, with an index (pubget's columns)"
    takes = frozenset({"where"})
    chooses = ("grids", "grid_id")

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `tables.csv`, the index, and a CSV file for each table that is not an image.

        Cells that span several slots are repeated in each. Rows whose texts are withheld are left out.
        """
        path = out.folder / "tables.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            index = csv.DictWriter(stream, _INDEX, extrasaction="ignore", lineterminator="\n")
            index.writeheader()
            for row in _rows(release, out.folder):
                index.writerow({k: _cell(row[k]) for k in _INDEX})
                out.counts[path.name] += 1


def _rows(release: ReleaseReader, folder: Path) -> Iterator[dict[str, Any]]:
    """Write the table files; yield the index row of each."""
    if not {"grids", "article_tables"} <= release.tables:
        return
    article, n = None, 0
    for row in release.rows(_TABLES):
        n = n + 1 if row["article_id"] == article else 0
        article = row["article_id"]
        name = f"tables/{safe_name(row['pmcid'], 'PMCID')[-2:]}/{safe_name(article, 'article')}/table_{n:03d}.csv"
        path = inside(folder, name, "table")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(fill_slots(row))
        yield row | {"table_data_file": name, "privacy": _flags(row)}


def _flags(row: Mapping[str, Any]) -> str:
    """List the kinds of privacy flags of a table; earlier releases have none for captions and notes."""
    flags = [*(row.get("privacy") or ()), *((row["of_table"] or {}).get("privacy") or ())]
    return ", ".join(sorted({str(f["kind"]) for f in flags}))


def fill_slots(grid: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Return the text in each slot of a grid, for a spreadsheet.

    Raises:
        PmcmineError: if the row has impossible sizes, or cells that overlap.
    """
    n_rows, n_columns = grid["n_rows"], grid["n_columns"]
    if min(n_rows, n_columns) < 0 or n_rows * n_columns > _MOST_SLOTS:
        raise PmcmineError(f"grid {str(grid['grid_id'])[:100]!r}: {n_rows} rows and {n_columns} columns")
    slots: list[list[str]] = [[""] * n_columns for _ in range(n_rows)]
    left = n_rows * n_columns
    for cell in grid["cells"]:
        text = _cell(cell["text"])
        columns = range(n_columns)[max(cell["column"], 0) : max(cell["column"] + cell["column_span"], 0)]
        rows = slots[max(cell["row"], 0) : max(cell["row"] + cell["row_span"], 0)]
        left -= len(rows) * len(columns)
        if left < 0:
            raise PmcmineError(f"grid {str(grid['grid_id'])[:100]!r}: cells overlap")
        for row in rows:
            row[columns.start : columns.stop] = [text] * len(columns)
    return slots


def _cell(value: Any) -> str:
    """Return a cell that a spreadsheet shows as it is; numbers keep their signs."""
    text = "" if value is None else without_controls(str(value))
    return text if _NUMBER.fullmatch(text) else for_spreadsheet(text)
