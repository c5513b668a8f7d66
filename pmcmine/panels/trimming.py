"""Trim the cells of a layout to their panels: no key, title or page number, nor more border than is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pmcmine.panels.evidence import Evidence, Region
from pmcmine.panels.letters import Letter

_ALIKE: Final = 0.1  # of an extent: maximum distance of a neighbour's frame that decides where an empty border ends
_FRAME: Final = 0.35  # share of ink on an edge from which it is a frame or a photograph
_BORDER: Final = 0.06  # of the picture's extent, left around pictures without a frame
_LEVEL: Final = 0.04  # of the figure's height: panels of one row begin and end together
_KEY: Final = 1.2  # height of a key below a panel, to the panel's at most
_INSIDE: Final = 0.5  # of a letter's height: how far a picture may begin before it
_GAP_ABOVE: Final = 0.5  # of a letter's height: what is empty between it and a title above it
_GAP_BESIDE: Final = 2.0  # the same between it and a page number to its left
_LOW_KEY: Final = 0.45  # height up to which it may be as wide as the panel
_NARROW_KEY: Final = 0.75  # width of a higher one, to the panel's at most

_Framed = tuple[Region, tuple[bool, bool, bool, bool]]  # a region, and which of its edges are frames


def trimmed(evidence: Evidence, cells: Sequence[Region], letters: Sequence[Letter] = ()) -> list[Region]:
    """Return the panels in cells.

    Args:
        evidence: of the figure.
        cells: of its layout.
        letters: those that were read.
    """
    inner = _without_keys(evidence, _from_letters(evidence, cells, letters))
    return _aligned(inner, [_tight(evidence, c) for c in inner])


def _from_letters(evidence: Evidence, cells: Sequence[Region], letters: Sequence[Letter]) -> list[Region]:
    """Cut off what lies above a letter or to its left, where most panels begin at theirs: titles and page numbers."""
    out = [list(c) for c in cells]
    own = [[x for x in letters if _holds(c, x)] for c in cells]
    pairs = [(i, found[0], evidence.tight(cells[i])) for i, found in enumerate(own) if len(found) == 1]
    for axis in (0, 1):
        far = [(i, x, tight) for i, x, tight in pairs if (x.x if axis else x.y) - tight[2 * axis] > x.height]
        if 2 * len(far) <= len(cells):
            for i, letter, tight in far:
                out[i][2 * axis] = max(out[i][2 * axis], _begin(evidence, tight, letter, axis))
    return [(t, b, le, r) for t, b, le, r in out]


def _begin(evidence: Evidence, tight: Region, letter: Letter, axis: int) -> int:
    """Return the line just before a letter if little lies before it, with a gap between them; else 0.

    Args:
        evidence: of the figure.
        tight: the letter's cell without its empty border.
        letter: what is in it.
        axis: 0 for what is above, 1 for what is to the left.
    """
    t, b, le, r = tight
    first, last = tight[2 * axis : 2 * axis + 2]
    end = int(letter.x if axis else letter.y) - 2
    if end - first > _LOW_KEY * (last - end):
        return 0
    part = evidence.ink[t:b, first:end].T if axis else evidence.ink[first:end, le:r]
    ink = np.asarray(part.any(1), np.bool_)
    inner = int((~ink[::-1]).argmax())  # a picture may begin a little before the letter in it
    if ink.all() or inner > _INSIDE * letter.height:
        return 0
    before = ink[: len(ink) - inner][::-1]
    empty = int(before.argmax()) if before.any() else len(before)
    return end - inner if empty > (_GAP_BESIDE if axis else _GAP_ABOVE) * letter.height else 0


def _holds(cell: Region, letter: Letter) -> bool:
    """Check whether the middle of a letter is in a cell."""
    t, b, le, r = cell
    return le <= letter.x + letter.width / 2 < r and t <= letter.y + letter.height / 2 < b


def _without_keys(evidence: Evidence, cells: Sequence[Region]) -> list[Region]:
    """Cut off what lies below a panel of the last row, where the others of its row have ended: the figure's key."""
    out = list(cells)
    tight = [evidence.tight(c) for c in cells]
    slack = _LEVEL * evidence.shape[0]
    for i, (cell, (t, b, le, r)) in enumerate(zip(cells, tight, strict=True)):
        ends = [
            tight[j][1]
            for j, other in enumerate(cells)
            if j != i and abs(other[1] - cell[1]) <= slack and abs(tight[j][0] - t) <= slack
        ]
        end = max(ends, default=b)
        if b - end <= slack or b - end > _KEY * (end - t):
            continue
        empty = np.flatnonzero(~evidence.ink[max(end - int(slack), t) : b, le:r].any(1)) + max(end - int(slack), t)
        if len(empty):
            first, last = evidence.extent((min(end + int(slack), b - 1), b, le, r), 1)
            if b - end <= _LOW_KEY * (end - t) or last - first <= _NARROW_KEY * (r - le):
                out[i] = (cell[0], int(empty[0]) + 1, cell[2], cell[3])
    return out


def _tight(evidence: Evidence, region: Region) -> _Framed:
    """Trim the empty border of a cell; also return which of its edges are a picture's frame."""
    t, b, le, r = evidence.tight(region)
    ink = evidence.ink[t:b, le:r]
    lines = (ink[:3].max(0), ink[-3:].max(0), ink[:, :3].max(1), ink[:, -3:].max(1))
    framed = [float(line.mean()) > _FRAME for line in lines]
    return (t, b, le, r), (framed[0], framed[1], framed[2], framed[3])


def _aligned(cells: Sequence[Region], tight: Sequence[_Framed]) -> list[Region]:
    """Align frameless edges of regions with the frames of others in the row or column, or a little outside the ink.

    Charts have an empty border that belongs to them; how wide it is, their neighbours tell.
    """
    out = []
    for i, (cell, (region, framed)) in enumerate(zip(cells, tight, strict=True)):
        edges = list(region)
        for e in range(4):
            if framed[e]:
                continue
            outward = -1 if e in (0, 2) else 1
            extent = region[1] - region[0] if e < 2 else region[3] - region[2]
            low, high = sorted((cell[e], region[e]))
            others = [
                r[e]
                for j, (r, f) in enumerate(tight)
                if j != i and f[e] and low <= r[e] <= high and abs(r[e] - region[e]) <= _ALIKE * extent
            ]
            if others:
                edges[e] = min(others, key=lambda x: abs(x - region[e]))
            else:
                edges[e] = region[e] + outward * min(abs(cell[e] - region[e]), int(_BORDER * extent) + 1)
        out.append((edges[0], edges[1], edges[2], edges[3]))
    return out
