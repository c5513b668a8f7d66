"""Learn from annotated texts which words are mentions, and which concept they mean.

Candidates are all runs of tokens that were annotated in the training texts, or that the vocabulary knows. A gradient
boosted classifier gives each the probability of being a mention of its most likely concept, from counts of its words,
the vocabulary's evidence, three linear taggers of its context (inside, first and last token of a mention), and the
overlapping candidates. The set of non-overlapping candidates with the highest total gain is selected (weighted interval
scheduling). Counts and taggers for a training text come from the other folds, so that the classifier trains on the same
kind of input as for new texts.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from pmcmine.concepts.abbreviations import find_abbreviations
from pmcmine.concepts.linker import Linker
from pmcmine.concepts.training.evaluate import Found
from pmcmine.concepts.training.features import (
    HOWS,
    TOKEN,
    Candidate,
    NameCounts,
    TokenText,
    add_document_features,
    count_names,
    span_key,
    tag_tokens,
    token_features,
    train_taggers,
)
from pmcmine.concepts.training.gold import GoldDocument
from pmcmine.vocabulary.normalise import token_key

_FOLDS: Final = 4


class TrainedLinker:
    """A linker trained on annotated documents, optionally with a vocabulary."""

    def __init__(self, linker: Linker | None = None) -> None:
        """Make an untrained linker.

        Args:
            linker: the vocabulary's; None to link with annotations alone.
        """
        self.linker = linker
        self._counts: NameCounts | None = None
        self._taggers: list[Any] = []
        self._model: Any = None
        self.threshold = 0.5

    def fit(self, documents: Sequence[GoldDocument]) -> TrainedLinker:
        """Train; takes about a minute for half a million words.

        Args:
            documents: annotated documents; discontinuous annotations are skipped.
        """
        texts = [self._prepare(d) for d in documents]
        folds = _folds([len(t.words) for t in texts])
        rows, labels, found = [], [], []
        for part in folds:
            chosen = set(part)
            rest = [i for i in range(len(texts)) if i not in chosen]
            counts = count_names(texts, rest)
            probabilities = tag_tokens(train_taggers(texts, rest), texts, part)
            x, candidates = self._features(texts, part, counts, probabilities)
            gold = {Candidate(i, a, b, c) for i in part for a, b, c in texts[i].gold}
            rows.append(x)
            labels.append(np.array([c in gold for c in candidates], bool))
            found.append((candidates, gold))
        self.threshold = _choose_threshold(rows, labels, found)
        self._model = _classifier().fit(np.concatenate(rows), np.concatenate(labels))
        every = range(len(texts))
        self._counts = count_names(texts, every)
        self._taggers = train_taggers(texts, every)
        return self

    def predict(self, documents: Sequence[GoldDocument]) -> list[list[Found]]:
        """Predict mentions of documents; their annotations are ignored."""
        if self._counts is None:
            raise RuntimeError("fit comes before predict")
        texts = [self._prepare(d) for d in documents]
        every = range(len(texts))
        x, candidates = self._features(texts, every, self._counts, tag_tokens(self._taggers, texts, every))
        out: list[list[Found]] = [[] for _ in documents]
        if not candidates:
            return out
        scores = self._model.predict_proba(x)[:, 1]
        for c, p in _decode(candidates, scores, self.threshold):
            t = texts[c.doc]
            out[c.doc].append(Found(t.starts[c.first], t.ends[c.stop - 1], c.id, round(float(p), 4)))
        return [sorted(found, key=lambda p: p.start) for found in out]

    def _prepare(self, document: GoldDocument) -> TokenText:
        matches = list(TOKEN.finditer(document.text))
        words = [m[0] for m in matches]
        starts, ends = [m.start() for m in matches], [m.end() for m in matches]
        keys = [token_key(w) if w[0].isalnum() else w for w in words]
        first = {s: i for i, s in enumerate(starts)}
        last = {e: i + 1 for i, e in enumerate(ends)}
        gold = []
        for m in document.mentions:
            (start, end) = m.spans[0]
            if len(m.spans) == 1 and start in first and end in last:
                gold.append((first[start], last[end], m.id))
        names: dict[tuple[int, int], tuple[str, float, int]] = {}
        if self.linker is not None:
            for c in self.linker.candidates([document.text]):
                term = self.linker.vocabulary.term(c.term)
                if c.start in first and c.end in last:
                    place = (first[c.start], last[c.end])
                    if place not in names or names[place][1] < c.score:
                        names[place] = (self.linker.id_of(term), c.score, HOWS.index(c.how))
        shorts = {
            a.short: span_key(token_key(w) if w[0].isalnum() else w for w in TOKEN.findall(a.long))
            for a in find_abbreviations(document.text)
        }
        return TokenText(words, keys, starts, ends, names, shorts, token_features(words, keys), gold)

    def _features(
        self,
        texts: Sequence[TokenText],
        chosen: Iterable[int],
        counts: NameCounts,
        tagged: Mapping[int, NDArray[np.float64]],
    ) -> tuple[NDArray[np.float32], list[Candidate]]:
        rows: list[list[float]] = []
        candidates: list[Candidate] = []
        for i in chosen:
            add_document_features(texts[i], i, counts, tagged[i], rows, candidates)
        return np.array(rows, np.float32).reshape(len(rows), -1), candidates


def _folds(sizes: Sequence[int]) -> list[list[int]]:
    """Split documents into runs of similar size; neighbours stay together, as they are sentences of one text."""
    total = sum(sizes)
    folds: list[list[int]] = [[] for _ in range(_FOLDS)]
    seen = 0
    for i, size in enumerate(sizes):
        folds[min(_FOLDS - 1, seen * _FOLDS // max(total, 1))].append(i)
        seen += size
    return [f for f in folds if f]


def _classifier() -> Any:
    return HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.06, max_leaf_nodes=31, l2_regularization=1.0, random_state=0
    )


def _decode(
    candidates: Sequence[Candidate], scores: NDArray[np.float64], threshold: float
) -> list[tuple[Candidate, float]]:
    """Select non-overlapping candidates above the threshold with the highest total gain."""
    of_doc: dict[int, list[tuple[Candidate, float]]] = defaultdict(list)
    for c, s in zip(candidates, scores.tolist(), strict=True):
        if s >= threshold:
            of_doc[c.doc].append((c, s))
    out = []
    for found in of_doc.values():
        found.sort(key=lambda item: (item[0].stop, item[0].first, item[0].id))
        stops = [0]
        gains = [0.0]
        back: list[tuple[int, tuple[Candidate, float] | None]] = [(0, None)]
        for c, s in found:
            before = bisect.bisect_right(stops, c.first) - 1
            gain = gains[before] + s - threshold / 2
            if gain > gains[-1]:
                stops.append(c.stop)
                gains.append(gain)
                back.append((before, (c, s)))
        at = len(back) - 1
        while at:
            at, taken = back[at]
            if taken is not None:
                out.append(taken)
    return out


def _choose_threshold(
    rows: Sequence[NDArray[np.float32]],
    labels: Sequence[NDArray[np.bool_]],
    found: Sequence[tuple[list[Candidate], set[Candidate]]],
) -> float:
    """Choose the threshold with the best F1 on each fold, using a classifier fitted on the others."""
    scored: list[tuple[list[Candidate], NDArray[np.float64]]] = []
    gold: set[Candidate] = set()
    for k, (candidates, here) in enumerate(found):
        gold |= here
        others = [i for i in range(len(rows)) if i != k and len(rows[i])]
        if not candidates or not others or len(np.unique(np.concatenate([labels[i] for i in others]))) < 2:
            continue
        model = _classifier().fit(
            np.concatenate([rows[i] for i in others]), np.concatenate([labels[i] for i in others])
        )
        scored.append((candidates, model.predict_proba(rows[k])[:, 1]))
    best = (-1.0, 0.5)
    for threshold in np.arange(0.15, 0.66, 0.03):
        taken = {c for candidates, scores in scored for c, _ in _decode(candidates, scores, float(threshold))}
        best = max(best, (2 * len(taken & gold) / max(len(taken) + len(gold), 1), float(threshold)))
    return best[1] if scored else 0.5
