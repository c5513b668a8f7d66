"""Choose the markers of a caption that label its panels."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from functools import lru_cache
from importlib import resources
from typing import Final

from pmcmine.panels.markers import Marker, Span, emphasised_labels, find_markers, find_numbered, find_positions
from pmcmine.panels.series_candidates import Series, candidates, is_initial
from pmcmine.panels.series_features import Beside, groups, names
from pmcmine.panels.signs import look
from pmcmine.panels.sums import UNITS, Group, Sums

_REFERENCE: Final = re.compile(r"\b(?:in|from|of|see|to|with|as|than|panels?|figs?\.?|figures?|and)\s*$", re.IGNORECASE)
_MEASURE: Final = re.compile(r"(?:[µμ]m|\bmm|\bcm|\bnm|\b[Bb]ars?[:,]?|[×x] ?\d+) ?$")
_LEAST: Final = 0.6  # score of a series from which it is chosen, log odds; false labels are worse than missing ones
_PAIRS: Final = (
    ("left", "right"),
    ("top", "bottom"),
    ("upper", "lower"),
    ("first", "second"),
    ("top left", "top right"),
)


def choose_markers(
    text: str, bold: Sequence[Span], weights: SeriesWeights | None = None, named: Set[str] | None = None
) -> list[Marker]:
    """Choose the markers of the most probable series of labels; none if none is probable.

    Letters in the middle of sentences are considered only if nothing else is a series, or if its next label is in the
    text.

    Args:
        text: the caption.
        bold: spans that the markup emphasises.
        weights: of series; without them those that come with the package.
        named: letters of panels that the article's mentions of the figure name, in upper case; None if not known.
    """
    signs = look(text, [(start, end) for start, end, _ in emphasised_labels(text, bold)] if bold else ())
    if signs.series:
        best = _chosen_series(text, bold, weights or series_weights(), named)
        if best is not None:
            return _without_references(best.markers, text)
    numbered = find_numbered(text) if signs.numbered else []
    if numbered or not signs.positions:
        return numbered
    positions = find_positions(text)
    names = {m.labels[0] for m in positions}
    return positions if any(set(p) <= names for p in _PAIRS) else []


def _chosen_series(text: str, bold: Sequence[Span], weights: SeriesWeights, named: Set[str] | None) -> Series | None:
    markers = find_markers(text, bold)
    best: tuple[float, Series | None] = (0.0, None)
    if len(markers) > 1 or (markers and len(markers[0].labels) > 1):
        best = best_series(candidates(markers, text), text, weights, named)
    if may_be_wider(text, best[1]):
        wider = best_series(candidates(find_markers(text, bold, widely=True), text), text, weights, named)
        if wider[1] is not None and (best[1] is None or wider[1].labels > best[1].labels):
            best = wider
    return best[1]


def may_be_wider(text: str, some: Series | None) -> bool:
    """Check quickly whether the label that follows a series stands anywhere behind it; without one, whether a B does."""
    if some is None:
        return _SECOND.search(text) is not None
    if some.name not in ("upper", "lower"):
        return False
    label, start = chr(ord(max(some.labels)[0]) + 1), some.markers[0].end
    return text.find(f" {label}", start) >= 0 and _alone(label).search(text, start) is not None


_SECOND: Final = re.compile(r"[Bb](?<![^\s.;?!)].)(?=[ .:,)–-])")  # the letter first, which is quick to look for


@lru_cache(maxsize=128)
def _alone(label: str) -> re.Pattern[str]:
    return re.compile(rf" {re.escape(label)}(?=[ .:,)] ?)(?!\. [a-z])")


def _is_plain(some: Series) -> bool:
    """Check whether a series is one of letters in brackets, without others; such ones need no model."""
    return (
        some.name in ("upper", "lower")
        and len(some.markers) > 2
        and not some.rest
        and all(m.form in ("bracket", "half") for m in some.markers)
    )


def best_series(
    every: Sequence[Series], text: str, weights: SeriesWeights, named: Set[str] | None = None
) -> tuple[float, Series | None]:
    """Return the score and the most probable series of some; (0, None) if none is surely more probable than none."""
    if len(every) == 1 and _is_plain(every[0]):
        return 1.0, every[0]
    best: tuple[float, Series | None] = (0.0, None)
    beside = Beside(text)
    for some in every:
        score = weights.score(groups(some, every, text, named, beside))
        if score > max(best[0], _LEAST):
            best = (score, some)
    return best


class SeriesWeights:
    """Weights of the model of series, in 1 / `UNITS`."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Take the weights by feature; that of "" is the bias."""
        units = {name: round(weight * UNITS) for name, weight in weights.items()}
        self._bias = units[""]
        self._sums = Sums(lambda group: sum([units.get(name, 0) for name in names(group)]))

    def score(self, described: Sequence[Group]) -> float:
        """Return the log odds of a series, by its features."""
        kept = self._sums
        return (self._bias + sum([kept[g] for g in described])) / UNITS


@lru_cache(maxsize=1)
def series_weights() -> SeriesWeights:
    """Read the weights of the model that comes with the package."""
    data = json.loads(resources.files("pmcmine.panels").joinpath("models/series.json").read_text("utf-8"))
    return SeriesWeights({str(k): float(v) for k, v in data["weights"].items()})


def _without_references(markers: Sequence[Marker], text: str) -> list[Marker]:
    """Drop markers that refer back to earlier panels."""
    every = [label for m in markers for label in m.labels]
    if len(set(every)) == len(every):
        return list(markers)
    counts = Counter(every)
    out: list[Marker] = []
    seen: set[str] = set()
    grouped: set[str] = set()
    repeated = {label for label, n in counts.items() if n > 1}
    for m in markers:
        again = set(m.labels) <= seen
        near = text[max(m.start - 12, 0) : m.start]
        if again and _MEASURE.search(near):
            continue  # "10 µm (b, f)" tells of a bar
        if m.labels[0] in repeated and not again and is_initial(m, text) and _leaps(m.labels[0], seen):
            continue  # "(g) The infundibulum (i). (h) A tumour. (i) An artery."
        refers = again and (set(m.labels) <= grouped or _REFERENCE.search(near) is not None)
        if refers and not _begins_sentence(text, m.start) and not _lists_on(out, m, text):
            continue
        out.append(m)
        seen |= set(m.labels)
        if len(m.labels) > 1:
            grouped |= set(m.labels)
    return out


def _lists_on(before: Sequence[Marker], m: Marker, text: str) -> bool:
    """Check whether a label is the next one of a list before it: "(A)–(C) seen from the left, (A) first, (B) second"."""
    last = next((n for n, o in enumerate(reversed(before)) if len(o.labels) > 1), None)
    if last is None or text[max(m.start - 4, 0) : m.start].rstrip()[-1:] != ",":
        return False
    head, *named = before[len(before) - 1 - last :]
    return m.labels == head.labels[len(named) : len(named) + 1]


def _leaps(label: str, seen: Collection[str]) -> bool:
    """Check whether a letter comes before those that it should follow."""
    return len(label) == 1 and label.isalpha() and label not in "Aa" and chr(ord(label) - 1) not in seen


def _begins_sentence(text: str, at: int) -> bool:
    while at and text[at - 1].isspace():
        at -= 1
    return not at or text[at - 1] in ".;:!?"
