"""Paint over page and line numbers in the margin of a figure, which would widen the panel next to them.

Figures that were cut from pages of manuscripts have them: short words, by themselves, behind a wide gap. They are not
read, so up to three short headings of rows go as well; no picture begins with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.evidence import ground, ink_over
from pmcmine.panels.letters import Letter

_DEEP: Final = 0.07  # of the figure's side: how far a note goes into it, with what is empty before it
_HIGH: Final = 0.045  # of the figure's longer side: height of a note
_GAP: Final = 0.025  # of the figure's side: what is empty between notes and panels, at least
_WORDLIKE: Final = 1.5  # a note's width, in heights: a letter of a panel is narrower
_CORNER: Final = 0.15  # of the width: how near to a corner a note above or below all panels ends
_MOST: Final = 3  # notes; numbers on an axis are more
_STEP: Final = 4  # empty lines that part two notes

_Part = tuple[slice, slice]


def without_notes(grey: NDArray[np.uint8], letters: Sequence[Letter] = ()) -> NDArray[np.uint8]:
    """Return a figure without the numbers in its margin; the same array if it has none.

    Args:
        grey: height × width, at the scale of the cuts.
        letters: those that were read; a margin that holds one has no notes.
    """
    level = ground(grey)
    ink = ink_over(grey, level)
    sides = (_beside(ink, False), _beside(ink, True), _above(ink, False), _above(ink, True))
    # Where one note of a margin is a letter of a panel, the others belong to panels, too.
    found = [part for notes in sides if not any(_holds(p, x) for p in notes for x in letters) for part in notes]
    if not found:
        return grey
    out = grey.copy()
    for part in found:
        out[part] = level
    return out


def _holds(part: _Part, letter: Letter) -> bool:
    """Check whether the middle of a letter is in a part of the figure."""
    rows, columns = part
    x, y = letter.x + letter.width / 2, letter.y + letter.height / 2
    return bool(columns.start <= x < columns.stop and rows.start <= y < rows.stop)


def _beside(ink: NDArray[np.bool_], right: bool) -> list[_Part]:
    """Find the notes to the left of all panels, or to their right."""
    width = ink.shape[1]
    filled = _filled(ink, 0)
    depth = _depth(filled[::-1] if right else filled)
    if not depth:
        return []
    columns = slice(width - depth, width) if right else slice(0, depth)
    return _wordlike(ink, [(slice(a, b), columns) for a, b in _runs(_filled(ink[:, columns], 1))])


def _above(ink: NDArray[np.bool_], below: bool) -> list[_Part]:
    """Find the note in a corner, above all panels or below them."""
    height, width = ink.shape
    filled = _filled(ink, 1)
    depth = _depth(filled[::-1] if below else filled)
    if not depth:
        return []
    rows = slice(height - depth, height) if below else slice(0, depth)
    lines = np.flatnonzero(ink[rows].any(0))
    first, last = int(lines[0]), int(lines[-1]) + 1
    if last > _CORNER * width and first < (1 - _CORNER) * width:
        return []
    return _wordlike(ink, [(rows, slice(first, last))])


def _filled(ink: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Tell which columns (axis 0) or rows (axis 1) have ink."""
    return np.asarray(ink.any(axis), np.bool_)


def _depth(filled: NDArray[np.bool_]) -> int:
    """Return how many lines hold nothing but what lies alone in the margin; 0 if nothing does.

    Args:
        filled: whether lines have ink, from the margin on.
    """
    side = len(filled)
    lines = np.flatnonzero(filled)
    gaps = np.flatnonzero(np.diff(lines) > _GAP * side)
    if not len(gaps):
        return 0
    end = int(lines[gaps[0]]) + 1
    return end if end <= _DEEP * side else 0


def _runs(filled: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where runs of lines with ink begin and end; a few empty lines do not part them."""
    lines = np.flatnonzero(filled)
    cuts = np.flatnonzero(np.diff(lines) > _STEP)
    return [
        (int(a), int(b) + 1) for a, b in zip(lines[np.r_[0, cuts + 1]], lines[np.r_[cuts, len(lines) - 1]], strict=True)
    ]


def _wordlike(ink: NDArray[np.bool_], parts: Sequence[_Part]) -> list[_Part]:
    """Return the parts if all of them are as low and wide as a short word, and they are few."""
    if len(parts) > _MOST:
        return []
    for rows, columns in parts:
        high, low = np.flatnonzero(ink[rows, columns].any(1)), np.flatnonzero(ink[rows, columns].any(0))
        height, width = int(high[-1] - high[0]) + 1, int(low[-1] - low[0]) + 1
        if height > _HIGH * max(ink.shape) or width < _WORDLIKE * height:
            return []
    return list(parts)
