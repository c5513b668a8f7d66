"""How sure a layout is: a logistic regression over its letters and what the network sees of its panels and cuts."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pmcmine.panels.layouts import Layout, Search

# Of `features`, then a bias; fitted on labelled figures by `python -m classifiers.panels.fit_confidence`.
_WEIGHTS: Final = (1.55, 2.89, 1.59, -1.95, -0.91)
_STRICT: Final = 0.41  # of log odds: boxes are given from a probability of .6 on, since a wrong box is worse than none
_UNASKED: Final = (0.5, 0.3, 0.4)  # weakest cut, mean of the cuts, bias: where the caption names no panels
_LEAST_CUT: Final = -6.0  # log odds that count at least, where the caption names no panels


def features(layout: Layout, search: Search) -> tuple[float, ...]:
    """Describe a layout: whether each panel has its letter in its place, how panels fit, and the worst of the cuts."""
    cells = np.array([search.evidence.tight(x) for x in layout.cells])
    in_place = bool(search.letters) and search.in_place(layout) == len(layout.cells)
    if search.sight is None:
        return (float(in_place), 1.0, 1.0, 0.0)
    fits = search.sight.fits(cells)
    crossed = [search.sight.crossings([at], first, last, axis)[0] for axis, at, first, last in layout.lines]
    return (float(in_place), float(fits.min()), float(fits.mean()), max(crossed, default=0.0))


def confidence(layout: Layout, search: Search) -> float:
    """Judge how sure a layout is, from 0 to 1; from `boxes.SURE` nine of ten are right."""
    if search.wanted is None:
        least, mean, bias = _UNASKED
        score = least * max(min(layout.cuts), _LEAST_CUT) + mean * float(np.mean(layout.cuts)) + bias
    else:
        score = math.fsum(w * x for w, x in zip(_WEIGHTS, (*features(layout, search), 1.0), strict=True)) - _STRICT
    return round(1 / (1 + math.exp(-max(min(score, 8.0), -8.0))), 3)
