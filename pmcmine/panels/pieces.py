"""Pieces of a caption: it is cut where its sentences, and the words that rules give to its panels, begin or end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pmcmine.panels.markers import Marker, Span
from pmcmine.panels.sentences import sentences

_LINK: Final = re.compile(r"[\W_]*(?:(?:and|or|as well as|while|whereas|to|in|of|the|respectively|views?)[\W_]*)?")
_LONGEST_LINK: Final = 40  # code points
_AFTER: Final = re.compile(r"[\s.:,;)]*")  # behind a label


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a caption and what it may be about.

    Attributes:
        start: of the piece, in code points.
        end: of the piece.
        before: marker before it, -1 if there is none.
        after: marker behind it; the number of markers if there is none.
        place: "intro", "head" (leads to a marker), "item" (between two of a sentence), "tail" (ends a marker's
            sentence), "between" or "behind" (a sentence of its own).
        ruled: what the rules say: "P" (the marker before), "N" (the next one), "B" (both) or "A" (all).
        nth: number of the sentence after its marker.
    """

    start: int
    end: int
    before: int
    after: int
    place: str
    ruled: str
    nth: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A caption's markers, the words that the rules give to each, and its pieces.

    Attributes:
        groups: number of the sentence that each marker is in.
        labels: those of the markers of each such sentence.
    """

    text: str
    markers: tuple[Marker, ...]
    spans: tuple[Span | None, ...]
    groups: tuple[int, ...]
    labels: tuple[frozenset[str], ...]
    pieces: tuple[Piece, ...]


def lay_out(text: str, markers: Sequence[Marker], spans: Sequence[Span | None]) -> Layout:
    """Cut a caption into pieces.

    Args:
        text: the caption.
        markers: of its panels, in order.
        spans: words that the rules give to each.
    """
    pieces: list[Piece] = []
    groups = [0] * len(markers)
    edges = sorted({e for s in spans if s is not None for e in s})
    k = 0
    for gap in range(len(markers) + 1):
        start = _AFTER.match(text, markers[gap - 1].end).end() if gap else 0  # type: ignore[union-attr]
        end = markers[gap].start if gap < len(markers) else len(text)
        parts = sentences(text, start, end)
        begins = not parts or text[max(start, end - 4) : end].rstrip()[-1:] in (".", "!", "?")
        if 0 < gap < len(markers):
            groups[gap] = groups[gap - 1] + (len(parts) > 1 or begins)
        while k < len(edges) and edges[k] <= start:
            k += 1
        for n, (a, b) in enumerate(parts):
            place = _place(gap, len(markers), n, len(parts), begins)
            at = a
            while k < len(edges) and edges[k] < b:
                if edges[k] > at and text[at : edges[k]].strip():
                    pieces.append(_piece(at, edges[k], gap, place, n, spans))
                    at = edges[k]
                k += 1
            if at < b:
                pieces.append(_piece(at, b, gap, place, n, spans))
    kept = tuple(p for p in pieces if p.end - p.start > _LONGEST_LINK or not _LINK.fullmatch(text, p.start, p.end))
    labels: list[set[str]] = [set() for _ in range(max(groups, default=0) + 1)]
    for m, g in zip(markers, groups, strict=True):
        labels[g].update(m.labels)
    return Layout(text, tuple(markers), tuple(spans), tuple(groups), tuple(map(frozenset, labels)), kept)


def _place(gap: int, count: int, n: int, parts: int, begins: bool) -> str:
    leads = gap < count and n == parts - 1 and not begins
    ends = gap > 0 and n == 0
    if leads:
        return "item" if ends else "head"
    if ends:
        return "tail"
    return "intro" if not gap else "between" if gap < count else "behind"


def _piece(a: int, b: int, gap: int, place: str, n: int, spans: Sequence[Span | None]) -> Piece:
    later = gap < len(spans) and _holds(spans[gap], a, b)
    earlier = gap > 0 and _holds(spans[gap - 1], a, b)
    ruled = ("B" if later else "P") if earlier else "N" if later else "A"
    return Piece(a, b, gap - 1, gap, place, ruled, n)


def _holds(span: Span | None, a: int, b: int) -> bool:
    """Return whether a span holds a piece, but for signs at its edges."""
    if span is None:
        return False
    start, end = span
    return start <= a + 2 and b - 3 <= end and start < b and a < end
