"""Assign the pieces of a caption between and after its labels: to a panel, to the panels of a sentence, or to all.

Rules propose each panel's words. The caption is cut into pieces, and a conditional logistic regression chooses the
panels that each piece is about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from importlib import resources
from typing import Final

from pmcmine.panels.labels import LIST, expand
from pmcmine.panels.piece_features import (
    COMPARED,
    PanelWords,
    Whole,
    groups,
    measure,
    names,
    overlap_names,
)
from pmcmine.panels.pieces import Layout, Piece
from pmcmine.panels.sums import UNITS, Group, Sums

OPTIONS: Final = "APNSR"  # all; the marker before; the next one; those of the sentence; those that are named again
# Kinds of pieces, and what the rules say of them, that are seldom decided otherwise.
_SURE: Final = {
    ("intro", "A"): "A",
    ("head", "N"): "N",
    ("item", "P"): "P",
    ("item", "N"): "N",
    ("tail", "P"): "P",
    ("between", "P"): "P",
}
_BITS: Final = 40  # of a sum of weights
_FIELD: Final[Mapping[str, int]] = {o: _BITS * n for n, o in enumerate(OPTIONS)}
_MASK: Final = (1 << _BITS) - 1
_MIDDLE: Final = sum(1 << (at + _BITS - 1) for at in _FIELD.values())  # is added, so that no field is negative
_NONE: Final[frozenset[str]] = frozenset()
# "In A and E, …", "(A, B) Means of …", "For (a), …": panels that a sentence names again.
_AGAIN: Final = re.compile(
    rf"[\s,;:.)–—-]*(?:(?:[Ii]n|[Ff]or|[Pp]anels?|[Tt]he) )?(?:panels? )?"
    rf"(?:\((?P<inner>{LIST})\)(?: and \((?P<other>{LIST})\))?"
    rf"|(?P<list>{LIST})(?=[,:;]| (?:and|are|is|show|represent|were|was|scale|bars?)\b))"
)


def options(layout: Layout, piece: Piece, every: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the panels that a piece may be about, by the option's name; none twice."""
    markers, groups = layout.markers, layout.groups
    out = {"A": every}
    again = _named_again(layout.text, piece) if piece.before >= 0 else frozenset()
    if again and again < every:
        out["R"] = again
    near = -1
    if piece.before >= 0:
        mine = frozenset(markers[piece.before].labels)
        if out.get("R") == mine:
            del out["R"]
        if len(out.get("R", ())) < 2:
            out["P"] = mine
        near = piece.before
    if piece.after < len(markers) and piece.place in ("intro", "head", "item"):
        out["N"] = frozenset(markers[piece.after].labels)
        near = piece.after if piece.place != "item" else near
    if near >= 0:
        group = layout.labels[groups[near]]
        if group not in out.values():
            out["S"] = group
    return out


def ruled_option(layout: Layout, piece: Piece, every: frozenset[str]) -> str | None:
    """Return the option of a piece that needs no model; None for other pieces.

    Rules are right in nearly all pieces of its kind.
    """
    option = _SURE.get((piece.place, piece.ruled))
    if option == "P" and len(again := _named_again(layout.text, piece)) > 1:
        return "P" if again == frozenset(layout.markers[piece.before].labels) or not again < every else None
    return option


def _named_again(text: str, piece: Piece) -> frozenset[str]:
    """Return the labels that a piece names at its begin."""
    m = _AGAIN.match(text, piece.start, piece.end) if piece.place != "item" else None
    if m is None:
        return _NONE
    return frozenset((*expand(m["inner"] or m["list"]), *(expand(m["other"]) if m["other"] else ())))


class PieceWeights:
    """Weights of the model of pieces, in 1 / `UNITS`; a sum has those of all options, in fields of bits."""

    def __init__(self, weights: Mapping[str, Sequence[float]]) -> None:
        """Take the weights by feature, one for each of `OPTIONS`."""
        self._weights = weights
        packed = {
            name: sum([round(w * UNITS) << at for w, at in zip(row, _FIELD.values(), strict=True)])
            for name, row in weights.items()
        }
        self._sums = Sums(lambda group: sum([packed.get(name, 0) for name in names(group)]))
        self._most: dict[str, dict[tuple[str, str], int]] = {}

    def best(self, found: Sequence[str], described: Sequence[Group], place: str, compared: Callable[[], Group]) -> str:
        """Return the most probable option of some; of equal ones the last in the alphabet.

        Args:
            found: the options.
            described: features, without those of the piece's words.
            place: of the piece.
            compared: returns the features of its words; not called where these can't change what is best.
        """
        kept = self._sums
        total = _MIDDLE + sum([kept[g] for g in described])
        scores = [(total >> _FIELD[o] & _MASK, o) for o in found]
        best, option = max(scores)
        if place in COMPARED:
            most = self._most.get(place) or self._most_gained(place)
            for score, o in scores:
                if best - score <= most[option, o] and o != option:
                    total += kept[compared()]
                    return max([(total >> _FIELD[o] & _MASK, o) for o in found])[1]
        return option

    def _most_gained(self, place: str) -> dict[tuple[str, str], int]:
        """Return the most that an option may gain on another one by the words of a piece, by (the other, itself)."""
        zero = (0.0,) * len(OPTIONS)
        rows = [[self._weights.get(name, zero) for name in row] for row in overlap_names(place)]
        self._most[place] = {
            (one, other): sum(max(round(w[j] * UNITS) - round(w[i] * UNITS) for w in row) for row in rows)
            for i, one in enumerate(OPTIONS)
            for j, other in enumerate(OPTIONS)
        }
        return self._most[place]


def choose(
    layout: Layout, every: frozenset[str], weights: PieceWeights | None = None
) -> list[tuple[Piece, str, frozenset[str]]]:
    """Choose for each piece what it is about, from the left to the right.

    Returns the pieces with the option's name and, if the model chose it, the labels of its panels.
    """
    weights = weights or _weights()
    about: Whole | None = None
    words = PanelWords(layout)
    out: list[tuple[Piece, str, frozenset[str]]] = []
    last = ""
    left = len(layout.pieces)
    for piece in layout.pieces:
        left -= 1
        option, labels = ruled_option(layout, piece, every), _NONE
        if option is None:
            about = about or measure(layout)
            found = options(layout, piece, every)
            described = groups(layout, piece, about, last, left, found.get("R"))
            option = weights.best(tuple(found), described, piece.place, partial(words.compared, piece))
            labels = found[option]
        out.append((piece, option, labels))
        last = option
    return out


@lru_cache(maxsize=1)
def _weights() -> PieceWeights:
    """Read the weights of the model that comes with the package."""
    data = json.loads(resources.files("pmcmine.panels").joinpath("models/pieces.json").read_text("utf-8"))
    return PieceWeights(by_option({str(k): float(v) for k, v in data["weights"].items()}))


def by_option(weights: Mapping[str, float]) -> dict[str, tuple[float, ...]]:
    """Group the weights of "option feature" by feature."""
    out: dict[str, list[float]] = {}
    for name, weight in weights.items():
        if name:
            out.setdefault(name[2:], [0.0] * len(OPTIONS))[OPTIONS.index(name[0])] = weight
    return {k: tuple(v) for k, v in out.items()}
