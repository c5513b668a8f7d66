"""How sure a layout is: a logistic regression over its weakest cut, its letters, and what the network sees."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pmcmine.panels.layouts import Layout, Search

# Of `features`, then a bias; fitted on labelled figures by `python -m classifiers.panels.fit_confidence`.
_WEIGHTS: Final = (0.59, -0.74, 1.77, 1.84, 1.03, -0.29)
_STRICT: Final = 0.41  # of log odds: boxes are given from a probability of .6 on, since a wrong box is worse than none
_UNASKED: Final = (0.5, 0.3, 0.4)  # weakest cut, mean of the cuts, bias: where the caption names no panels
_LEAST_CUT: Final = -6.0  # log odds that count at least


def features(layout: Layout, search: Search) -> tuple[float, ...]:
    """Describe a layout: its weakest cut, letters, whether each panel has its own in its place, and how panels fit."""
    cells = np.array([search.evidence.tight(x) for x in layout.cells])
    fits = search.sight.fits(cells) if search.sight is not None else np.ones(1)
    in_place = bool(search.letters) and search.in_place(layout) == len(layout.cells)
    return (
        max(min(layout.cuts), _LEAST_CUT),
        float(bool(search.letters)),
        float(in_place),
        float(fits.min()),
        float(fits.mean()),
    )


def confidence(layout: Layout, search: Search) -> float:
    """Judge how sure a layout is, from 0 to 1; from `boxes.SURE` nine of ten are right."""
    if search.wanted is None:
        least, mean, bias = _UNASKED
        score = least * max(min(layout.cuts), _LEAST_CUT) + mean * float(np.mean(layout.cuts)) + bias
    else:
        score = math.fsum(w * x for w, x in zip(_WEIGHTS, (*features(layout, search), 1.0), strict=True)) - _STRICT
    return round(1 / (1 + math.exp(-max(min(score, 8.0), -8.0))), 3)
