"""How sure a layout is: a logistic regression over its letters, its cuts, and what the network sees of its panels."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pmcmine.panels.layouts import Search
from pmcmine.panels.trees import Layout

# Of `features`, then a bias; fitted on labelled figures by `python -m classifiers.panels.fit_confidence`.
_WEIGHTS: Final = (1.67, 6.14, 0.4, 1.34, -4.32)
_EVEN: Final = 0.2  # added log odds: boxes are given from a probability of .45 on, as chosen by folds of sets
# The same where no label is a letter, such as "left", so that none can be read and none is missing; fitted on the
# second and third development set, the report set and the half of the fresh ones that was read, with letters unread;
# the networks that were asked for this had not learned from the set that they were asked about (`docs/panels.md`).
_UNLETTERED: Final = (8.3, 0.27, -1.17, -3.57)
_UNASKED: Final = (0.5, 0.3, 0.4)  # weakest cut, mean of the cuts, bias: where the caption names no panels
_LEAST_CUT: Final = -6.0  # log odds that count at least, where the caption names no panels
ALL_WEIGHTS: Final = (_WEIGHTS, _EVEN, _UNLETTERED, _UNASKED, _LEAST_CUT)  # what tells one model from another


def features(layout: Layout, search: Search, lettered: bool = True) -> tuple[float, ...]:
    """Describe a layout.

    Args:
        layout: the layout.
        search: the one that found it.
        lettered: whether letters were looked for.

    Returns:
        Whether each panel has its letter in its place, how the panel fits that the network sees least as one, the mean
        log odds of the cuts, and the probability of the letter that is least sure. Where letters were not looked for,
        the second and the third, and the log of the number of panels: the more there are, the likelier one is wrong.
    """
    cells = np.array([search.evidence.tight(x) for x in layout.cells])
    fits = 1.0 if search.sight is None else float(search.sight.fits(cells).min())
    odds = math.fsum(layout.cuts) / max(len(layout.cuts), 1)
    if not lettered:
        return (fits, odds, math.log(len(layout.cells)))
    in_place = bool(search.letters) and search.in_place(layout) == len(layout.cells)
    return (float(in_place), fits, odds, min((x.probability for x in search.letters), default=0.0))


def confidence(layout: Layout, search: Search, lettered: bool = True) -> float:
    """Judge how sure a layout is, from 0 to 1; from `boxes.SURE` nine of ten are right.

    Args:
        layout: the layout.
        search: the one that found it.
        lettered: whether letters were looked for; where they were and none was found, that is a doubt.
    """
    if search.wanted is None:
        least, mean, bias = _UNASKED
        score = least * max(min(layout.cuts), _LEAST_CUT) + mean * float(np.mean(layout.cuts)) + bias
    else:
        weights = _WEIGHTS if lettered else _UNLETTERED
        score = math.fsum(w * x for w, x in zip(weights, (*features(layout, search, lettered), 1.0), strict=True))
        score += _EVEN if lettered else 0.0
    return round(1 / (1 + math.exp(-max(min(score, 8.0), -8.0))), 3)
