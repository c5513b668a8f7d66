"""Print what `pmcmine eval` measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pmcmine.commands.tables import TerminalTable, show

if TYPE_CHECKING:
    from pmcmine.concepts.training.evaluate import Score


def print_score(task: str, gold: Path, score: Score, errors: int, json_: bool) -> None:
    """Print the measures of concepts, negation or abbreviations."""
    print_measures(task, gold, score.measures, [e.line() for e in score.errors], errors, json_, "documents")


def print_measures(
    task: str,
    gold: Path,
    measures: Mapping[str, Any],
    wrong: Sequence[str],
    errors: int,
    json_: bool,
    units: str,
    intervals: str = "",
) -> None:
    """Print up to the requested number of errors, then the measures, one per line or as one line of JSON."""
    from pmcmine.evaluation.intervals import RESAMPLES

    for line in wrong if errors < 0 else wrong[:errors]:
        click.echo(line)
    if json_:
        click.echo(json.dumps({"task": task, "gold": str(gold), "errors": len(wrong), **measures}))
        return
    rows: list[tuple[str, str]] = []
    for name, value in measures.items():
        nested = value if isinstance(value, dict) else {}
        rows.append((name, "" if nested else _shown(value)))
        rows += [(f"  {key}", _row(row)) for key, row in nested.items()]
    rows.append(("errors", f"{len(wrong):,}  (--errors N lists them)"))
    last = f"intervals: 95 %, {intervals or f'{RESAMPLES:,} bootstrap samples'} of {units}"
    plain = [f"{name:22} {_shown(value)}" for name, value in measures.items()]
    show([*plain, f"{'errors':22} {rows[-1][1]}", last], TerminalTable(("measure", "value"), rows), last)


def _row(row: Any) -> str:
    return ", ".join(f"{n} {v}" for n, v in row.items()) if isinstance(row, dict) else str(row)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"\n  {k:20} " + _row(row) for k, row in value.items())
    if isinstance(value, list):
        return " to ".join(f"{v:.4f}" for v in value)
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"
