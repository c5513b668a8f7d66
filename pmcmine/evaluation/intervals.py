"""Intervals by resampling: the percentile bootstrap (Efron 1979)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 1000


def interval(values: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Compute the bounds of the middle 95 % of a measure's values over resamples, rounded to 4 places."""
    low, high = np.percentile(values, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def share_interval(values: Sequence[float]) -> list[float]:
    """Compute the 95 % bootstrap interval of a mean; `[0, 0]` without values."""
    if not values:
        return [0.0, 0.0]
    rng = np.random.default_rng(0)
    table = np.array(values)
    return interval([float(table[rng.integers(0, len(table), len(table))].mean()) for _ in range(RESAMPLES)])
