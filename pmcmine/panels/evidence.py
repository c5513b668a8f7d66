"""Evidence for cuts: bands of one colour, edges between pictures that touch, lines that the network sees.

Lines of any region are summed from integral images, so that thousands of regions cost no more than a few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Region = tuple[int, int, int, int]  # top, bottom, left, right
Floats = NDArray[np.float32]

_FLAT: Final = 22  # grey levels from the ground that are no ink
_CLEAN: Final = 0.004  # share of a line that may be ink in a band
_EDGE: Final = 0.3  # share of a line's pixels that must step for an edge between pictures
_STEP: Final = 14  # grey levels
_SEEN: Final = 0.2  # mean of the network's map along a line, from which the line is looked at
_BESIDE: Final = 3  # lines beside a band whose ink counts
_PEAK: Final = 5  # lines on both sides that a peak must top

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
    """Integral images of a figure: ink, steps, and the network's maps."""

    def __init__(self, grey: NDArray[np.uint8], maps: Floats | None) -> None:
        """Sum up an image.

        Args:
            grey: height × width, at the scale of the cuts.
            maps: 2 × height' × width': how likely each pixel lies on a horizontal, and on a vertical cut, of the
                image scaled down by a whole factor; None without a network.
        """
        self.shape = (grey.shape[0], grey.shape[1])
        self.side = max(self.shape)
        self.ground = _ground(grey)
        values = grey.astype(np.int16)
        self.ink = np.abs(values - self.ground) > _FLAT
        levels = [self.ink, *(np.abs(values - v) > _FLAT for v in (255, 0) if abs(v - self.ground) > 4)]
        self._levels = [[_sums(x, axis) for x in levels] for axis in (0, 1)]
        self._across = [_sums(self.ink, 1 - axis) for axis in (0, 1)]
        self._steps = [_sums(np.abs(np.diff(values, axis=a)) > _STEP, a) for a in (0, 1)]
        self._maps = None if maps is None else [_sums(maps[a], a, np.float32) for a in (0, 1)]
        self._factor = 1.0 if maps is None else max(maps.shape[1:]) / self.side

    def extent(self, region: Region, axis: int) -> tuple[int, int]:
        """Find where the ink of a region begins and ends along an axis; its edges if it has none."""
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
        seen = self._seen(a, b, c, d, axis)
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
        for i in [*_peaks(seen), *(x - a for x in more.tolist() if a < x < b)]:
            if 0 < i < length and not covered[i]:
                low, high = max(i - _PEAK, 1), min(i + _PEAK + 1, length)
                best = low + int(np.argmin(inks[0][low:high] - 0.1 * seen[low:high]))
                if not covered[best]:
                    found.append((best, best, 0.0, float(strong[best - 1]), float(inks[0][best])))
                    covered[max(best - 2, 0) : best + 3] = True
        return _described(found, seen, a, length, across, self.side, a > 0 or b < self.shape[axis])

    def _seen(self, a: int, b: int, c: int, d: int, axis: int) -> Floats:
        if self._maps is None:
            return np.zeros(b - a, np.float32)
        sums, f = self._maps[axis], self._factor
        low, high = int(c * f), max(int(np.ceil(d * f)), int(c * f) + 1)
        high = min(high, sums.shape[1] - 1)
        low = min(low, high - 1)
        lines = np.minimum((np.arange(a, b) * f).astype(np.int32), sums.shape[0] - 1)
        return np.asarray((sums[lines, high] - sums[lines, low]) / (high - low), np.float32)


def _described(
    found: list[tuple[int, int, float, float, float]], seen: Floats, a: int, length: int, across: int, side: int, inner: bool
) -> Cuts:
    """Compute the features of cuts."""
    if not found:
        none = np.zeros(0, np.int32)
        return Cuts(none, none, np.zeros((0, N_FEATURES), np.float32))
    table = np.array(found, np.float32)
    start, end = table[:, 0].astype(np.int32), table[:, 1].astype(np.int32)
    tops = np.array([seen[max(s - 1, 0) : max(e, s) + 1].max() for s, e in zip(start.tolist(), end.tolist(), strict=True)])
    p = np.clip(tops, 0.02, 0.98)
    middle = (table[:, 0] + table[:, 1]) / 2
    features = np.stack(
        [
            np.log(p / (1 - p)) / 2,
            p,
            np.minimum((table[:, 1] - table[:, 0]) / (0.03 * side), 1.0),
            np.sqrt(table[:, 2]),
            table[:, 3],
            np.minimum(np.sqrt(table[:, 4]), 0.6),
            np.full(len(p), across / side),
            np.minimum(middle, length - middle) / length,
            np.minimum(np.minimum(middle, length - middle) / side * 4, 1),
        ],
        axis=1,
    ).astype(np.float32)
    return Cuts(start + a, end + a, features)


def _peaks(seen: Floats) -> list[int]:
    """Return the lines that the network sees most clearly among their neighbours."""
    out = []
    for i in np.flatnonzero(seen > _SEEN).tolist():
        around = seen[max(i - _PEAK, 0) : i + _PEAK + 1]
        if seen[i] >= around.max() and (not out or i - out[-1] > _PEAK):
            out.append(i)
    return out


def _sums(values: NDArray[np.bool_] | Floats, axis: int, kind: type = np.int32) -> NDArray[np.float32]:
    """Sum up lines: entry (line, k) is the sum of the line's first k pixels."""
    lines = values if axis == 0 else values.T
    out = np.zeros((lines.shape[0], lines.shape[1] + 1), kind)
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
