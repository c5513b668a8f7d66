"""The panels that the network sees, as a second proposal beside the layout of cuts.

Cuts go wrong where a letter was misread, a word goes across a gap, or panels are not parted by straight lines. If the
network's own boxes hold the figure's ink, lie apart, and its positions agree on them clearly better than on the cells
that were cut, they are taken.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np

from pmcmine.panels.evidence import Region
from pmcmine.panels.layouts import Search
from pmcmine.panels.trees import Layout

# Chosen on labelled figures: no set of boxes that is above these and below `_OVERLAP` was wrong.
_FITS: Final = 0.8  # least agreement of the positions in a box with it
_HELD: Final = 0.92  # share of the ink that lies in boxes
_OVERLAP: Final = 0.1  # of the smaller box, that another one may take
_BETTER: Final = 0.15  # by how much the agreement must be higher than with the cells that were cut
_AROUND: Final = 2  # lines around a box that may belong to it, since the network's grid is coarse
_BESIDE: Final = 2  # further ones whose ink counts as held


def better_seen(layout: Layout | None, search: Search) -> Layout | None:
    """Return the network's boxes as a layout if they are clearly better than the one that was cut; else that one."""
    sight, n = search.sight, search.wanted
    if sight is None or n is None or len(sight.panels) < n:
        return layout
    cut = float(sight.fits(np.array([search.evidence.tight(c) for c in layout.cells])).min()) if layout else 0.0
    if cut > 1 - _BETTER:
        return layout
    h, w = search.evidence.shape
    cells = tuple(
        (max(y0 - _AROUND, 0), min(y1 + _AROUND, h), max(x0 - _AROUND, 0), min(x1 + _AROUND, w))
        for x0, y0, x1, y1 in sight.panels[:n]
    )
    if any(b - t < 1 or r - le < 1 for t, b, le, r in cells):
        return layout
    fits = float(sight.fits(np.array([search.evidence.tight(c) for c in cells])).min())
    good = fits > max(_FITS, cut + _BETTER) and not _overlap(cells) and _held(search, cells) > _HELD
    return Layout(0.0, cells, ()) if good else layout


def _overlap(cells: tuple[Region, ...]) -> bool:
    """Check whether a box takes part of another one."""
    for (t, b, le, r), (top, bottom, left, right) in combinations(cells, 2):
        high, wide = min(b, bottom) - max(t, top), min(r, right) - max(le, left)
        smaller = min((b - t) * (r - le), (bottom - top) * (right - left))
        if high > 0 and wide > 0 and high * wide > _OVERLAP * smaller:
            return True
    return False


def _held(search: Search, cells: tuple[Region, ...]) -> float:
    """Return the share of the figure's ink that lies in boxes."""
    ink = search.evidence.ink
    left = ink.copy()
    for t, b, le, r in cells:
        left[max(t - _BESIDE, 0) : b + _BESIDE, max(le - _BESIDE, 0) : r + _BESIDE] = False
    return 1 - float(left.sum()) / max(float(ink.sum()), 1.0)
