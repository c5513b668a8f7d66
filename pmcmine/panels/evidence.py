"""Evidence for cuts: bands of one colour, thin even lines, edges between pictures that touch.

Lines of any region are summed from integral images, so that thousands of regions cost no more than a few.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.opencv import opencv

Region = tuple[int, int, int, int]  # top, bottom, left, right
Floats = NDArray[np.float32]
_Bands = NDArray[np.int64]  # bands × first line, line after the last
_Place = tuple[int, int, float]  # first line, line after the last, log odds but for those that depend on the region

FLAT: Final = 22  # grey levels from the ground that are no ink
_CLEAN: Final = 0.004  # share of a line that may be ink in a band
_EDGE: Final = 0.3  # share of a line's pixels that must step for an edge between pictures
_STEP: Final = 14  # grey levels
_EVEN: Final = 20.0  # standard deviation along a line up to which it is even
_EVENNESS: Final = 0.55  # share of the deviation beside it that a line must lack
_BESIDE: Final = 3  # lines beside a band whose ink counts
_AROUND: Final = 5  # lines on both sides among which the emptiest is taken
_AS_ONE: Final = 2  # lines from a place, up to which another one is the same
_INKED: Final = 0.6  # most that the root of a line's share of ink counts
_NINE: Final = np.ones(9, np.float32) / 9

N_FEATURES: Final = 9
# Log odds of a cut by its features, and a bias; fitted on drawn figures by `classifiers/panels/weigh.py`.
_WEIGHTS: Final = (1.009, 0.569, 1.993, 3.397, 3.94, -0.497, 0.409, 1.653, 6.118, -10.215)
_FIXED: Final = 7  # features that do not depend on the region
_FIXED_WEIGHTS: Final = np.array(_WEIGHTS[:_FIXED])
_NO_LINES: Final = np.zeros(0, np.int64)
_NO_BANDS: Final = np.zeros((0, 2), np.int64)
_NO_INK: Final = np.zeros(0, np.float32)


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
        self.ink = _far(grey, self.ground)
        levels = [self.ink, *(_far(grey, v) for v in (255, 0) if abs(v - self.ground) > 4)]
        self._levels = [_stacked(levels, axis) for axis in (0, 1)]
        steps = (cv2.absdiff(grey[1:], grey[:-1]), cv2.absdiff(grey[:, 1:], grey[:, :-1]))
        self._steps = [_sums(np.asarray(x, np.uint8) > _STEP, a) for a, x in enumerate(steps)]
        self._grey = [_sums_and_squares(grey, a) for a in (0, 1)]
        self._inked: dict[tuple[int, int, int], list[int]] = {}  # lines with ink
        self._lines: dict[tuple[int, int, int], _Lines] = {}
        self._tight: dict[Region, Region] = {}

    def extent(self, region: Region, axis: int) -> tuple[int, int]:
        """Find where the ink of a region begins and ends along an axis; its edges if it has none."""
        a, b, c, d = region if axis == 0 else (region[2], region[3], region[0], region[1])
        key = (axis, c, d)
        if key not in self._inked:
            sums = self._levels[axis][0]
            self._inked[key] = (sums[d] != sums[c]).nonzero()[0].tolist()
        lines = self._inked[key]
        first, last = bisect_left(lines, a), bisect_left(lines, b)
        return (lines[first], lines[last - 1] + 1) if first < last else (a, b)

    def tight(self, region: Region) -> Region:
        """Trim the empty border of a region."""
        found = self._tight.get(region)
        if found is None:  # searches ask for each region once a place of letters
            found = self._tight[region] = (*self.extent(region, 0), *self.extent(region, 1))
        return found

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
        middle, edge = _WEIGHTS[_FIXED : _FIXED + 2]
        low, high = between
        length, side = b - a, self.side
        out = []
        places = lines.places + lines.added(a, b, more) if more else lines.places
        for start, end, odds in places:
            if start >= low and end <= high:
                line = (start + end) / 2  # as in `_position`
                near = line - a if line - a < b - line else b - line
                far = near / side * 4
                total = odds + middle * (near / length) + edge * (far if far < 1.0 else 1.0)
                if total > floor:
                    out.append(((start + end) // 2, total))
        return out

    def _lines_of(self, region: Region, axis: int) -> tuple[int, int, _Lines]:
        """Return the first line of a region, the line after its last, and what is known of lines as long as its."""
        a, b, c, d = region if axis == 0 else (region[2], region[3], region[0], region[1])
        key = (axis, c, d)
        if key not in self._lines:  # regions above one another have the same lines
            self._lines[key] = self._find_lines(c, d, axis)
        return a, b, self._lines[key]

    def _find_lines(self, c: int, d: int, axis: int) -> _Lines:
        """Find all places for cuts along an axis in what lies between two lines of the other axis."""
        b, across = self.shape[axis], d - c
        share = np.float32(1 / across)
        levels = self._levels[axis]
        inks = (levels[:, d] - levels[:, c]) * share
        steps = self._steps[axis]
        strong = (steps[d] - steps[c]) * share
        even, contrast, spread = self._evenness(c, d, axis)
        bands, beside = _bands(inks)
        edges = (strong > _EDGE).nonzero()[0] if len(strong) > 12 else _NO_LINES
        if len(edges):
            around = np.convolve(strong, _NINE, "same")
            edges = edges[strong[edges] > 2 * around[edges]]
        covered = _covered(np.concatenate([bands[:, 0], edges]), np.concatenate([bands[:, 1], edges + 2]), b + 3)
        thin = (even > _EVENNESS) & (spread < _EVEN) & (contrast > 0.1)
        singles = []
        for i in (thin & (even >= _most_of_five(even))).nonzero()[0].tolist() if thin.any() else ():
            if 0 < i < b and not covered[i]:
                singles.append(i)
                covered[max(i - 2, 0) : i + 3] = b"\1" * (i + 3 - max(i - 2, 0))
        lines = _Lines(inks[0], strong, even, contrast, bytes(covered), across / self.side, self.side)
        lines.describe(bands, beside, edges, singles)
        return lines

    def _evenness(self, c: int, d: int, axis: int) -> tuple[Floats, Floats, Floats]:
        """Measure how much more even each line is than those beside it, how its level differs, and its deviation."""
        sums, squares = self._grey[axis]
        n = d - c
        mean = (sums[d] - sums[c]) / n
        spread = np.sqrt(np.maximum((squares[d] - squares[c]) / n - mean * mean, 0))
        far = _BESIDE + 1
        wide = np.zeros(len(mean) + 2 * far)  # beyond the image nothing deviates
        wide[far:-far] = spread
        most = wide[: -far + 2].copy()  # of the `_BESIDE` lines from each line on
        for k in range(1, _BESIDE):
            np.maximum(most, wide[k : k + len(most)], out=most)
        beside = np.minimum(most[: len(mean)], most[far + 2 :])  # lines before, but for the next one, and behind
        np.maximum(beside, spread, out=beside)
        side = np.zeros_like(mean)
        difference = np.abs(mean[far:] - mean[:-far])
        side[far:-far] = np.minimum(difference[:-far], difference[far:])
        even = np.maximum(1 - spread / (beside + 4), 0)  # at most 1: deviations are not negative
        return even.astype(np.float32), np.minimum(side / 64, 1).astype(np.float32), spread.astype(np.float32)


def _covered(start: NDArray[np.int64], end: NDArray[np.int64], n: int) -> bytearray:
    """Mark lines from just before each start to two behind each end, as far as there are; bytes, not numbers.

    Args:
        start: first lines.
        end: lines after the last.
        n: how many lines there are.
    """
    edges = np.bincount(np.maximum(start - 1, 0), minlength=n)[:n] - np.bincount(end + 2, minlength=n)[:n]
    return bytearray((np.cumsum(edges) > 0).tobytes())


def _bands(inks: Floats) -> tuple[_Bands, Floats]:
    """Find the bands of lines without ink that have lines on both sides; also the ink that is beside each.

    Args:
        inks: share of ink of each line, over each ground: grounds × lines.
    """
    clean = inks <= _CLEAN
    grounds, lines = (clean[:, 1:] != clean[:, :-1]).nonzero()
    ends = grounds.searchsorted(range(len(inks) + 1)).tolist()
    first: list[int] = []  # places of the changes that begin a band
    for ground, edge in enumerate(clean[:, 0].tolist()):
        first += range(ends[ground] + edge, ends[ground + 1] - 1, 2)  # a band at the edge is none
    if not first:
        return _NO_BANDS, _NO_INK
    begin = np.array(first)
    ground, start, end = grounds[begin], lines[begin] + 1, lines[begin + 1] + 1
    wide = np.zeros((len(inks), inks.shape[1] + 2 * _BESIDE), np.float32)
    wide[:, _BESIDE:-_BESIDE] = inks
    most = wide[:, : -_BESIDE + 1]  # of the `_BESIDE` lines from each line on, `_BESIDE` lines ago
    for k in range(1, _BESIDE):
        most = np.maximum(most, wide[:, k : wide.shape[1] - _BESIDE + 1 + k])
    return np.stack([start, end], 1), np.minimum(most[ground, start], most[ground, end + _BESIDE])


def _most_of_five(values: Floats) -> Floats:
    """Return the highest of each value, the two before and the two behind it."""
    wide = np.full(len(values) + 4, -np.inf, np.float32)
    wide[2:-2] = values
    two = np.maximum(wide[1:], wide[:-1])
    return np.maximum(np.maximum(two[:-3], two[2:-1]), wide[4:])


@dataclass(slots=True)
class _Lines:
    """All places for cuts along an axis, of which a region has those that lie in it.

    Attributes:
        ink: share of each line.
        strong: share of each line's pixels that step to the next line.
        even: how much more even each line is than those beside it.
        contrast: how its level differs from theirs.
        covered: 1 for each line that is in or next to one of the places.
        across: length of the lines, as a share of the image's longer side.
        side: the image's longer side.
        places: those of all of the image.
        features: of these, `_FIXED` each.
        single: log odds of each line as a place of its own; none before one is asked for.
        filled: ink of each line from the second on, less its step.
        emptiest: line of which that is least, from one line to before another.
    """

    ink: Floats
    strong: Floats
    even: Floats
    contrast: Floats
    covered: bytes
    across: float
    side: int
    places: list[_Place] = field(default_factory=list)
    features: Floats = field(default_factory=lambda: np.zeros((0, _FIXED), np.float32))
    single: list[float] = field(default_factory=list)
    filled: Floats = field(init=False)
    emptiest: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compare ink and steps."""
        n = min(len(self.ink) - 1, len(self.strong))
        self.filled = self.ink[1 : n + 1] - self.strong[:n]

    def features_between(self, a: int, b: int, more: Sequence[int]) -> list[tuple[int, int, Sequence[float]]]:
        """Return the places of the region from line `a` to line `b`, with those of `more` lines, and their features."""
        found = [
            (start, end, features)
            for (start, end, _), features in zip(self.places, self.features.tolist(), strict=True)
            if start > a and end < b
        ]
        own = self._as_single() if more else ()
        return found + [(line, line, [float(f[line]) for f in own]) for line, _, _ in self.added(a, b, more)]

    def describe(self, bands: _Bands, beside: Floats, edges: NDArray[np.int64], singles: Sequence[int]) -> None:
        """Note places with their features and log odds, but for those that depend on the region.

        Args:
            bands: bands without ink.
            beside: the ink that is beside each.
            edges: lines behind which pictures meet.
            singles: thin lines.
        """
        n, m, count = len(bands), len(bands) + len(edges), len(bands) + len(edges) + len(singles)
        if not count:
            return
        start, end = np.empty(count, np.int64), np.empty(count, np.int64)
        start[:n], end[:n] = bands.T
        start[n:m] = end[n:m] = edges + 1
        start[m:] = singles
        end[m:] = start[m:] + 1
        line = np.minimum((start + end) // 2, len(self.even) - 1)
        features = np.zeros((count, _FIXED), np.float32)
        features[:, 0] = self.even[line]
        features[:, 1] = features[:, 0] * self.contrast[line]
        features[:, 2] = np.minimum((end - start).astype(np.float32) / (0.03 * self.side), 1.0)
        features[:n, 3] = np.sqrt(beside)
        features[n:m, 4] = self.strong[edges]
        features[m:, 4] = self.strong[np.minimum(start[m:], len(self.strong) - 1)]
        features[:, 6] = self.across
        odds = features.astype(np.float64) @ _FIXED_WEIGHTS + _WEIGHTS[-1]
        self.features = features
        self.places = list(zip(start.tolist(), end.tolist(), odds.tolist(), strict=True))

    def added(self, a: int, b: int, more: Sequence[int]) -> list[_Place]:
        """Return lines near those of `more` that no other place covers: the emptiest, or where pictures meet."""
        taken: list[int] = []
        near: set[int] = set()  # lines that those taken cover
        covered, emptiest = self.covered, self.emptiest
        for i in more:
            if a < i < b and not covered[i] and i not in near:
                first = i - _AROUND if i - _AROUND > a else a + 1
                last = i + _AROUND + 1 if i + _AROUND + 1 < b else b
                best = emptiest.get((first, last))
                if best is None:
                    best = emptiest[first, last] = first + int(self.filled[first - 1 : last - 1].argmin())
                if not covered[best] and best not in near:
                    taken.append(best)
                    near.update(range(best - _AS_ONE, best + _AS_ONE + 1))
        if not taken:
            return []
        odds = self.single or self._odds_of_single()
        return [(line, line, odds[line]) for line in taken]

    def _as_single(self) -> tuple[NDArray[np.float64], ...]:
        """Return the features of each line as a place of its own."""
        n = len(self.ink)
        step, none = np.zeros(n), np.zeros(n)
        step[1:] = self.strong[: n - 1]
        ink = np.minimum(np.sqrt(self.ink).astype(np.float64), _INKED)
        across = np.full(n, np.float32(self.across), np.float64)
        even, contrast = self.even[:n].astype(np.float64), (self.even * self.contrast)[:n].astype(np.float64)
        return even, contrast, none, none, step, ink, across

    def _odds_of_single(self) -> list[float]:
        """Return the log odds of each line as a place of its own, computed once."""
        odds = np.zeros(len(self.ink))
        for feature, weight in zip(self._as_single(), _WEIGHTS, strict=False):
            odds += feature * weight
        self.single = (odds + _WEIGHTS[-1]).tolist()
        return self.single


def _position(start: int, end: int, a: int, b: int, side: int) -> tuple[float, float]:
    """Return the features of a place that depend on the region from line `a` to line `b`."""
    middle = (start + end) / 2
    near = min(middle - a, b - middle)
    return near / (b - a), min(near / side * 4, 1.0)


def _far(grey: NDArray[np.uint8], level: int) -> NDArray[np.bool_]:
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
