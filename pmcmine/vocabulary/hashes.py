"""Hashes of tokens, and of their sequences."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_MASK: Final = (1 << 64) - 1
# Base of the polynomial hash: any odd number with well-mixed bits will do; this is the fraction of the golden ratio.
_BASE: Final = 0x9E3779B97F4A7C15
_MIX: Final = 0xBF58476D1CE4E5B9  # from splitmix64 (Steele et al. 2014)
PREFIX_MIX: Final = 0x94D049BB133111EB


def token_hash(key: str) -> tuple[int, int]:
    """Compute a token's polynomial hash, and the factor for a hash before it; both mod 2^64."""
    h, p = 0, 1
    for byte in key.encode("utf-8", "surrogatepass"):
        h = (h * _BASE + byte + 1) & _MASK
        p = (p * _BASE) & _MASK
    return h, p


def mix(h: int) -> int:
    """Spread a polynomial hash over all bits."""
    h = ((h ^ (h >> 30)) * _MIX) & _MASK
    return h ^ (h >> 31)


def mix_array(h: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Apply `mix` to an array."""
    out: NDArray[np.uint64] = (h ^ (h >> np.uint64(30))) * np.uint64(_MIX)
    return out ^ (out >> np.uint64(31))
