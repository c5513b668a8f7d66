"""Find the shapes that stand between two brackets: letters of panels are often written as "(a)".

Beside its brackets a letter looks like one of a word, and where they are there is no doubt that it stands for a panel.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_NARROW: Final = 0.55  # width of a bracket to its height, at most
_LOW: Final = 7  # pixels that a bracket has at least
_HIGH: Final = 60
_APART: Final = (0.25, 1.6)  # of a bracket's height: the gap between two
_UNEQUAL: Final = 0.25  # of a bracket's height: how much the other's may differ, or its place
_FILLED: Final = (0.3, 1.1)  # height of what stands between brackets, to theirs
_MOST: Final = 400  # pairs that are looked at
_MOST_BESIDE: Final = 20  # shapes behind one that may close its bracket

_Numbers = NDArray[np.int64]


def bracketed(
    marked: NDArray[np.int32], x: _Numbers, y: _Numbers, w: _Numbers, h: _Numbers
) -> list[tuple[int, int, int]]:
    """Find shapes between brackets: the names of the shape and of the brackets before and behind it.

    Args:
        marked: the name of the shape of each pixel.
        x: left edges of shapes, by name; that of the ground is 0.
        y: top edges.
        w: widths.
        h: heights.
    """
    tall = (h >= _LOW) & (h <= _HIGH) & (w >= 2) & (w <= _NARROW * h)
    tall[0] = False
    names = np.flatnonzero(tall)
    names = names[np.argsort(x[names], kind="stable")]
    found = []
    curves: dict[int, int] = {}
    for opening, closing in _pairs(names, x, y, w, h)[:_MOST]:
        for name in (opening, closing):
            if name not in curves:
                curves[name] = _curve(marked[y[name] : y[name] + h[name], x[name] : x[name] + w[name]] == name)
        if curves[opening] == 1 and curves[closing] == -1:
            inside = _between(marked, opening, closing, x, y, w, h)
            if inside:
                found.append((inside, opening, closing))
    return found


def _pairs(names: _Numbers, x: _Numbers, y: _Numbers, w: _Numbers, h: _Numbers) -> list[tuple[int, int]]:
    """List narrow shapes of one height on one line that are a letter's width apart.

    Args:
        names: of narrow shapes, from left to right.
        x: left edges of all shapes.
        y: top edges.
        w: widths.
        h: heights.
    """
    left, right = x[names], x[names] + w[names]
    low = np.searchsorted(left, right + _APART[0] * h[names])
    count = np.minimum(np.searchsorted(left, right + _APART[1] * h[names]) - low, _MOST_BESIDE)
    i = np.repeat(np.arange(len(names)), count)
    j = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    one, other = names[i], names[j]
    slack = np.maximum(_UNEQUAL * h[one], 1)
    alike = (np.abs(h[one] - h[other]) <= slack) & (np.abs(y[one] - y[other]) <= slack)
    return list(zip(one[alike].tolist(), other[alike].tolist(), strict=True))


def _curve(shape: NDArray[np.bool_]) -> int:
    """Tell which way a narrow shape bends: 1 as an opening bracket, -1 as a closing one, 0 not at all."""
    height, width = shape.shape
    third = max(height // 4, 1)
    columns = np.arange(width)
    ends = np.concatenate([shape[:third], shape[-third:]])
    middle = shape[height // 2 - third // 2 - 1 : height // 2 + third // 2 + 1]
    if not ends.any() or not middle.any():
        return 0
    top, bottom = (float((part * columns).sum() / max(part.sum(), 1)) for part in (shape[:third], shape[-third:]))
    inner = float((middle * columns).sum() / middle.sum())
    least = max(0.06 * height, 0.4)
    if min(top, bottom) - inner >= least:
        return 1
    return -1 if inner - max(top, bottom) >= least else 0


def _between(
    marked: NDArray[np.int32], opening: int, closing: int, x: _Numbers, y: _Numbers, w: _Numbers, h: _Numbers
) -> int:
    """Return the name of the only large shape between two brackets; 0 if there are several or none."""
    top, bottom = min(y[opening], y[closing]), max(y[opening] + h[opening], y[closing] + h[closing])
    around = marked[top:bottom, x[opening] + w[opening] : x[closing]]
    names = [n for n in np.unique(around).tolist() if n]
    high = float(h[opening])
    inside = [n for n in names if h[n] >= _FILLED[0] * high]
    if len(inside) != 1 or h[inside[0]] > _FILLED[1] * high:
        return 0
    n = inside[0]
    fits = x[n] >= x[opening] + w[opening] - 1 and x[n] + w[n] <= x[closing] + 1
    return n if fits and y[n] >= top - 1 and y[n] + h[n] <= bottom + 1 else 0
