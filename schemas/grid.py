"""The `grids` table: one row for each `<table>` or `<array>` element, with its cells."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld
from schemas.values import CELL_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table."""

    row: int = col("Its first row, from 0.", arrow=pa.int32())
    column: int = col("Its first column, from 0.", arrow=pa.int32())
    row_span: int = col("Rows that it covers.", arrow=pa.int32())
    column_span: int = col("Columns that it covers.", arrow=pa.int32())
    kind: str = col("column_header, row_header, section (a heading of the rows below) or data.", values=CELL_KINDS)
    text: str = col("Its text, lines apart; empty for an empty cell.")
    notes: tuple[str, ...] = col("Marks of notes in it, such as a or *.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFlag:
    """A place in a cell that may identify a patient."""

    kind: str = col("name, record_number, age_over_89, date, phone or email.")
    row: int = col("First row of the cell.", arrow=pa.int32())
    column: int = col("First column of the cell.", arrow=pa.int32())
    start: int = col("First code point in the text of the cell.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    score: float = col("Confidence of the rule; not calibrated.", unit="0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One `<table>` or `<array>` element of an article."""

    grid_id: str = col("Grid.", unit="<table_id>/g<ordinal>, or <article_id>/g<ordinal> without a table")
    table_id: str | None = col("Row of `article_tables` that holds it.", null="the element is in no `<table-wrap>`")
    article_id: str = col("Article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC ID.", unit="PMC<digits>")
    ordinal: int = col("Place among the grids of its table, from 0.", arrow=pa.int32())
    n_rows: int = col("Number of rows, header rows included.", arrow=pa.int32())
    n_columns: int = col("Number of columns.", arrow=pa.int32())
    n_header_rows: int = col("Number of rows at the top that are headings.", arrow=pa.int32())
    n_stub_columns: int = col("Number of columns at the left that name the rows.", arrow=pa.int32())
    cells: tuple[Cell, ...] = col("Cells by row, then column; a cell that spans several slots stands once.", text=True)
    html: str = col("The table as plain HTML, without attributes but spans.", text=True)
    markdown: str = col("The table as Markdown; spanning cells are repeated, header rows joined.", text=True)
    privacy: tuple[CellFlag, ...] = col("Places in cells that may identify a patient.", default=())
    license: str = col("Licence of the article.")
    attribution: str = col("Attribution line, ready to print.")
    split: str = col("train, validation or test.", default="")
    withheld: str | None = withheld()


GRIDS = Table("grids", Grid, "One marked-up table, cell by cell.", "grid_id", row_group=2_000)
