"""A conditional logistic regression over binary features: the choice of one of several options, or of none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEPS: Final = 1_500
_RATE: Final = 0.03


@dataclass(frozen=True, slots=True)
class Choice:
    """Options by their features, and which of them are right; none right: none of them is to be chosen."""

    options: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]


def fit(data: Sequence[Choice], penalty: float = 0.001, least: int = 3) -> dict[str, float]:
    """Fit the weights of features; the weight of "" is added to each option, and none has a score of 0.

    Args:
        data: the choices.
        penalty: of squared weights, beside the mean loss of a choice.
        least: choices that a feature must occur in.
    """
    counts = Counter(f for c in data for f in {f for option in c.options for f in option})
    names = ["", *sorted(f for f, n in counts.items() if n >= least)]
    place = {f: i for i, f in enumerate(names)}
    rows, columns, group, right = [], [], [], []
    row = 0
    for n, c in enumerate(data):
        for option, good in zip(c.options, c.right, strict=True):
            known = [0, *(place[f] for f in option if f in place)]
            rows += [row] * len(known)
            columns += known
            group.append(n)
            right.append(good)
            row += 1
    weights = _descend(
        np.array(rows), np.array(columns), np.array(group), np.array(right), (len(data), row, len(names)), penalty
    )
    return {f: round(float(w), 4) for f, w in zip(names, weights, strict=True) if abs(w) >= 0.005 or not f}


def _descend(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    group: NDArray[np.int64],
    right: NDArray[np.bool_],
    sizes: tuple[int, int, int],
    penalty: float,
) -> NDArray[np.float64]:
    """Minimise the loss by Adam with a rate that falls to 0; features are sparse (rows, columns)."""
    n_groups, n_rows, n_weights = sizes
    none_right = np.bincount(group, right, n_groups) == 0
    weights, mean, square = np.zeros(n_weights), np.zeros(n_weights), np.zeros(n_weights)
    for step in range(1, _STEPS + 1):
        powers = np.exp(np.clip(np.bincount(rows, weights[columns], n_rows), -30, 30))
        total = 1 + np.bincount(group, powers, n_groups)
        good = none_right + np.bincount(group, powers * right, n_groups)
        slope = (powers / total[group] - right * powers / good[group]) / n_groups
        gradient = np.bincount(columns, slope[rows], n_weights) + 2 * penalty * weights
        gradient[0] -= 2 * penalty * weights[0]  # no penalty of the bias
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        rate = _RATE * (1 - step / _STEPS)
        weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return weights
