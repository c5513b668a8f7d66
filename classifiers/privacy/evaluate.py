"""Scores of the flags of text against paragraphs that were read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from classifiers.privacy.text import flags
from pmcmine.errors import PmcmineError
from pmcmine.evaluation.gold_files import read_table
from pmcmine.evaluation.intervals import RESAMPLES, interval

LABELS: Final = Path(__file__).parent / "labels" / "paragraphs.tsv"


def read_gold(path: Path) -> dict[str, frozenset[str]]:
    """Read paragraph → kinds of identifiers in it, from a table of `paragraph_id` and `kinds`, tab-separated.

    Raises:
        GoldError: if the file is missing or no such table.
    """
    rows = read_table(path, LABELS.name, ("paragraph_id", "kinds"))
    return {row[0]: frozenset(k for k in "".join(row[1:]).strip().split(",") if k) for row in rows}


def texts_of(release: Path, wanted: Mapping[str, Any]) -> dict[str, str]:
    """Return texts of paragraphs of a release.

    Raises:
        PmcmineError: if it holds none of them.
    """
    out: dict[str, str] = {}
    for file in sorted((release / "tables" / "paragraphs").glob("*/*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(columns=["paragraph_id", "text"]):
            out.update((r["paragraph_id"], r["text"]) for r in batch.to_pylist() if r["paragraph_id"] in wanted)
    if not out:
        raise PmcmineError(f"{release}: contains none of the labelled paragraphs")
    return out


def evaluate(gold: Mapping[str, frozenset[str]], texts: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Compute the precision, recall and F1 over (paragraph, kind), and the paragraphs where they differ."""
    counts, wrong = [], []
    for paragraph in sorted(texts):
        found = {f.kind for f in flags(texts[paragraph])}
        truth = gold[paragraph]
        counts.append((len(found & truth), len(found), len(truth)))
        if found != truth:
            told, said = ",".join(sorted(truth)) or "none", ",".join(sorted(found)) or "none"
            wrong.append(f"{paragraph}  gold {told}  found {said}")
    table = np.array(counts, float)
    rng = np.random.default_rng(0)
    samples = [_f1(table[rng.integers(0, len(table), len(table))].sum(0)) for _ in range(RESAMPLES)]
    both, n_found, n_gold = table.sum(0)
    measures = {
        "paragraphs": len(counts),
        "precision": round(float(both / max(n_found, 1)), 4),
        "recall": round(float(both / max(n_gold, 1)), 4),
        "f1": round(_f1(table.sum(0)), 4),
        "f1_interval": interval(samples),
    }
    return measures, wrong


def _f1(totals: Any) -> float:
    return float(2 * totals[0] / max(totals[1] + totals[2], 1))
