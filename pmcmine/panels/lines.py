"""Places for cuts along an axis: bands without ink, thin even lines, and edges between pictures that touch.

They are found for lines of several lengths at once, since arrays of a few hundred numbers take as long to handle as
some that are longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Place = tuple[int, int, float]  # first line, line after the last, log odds but for those that depend on the region

_CLEAN: Final = 0.004  # share of a line that may be ink in a band
_EDGE: Final = 0.3  # share of a line's pixels that must step for an edge between pictures
_EVEN: Final = 20.0  # standard deviation along a line up to which it is even
_EVENNESS: Final = 0.55  # share of the deviation beside it that a line must lack
_BESIDE: Final = 3  # lines beside a band whose ink counts
_AROUND: Final = 5  # lines on both sides among which the emptiest is taken
_AS_ONE: Final = 2  # lines from a place, up to which another one is the same
_INKED: Final = 0.6  # most that the root of a line's share of ink counts
_NINE: Final = np.ones(9, np.float32) / 9

# Log odds of a cut by its features, and a bias; fitted on drawn figures by `classifiers/panels/weigh.py`.
WEIGHTS: Final = (1.009, 0.569, 1.993, 3.397, 3.94, -0.497, 0.409, 1.653, 6.118, -10.215)
FIXED: Final = 7  # features that do not depend on the region
_FIXED_WEIGHTS: Final = np.array(WEIGHTS[:FIXED])
_NONE: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums along the lines of an axis: entry (k, line) is that of the line's first k pixels.

    Attributes:
        levels: of what is no ground, for each ground: grounds × k × lines.
        steps: of steps to the next line.
        grey: of grey levels.
        squares: of their squares.
    """

    levels: NDArray[np.int32]
    steps: NDArray[np.int32]
    grey: NDArray[np.int32]
    squares: NDArray[np.float64]


@dataclass(slots=True)
class Lines:
    """All places for cuts along an axis, of which a region has those that lie in it.

    Attributes:
        ink: share of each line.
        strong: share of each line's pixels that step to the next line.
        even: how much more even each line is than those beside it.
        contrast: how its level differs from theirs.
        filled: ink of each line from the second on, less its step.
        single: log odds of each line as a place of its own.
        across: length of the lines, as a share of the image's longer side.
        covered: 1 for each line that is in or next to one of the places.
        places: those of all of the image.
        features: of these, `FIXED` each.
        emptiest: line that is least filled, from one line to before another.
    """

    ink: Floats
    strong: Floats
    even: Floats
    contrast: Floats
    filled: Floats
    single: NDArray[np.float64]
    across: float
    covered: bytes
    places: list[Place]
    features: Floats
    emptiest: dict[tuple[int, int], int] = field(default_factory=dict)

    def features_between(self, a: int, b: int, more: Sequence[int]) -> list[tuple[int, int, Sequence[float]]]:
        """Return the places of the region from line `a` to line `b`, with those of `more` lines, and their features."""
        found = [
            (start, end, features)
            for (start, end, _), features in zip(self.places, self.features.tolist(), strict=True)
            if start > a and end < b
        ]
        own = _of_single(self.ink, self.strong, self.even, self.contrast, np.array(self.across)) if more else ()
        return found + [(line, line, [float(f[..., line]) for f in own]) for line, _, _ in self.added(a, b, more)]

    def added(self, a: int, b: int, more: Sequence[int]) -> list[Place]:
        """Return lines near those of `more` that no other place covers: the emptiest, or where pictures meet."""
        taken: list[Place] = []
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
                    taken.append((best, best, self.single.item(best)))
                    near.update(range(best - _AS_ONE, best + _AS_ONE + 1))
        return taken


def find_lines(sums: Sums, pairs: Sequence[tuple[int, int]], side: int) -> list[Lines]:
    """Find all places for cuts along an axis in what lies between two lines of the other axis.

    Args:
        sums: along the lines of the axis.
        pairs: first line and line after the last, of the other axis.
        side: the image's longer side.
    """
    first, last = np.array(pairs).T
    across = last - first
    share = (1 / across).astype(np.float32)[:, None]
    inks = (sums.levels[:, last] - sums.levels[:, first]) * share
    strong = (sums.steps[last] - sums.steps[first]) * share
    even, contrast, spread = _evenness(sums, first, last)
    k, b = even.shape
    bands = _bands(inks.transpose(1, 0, 2))
    edges = _edges(strong)
    covered = _covered(bands, edges, k, b + 3)
    singles = _singles((even > _EVENNESS) & (spread < _EVEN) & (contrast > 0.1), even, covered)
    lengths = across / side
    of, places, features = _described(bands, edges, singles, (even, contrast, strong, lengths), side)
    odds = _odds_of_single(inks[0], strong, even, contrast, lengths[:, None])
    filled = inks[0, :, 1:] - strong
    ends = of.searchsorted(range(k + 1)).tolist()
    return [
        Lines(
            inks[0, i], strong[i], even[i], contrast[i], filled[i], odds[i], length, bytes(covered[i]),
            places[ends[i] : ends[i + 1]], features[ends[i] : ends[i + 1]],
        )
        for i, length in enumerate(lengths.tolist())
    ]  # fmt: skip


def _evenness(sums: Sums, first: Numbers, last: Numbers) -> tuple[Floats, Floats, Floats]:
    """Measure how much more even each line is than those beside it, how its level differs, and its deviation."""
    n = (last - first)[:, None]
    mean = (sums.grey[last] - sums.grey[first]) / n
    spread = np.sqrt(np.maximum((sums.squares[last] - sums.squares[first]) / n - mean * mean, 0))
    far, count = _BESIDE + 1, mean.shape[1]
    wide = np.zeros((len(mean), count + 2 * far))  # beyond the image nothing deviates
    wide[:, far:-far] = spread
    most = wide[:, : -far + 2].copy()  # of the `_BESIDE` lines from each line on
    for k in range(1, _BESIDE):
        np.maximum(most, wide[:, k : k + most.shape[1]], out=most)
    beside = np.minimum(most[:, :count], most[:, far + 2 :])  # lines before, but for the next one, and behind
    np.maximum(beside, spread, out=beside)
    side = np.zeros_like(mean)
    difference = np.abs(mean[:, far:] - mean[:, :-far])
    side[:, far:-far] = np.minimum(difference[:, :-far], difference[:, far:])
    even = np.maximum(1 - spread / (beside + 4), 0)  # at most 1: deviations are not negative
    return even.astype(np.float32), np.minimum(side / 64, 1).astype(np.float32), spread.astype(np.float32)


_Bands = tuple[Numbers, Numbers, Numbers, Floats]  # which lines, first line, line after the last, ink beside
_Single = tuple[Numbers, Numbers]  # which lines, line


def _bands(inks: Floats) -> _Bands:
    """Find the bands of lines without ink that have lines on both sides; also the ink that is beside each.

    Args:
        inks: share of ink of each line, over each ground: pairs × grounds × lines.
    """
    n_grounds, n_lines = inks.shape[1:]
    rows = inks.reshape(-1, n_lines)
    clean = rows <= _CLEAN
    row, line = (clean[:, 1:] != clean[:, :-1]).nonzero()
    ends = row.searchsorted(np.arange(len(rows) + 1))
    at = np.arange(len(row))
    # Changes begin and end bands in turn; a band at the edge is none.
    begin = ((at - ends[row]) % 2 == clean[row, 0]).nonzero()[0]
    begin = begin[begin + 1 < ends[row[begin] + 1]]
    of, start, end = row[begin], line[begin] + 1, line[begin + 1] + 1 if len(begin) else begin
    wide = np.zeros((len(rows), n_lines + 2 * _BESIDE), np.float32)
    wide[:, _BESIDE:-_BESIDE] = rows
    most = wide[:, : -_BESIDE + 1]  # of the `_BESIDE` lines from each line on, `_BESIDE` lines ago
    for k in range(1, _BESIDE):
        most = np.maximum(most, wide[:, k : wide.shape[1] - _BESIDE + 1 + k])
    return of // n_grounds, start, end, np.minimum(most[of, start], most[of, end + _BESIDE])


def _edges(strong: Floats) -> _Single:
    """Find the lines behind which pictures meet."""
    high = strong > _EDGE
    if strong.shape[1] <= 12 or not high.any():
        return _NONE, _NONE
    for i in np.flatnonzero(high.any(1)).tolist():
        high[i] &= strong[i] > 2 * np.convolve(strong[i], _NINE, "same")
    of, line = high.nonzero()
    return of, line


def _covered(bands: _Bands, edges: _Single, k: int, n: int) -> list[bytearray]:
    """Mark lines from just before each place to two behind it, as far as there are, for each of `k` pairs."""
    start = np.concatenate([bands[0] * n + np.maximum(bands[1] - 1, 0), edges[0] * n + np.maximum(edges[1] - 1, 0)])
    end = np.concatenate([bands[0] * n + bands[2] + 2, edges[0] * n + edges[1] + 4])
    changes = np.bincount(start, minlength=k * n) - np.bincount(end, minlength=k * n)
    marks = (np.cumsum(changes.reshape(k, n), 1) > 0).tobytes()
    return [bytearray(marks[i : i + n]) for i in range(0, k * n, n)]  # bytes: arrays are slow line by line


def _singles(thin: NDArray[np.bool_], even: Floats, covered: Sequence[bytearray]) -> _Single:
    """Find thin lines, which no other place covers, and cover them."""
    if not thin.any():
        return _NONE, _NONE
    wide = np.full((len(even), even.shape[1] + 4), -np.inf, np.float32)
    wide[:, 2:-2] = even
    two = np.maximum(wide[:, 1:], wide[:, :-1])
    most = np.maximum(np.maximum(two[:, :-3], two[:, 2:-1]), wide[:, 4:])  # of a line, two before and two behind it
    of, line = [], []
    rows, columns = np.nonzero(thin & (even >= most))
    for k, i in zip(rows.tolist(), columns.tolist(), strict=True):
        if i > 0 and not covered[k][i]:
            of.append(k)
            line.append(i)
            covered[k][max(i - 2, 0) : i + 3] = b"\1" * (i + 3 - max(i - 2, 0))
    return np.array(of, np.int64), np.array(line, np.int64)


def _described(
    bands: _Bands,
    edges: _Single,
    singles: _Single,
    lines: tuple[Floats, Floats, Floats, NDArray[np.float64]],
    side: int,
) -> tuple[Numbers, list[Place], Floats]:
    """Describe places, but for what depends on the region: whose lines they are, places, and features.

    Args:
        bands: bands without ink.
        edges: lines behind which pictures meet.
        singles: thin lines.
        lines: evenness, contrast, and step of each line, and lengths of lines.
        side: the image's longer side.
    """
    even, contrast, strong, lengths = lines
    of = np.concatenate([bands[0], edges[0], singles[0]])
    start = np.concatenate([bands[1], edges[1] + 1, singles[1]])
    end = np.concatenate([bands[2], edges[1] + 1, singles[1] + 1])
    n, m = len(bands[0]), len(bands[0]) + len(edges[0])
    features = np.zeros((len(of), FIXED), np.float32)
    middle = np.minimum((start + end) // 2, even.shape[1] - 1)
    features[:, 0] = even[of, middle]
    features[:, 1] = features[:, 0] * contrast[of, middle]
    features[:, 2] = np.minimum((end - start).astype(np.float32) / (0.03 * side), 1.0)
    features[:n, 3] = np.sqrt(bands[3])
    features[n:m, 4] = strong[edges]
    features[m:, 4] = strong[singles[0], np.minimum(singles[1], strong.shape[1] - 1)]
    features[:, 6] = lengths[of]
    if len(lengths) > 1:
        order = of.argsort(kind="stable")
        of, start, end, features = of[order], start[order], end[order], features[order]
    # einsum adds up each row by itself, so that odds do not depend on how many places there are.
    odds = np.einsum("ij,j->i", features.astype(np.float64), _FIXED_WEIGHTS) + WEIGHTS[-1]
    return of, list(zip(start.tolist(), end.tolist(), odds.tolist(), strict=True)), features


def _odds_of_single(
    ink: Floats, strong: Floats, even: Floats, contrast: Floats, across: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the log odds of each line as a place of its own: of `_of_single`, but for what is zero."""
    odds = even.astype(np.float64) * WEIGHTS[0]
    odds += (even * contrast).astype(np.float64) * WEIGHTS[1]
    odds[:, 1:] += strong.astype(np.float64) * WEIGHTS[4]
    odds += np.minimum(np.sqrt(ink).astype(np.float64), _INKED) * WEIGHTS[5]
    odds += across.astype(np.float32).astype(np.float64) * WEIGHTS[6]
    odds += WEIGHTS[-1]
    return odds


def _of_single(
    ink: Floats, strong: Floats, even: Floats, contrast: Floats, across: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Return the features of each line as a place of its own."""
    step = np.zeros(ink.shape)
    step[..., 1:] = strong
    filled = np.minimum(np.sqrt(ink).astype(np.float64), _INKED)
    length = np.broadcast_to(across.astype(np.float32).astype(np.float64), ink.shape)
    none = np.zeros(ink.shape)
    return even.astype(np.float64), (even * contrast).astype(np.float64), none, none, step, filled, length
