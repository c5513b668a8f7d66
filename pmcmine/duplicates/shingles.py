"""Texts to sets of hashed word 5-grams, and to MinHash bands of them. Whole batches at once, in NumPy.

Words are runs of letters and digits of the lower-cased text; all else parts them. A word's hash is a polynomial in its
UTF-8 bytes, a 5-gram's one in its words' hashes, both modulo 2^64 and mixed (SplitMix64, Steele et al. 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

NGRAM: Final = 5  # words; as FineWeb (Penedo et al. 2024) has it
BANDS: Final = 14
ROWS: Final = 8  # of a band; found with probability 1 - (1 - J^8)^14, .92 at J = .8
MIN_WORDS: Final = 10  # shorter texts can't be distinguished from others
_CHUNK: Final = 16_384  # shingles minimised at once: they stay in the processor's cache
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_GRAM_BASE: Final = 0xD6E8FEB86659FD93
_WORD: Final = np.zeros(256, np.bool_)
_WORD[[*range(48, 58), *range(97, 123), *range(128, 256)]] = True
_SPACES: Final = dict.fromkeys((0xA0, *range(0x2000, 0x2070), 0xB1, 0xB7, 0xD7, 0x2212, 0x3000), " ")
_MASK: Final = (1 << 64) - 1


def mix(x: Any) -> Any:
    """Apply SplitMix64's finaliser: uint64 in, uint64 out, one to one."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _constants(purpose: int, n: int) -> Any:
    """Generate fixed pseudo-random uint64."""
    return mix(np.arange(1, n + 1, dtype=np.uint64) * np.uint64(_BASE) + np.uint64(purpose))


_XOR: Final = (_constants(11, BANDS * ROWS) >> np.uint64(32)).astype(np.uint32)
_TIMES: Final = (_constants(13, BANDS * ROWS) >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
_MIX: Final = _constants(17, ROWS)
_INVERSE: Final = pow(_BASE, -1, 1 << 64)


class _Powers:
    """Powers of a base modulo 2^64, as many as were ever requested."""

    def __init__(self, base: int) -> None:
        self._base = base
        self._table = np.ones(1, np.uint64)

    def upto(self, n: int) -> Any:
        if n > len(self._table):
            size = max(n, 2 * len(self._table), 1 << 16)
            table = np.full(size, self._base, np.uint64)
            table[0] = 1
            self._table = np.multiply.accumulate(table)
        return self._table[:n]


_POWERS: Final = _Powers(_BASE)
_DOWN: Final = _Powers(_INVERSE)


def words(texts: Sequence[str]) -> tuple[Any, Any]:
    """Compute the hashes of the words of texts, uint64, and where each text's begin (one more than texts), int64."""
    encoded = [t.lower().translate(_SPACES).encode("utf-8", "replace") for t in texts]
    raw = np.frombuffer(b"\n".join(encoded), np.uint8)
    lengths = np.array([len(t) + 1 for t in encoded], np.int64)
    is_word = _WORD[raw]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_word, [False])).view(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    powers = _POWERS.upto(len(raw) + 1)
    sums = np.zeros(len(raw) + 1, np.uint64)
    np.cumsum((raw.astype(np.uint64) + np.uint64(1)) * powers[: len(raw)], out=sums[1:])
    # What is summed at a place is scaled back by that place, so that a word has one hash wherever it stands.
    hashes = mix((sums[ends] - sums[starts]) * _DOWN.upto(len(raw) + 1)[starts])
    bounds = np.concatenate(([0], np.cumsum(lengths)))
    bounds[-1] = len(raw) + 1
    return hashes, np.searchsorted(starts, bounds).astype(np.int64)


def grams(texts: Sequence[str], n: int) -> tuple[Any, Any]:
    """Compute the hashes of all word n-grams of texts in their order, uint64, and where each text's begin."""
    hashes, bounds = words(texts)
    m = len(hashes) - n + 1
    if m <= 0:
        return np.zeros(0, np.uint64), np.zeros(len(texts) + 1, np.int64)
    mixed = np.zeros(m, np.uint64)
    factor = 1
    for k in range(n):
        mixed += hashes[k : k + m] * np.uint64(factor)
        factor = factor * _GRAM_BASE & _MASK
    owner = np.repeat(np.arange(len(texts)), np.diff(bounds))
    inside = owner[:m] == owner[n - 1 :]
    counts = np.maximum(np.diff(bounds) - n + 1, 0)
    return mix(mixed[inside]), np.concatenate(([0], np.cumsum(counts)))


def shingles(texts: Sequence[str]) -> list[Any]:
    """Compute the set of 5-grams of each text: sorted uint32, empty below `MIN_WORDS` words."""
    hashes, bounds = grams(texts, NGRAM)
    found = (hashes >> np.uint64(32)).astype(np.uint32)
    least = MIN_WORDS - NGRAM + 1
    return [
        np.unique(found[a:b]) if b - a >= least else np.zeros(0, np.uint32)
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]


def bands(sets: Sequence[Any]) -> Any:
    """Compute MinHash bands of sets of 5-grams, none of which is empty: uint64, sets × `BANDS`."""
    out = np.empty((len(sets), BANDS), np.uint64)
    at = 0
    while at < len(sets):
        size, end = len(sets[at]), at + 1
        while end < len(sets) and size + len(sets[end]) <= _CHUNK:
            size += len(sets[end])
            end += 1
        out[at:end] = _bands(sets[at:end])
        at = end
    return out


def _bands(sets: Sequence[Any]) -> Any:
    values = np.concatenate(sets)
    starts = np.concatenate(([0], np.cumsum([len(s) for s in sets])[:-1]))
    minima = np.empty((BANDS * ROWS, len(sets)), np.uint32)
    work = np.empty((ROWS, len(values)), np.uint32)
    for k in range(0, BANDS * ROWS, ROWS):
        np.bitwise_xor(values[None, :], _XOR[k : k + ROWS, None], out=work)
        np.multiply(work, _TIMES[k : k + ROWS, None], out=work)
        np.minimum.reduceat(work, starts, axis=1, out=minima[k : k + ROWS])
    found = np.zeros((BANDS, len(sets)), np.uint64)
    for r in range(ROWS):
        found = mix(found + minima[r::ROWS].astype(np.uint64) * _MIX[r])
    return found.T


def jaccard(a: Any, b: Any) -> float:
    """Compute shared 5-grams of all of two sets: sorted arrays."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / max(len(a) + len(b) - shared, 1)
