"""Flag private data in tables: the enrichers that flag paragraphs read cells, captions and notes, too."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from pmcmine.config import MineConfig
from pmcmine.miner.enrichers import flag_texts, reads_for_flags
from schemas.article import Article
from schemas.article_table import ArticleTable, TableFlag
from schemas.grid import Cell, CellFlag, Grid
from schemas.paragraph import Paragraph

Row = TypeVar("Row", Grid, ArticleTable)
_TEXTS: Final = ("caption", "footnotes")
_MOST: Final = 20_000  # code points of cells read together


def flag_grids(grids: Sequence[Grid], article: Article, config: MineConfig) -> list[Grid]:
    """Return tables with the flags of their cells.

    Args:
        grids: tables of an article.
        article: the article.
        config: the configuration.
    """
    if not reads_for_flags(config):
        return list(grids)
    runs = [(n, cells) for n, grid in enumerate(grids) for cells in _runs(grid)]
    texts = [_paragraph("\n".join(c.text for c in cells), grids[n].grid_id, article) for n, cells in runs]
    found: dict[int, list[CellFlag]] = {}
    for (n, cells), row in zip(runs, flag_texts(texts, config), strict=True):
        if row.privacy:
            found.setdefault(n, []).extend(_in_cells(row, cells))
    return _flagged(grids, found)


def flag_tables(tables: Sequence[ArticleTable], article: Article, config: MineConfig) -> list[ArticleTable]:
    """Return tables with the flags of their captions and notes.

    Args:
        tables: tables of an article.
        article: the article.
        config: the configuration.
    """
    if not reads_for_flags(config):
        return list(tables)
    places = [(n, name) for n, t in enumerate(tables) for name in _TEXTS if getattr(t, name)]
    texts = [_paragraph(getattr(tables[n], name), tables[n].table_id, article) for n, name in places]
    found: dict[int, list[TableFlag]] = {}
    for (n, name), row in zip(places, flag_texts(texts, config), strict=True):
        for f in row.privacy:
            flag = TableFlag(kind=f.kind, place=name, start=f.start, end=f.end, score=f.score)
            found.setdefault(n, []).append(flag)
    return _flagged(tables, found)


def _flagged(rows: Sequence[Row], found: Mapping[int, Sequence[Any]]) -> list[Row]:
    """Return rows with their flags, by index."""
    return [replace(row, privacy=tuple(found[n])) if n in found else row for n, row in enumerate(rows)]


def _runs(grid: Grid) -> Iterator[list[Cell]]:
    """Yield the cells with text, in groups that are read together."""
    run: list[Cell] = []
    size = 0
    for cell in grid.cells:
        if not cell.text:
            continue
        if run and size + len(cell.text) > _MOST:
            yield run
            run, size = [], 0
        run.append(cell)
        size += len(cell.text) + 1
    if run:
        yield run


def _in_cells(row: Paragraph, cells: Sequence[Cell]) -> Iterator[CellFlag]:
    """Map the flags of a joined text to spans in its cells; none crosses two cells."""
    starts = [0]
    for cell in cells:
        starts.append(starts[-1] + len(cell.text) + 1)
    for flag in row.privacy:
        n = bisect_right(starts, flag.start) - 1
        cell, start, end = cells[n], flag.start - starts[n], flag.end - starts[n]
        if end <= len(cell.text):
            yield CellFlag(kind=flag.kind, row=cell.row, column=cell.column, start=start, end=end, score=flag.score)


def _paragraph(text: str, name: str, article: Article) -> Paragraph:
    return Paragraph(
        paragraph_id=name,
        article_id=article.article_id,
        pmcid=article.pmcid,
        path="",
        ordinal=0,
        section_titles=(),
        section_kind="other",
        text=text,
        citations=(),
        figure_references=(),
        article_type=None,
        language=None,
        license=article.license,
        attribution="",
    )
