"""Drop valid rows on request: those of the exclusion list, privacy-flagged items and items of benchmark sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.duplicates.benchmark_sets import DROP, Benchmarks, open_benchmarks
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


def unwanted(row: Paragraph | Figure | Grid | ArticleTable, config: MineConfig) -> tuple[Reason, str] | None:
    """Return the reason and detail if a row is excluded, else None."""
    if isinstance(row, Figure) and exclusions(config).names_figure(row):
        return Reason.EXCLUDED, "by its figure id"
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
