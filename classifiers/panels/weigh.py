"""Fit how the features of a cut are weighed: logistic regression over the regions of drawn compound figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.panels.contents import Rect
from pmcmine.panels.evidence import Evidence, Region


def cut_samples(
    evidence: Evidence, boxes: Sequence[Rect], letters: Sequence[Rect]
) -> Iterator[tuple[NDArray[np.float32], bool]]:
    """Yield the features of each possible cut of the regions of a figure, and whether it is one.

    Args:
        evidence: of the figure.
        boxes: its panels, at the evidence's scale.
        letters: boxes of its letters.
    """
    edges = [sorted({b[k] + d for b in letters for k, d in ((i, -3), (i + 2, 3))}) for i in (1, 0)]
    h, w = evidence.shape
    waiting: list[tuple[Region, list[Rect]]] = [((0, h, 0, w), list(boxes))]
    while waiting:
        region, inside = waiting.pop()
        parts: list[tuple[Region, list[Rect]]] = []
        for axis in (0, 1):
            found = evidence.cuts(region, axis, edges[axis])
            low, high = 1 - axis, 3 - axis
            for start, end, features in zip(found.start.tolist(), found.end.tolist(), found.features, strict=True):
                at = (start + end) // 2
                slack = [0.03 * (b[high] - b[low]) + 1 for b in inside]
                before = [b for b, s in zip(inside, slack, strict=True) if b[high] <= at + s]
                after = [b for b, s in zip(inside, slack, strict=True) if b[low] >= at - s and b not in before]
                crossed = len(before) + len(after) < len(inside)
                if crossed or (before and after):
                    yield features, not crossed
                if not crossed and before and after and not parts:
                    t, b_, le, r = region
                    parts = [((t, at, le, r), before), ((at, b_, le, r), after)]
                    if axis == 1:
                        parts = [((t, b_, le, at), before), ((t, b_, at, r), after)]
        waiting += parts


def fit(x: NDArray[np.float32], y: NDArray[np.bool_], ridge: float = 1.0) -> NDArray[np.float32]:
    """Fit a logistic regression by Newton's method: weights, and the bias at the end."""
    table = np.concatenate([x, np.ones((len(x), 1))], axis=1).astype(np.float64)
    weights = np.zeros(table.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (p - y) + ridge * weights
        bend = (table * (p * (1 - p))[:, None]).T @ table + ridge * np.eye(len(weights))
        weights -= np.linalg.solve(bend, slope)
    return weights.astype(np.float32)
