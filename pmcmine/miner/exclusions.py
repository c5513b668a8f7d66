"""Drop valid rows on request: those of the exclusion list, privacy-flagged items and items of benchmark sets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.duplicates.benchmark_sets import DROP, Benchmarks, open_benchmarks
from pmcmine.jats import Extraction
from pmcmine.rejects import Reason
from pmcmine.rights.exclusion_list import ExclusionList
from pmcmine.work.exclusions import open_exclusions
from schemas.article_table import ArticleTable, TableFlag
from schemas.figure import Figure, FigureFlag
from schemas.grid import CellFlag, Grid
from schemas.paragraph import Paragraph, TextFlag

_Flag = TextFlag | FigureFlag | CellFlag | TableFlag
_PRIVACY_SCORE: Final = 0.5  # minimum score of a flag that drops the row


def benchmarks(config: MineConfig) -> Benchmarks | None:
    """Open the benchmark sets of the run, if there are any."""
    if config.decontaminate_sha256 is None:
        return None
    return open_benchmarks(config.out, config.decontaminate_sha256)


def exclusions(config: MineConfig) -> ExclusionList:
    """Open the exclusion list of the run; empty if it has none."""
    return ExclusionList() if config.exclude_sha256 is None else open_exclusions(config.out, config.exclude_sha256)


def excluded_figures(extraction: Extraction, config: MineConfig) -> frozenset[str]:
    """Return the ids of the figures and tables that the exclusion list names, and of the figures within them."""
    held = exclusions(config)
    found: set[str] = set()
    if not held.figures:
        return frozenset()
    article = extraction.article
    images = {t.image_figure_id: t.table_id for t in extraction.article_tables if t.image_figure_id is not None}
    for table in extraction.article_tables:
        if held.names_figure(article, table.table_id):
            found.update(filter(None, (table.table_id, table.image_figure_id)))
    for figure in extraction.figures:  # a parent figure precedes its parts
        if figure.parent_figure_id in found or held.names_figure(article, figure.figure_id, figure.key):
            found.add(figure.figure_id)
        if figure.figure_id in found and figure.figure_id in images:  # a table that is an image
            found.add(images[figure.figure_id])
    return frozenset(found)


def images_of_dropped(extraction: Extraction, kept: Sequence[ArticleTable]) -> set[str | None]:
    """Return the ids of figures that are images of dropped tables: they show the same content."""
    ids = {t.table_id for t in kept}
    return {t.image_figure_id for t in extraction.article_tables if t.table_id not in ids}


def unwanted(
    row: Paragraph | Figure | Grid | ArticleTable, config: MineConfig, excluded: Collection[str] = ()
) -> tuple[Reason, str] | None:
    """Return the reason and detail if a row is unwanted, otherwise None; `excluded` are ids of figures and tables."""
    if isinstance(row, Figure) and row.figure_id in excluded:
        return Reason.EXCLUDED, "by its figure id"
    if isinstance(row, ArticleTable) and row.table_id in excluded:
        return Reason.EXCLUDED, "by its id"
    if config.drop_privacy_flagged and _flagged(row.privacy):
        return Reason.PRIVACY_FLAGGED, _kinds(row.privacy)
    if config.decontaminate_action == DROP and not isinstance(row, Grid | ArticleTable) and row.benchmarks:
        return Reason.IN_BENCHMARK, ", ".join(row.benchmarks)
    return None


def _flagged(flags: Sequence[_Flag]) -> bool:
    return any(f.score >= _PRIVACY_SCORE for f in flags)


def _kinds(flags: Sequence[_Flag]) -> str:
    """List only the kinds of flags: flagged text must not appear in the ledger."""
    return ", ".join(sorted({f.kind for f in flags if f.score >= _PRIVACY_SCORE}))
