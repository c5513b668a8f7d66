"""Evidence for cuts: bands of one colour, thin even lines, edges between pictures that touch.

Lines of any region are summed from integral images, so that thousands of regions cost no more than a few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.opencv import opencv
from pmcmine.panels.lines import FIXED, WEIGHTS, Lines, Sums, find_lines

Region = tuple[int, int, int, int]  # top, bottom, left, right
Floats = NDArray[np.float32]

FLAT: Final = 22  # grey levels from the ground that are no ink
_STEP: Final = 14  # grey levels
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
        self.ground = ground(grey)
        cv2 = opencv()
        self.ink = ink_over(grey, self.ground)
        levels = [self.ink, *(ink_over(grey, v) for v in (255, 0) if abs(v - self.ground) > 4)]
        steps = (cv2.absdiff(grey[1:], grey[:-1]), cv2.absdiff(grey[:, 1:], grey[:, :-1]))
        self._sums = [
            Sums(
                _stacked(levels, axis),
                _sums(np.asarray(step, np.uint8) > _STEP, axis),
                *_sums_and_squares(grey, axis),
            )
            for axis, step in enumerate(steps)
        ]
        self._inked: dict[tuple[int, int, int], list[int]] = {}  # lines with ink
        self._lines: dict[tuple[int, int, int], Lines] = {}
        self._tight: dict[Region, Region] = {}

    def extent(self, region: Region, axis: int) -> tuple[int, int]:
        """Find where the ink of a region begins and ends along an axis; its edges if it has none."""
        a, b, c, d = region if axis == 0 else (region[2], region[3], region[0], region[1])
        key = (axis, c, d)
        if key not in self._inked:
            sums = self._sums[axis].levels[0]
            self._inked[key] = (sums[d] != sums[c]).nonzero()[0].tolist()
        lines = self._inked[key]
        first, last = bisect_left(lines, a), bisect_left(lines, b)
        return (lines[first], lines[last - 1] + 1) if first < last else (a, b)

    def tight(self, region: Region) -> Region:
        """Trim the empty border of a region."""
        found = self._tight.get(region)
        if found is None:  # several steps ask for the cells of a layout
            found = self._tight[region] = (*self.extent(region, 0), *self.extent(region, 1))
        return found

    def all_tight(self, regions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Trim the empty borders of many regions, regions × top, bottom, left, right, as `tight` does."""
        out = np.empty_like(regions)
        for axis in (0, 1):
            (a, b), sums = regions[:, 2 * axis : 2 * axis + 2].T, self._sums[axis].levels[0]
            c, d = regions[:, 2 - 2 * axis : 4 - 2 * axis].T
            pairs, of = np.unique(c * len(sums) + d, return_inverse=True)  # numbers are sorted faster than pairs
            inked, lines = sums[pairs % len(sums)] != sums[pairs // len(sums)], np.arange(self.shape[axis])
            behind = np.minimum.accumulate(np.where(inked, lines, len(lines))[:, ::-1], 1)[:, ::-1]  # or in the line
            before = np.maximum.accumulate(np.where(inked, lines, -1), 1)
            first, last = behind[of, a], before[of, b - 1] + 1
            out[:, 2 * axis], out[:, 2 * axis + 1] = np.where(first < b, first, a), np.where(first < b, last, b)
        return out

    def cuts(self, region: Region, axis: int, more: Sequence[int]) -> Cuts:
        """Find the places where a region may be cut along an axis.

        Args:
            region: what to cut.
            axis: 0 into rows, 1 into columns.
            more: further lines to consider, such as those just above letters.
        """
        a, b, lines = self._lines_of(region, axis)
        found = lines.features_between(a, b, more)
        rows = [(s, e, *features, *_position(s, e, a, b, self.side)) for s, e, features in found]
        table = np.array(rows, np.float32).reshape(-1, 2 + N_FEATURES)
        return Cuts(table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2:])

    def likely(
        self, region: Region, axis: int, more: Sequence[int], between: tuple[int, int], floor: float
    ) -> list[tuple[int, float]]:
        """Return the middle line and the log odds of the places of `cuts` that are likelier than `floor`.

        Args:
            region: what to cut.
            axis: as for `cuts`.
            more: as for `cuts`.
            between: the first line that a place may have, and the last that may follow it; both in the region.
            floor: log odds.
        """
        a, b, lines = self._lines_of(region, axis)
        middle, edge = WEIGHTS[FIXED : FIXED + 2]
        low, high = between
        length, side = b - a, self.side
        out = []
        places = lines.places + lines.added(a, b, more) if more else lines.places
        for start, end, odds in places:
            if start >= low and end <= high:
                line = (start + end) / 2  # as in `_position`
                near = line - a if line - a < b - line else b - line
                far = near / side * 4
                total = odds + middle * (near / length) + (edge * far if far < 1.0 else edge)
                if total > floor:
                    out.append((int(line), total))
        return out

    def prepare(self, axis: int, pairs: Sequence[tuple[int, int]]) -> None:
        """Find places for cuts along an axis, between pairs of lines of the other, before they are asked for."""
        new = [pair for pair in dict.fromkeys(pairs) if (axis, *pair) not in self._lines]
        if new:
            found = find_lines(self._sums[axis], new, self.side)
            self._lines.update({(axis, *pair): lines for pair, lines in zip(new, found, strict=True)})

    def _lines_of(self, region: Region, axis: int) -> tuple[int, int, Lines]:
        """Return the first line of a region, the line after its last, and what is known of lines as long as its."""
        a, b, c, d = region if axis == 0 else (region[2], region[3], region[0], region[1])
        key = (axis, c, d)
        if key not in self._lines:  # regions above one another have the same lines
            self.prepare(axis, [(c, d)])
        return a, b, self._lines[key]


def _position(start: int, end: int, a: int, b: int, side: int) -> tuple[float, float]:
    """Return the features of a place that depend on the region from line `a` to line `b`."""
    middle = (start + end) / 2
    near = min(middle - a, b - middle)
    return near / (b - a), min(near / side * 4, 1.0)


def ink_over(grey: NDArray[np.uint8], level: int) -> NDArray[np.bool_]:
    """Tell which pixels are no ground of this grey level."""
    least, most = level - FLAT, level + FLAT
    if least <= 0:
        return grey > most
    return grey < least if most >= 255 else (grey < least) | (grey > most)


def _stacked(masks: Sequence[NDArray[np.bool_]], axis: int) -> NDArray[np.int32]:
    """Sum up lines of masks of one size: masks × k × lines, as `_sums` does."""
    height, width = masks[0].shape if axis == 1 else masks[0].shape[::-1]
    out = np.empty((len(masks), height + 1, width), np.int32)
    for mask, sums in zip(masks, out, strict=True):
        _sums(mask, axis, sums)
    return out


def _sums(mask: NDArray[np.bool_], axis: int, out: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
    """Sum up lines: entry (k, line) is the sum of the line's first k pixels; those of many lines lie side by side."""
    cv2, pixels = opencv(), mask.view(np.uint8)
    sums = cv2.integral(cv2.transpose(pixels) if axis == 0 else pixels)
    return np.asarray(np.subtract(sums[:, 1:], sums[:, :-1], out=out), np.int32)


def _sums_and_squares(grey: NDArray[np.uint8], axis: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Sum up the grey levels of lines as `_sums` does, and their squares."""
    cv2 = opencv()
    sums, squares = cv2.integral2(cv2.transpose(grey) if axis == 0 else grey)
    return np.asarray(sums[:, 1:] - sums[:, :-1], np.int32), np.asarray(squares[:, 1:] - squares[:, :-1], np.float64)


def ground(grey: NDArray[np.uint8]) -> int:
    """Return the grey level of the ground: of the border where it is of one colour, else white."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    level = int(np.median(border))
    return level if float((np.abs(border.astype(np.int16) - level) < FLAT).mean()) > 0.6 else 255
