"""Pieces of a caption: it is cut where its sentences, and the words that rules give to its panels, begin or end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pmcmine.panels.markers import Marker, Span
from pmcmine.panels.sentences import sentences

_LINK: Final = re.compile(r"[\W_]*(?:(?:and|or|as well as|while|whereas|to|in|of|the|respectively|views?)[\W_]*)?")
_LONGEST_LINK: Final = 40  # code points of what may be only a link between labels, which is no piece
_NOWHERE: Final = (-1, -1)  # words of no marker
_AFTER: Final = re.compile(r"[\s.:,;)]*")  # behind a label


class Piece(NamedTuple):
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


class Layout(NamedTuple):
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
    groups = [0] * len(markers)
    labels: list[set[str]] = [set()]
    edges = sorted({e for s in spans if s is not None for e in s})
    edges.append(len(text) + 1)
    pieces: list[Piece] = []
    k = 0
    last = len(markers)
    start, earlier = 0, _NOWHERE
    for gap in range(last + 1):
        end, later = (markers[gap].start, spans[gap] or _NOWHERE) if gap < last else (len(text), _NOWHERE)
        parts = sentences(text, start, end)
        begins = not parts or text[end - 4 if end - 4 > start else start : end].rstrip().endswith((".", "!", "?"))
        if 0 < gap < last:
            if len(parts) > 1 or begins:
                labels.append(set())
            groups[gap] = len(labels) - 1
        while edges[k] <= start:
            k += 1
        for n, (at, b) in enumerate(parts):
            place = _place(gap, last, n, len(parts), begins)
            while at < b:
                edge = edges[k]
                if edge < b:
                    k += 1
                    if edge <= at or not text[at:edge].strip():
                        continue
                else:
                    edge = b
                if edge - at > _LONGEST_LINK or not _LINK.fullmatch(text, at, edge):
                    pieces.append(Piece(at, edge, gap - 1, gap, place, _ruled(earlier, later, at, edge), n))
                at = edge
        if gap < last:
            labels[-1].update(markers[gap].labels)
            start, earlier = _AFTER.match(text, markers[gap].end).end(), later  # type: ignore[union-attr]
    return Layout(text, tuple(markers), tuple(spans), tuple(groups), tuple(map(frozenset, labels)), tuple(pieces))


def _place(gap: int, count: int, n: int, parts: int, begins: bool) -> str:
    leads = gap < count and n == parts - 1 and not begins
    ends = gap > 0 and n == 0
    if leads:
        return "item" if ends else "head"
    if ends:
        return "tail"
    return "intro" if not gap else "between" if gap < count else "behind"


def _ruled(earlier: Span, later: Span, a: int, b: int) -> str:
    """Return what the rules say of a piece: whether the spans of the markers around it hold it, but for its edges."""
    start, end = earlier
    before = start <= a + 2 and b - 3 <= end and start < b and a < end
    start, end = later
    if start <= a + 2 and b - 3 <= end and start < b and a < end:
        return "B" if before else "N"
    return "P" if before else "A"
