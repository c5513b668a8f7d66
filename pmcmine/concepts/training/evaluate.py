"""Score predictions against annotated texts, with bootstrap intervals over documents and a list of the errors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.concepts.abbreviations import find_abbreviations
from pmcmine.concepts.alignment import Model, shipped_model
from pmcmine.concepts.context import assess
from pmcmine.concepts.linker import Linker
from pmcmine.concepts.training.gold import GoldContext, GoldDocument, GoldPairs, of_types
from pmcmine.evaluation.gold_files import one_line
from pmcmine.evaluation.intervals import RESAMPLES, interval
from pmcmine.vocabulary.formats.obo import NAMES

_AROUND: Final = 80  # code points shown on each side of an error
_BINS: Final = 10
_NESTING: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A predicted mention: span, id, and its probability."""

    start: int
    end: int
    id: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Error:
    """One error: kind, position, annotation and prediction."""

    kind: str
    document: str
    start: int
    end: int
    gold: str
    found: str
    text: str

    def line(self) -> str:
        """Format the error on one line."""
        said = one_line(self.text)
        place = f"{self.document}:{self.start}-{self.end}"
        return f"{self.kind:9} {place}  gold {self.gold or '-'}  found {self.found or '-'}  {said}"


@dataclass(frozen=True, slots=True)
class Score:
    """Measures by name, and the errors behind them."""

    measures: Mapping[str, Any]
    errors: tuple[Error, ...]


def score_linking(documents: Sequence[GoldDocument], found: Sequence[Sequence[Found]]) -> Score:
    """Compute strict (span and id), span and document-level scores of predicted mentions.

    An annotation of several spans is a miss unless all of its spans were found, which a linker of single spans never
    does; it counts all the same.
    """
    strict, span, level = [], [], []
    errors: list[Error] = []
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    scores: list[tuple[float, bool]] = []
    for d, predicted in zip(documents, found, strict=True):
        gold = {(m.spans, m.id) for m in d.mentions}
        places = {m.spans for m in d.mentions}
        ours = {(((p.start, p.end),), p.id) for p in predicted}
        our_places = {s for s, _ in ours}
        strict.append(_counts(gold, ours))
        span.append(_counts(places, our_places))
        level.append(_counts({m.id for m in d.mentions}, {p.id for p in predicted}))
        scores += [(p.score, (((p.start, p.end),), p.id) in gold) for p in predicted]
        for m in d.mentions:
            kinds[m.type][0] += (m.spans, m.id) in ours
            kinds[m.type][1] += 1
        errors += _errors(d, gold, ours)
    measures: dict[str, Any] = {"documents": len(documents), "mentions": sum(len(d.mentions) for d in documents)}
    measures |= _f1(strict)
    measures |= {f"span_{k}": v for k, v in _f1(span).items()}
    measures |= {f"document_{k}": v for k, v in _f1(level).items()}
    if len(kinds) > 1:
        measures["by_type"] = {
            t or "not stated": {"recall": round(hit / n, 4), "mentions": n} for t, (hit, n) in sorted(kinds.items())
        }
    measures["calibration_error"] = calibration_error(scores)
    return Score(measures, tuple(errors))


def score_given(documents: Sequence[GoldDocument], ids: Sequence[Sequence[str]]) -> Score:
    """Compute the accuracy of the ids of given mentions, also by type."""
    per: list[tuple[int, int]] = []
    kinds: dict[str, list[tuple[int, int]]] = defaultdict(list)
    errors = []
    for d, predicted in zip(documents, ids, strict=True):
        hits = 0
        here: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for m, id_ in zip(d.mentions, predicted, strict=True):
            right = m.id == id_
            hits += right
            here[m.type][0] += right
            here[m.type][1] += 1
            if not right:
                start, end = m.spans[0][0], m.spans[-1][1]
                errors.append(Error("wrong", d.id, start, end, m.id, id_, d.text[start:end]))
        per.append((hits, len(d.mentions)))
        for kind, (hit, n) in here.items():
            kinds[kind].append((hit, n))
    measures: dict[str, Any] = {"documents": len(documents), "mentions": sum(n for _, n in per)} | _accuracy(per)
    if len(kinds) > 1:
        measures["by_type"] = {k: _accuracy(v) | {"mentions": sum(n for _, n in v)} for k, v in sorted(kinds.items())}
    return Score(measures, tuple(errors))


def score_abbreviations(documents: Sequence[GoldPairs], models: Sequence[Model] | None = None) -> Score:
    """Compute F1 of the unique (short form, long form) pairs of each document; white space is normalised.

    Args:
        documents: annotated texts.
        models: one for each document; the shipped one if None.
    """
    counts, errors = [], []
    for d, model in zip(documents, models or [shipped_model()] * len(documents), strict=True):
        gold = {(one_line(a), one_line(b)) for a, b in d.pairs}
        ours = {(one_line(a.short), one_line(a.long)) for a in find_abbreviations(d.text, model)}
        counts.append(_counts(gold, ours))
        errors += [Error("missed", d.id, 0, 0, f"{a} = {b}", "", "") for a, b in sorted(gold - ours)]
        errors += [Error("spurious", d.id, 0, 0, "", f"{a} = {b}", "") for a, b in sorted(ours - gold)]
    pairs = sum(len(d.pairs) for d in documents)
    return Score({"documents": len(documents), "pairs": pairs} | _f1(counts), tuple(errors))


def score_negation(texts: Sequence[GoldContext]) -> Score:
    """Compute F1 and accuracy of `negated`; intervals are over texts."""
    counts, errors, right = [], [], []
    said = ("affirmed", "negated")
    for t in texts:
        found = [c.negated for c in assess(t.text, t.spans)]
        pairs = list(zip(t.negated, found, strict=True))
        counts.append((pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False))))
        right.append((sum(gold == ours for gold, ours in pairs), len(pairs)))
        for span, (gold, ours) in zip(t.spans, pairs, strict=True):
            if gold != ours:
                errors.append(Error("wrong", t.id, *span, said[gold], said[ours], _around(t.text, *span)))
    measures: dict[str, Any] = {
        "texts": len(texts),
        "spans": sum(len(t.spans) for t in texts),
        "negated": sum(sum(t.negated) for t in texts),
    }
    return Score(measures | _f1(counts) | _accuracy(right), tuple(errors))


def link_documents(linker: Linker, documents: Iterable[GoldDocument]) -> list[list[Found]]:
    """Link documents with the vocabulary alone."""
    return [[Found(x.start, x.end, linker.id_of(x.term), x.score) for x in linker.link([d.text])] for d in documents]


def look_up_given(linker: Linker, documents: Iterable[GoldDocument], missing: str) -> list[list[str]]:
    """Look up given mentions in the vocabulary alone."""
    out = []
    for d in documents:
        best: dict[tuple[int, int], tuple[float, str]] = {}
        for c in linker.candidates([d.text]):
            id_ = linker.id_of(linker.vocabulary.term(c.term))
            best[c.start, c.end] = max(best.get((c.start, c.end), (0.0, "")), (c.score, id_))
        out.append([best.get((m.spans[0][0], m.spans[-1][1]), (0.0, missing))[1] for m in d.mentions])
    return out


def score_rows(right: Sequence[bool]) -> dict[str, Any]:
    """Compute the accuracy over rows, with its interval."""
    return _accuracy([(int(r), 1) for r in right])


def of_sources(documents: Sequence[GoldDocument], names: Container[str]) -> tuple[list[GoldDocument], frozenset[str]]:
    """Return the documents with only the annotations that the sources cover, and the prefixes of their ids.

    If no annotation has a prefix of one of the sources (as with CUIs), all annotations stay.
    """
    prefixes = {m.id.split(":")[0] for d in documents for m in d.mentions if ":" in m.id}
    known = frozenset(p for p in prefixes if NAMES.get(p, p) in names)
    if not known:
        return list(documents), frozenset()
    return of_types(documents, lambda m: m.id.split(":")[0] in known), known


def nests(documents: Iterable[GoldDocument]) -> bool:
    """Check whether annotators also marked names inside longer ones: at least one annotation in 20."""
    total = inner = 0
    for d in documents:
        end = -1
        for _, least in sorted({(m.spans[0][0], -m.spans[-1][1]) for m in d.mentions}):
            total += 1
            inner += -least <= end
            end = max(end, -least)
    return inner * _NESTING >= total > 0


def calibration_error(scores: Sequence[tuple[float, bool]]) -> float:
    """Compute the expected calibration error over ten bins of probability (Guo et al. 2017, ICML)."""
    if not scores:
        return 0.0
    p = np.array([s for s, _ in scores])
    y = np.array([ok for _, ok in scores], float)
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float(p[bins == b].mean() - y[bins == b].mean())) * int((bins == b).sum()) for b in set(bins.tolist())]
    return round(sum(gaps) / len(scores), 4)


def _counts(gold: set[Any], ours: set[Any]) -> tuple[int, int, int]:
    both = len(gold & ours)
    return both, len(ours) - both, len(gold) - both


def _interval(
    rows: Sequence[tuple[int, ...]], measure: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> list[float]:
    """Return the 95 % interval of a measure over resampled documents."""
    if not rows:
        return [0.0, 0.0]
    table = np.array(rows, float)
    rng = np.random.default_rng(0)
    values = []
    for at in range(0, RESAMPLES, 50):  # in parts, so that many documents need little memory
        picks = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), min(50, RESAMPLES - at))
        values.append(measure(picks @ table))
    return interval(np.concatenate(values))


def _f1(rows: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    tp, fp, fn = (sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0, 0)

    def f1(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        ratio: NDArray[np.float64] = 2 * totals[:, 0] / np.maximum(2 * totals[:, 0] + totals[:, 1] + totals[:, 2], 1)
        return ratio

    return {
        "precision": round(tp / max(tp + fp, 1), 4),
        "recall": round(tp / max(tp + fn, 1), 4),
        "f1": round(2 * tp / max(2 * tp + fp + fn, 1), 4),
        "f1_interval": _interval(rows, f1),
    }


def _accuracy(rows: Sequence[tuple[int, int]]) -> dict[str, Any]:
    def share(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        ratio: NDArray[np.float64] = totals[:, 0] / np.maximum(totals[:, 1], 1)
        return ratio

    total = sum(n for _, n in rows)
    return {
        "accuracy": round(sum(hit for hit, _ in rows) / max(total, 1), 4),
        "accuracy_interval": _interval(rows, share),
    }


def _errors(d: GoldDocument, gold: set[Any], ours: set[Any]) -> list[Error]:
    wrong: dict[Any, str] = dict(ours - gold)
    out = []
    for spans, id_ in sorted(gold - ours):
        other = wrong.pop(spans, "")
        out.append(_error("wrong id" if other else "missed", d, spans, id_, other))
    out += [_error("spurious", d, spans, "", id_) for spans, id_ in sorted(wrong.items())]
    return sorted(out, key=lambda e: (e.start, e.end, e.kind))


def _error(kind: str, d: GoldDocument, spans: tuple[tuple[int, int], ...], gold: str, found: str) -> Error:
    start, end = spans[0][0], spans[-1][1]
    return Error(kind, d.id, start, end, gold, found, _around(d.text, start, end))


def _around(text: str, start: int, end: int) -> str:
    return f"…{text[max(0, start - _AROUND) : start]}[{text[start:end]}]{text[end : end + _AROUND]}…"
