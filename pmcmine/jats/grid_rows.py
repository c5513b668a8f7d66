"""Build the rows of an article's tables, cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pmcmine.jats.dom import Element
from pmcmine.jats.grid_text import read_cells, table_html, table_markdown
from pmcmine.jats.grids import TooManySlots, kinds_of, lay_out, own_tables, stub_columns
from pmcmine.rejects import Ledger, Reason, Stage, Unit
from pmcmine.text import bounds
from schemas.grid import Cell, Grid

_SUB_ARTICLES = ("sub-article", "response")


class GridRows:
    """Build the rows of an article's tables, within limits.

    Attributes:
        rows: rows so far.
        arrays: ids of tables with lines that are also in paragraphs.
        rejected: number of tables that are in the ledger instead.
    """

    def __init__(self, article_id: str, pmcid: str, licence: str, attribution: str, ledger: Ledger) -> None:
        self.rows: list[Grid] = []
        self.arrays: set[str] = set()
        self.rejected = 0
        self._article = {"article_id": article_id, "pmcid": pmcid, "license": licence, "attribution": attribution}
        self._ledger = ledger
        self._slots = bounds.GRID_SLOTS
        self._characters = bounds.GRID_TEXT

    def read(self, root: Element, tables: Sequence[tuple[str, Element]]) -> None:
        """Read all tables of an article.

        Args:
            root: the article.
            tables: id and `<table-wrap>` of its rows of `article_tables`.
        """
        names = {element: table_id for table_id, element in tables}
        counts: Counter[str | None] = Counter()
        article_id = self._article["article_id"]
        for table in own_tables(root):
            table_id = None
            for parent in table.iterancestors("table-wrap", *_SUB_ARTICLES):
                if parent.tag in _SUB_ARTICLES:
                    self._reject(Reason.SUB_ARTICLE, table.get("id") or "")
                    break
                table_id = table_id or names.get(parent)
            else:
                ordinal = counts[table_id]
                counts[table_id] += 1
                if table_id is None and table.tag == "array":
                    self.arrays.add(f"{article_id}/g{ordinal}")
                self._read(table, table_id, f"{table_id or article_id}/g{ordinal}", ordinal)

    def _read(self, table: Element, table_id: str | None, grid_id: str, ordinal: int) -> None:
        try:
            layout = lay_out(table, self._slots)
        except TooManySlots:
            self._reject(Reason.GRID_TOO_LARGE, f"{grid_id}: more than {self._slots} slots are left for it")
            return
        contents = read_cells([c.element for c in layout.cells])
        texts = contents.texts
        html = table_html(layout, contents.html)
        n_stub = stub_columns(layout, texts)
        markdown = table_markdown(layout, texts)
        n = len(html) + len(markdown)
        if n > self._characters:
            self._reject(Reason.GRID_TOO_LARGE, f"{grid_id}: more than {self._characters} characters are left for it")
            return
        self._slots -= layout.n_rows * layout.n_columns
        self._characters -= n
        kinds = kinds_of(layout, texts, n_stub)
        self.rows.append(
            Grid(
                grid_id=grid_id,
                table_id=table_id,
                ordinal=ordinal,
                n_rows=layout.n_rows,
                n_columns=layout.n_columns,
                n_header_rows=layout.n_header_rows,
                n_stub_columns=n_stub,
                cells=tuple(
                    [
                        Cell(
                            row=row,
                            column=column,
                            row_span=row_span,
                            column_span=column_span,
                            kind=kind,
                            text=text,
                            notes=notes,
                        )
                        for (_, row, column, row_span, column_span, _), text, notes, kind in zip(
                            layout.cells, texts, contents.notes, kinds, strict=True
                        )
                    ]
                ),
                html=html,
                markdown=markdown,
                privacy=(),
                **self._article,
            )
        )

    def _reject(self, reason: Reason, detail: str) -> None:
        self.rejected += 1
        self._ledger.add(Stage.EXTRACT, Unit.GRID, reason, self._article["article_id"], detail)
