"""Scores of the text heads against labelled paragraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from classifiers.text.features import passage_of
from classifiers.text.heads import CLASSES, QUALITY, TextModel
from pmcmine.evaluation.intervals import RESAMPLES, interval


def measures(task: str, gold: Sequence[Any], found: Sequence[Any]) -> dict[str, Any]:
    """Compute macro F1, accuracy, F1 by class and the confusion table; Pearson's r and mean absolute error of quality.

    Intervals are 95 % over 1,000 bootstrap samples of the paragraphs.
    """
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(gold), (RESAMPLES, len(gold)))
    if task == QUALITY:
        g, f = np.array(gold, float), np.array(found, float)
        samples = [_pearson(g[p], f[p]) for p in picks]
        return {
            "paragraphs": len(gold),
            "pearson": round(_pearson(g, f), 4),
            "pearson_interval": interval(samples),
            "mae": round(float(np.abs(g - f).mean()), 4),
            "mae_interval": interval([float(np.abs(g[p] - f[p]).mean()) for p in picks]),
        }
    classes = CLASSES[task]
    number = {c: i for i, c in enumerate(classes)}
    gi, fi = np.array([number[v] for v in gold]), np.array([number[v] for v in found])
    by_class = _f1(gi, fi, len(classes))
    table = np.zeros((len(classes), len(classes)), int)
    np.add.at(table, (gi, fi), 1)
    return {
        "paragraphs": len(gold),
        "macro_f1": round(float(by_class.mean()), 4),
        "macro_f1_interval": interval([float(_f1(gi[p], fi[p], len(classes)).mean()) for p in picks]),
        "accuracy": round(float((gi == fi).mean()), 4),
        "f1_by_class": {c: round(v, 4) for c, v in zip(classes, by_class.tolist(), strict=True)},
        "confusion": {c: dict(zip(classes, row, strict=True)) for c, row in zip(classes, table.tolist(), strict=True)},
    }


def _pearson(a: Any, b: Any) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 1 and a.std() and b.std() else 0.0


def _f1(gold: Any, found: Any, n: int) -> Any:
    """Return F1 of each class."""
    both = np.bincount(gold[gold == found], minlength=n)
    total = np.bincount(gold, minlength=n) + np.bincount(found, minlength=n)
    return 2 * both / np.maximum(total, 1)


def decide(task: str, scores: Any) -> list[Any]:
    """Choose the most likely class of each row of scores, or the quality."""
    if task == QUALITY:
        return [float(v) for v in scores[:, 0]]
    return [CLASSES[task][int(i)] for i in scores.argmax(axis=1)]


def evaluate(model: TextModel, task: str, rows: Sequence[Mapping[str, Any]], with_structure: bool = True) -> list[Any]:
    """Evaluate a model on labelled paragraphs."""
    passages = [p if with_structure else p.bare() for p in map(passage_of, rows)]
    return decide(task, model.scores(task, passages))


def evaluate_articles(
    model: TextModel,
    task: str,
    rows: Sequence[Mapping[str, Any]],
    articles: Mapping[str, Sequence[Mapping[str, Any]]],
) -> list[Any]:
    """Evaluate a model on labelled paragraphs by what their whole articles are about, as `mine` does.

    Args:
        model: the model.
        task: the head.
        rows: labelled paragraphs, with `pmcid`, and `paragraph_id` or `text`.
        articles: all paragraphs of each article, by PMCID.

    Returns:
        What is found for each row; None where the article does not have the paragraph.
    """
    wanted: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        wanted.setdefault(str(row.get("pmcid")), []).append(i)
    out: list[Any] = [None] * len(rows)
    for pmcid, places in wanted.items():
        paragraphs = articles.get(pmcid, ())
        known = {_text(p["text"]): n for n, p in enumerate(paragraphs)}
        known |= {p["paragraph_id"]: n for n, p in enumerate(paragraphs)}
        found = model.describe_article([passage_of(p) for p in paragraphs]) if paragraphs else []
        for i in places:
            n = known.get(rows[i].get("paragraph_id") or _text(rows[i]["text"]))
            out[i] = None if n is None else getattr(found[n], task)
    return out


def _text(text: str) -> str:
    return " ".join(text.split())
