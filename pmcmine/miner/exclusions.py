"""Rows that are left out, though nothing is wrong with them: what is flagged as private, and benchmark sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.duplicates.benchmark_sets import DROP, Benchmarks, open_benchmarks
from pmcmine.rejects import Reason
from schemas.figure import Figure, FigureFlag
from schemas.paragraph import Paragraph, TextFlag

_PRIVACY_SCORE: Final = 0.5  # from which a flag drops what it is set on


def benchmarks(config: MineConfig) -> Benchmarks | None:
    """The benchmark sets of the run, where there are any."""
    if config.decontaminate_sha256 is None:
        return None
    return open_benchmarks(config.out, config.decontaminate_sha256)


def unwanted(row: Paragraph | Figure, config: MineConfig) -> tuple[Reason, str] | None:
    """Why a paragraph or figure is dropped, and what of it may be told; None where it is not."""
    if config.drop_privacy_flagged and _flagged(row.privacy):
        return Reason.PRIVACY_FLAGGED, _kinds(row.privacy)
    if config.decontaminate_action == DROP and row.benchmarks:
        return Reason.IN_BENCHMARK, ", ".join(row.benchmarks)
    return None


def _flagged(flags: Sequence[TextFlag | FigureFlag]) -> bool:
    return any(f.score >= _PRIVACY_SCORE for f in flags)


def _kinds(flags: Sequence[TextFlag | FigureFlag]) -> str:
    """The kinds alone: what is flagged has no place in a ledger."""
    return ", ".join(sorted({f.kind for f in flags if f.score >= _PRIVACY_SCORE}))
