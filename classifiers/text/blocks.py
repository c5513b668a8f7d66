"""Texts in blocks: their characters in one array, and runs of them as hashes.

Counting words one by one takes Python most of a classifier's time. Here numpy finds and counts the words of some
hundred texts at once. What is said of a text never depends on the others in its block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAX_CHARACTERS: Final = 20_000  # of a text; the rest changes nothing
MOST_TEXTS: Final = 256  # of a block
_MOST_CHARACTERS: Final = 250_000  # of a block, unless it is one text; bounds the memory
_LISTED: Final = 5_000  # words hashed at once
LETTER, DIGIT, SPACE, UPPER, LATIN = 1, 2, 4, 8, 16  # bits of a character's kind; LATIN is a to z in lower case
_IDEOGRAPHS: Final = range(0x20000, 0x40000)  # these count as one letter; those above, as one sign that is no letter
_CODES: Final = _IDEOGRAPHS.start + 2
_PAD: Final = 8  # line breaks before and after all texts, so that neighbours of a character can be looked at
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_PAIRED: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_SPREAD: Final = np.uint64(0xD6E8FEB86659FD93)
Places = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return kind and lower case of each character."""
    whole = "".join(map(chr, range(_CODES)))
    kinds = np.zeros(_CODES, np.uint8)
    for bit, pattern in ((LETTER, r"[^\W\d_]"), (DIGIT, r"\d"), (SPACE, r"\s")):
        for m in re.finditer(f"(?:{pattern})+", whole):
            kinds[m.start() : m.end()] |= bit
    kinds[[i for i, c in enumerate(whole) if c.isupper()]] |= UPPER
    # The dotted capital I alone has two characters in lower case.
    lower = np.frombuffer(whole.replace("\u0130", "i").lower().encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds[(lower >= ord("a")) & (lower <= ord("z"))] |= LATIN
    kinds[_CODES - 1] = 0
    return kinds, lower


def _powers(base: int, n: int) -> Hashes:
    out = np.full(n, base, np.uint64)
    out[0] = 1
    return np.multiply.accumulate(out)


@cache
def _table_of_powers(size: int) -> tuple[Hashes, Hashes]:
    return _powers(_BASE, size), _powers(_INVERSE, size)


def hashes_of(words: Iterable[str]) -> Hashes:
    """Return the hash that `Block.hashes` gives each word in lower case; of pairs, what `Block.pairs` gives them.

    Args:
        words: single words, or pairs of words with a space between them.
    """
    listed = list(words)
    out = np.zeros(len(listed), np.uint64)
    for at in range(0, len(listed), _LISTED):
        block = _block(["\n".join(listed[at : at + _LISTED])])
        starts, ends = runs(block.kinds & SPACE == 0)
        hashes = block.hashes(starts, ends)
        spaced = block.codes[ends] == ord(" ")
        after = np.concatenate([[False], spaced[:-1]])
        out[at : at + _LISTED] = np.where(spaced, hashes * _PAIRED + np.roll(hashes, -1), hashes)[~after]
    return out


class Numbers:
    """A number for each of many 64-bit keys, looked up for many at once; by open addressing."""

    def __init__(self, keys: Hashes, values: Iterable[int] | None = None) -> None:
        """Enter keys with their values, which are their order if None is given; the first of equal keys counts."""
        entered, first = np.unique(keys, return_index=True)
        numbers = first if values is None else np.fromiter(values, np.int64)[first]
        bits = max(int(len(entered) * 4).bit_length(), 4)
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._keys = np.zeros(1 << bits, np.uint64)
        self._values = np.full(1 << bits, -1, np.int32)
        slots, left, self._steps = self._slots(entered), np.arange(len(entered)), 0
        while left.size:
            _, chosen = np.unique(slots, return_index=True)
            chosen = chosen[self._values[slots[chosen]] == -1]
            self._keys[slots[chosen]] = entered[left[chosen]]
            self._values[slots[chosen]] = numbers[left[chosen]]
            left, slots = np.delete(left, chosen), (np.delete(slots, chosen) + 1) & self._mask
            self._steps += 1

    def _slots(self, keys: Hashes) -> Places:
        return ((keys * _SPREAD) >> self._shift).astype(np.int64)

    def get(self, keys: Hashes) -> NDArray[np.int32]:
        """Return the number of each key, −1 for those that have none."""
        slots = self._slots(keys)
        there = self._keys[slots]
        right = there == keys
        out = np.where(right, self._values[slots], np.int32(-1))
        # Another key in the place of a key: it may stand in one of the next ones.
        left = np.flatnonzero(~right & (there != 0))
        slots = slots[left]
        for _ in range(self._steps - 1):
            slots = (slots + 1) & self._mask
            there = self._keys[slots]
            right = there == keys[left]
            out[left[right]] = self._values[slots[right]]
            going = ~right & (there != 0)
            left, slots = left[going], slots[going]
        return out


def runs(mask: NDArray[np.bool_]) -> tuple[Places, Places]:
    """Return where runs of true values begin, and end; the first and the last value are false."""
    edges = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    return edges[::2], edges[1::2]


@dataclass(frozen=True)
class Block:
    """Texts, their characters in one array with line breaks between them, and what all features need of these.

    Attributes:
        texts: the texts, cut to MAX_CHARACTERS.
        starts: where each text begins in `codes`.
        ends: where each text ends.
        codes: code points.
        kinds: bits of each character.
        lower: code points in lower case.
    """

    texts: Sequence[str]
    starts: Places
    ends: Places
    codes: NDArray[np.uint32]
    kinds: NDArray[np.uint8]
    lower: NDArray[np.uint32]

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """Return the place of the text of each character; those before the first text count to it."""
        lengths = np.diff(self.starts, prepend=0, append=len(self.codes))
        lengths[1] += lengths[0]
        return np.repeat(np.arange(len(self.texts), dtype=np.int32), lengths[1:])

    @cached_property
    def _sums(self) -> tuple[Hashes, Hashes]:
        """Return prefix sums of hashed characters, and inverse powers that make a hash independent of its place."""
        size = max(1 << 15, 1 << (len(self.codes) - 1).bit_length())
        powers, inverses = _table_of_powers(size)
        sums = np.zeros(len(self.codes) + 1, np.uint64)
        np.cumsum((self.lower + np.uint64(1)) * powers[: len(self.codes)], out=sums[1:])
        return sums, inverses

    @cached_property
    def words(self) -> tuple[Hashes, NDArray[np.int32]]:
        """Return the hashes of words of two letters or more, and the place of the text of each."""
        starts, ends = runs(self.kinds & LETTER != 0)
        long = ends - starts > 1
        starts, ends = starts[long], ends[long]
        return self.hashes(starts, ends), self.rows[starts]

    @cached_property
    def pairs(self) -> tuple[Hashes, NDArray[np.bool_]]:
        """Return the hashes of words with the next one, and which of them are in one text; as many as `words`."""
        hashes, rows = self.words
        paired, same = np.zeros(len(hashes), np.uint64), np.zeros(len(hashes), bool)
        if len(hashes):
            paired[:-1] = hashes[:-1] * _PAIRED + hashes[1:]
            same[:-1] = rows[:-1] == rows[1:]
        return paired, same

    def hashes(self, starts: Places, ends: Places) -> Hashes:
        """Return the hash of the lower case of each run of characters."""
        sums, inverses = self._sums
        out: Hashes = (sums[ends] - sums[starts]) * inverses[starts]
        return out

    def count(self, mask: NDArray[np.bool_]) -> Places:
        """Count the characters of each text for which a mask is true."""
        return self.count_at(np.flatnonzero(mask))

    def count_at(self, places: Places) -> Places:
        """Count how many of some places are in each text."""
        return np.bincount(self.rows[places], minlength=len(self.texts))


def block_of(texts: Sequence[str]) -> Block:
    """Build a block from up to MOST_TEXTS texts."""
    return _block([t[:MAX_CHARACTERS] for t in texts])


def _block(cut: Sequence[str]) -> Block:
    pad = "\n" * _PAD
    whole = pad + "\n".join(cut) + pad
    codes: NDArray[Any] = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds, lower = _tables()
    known = np.where(codes < _IDEOGRAPHS.stop, np.minimum(codes, _IDEOGRAPHS.start), _CODES - 1)
    lengths = np.array([len(t) for t in cut], np.int64)
    ends = _PAD + np.cumsum(lengths + 1) - 1
    return Block(cut, ends - lengths, ends, codes, kinds[known], lower[known])


def blocks(texts: Sequence[str]) -> Iterator[Block]:
    """Cut texts into blocks, in their order."""
    at = 0
    while at < len(texts):
        end, size = at, 0
        while end < len(texts) and end - at < MOST_TEXTS:
            size += min(len(texts[end]), MAX_CHARACTERS)
            if size > _MOST_CHARACTERS and end > at:
                break
            end += 1
        yield block_of(texts[at:end])
        at = end
