"""What a network sees of a figure's layout: at each position, the edges of the panel that is there.

A small one is shown a small view of the figure, the letters that were read, and how many panels the caption names
(`layout_view`); where labels are no letters, one with pretrained features is shown a larger view. Their answers are
evidence for the search (`layouts`): a region is likely one panel if the positions in it say so, and a cut is unlikely
where positions beside it say that a panel goes on. Weights and their training: `classifiers/panels/train_layouts.py`
and `train_unlettered.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.evidence import Region
from pmcmine.panels.layout_view import GRID, LARGE, Fraction, large_input, network_input, view_of
from pmcmine.panels.networks import read_layout, read_unlettered_layout

_SAMPLES: Final = (0.08, 0.25, 0.42, 0.58, 0.75, 0.92)  # of a cell's sides: where it is asked
_CENTRES: Final = (np.arange(GRID, dtype=np.float32) + 0.5) / GRID
_MARGIN: Final = 0.01  # of the figure's side that a panel must go on behind a cut
_BESIDE: Final = 2  # positions on both sides of a cut, which are asked
_MORE: Final = 4  # boxes that are taken beside as many as the caption names
_WEAK: Final = 0.25  # weight of a position that no box is begun with
_OUTSIDE: Final = 2  # lines from a panel that is seen to the cuts beside it
_SAME: Final = 0.5  # overlap from which two positions mean the same panel

Floats = NDArray[np.float32]
_Sides = tuple[int, int, int, int]  # first and last line across the axis, lines before and behind along it


@dataclass(frozen=True, slots=True)
class Sight:
    """What the network says of a figure.

    Attributes:
        boxes: left, top, right and bottom of the panel at each position, in pixels of the evidence: 4 × grid × grid.
        weight: how much each position counts: grid × grid.
        sides: of boxes that most positions agree on, for each axis: where they begin and end across it, and the lines
            just before and just behind them along it, in pixels of the evidence.
        crossed: for each axis, lines × (grid + 1): sums along the line of how far panels go on behind it.
        shape: height and width of the evidence.
    """

    boxes: Floats
    weight: Floats
    sides: tuple[list[_Sides], list[_Sides]]
    crossed: tuple[list[list[float]], list[list[float]]]
    shape: tuple[int, int]

    @property
    def panels(self) -> list[tuple[int, int, int, int]]:
        """The boxes that most positions agree on: left, top, right and bottom, the most agreed on first."""
        return [(left, top + _OUTSIDE, right, bottom - _OUTSIDE) for left, right, top, bottom in self.sides[0]]

    def fits(self, cells: NDArray[np.int64]) -> Floats:
        """Judge cells as panels: the mean overlap with what the positions in them say, from 0 to 1.

        Args:
            cells: cells × top, bottom, left, right, in pixels of the evidence.
        """
        t, b, le, r = cells.astype(np.float32).T
        share = np.array(_SAMPLES, np.float32)
        rows = ((t[:, None] + share * (b - t)[:, None]) * (GRID / self.shape[0])).astype(np.int64)
        columns = ((le[:, None] + share * (r - le)[:, None]) * (GRID / self.shape[1])).astype(np.int64)
        places = (np.minimum(rows, GRID - 1)[:, :, None] * GRID + np.minimum(columns, GRID - 1)[:, None, :]).reshape(
            len(cells), -1
        )
        x0, y0, x1, y1 = self.boxes.reshape(4, -1)[:, places]
        weight = self.weight.reshape(-1)[places]
        wide = np.minimum(x1, r[:, None]) - np.maximum(x0, le[:, None])
        high = np.minimum(y1, b[:, None]) - np.maximum(y0, t[:, None])
        both = np.maximum(wide, 0) * np.maximum(high, 0)
        total = (x1 - x0) * (y1 - y0) + ((r - le) * (b - t))[:, None] - both
        return np.asarray((weight * both / (total + 1)).sum(1) / (weight.sum(1) + 1e-3), np.float32)

    def crossings(self, lines: Sequence[int], first: int, last: int, axis: int) -> list[float]:
        """Return for each of several cuts the share of it behind which panels go on.

        Args:
            lines: where the cuts are.
            first: where they begin.
            last: where they end.
            axis: 0 into rows, 1 into columns.
        """
        across, along, sums = self.shape[1 - axis], self.shape[axis], self.crossed[axis]
        low, high = first * GRID // across, -(-last * GRID // across)
        behind = [sums[line * (2 * GRID) // along] for line in lines]
        return [(x[high] - x[low]) / (high - low) for x in behind]

    def edges(self, region: Region, axis: int) -> list[int]:
        """Return the lines just outside of the panels that are seen in a region."""
        first, last = region[2 - 2 * axis : 4 - 2 * axis]
        low, high = region[2 * axis : 2 * axis + 2]
        found = set()
        for begin, end, before, behind in self.sides[axis]:
            over = (last if last < end else end) - (first if first > begin else begin)
            if 2 * over > end - begin:
                if low < before < high:
                    found.add(before)
                if low < behind < high:
                    found.add(behind)
        return sorted(found)


def look(grey: NDArray[np.uint8], letters: Sequence[Fraction], n: int, lettered: bool = True) -> Sight:
    """Ask a network about a figure.

    Where letters show the layout, the small one is as good; where there are none, one that looks at more pixels and
    knows photographs is better.

    Args:
        grey: height × width, at the scale of the cuts.
        letters: boxes of those that were read.
        n: how many panels the caption names.
        lettered: whether its labels are letters.
    """
    if not lettered:
        return seen(read_unlettered_layout(large_input(view_of(grey, LARGE), n)), (grey.shape[0], grey.shape[1]), n)
    return seen(read_layout(network_input(view_of(grey), letters, n)), (grey.shape[0], grey.shape[1]), n)


def seen(found: Floats, shape: tuple[int, int], n: int) -> Sight:
    """Prepare the network's answers for the search.

    Args:
        found: distances to the left, top, right and lower edge, and two probabilities: 6 × grid × grid.
        shape: height and width of the evidence.
        n: how many panels the caption names.
    """
    x, y = _CENTRES[None, :], _CENTRES[:, None]
    edges = np.stack([x - found[0], y - found[1], x + found[2], y + found[3]]).clip(0, 1)
    h, w = shape
    weight = found[4] * found[5] + np.float32(0.02)
    scaled = edges * np.array([w, h, w, h], np.float32)[:, None, None]
    panels = _agreed(scaled.reshape(4, -1), weight.reshape(-1), n + _MORE)
    sides = (
        [(left, right, top - _OUTSIDE, bottom + _OUTSIDE) for left, top, right, bottom in panels],
        [(top, bottom, left - _OUTSIDE, right + _OUTSIDE) for left, top, right, bottom in panels],
    )
    crossed = (_crossed(edges[1], edges[3], found[4]), _crossed(edges[0].T, edges[2].T, found[4].T))
    return Sight(scaled, weight, sides, crossed, (h, w))


def _agreed(boxes: Floats, weight: Floats, most: int) -> list[list[int]]:
    """Choose boxes that differ, those that most positions say first; none that lies mostly in others.

    Args:
        boxes: 4 × positions.
        weight: of positions.
        most: boxes.
    """
    left, out = weight.copy(), []
    x0, y0, x1, y1 = boxes
    area = (x1 - x0) * (y1 - y0) + 1
    for _ in range(most):
        k = int(left.argmax())
        if left[k] < _WEAK:
            break
        wide = np.minimum(x1, x1[k]) - np.maximum(x0, x0[k])
        high = np.minimum(y1, y1[k]) - np.maximum(y0, y0[k])
        both = np.maximum(wide, 0) * np.maximum(high, 0)
        same = both / (area + area[k] - both) > _SAME
        out.append(np.average(boxes[:, same], 1, weight[same]).round().astype(int).tolist())
        left[same] = 0
    return out


def _crossed(low: Floats, high: Floats, inside: Floats) -> list[list[float]]:
    """Sum up how far panels go on behind each of 2 × `GRID` lines: lines × (grid + 1).

    Args:
        low: where the panel of each position begins along the axis; places along the axis × across.
        high: where it ends.
        inside: probability that there is one.
    """
    at = ((np.arange(2 * GRID, dtype=np.float32) + 0.5) / (2 * GRID))[:, None, None]
    beside = np.arange(2 * GRID)[:, None] // 2 + np.arange(-_BESIDE, _BESIDE + 1)  # places beside each line
    weight = inside[beside.clip(0, GRID - 1)] * ((beside >= 0) & (beside < GRID))[:, :, None]
    beside = beside.clip(0, GRID - 1)
    behind = (low[beside] < at - _MARGIN) & (high[beside] > at + _MARGIN)
    share = (weight * behind).sum(1) / (weight.sum(1) + 0.3)
    sums: list[list[float]] = np.concatenate([np.zeros((2 * GRID, 1)), np.cumsum(share, 1)], 1).tolist()
    return sums
