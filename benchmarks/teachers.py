"""Weights of labels by the agreement of two teachers: what the student gains from them.

    python -m benchmarks.teachers FOLDER --task type|domain|quality

`FOLDER` holds `oa_bulk` and `pmc-bucket`. Teachers are simulated on the labelled paragraphs of the package: weak ones
learn from 600 labels each, careful ones give the reader's label with slips of their own. In three folds by article, the
student learns from the first teacher's labels and is measured on the readers'.
"""

from __future__ import annotations

import argparse
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.text.card import folds_of
from classifiers.text.features import passage_of
from classifiers.text.heads import CLASSES, QUALITY, fit_on, shipped
from classifiers.text.labelled import own_labels
from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.rejects import Rejected

FOLDS = 3
OWN = 600  # labels that a weak teacher learns from
SLIPS = (0.0, 0.05, 0.15)
LEAST = (None, 0.5, 0.25, 0.1)  # weight of a class on which both disagree; None for equal weights
STEEP = "steep"  # quality: from one down to a tenth at two apart
SAMPLES = 1000
Labels = NDArray[Any]


def _xmls(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((folder / "oa_bulk").glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.name.endswith(".xml") else None
                if stream is not None and (found := re.match(r"PMC\d+", Path(member.name).name)):
                    yield found[0], stream.read()
    for path in sorted((folder / "pmc-bucket").rglob("PMC*.xml")):
        yield path.name.partition(".")[0], path.read_bytes()


def labelled(folder: Path, task: str) -> list[dict[str, Any]]:
    """Read the paragraphs of the package's labels that have one for a task."""
    rows = []
    for pmcid, xml in _xmls(folder):
        try:
            found = extract_article(xml, ArticleMeta(pmcid=pmcid))
        except Rejected:
            continue
        names = ("paragraph_id", "pmcid", "path", "section_kind", "text")
        kind = {"article_type": found.article.article_type}
        rows += own_labels([{n: getattr(p, n) for n in names} | kind for p in found.paragraphs])
    return [r for r in {r["paragraph_id"]: r for r in rows}.values() if r[task] is not None]


def _weights(one: Labels, other: Labels, least: float | str) -> list[float]:
    if least == STEEP:
        return [max(0.1, 1 - abs(a - b) / 2) for a, b in zip(one, other, strict=True)]
    if one.dtype.kind == "f":
        return [1 - (1 - float(least)) * min(abs(a - b), 4) / 4 for a, b in zip(one, other, strict=True)]
    return [1.0 if a == b else float(least) for a, b in zip(one, other, strict=True)]


class _Fold:
    """Teachers and a student of one fold."""

    def __init__(self, task: str, features: tuple[Any, Any], gold: Labels, fold: NDArray[Any], number: int, rng: Any):
        self.task, (self.words, self.dense), self.gold, self.rng = task, features, gold, rng
        self.test = np.flatnonzero(fold == number)
        train = np.flatnonzero(fold != number)
        rng.shuffle(train)
        self.rest = train[2 * OWN :]
        self.weak = [self._weak(self.words, train[:OWN]), self._weak(self.dense, train[OWN : 2 * OWN])]

    def _weak(self, features: Any, own: NDArray[Any]) -> Labels:
        from sklearn.linear_model import LogisticRegression, Ridge

        if self.task == QUALITY:
            found = Ridge(alpha=1.0).fit(features[own], self.gold[own]).predict(features[self.rest])
            return np.asarray(np.clip(np.round(found * 2) / 2, 1, 5))
        model = LogisticRegression(C=10.0, max_iter=500).fit(features[own], self.gold[own])
        return np.asarray(model.predict(features[self.rest]))

    def slips(self, rate: float) -> Labels:
        """Return the reader's labels with slips, towards what a weak teacher says instead."""
        out = self.gold[self.rest].copy()
        at = self.rng.random(len(out)) < rate
        if self.task == QUALITY:
            by = at * self.rng.choice([-2, -1.5, -1, 1, 1.5, 2], len(out))
            return np.asarray(np.where((out + by < 1) | (out + by > 5), out - by, out + by))
        out[at] = np.where(self.weak[1][at] != out[at], self.weak[1][at], self.weak[0][at])
        same = at & (out == self.gold[self.rest])
        out[same] = [self.rng.choice([c for c in CLASSES[self.task] if c != v]) for v in out[same]]
        return np.asarray(out)

    def student(self, labels: Labels, weights: list[float] | None) -> list[Any]:
        """Fit a student on labels, and return what it says of the fold."""
        head = fit_on(self.task, self.words[self.rest], self.dense[self.rest], list(labels), weights)
        scores = np.asarray(self.words[self.test] @ head.words + self.dense[self.test] @ head.dense + head.bias)
        if self.task == QUALITY:
            return [float(v) for v in np.clip(scores[:, 0], 1, 5)]
        return [CLASSES[self.task][i] for i in scores.argmax(axis=1)]


def _measure(gold: Labels, found: Labels) -> float:
    return float(np.corrcoef(gold, found)[0, 1] if gold.dtype.kind == "f" else (gold == found).mean())


def compare(rows: list[dict[str, Any]], task: str) -> dict[str, Any]:
    """Measure students by teachers and weights: accuracy, or r of quality, and gains over equal weights."""
    features = shipped().space.rows([passage_of(r) for r in rows])
    gold = np.array([r[task] for r in rows])
    fold = np.array(folds_of(rows))  # five, of which three are measured
    rng = np.random.default_rng(0)
    said: dict[str, dict[str, list[Any]]] = {}
    truth: list[Any] = []
    for number in range(FOLDS):
        part = _Fold(task, (features[0].tocsr(), features[1]), gold, fold, number, rng)
        first, second = part.weak
        pairs = {"both weak": (first, second), "reader, weak": (gold[part.rest], first)}
        pairs["10 % slips, weak"] = (part.slips(0.1), first)
        pairs |= {f"{rate:.0%} slips each": (part.slips(rate), part.slips(rate)) for rate in SLIPS}
        truth += gold[part.test].tolist()
        for name, (one, other) in pairs.items():
            for least in (*LEAST, *([STEEP] if task == QUALITY else [])):
                weights = None if least is None else _weights(one, other, least)
                said.setdefault(name, {}).setdefault(str(least), []).extend(part.student(one, weights))
    return {name: _gains(np.array(truth), found) for name, found in said.items()}


def _gains(gold: Labels, found: dict[str, list[Any]]) -> dict[str, Any]:
    plain = np.array(found.pop("None"))
    picks = np.random.default_rng(0).integers(0, len(gold), (SAMPLES, len(gold)))
    out: dict[str, Any] = {"equal weights": round(_measure(gold, plain), 4)}
    for least, labels in found.items():
        now = np.array(labels)
        gains = [_measure(gold[p], now[p]) - _measure(gold[p], plain[p]) for p in picks]
        out[least] = [round(float(v), 4) for v in np.quantile(gains, [0.5, 0.025, 0.975])]
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task", choices=[*CLASSES, QUALITY], required=True)
    options = parser.parse_args()
    print(json.dumps(compare(labelled(options.folder, options.task), options.task)))
