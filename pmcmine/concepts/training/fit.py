"""Fit the two small models of the package: abbreviations, and the confidence of a match."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from pmcmine.concepts import abbreviations, scoring
from pmcmine.concepts.alignment import FEATURES, Model
from pmcmine.concepts.candidates import longest
from pmcmine.concepts.linker import Linker
from pmcmine.concepts.training.evaluate import score_abbreviations
from pmcmine.concepts.training.gold import GoldDocument, GoldPairs
from pmcmine.evaluation.gold_files import one_line
from pmcmine.io.safe_files import replacing

_THRESHOLDS: Final = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


def fit_abbreviations(documents: Sequence[GoldPairs], strength: float = 0.3) -> Model:
    """Fit a logistic model of alignments, and the threshold with the best F1 on the same documents.

    Args:
        documents: texts with their pairs.
        strength: regularisation (C of scikit-learn's logistic regression).
    """
    rows, labels = [], []
    for d in documents:
        pairs = {(one_line(a), one_line(b)) for a, b in d.pairs}
        for candidate in abbreviations.candidates(d.text):
            for alignment in candidate.alignments():
                rows.append(alignment.features)
                labels.append((candidate.short, one_line(candidate.long_form(alignment))) in pairs)
    model = LogisticRegression(C=strength, max_iter=2000).fit(np.array(rows), np.array(labels))
    weights = tuple(round(w, 4) for w in model.coef_[0].tolist())
    bias = round(float(model.intercept_[0]), 4)
    fits = [Model(weights, bias, threshold) for threshold in _THRESHOLDS]
    return max(fits, key=lambda m: (score_abbreviations(documents, [m] * len(documents)).measures["f1"], m.threshold))


def write_abbreviations(model: Model, path: Path, trained_on: str) -> None:
    """Write a model in the package's format."""
    _write(
        path,
        {
            "trained_on": trained_on,
            "command": "pmcmine train abbreviations --gold PATH",
            "threshold": model.threshold,
            "bias": model.bias,
            "weights": dict(zip(FEATURES, model.weights, strict=True)),
        },
    )


def fit_linking(corpora: Sequence[tuple[Linker, Sequence[GoldDocument]]], strength: float = 1.0) -> dict[str, Any]:
    """Fit a logistic model of matches; return bias and weights by name.

    Every corpus has the same weight, whatever its size, as no feature says which vocabulary is in use. Matches inside
    longer ones are skipped, as they carry no information.

    Args:
        corpora: annotated documents, with a linker for a vocabulary with the ids of their annotations.
        strength: regularisation (C of scikit-learn's logistic regression).
    """
    rows: list[tuple[float, ...]] = []
    labels: list[bool] = []
    counts = []
    for linker, documents in corpora:
        before = len(rows)
        for d in documents:
            gold = {(m.spans[0], m.id) for m in d.mentions if len(m.spans) == 1}
            for c in longest(linker.candidates([d.text])):
                if c.how in ("exact", "variant"):
                    rows.append(scoring.features(c.evidence))
                    labels.append(((c.start, c.end), linker.vocabulary.term(c.term).source_id) in gold)
        counts.append(len(rows) - before)
    weights = np.repeat([(len(rows) / len(counts) / max(n, 1)) ** 0.5 for n in counts], counts)
    model = LogisticRegression(C=strength, max_iter=2000).fit(np.array(rows), np.array(labels), sample_weight=weights)
    fitted = {n: round(w, 4) for n, w in zip(scoring.FEATURES, model.coef_[0].tolist(), strict=True)}
    return {"bias": round(float(model.intercept_[0]), 4), "weights": fitted}


def write_linking(model: dict[str, Any], path: Path, trained_on: str) -> None:
    """Write a model in the package's format."""
    _write(path, {"trained_on": trained_on, "command": "pmcmine train linking --gold PATH --vocab PATH …", **model})


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        stream.write((json.dumps(content, indent=1) + "\n").encode())
