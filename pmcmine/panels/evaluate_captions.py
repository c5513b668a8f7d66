"""Scores of caption splits against labelled ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from pmcmine.errors import GoldError
from pmcmine.evaluation.intervals import RESAMPLES, interval, share_interval
from pmcmine.panels.captions import CaptionWeights, SplitCaption, split_caption

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Gold:
    """A labelled caption: each label with its span in code points, or with all words that describe its panel.

    `named` are the letters of panels that the article's mentions name; None if that is not known.
    """

    caption: str
    bold: tuple[tuple[int, int], ...]
    spans: Mapping[str, tuple[int, int]]
    texts: Mapping[str, str]
    named: frozenset[str] | None = None

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(self.spans) | frozenset(self.texts)


@dataclass(slots=True)
class _Scores:
    """Values by caption; those of panels are lists by caption, so that intervals resample captions."""

    exact: list[float] = field(default_factory=list)
    false: list[float] = field(default_factory=list)
    overlaps: list[list[float]] = field(default_factory=list)
    tokens: list[list[float]] = field(default_factory=list)
    counts: list[tuple[int, int, int]] = field(default_factory=list)  # labels right, found, gold
    wrong: list[str] = field(default_factory=list)


def evaluate_captions(
    rows: Sequence[Mapping[str, Any]], weights: Sequence[CaptionWeights | None] = ()
) -> tuple[dict[str, Any], list[str]]:
    """Evaluate the splitting of captions.

    Returns, with the captions that differ: the share of captions with panels whose label set is right
    (`exact_label_set`), precision and recall of labels, the mean IoU of spans over the gold panels where these have
    spans, the mean F1 of words over the gold panels where these have words (`token_f1`; the words of a panel are those
    that all share and its own, each as often as it occurs), and the share of captions without panels that were split.
    Labels of panels that have words are those of the image: their case counts only if two differ in nothing else.

    Args:
        rows: objects of `caption`, `panels` (label, and start and end or text), and optionally `bold` (pairs of
            offsets), as in `captions.jsonl`, and `named` (letters of panels that the article names).
        weights: of each row's models; without them all are those that come with the package.

    Raises:
        GoldError: if a row is no such object.
    """
    scores = _Scores()
    for row, used in zip(rows, weights or [None] * len(rows), strict=True):
        gold = _read(row)
        split = split_caption(gold.caption, gold.bold, used, gold.named)
        name = str(row.get("id") or f"{row.get('pmcid', '')} {row.get('fig', '')}").strip()
        _add(scores, gold, split, name)
    every = [v for shares in scores.overlaps for v in shares]
    words = [v for values in scores.tokens for v in values]
    right, found, wanted = (sum(c[i] for c in scores.counts) for i in range(3))
    measures: dict[str, Any] = {
        "captions": len(rows),
        "panels": wanted,
        "exact_label_set": _mean(scores.exact),
        "exact_label_set_interval": share_interval(scores.exact),
        "label_precision": round(right / max(found, 1), 4),
        "label_recall": round(right / max(wanted, 1), 4),
    }
    if every or not words:
        measures |= {"mean_span_iou": _mean(every), "mean_span_iou_interval": _resampled(scores.overlaps)}
    if words:
        measures |= {"token_f1": _mean(words), "token_f1_interval": _resampled(scores.tokens)}
    return {**measures, "false_split_rate": _mean(scores.false)}, scores.wrong


def _read(row: Mapping[str, Any]) -> _Gold:
    try:
        bold = tuple((int(a), int(b)) for a, b in row.get("bold") or ())
        panels = list(row["panels"])
        texts = {str(p["label"]): str(p["text"]) for p in panels if "text" in p}
        spans = {str(p["label"]): (int(p["start"]), int(p["end"])) for p in panels if "text" not in p}
        named = row.get("named")
        letters = None if named is None else frozenset(str(x) for x in named)
        return _Gold(str(row["caption"]), bold, spans, texts, letters)
    except (KeyError, TypeError, ValueError):
        raise GoldError("a labelled caption lacks `caption`, or `panels` with label, start and end, or text") from None


def _add(scores: _Scores, gold: _Gold, split: SplitCaption, name: str) -> None:
    """Add the scores of one caption."""
    text = gold.caption
    folds = bool(gold.texts) and len({x.upper() for x in gold.labels}) == len(gold.labels)

    def key(label: str) -> str:
        return label.upper() if folds else label

    found = {key(p.label): p.spans for p in split.panels}
    if not gold.labels:
        scores.false.append(float(bool(found)))
        if found:
            scores.wrong.append(f"split     {name}  found {','.join(found)}  {text[:100]}")
        return
    labels = {key(label) for label in gold.labels}
    scores.exact.append(float(labels == found.keys()))
    scores.counts.append((len(labels & found.keys()), len(found), len(labels)))
    if labels != found.keys():
        scores.wrong.append(
            f"labels    {name}  gold {','.join(sorted(labels))}  found {','.join(found) or '-'}  {text[:80]}"
        )
    shares = []
    for label, (start, end) in gold.spans.items():
        share = _span_iou((start, end), found.get(key(label), ()))
        shares.append(share)
        if share < 0.5:
            said = " | ".join(text[a:b] for a, b in found.get(key(label), ()))[:80]
            scores.wrong.append(f"span      {name} {label}  gold {text[start:end][:80]!r}  found {said!r}")
    values = []
    whole = {key(p.label): sorted({*split.shared, *p.spans, *p.also}) for p in split.panels}
    for label, words in gold.texts.items():
        said = " ".join(text[a:b] for a, b in whole.get(key(label), ()))
        values.append(_word_f1(said, words))
    scores.overlaps.append(shares)
    scores.tokens.append(values)


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)) if values else 0.0, 4)


def _resampled(groups: Sequence[Sequence[float]]) -> list[float]:
    """Compute the 95 % interval of the mean over all values; whole groups are resampled."""
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(RESAMPLES):
        picks = rng.integers(0, max(len(groups), 1), len(groups))
        chosen = [v for i in picks for v in groups[i]]
        samples.append(float(np.mean(chosen)) if chosen else 0.0)
    return interval(samples)


def _word_f1(ours: str, theirs: str) -> float:
    """Compute the F1 of two bags of words, in lower case."""
    first, second = (Counter(_WORD.findall(t.lower())) for t in (ours, theirs))
    return 2 * (first & second).total() / max(first.total() + second.total(), 1)


def _span_iou(gold: tuple[int, int], found: Sequence[tuple[int, int]]) -> float:
    """Return intersection over union in code points."""
    ours = {i for a, b in found for i in range(a, b)}
    theirs = set(range(*gold))
    return len(ours & theirs) / max(len(ours | theirs), 1)
