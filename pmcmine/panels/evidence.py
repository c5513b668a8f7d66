"""Evidence for cuts: bands of one colour, thin even lines, edges between pictures that touch.

Lines of any region are summed from integral images, so that thousands of regions cost no more than a few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Region = tuple[int, int, int, int]  # top, bottom, left, right
Floats = NDArray[np.float32]

_FLAT: Final = 22  # grey levels from the ground that are no ink
_CLEAN: Final = 0.004  # share of a line that may be ink in a band
_EDGE: Final = 0.3  # share of a line's pixels that must step for an edge between pictures
_STEP: Final = 14  # grey levels
_EVEN: Final = 20.0  # standard deviation along a line up to which it is even
_EVENNESS: Final = 0.55  # share of the deviation beside it that a line must lack
_BESIDE: Final = 3  # lines beside a band whose ink counts
_AROUND: Final = 5  # lines on both sides among which the emptiest is taken

N_FEATURES: Final = 9


@dataclass(frozen=True, slots=True)
class Cuts:
    """Places where a region may be cut along an axis.

    Attributes:
        start: first line of each band.
        end: line after its last; equal to `start` for an edge.
        features: cuts × `N_FEATURES`.
    """

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    features: Floats


class Evidence:
    """Integral images of a figure: ink, steps, grey levels and their squares."""

    def __init__(self, grey: NDArray[np.uint8]) -> None:
        """Sum up an image.

        Args:
            grey: height × width, at the scale of the cuts.
        """
        self.shape = (grey.shape[0], grey.shape[1])
        self.side = max(self.shape)
        self.ground = _ground(grey)
        values = grey.astype(np.int16)
        self.ink = np.abs(values - self.ground) > _FLAT
        levels = [self.ink, *(np.abs(values - v) > _FLAT for v in (255, 0) if abs(v - self.ground) > 4)]
        self._levels = [[_sums(x, axis) for x in levels] for axis in (0, 1)]
        self._steps = [_sums(np.abs(np.diff(values, axis=a)) > _STEP, a) for a in (0, 1)]
        self._extents: dict[tuple[Region, int], tuple[int, int]] = {}
        squares = values.astype(np.int32) ** 2
        self._grey = [(_sums(values, a), _sums(squares, a)) for a in (0, 1)]

    def extent(self, region: Region, axis: int) -> tuple[int, int]:
        """Find where the ink of a region begins and ends along an axis; its edges if it has none."""
        key = (region, axis)
        if key not in self._extents:
            self._extents[key] = self._extent(region, axis)
        return self._extents[key]

    def _extent(self, region: Region, axis: int) -> tuple[int, int]:
        a, b, c, d = region if axis == 0 else (region[2], region[3], region[0], region[1])
        sums = self._levels[axis][0]
        found = np.flatnonzero(sums[a:b, d] - sums[a:b, c])
        return (a + int(found[0]), a + int(found[-1]) + 1) if len(found) else (a, b)

    def tight(self, region: Region) -> Region:
        """Trim the empty border of a region."""
        return (*self.extent(region, 0), *self.extent(region, 1))

    def cuts(self, region: Region, axis: int, more: NDArray[np.int32]) -> Cuts:
        """Find the places where a region may be cut along an axis.

        Args:
            region: what to cut.
            axis: 0 into rows, 1 into columns.
            more: further lines to consider, such as those just above letters.
        """
        a, b, c, d = region if axis == 0 else (region[2], region[3], region[0], region[1])
        length, across = b - a, d - c
        inks = [(s[a:b, d] - s[a:b, c]) * np.float32(1 / across) for s in self._levels[axis]]
        steps = self._steps[axis]
        strong = (steps[a : b - 1, d] - steps[a : b - 1, c]) * np.float32(1 / across)
        even, contrast, spread = self._evenness(a, b, c, d, axis)
        found: list[tuple[int, int, float, float, float]] = []  # start, end, side ink, step, ink
        for inked in inks:
            for start, end in _runs(inked <= _CLEAN):
                if start > 0 and end < length:
                    first = float(inked[max(start - _BESIDE, 0) : start].max())
                    second = float(inked[end : end + _BESIDE].max())
                    found.append((start, end, min(first, second), 0.0, 0.0))
        covered = np.zeros(length + 1, np.bool_)
        for start, end, *_ in found:
            covered[max(start - 1, 0) : end + 2] = True
        if len(strong) > 12:
            around = np.convolve(strong, np.ones(9, np.float32) / 9, "same")
            for i in np.flatnonzero((strong > _EDGE) & (strong > 2 * around)).tolist():
                found.append((i + 1, i + 1, 0.0, float(strong[i]), 0.0))
                covered[max(i - 1, 0) : i + 4] = True
        for i in np.flatnonzero((even > _EVENNESS) & (spread < _EVEN) & (contrast > 0.1)).tolist():
            if 0 < i < length and not covered[i] and even[i] >= even[max(i - 2, 0) : i + 3].max():
                found.append((i, i + 1, 0.0, float(strong[min(i, len(strong) - 1)]), 0.0))
                covered[max(i - 2, 0) : i + 3] = True
        for i in (more - a).tolist():
            if 0 < i < length and not covered[i]:
                low, high = max(i - _AROUND, 1), min(i + _AROUND + 1, length)
                best = low + int(np.argmin(inks[0][low:high]))
                if not covered[best]:
                    found.append((best, best, 0.0, float(strong[best - 1]), float(inks[0][best])))
                    covered[max(best - 2, 0) : best + 3] = True
        return _described(found, even, contrast, a, length, across, self.side)

    def _evenness(self, a: int, b: int, c: int, d: int, axis: int) -> tuple[Floats, Floats, Floats]:
        """Measure how much more even each line is than those beside it, how its level differs, and its deviation."""
        sums, squares = self._grey[axis]
        n = d - c
        mean = (sums[a:b, d] - sums[a:b, c]) / n
        spread = np.sqrt(np.maximum((squares[a:b, d] - squares[a:b, c]) / n - mean * mean, 0))
        before, after, side = spread.copy(), spread.copy(), np.zeros_like(mean)
        for k in range(2, _BESIDE + 2):
            np.maximum(before[k:], spread[:-k], out=before[k:])
            np.maximum(after[:-k], spread[k:], out=after[:-k])
        far = _BESIDE + 1
        difference = np.abs(mean[far:] - mean[:-far])
        side[far:-far] = np.minimum(difference[:-far], difference[far:])
        even = np.clip(1 - spread / (np.minimum(before, after) + 4), 0, 1)
        return even.astype(np.float32), np.minimum(side / 64, 1).astype(np.float32), spread.astype(np.float32)


def _described(
    found: list[tuple[int, int, float, float, float]],
    even: Floats,
    contrast: Floats,
    a: int,
    length: int,
    across: int,
    side: int,
) -> Cuts:
    """Compute the features of cuts."""
    if not found:
        none = np.zeros(0, np.int32)
        return Cuts(none, none, np.zeros((0, N_FEATURES), np.float32))
    table = np.array(found, np.float32)
    start, end = table[:, 0].astype(np.int32), table[:, 1].astype(np.int32)
    line = np.minimum((start + end) // 2, length - 1)
    middle = (table[:, 0] + table[:, 1]) / 2
    features = np.stack(
        [
            even[line],
            even[line] * contrast[line],
            np.minimum((table[:, 1] - table[:, 0]) / (0.03 * side), 1.0),
            np.sqrt(table[:, 2]),
            table[:, 3],
            np.minimum(np.sqrt(table[:, 4]), 0.6),
            np.full(len(table), across / side),
            np.minimum(middle, length - middle) / length,
            np.minimum(np.minimum(middle, length - middle) / side * 4, 1),
        ],
        axis=1,
    ).astype(np.float32)
    return Cuts(start + a, end + a, features)


def _sums(values: NDArray[Any], axis: int) -> NDArray[np.int32]:
    """Sum up lines: entry (line, k) is the sum of the line's first k pixels."""
    lines = values if axis == 0 else values.T
    out = np.zeros((lines.shape[0], lines.shape[1] + 1), np.int32)
    np.cumsum(lines, axis=1, out=out[:, 1:])
    return out


def _ground(grey: NDArray[np.uint8]) -> int:
    """Return the grey level of the ground: of the border where it is of one colour, else white."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    level = int(np.median(border))
    return level if float((np.abs(border.astype(np.int16) - level) < _FLAT).mean()) > 0.6 else 255


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))
