"""Store the locations of a stream's samples in one column: a 64-bit word for each sample, in the order of the shards.

A word holds the shard number, and offset and size in tar blocks. Sorted words are the samples in the order of the
shards. Words are in memory, or in a memory-mapped file that the processes of a machine share. Nothing here loads Arrow:
every spawned worker would load it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, overload

from pmcmine.stream.ranges import SamplePlace

BLOCK: Final = 512  # bytes; all offsets and sizes in a tar are multiples (POSIX.1-1988, ustar)
SIZE_BITS: Final = 22  # bits of a sample's size in blocks
_SIZE_MASK: Final = (1 << SIZE_BITS) - 1
_AT_ONCE: Final = 1 << 20  # samples


@dataclass(frozen=True, slots=True)
class Layout:
    """The bit layout of a word: shard, offset, size.

    Attributes:
        offset_bits: bits of the offset in blocks.
    """

    offset_bits: int

    @property
    def shift(self) -> int:
        """Position of the shard number."""
        return self.offset_bits + SIZE_BITS


def layout_for(n_shards: int) -> Layout:
    """Return the layout for this number of shards: with 4,096, each may have 512 GiB; with a million, 2 GiB."""
    return Layout(64 - SIZE_BITS - max(n_shards - 1, 1).bit_length())


class Index(Sequence[SamplePlace]):
    """Locations of samples in the order of their shards.

    Args:
        names: names of the shards that hold a sample, in the order of their numbers.
        numbers: number of each of these shards.
        words: words of all samples, sorted; a buffer of 64-bit integers.
        layout: bit layout of the words.
        digest: hash of names and words, if known.
    """

    def __init__(
        self, names: Sequence[str], numbers: Sequence[int], words: Any, layout: Layout, digest: str | None = None
    ) -> None:
        self.names, self.numbers, self.layout = tuple(names), tuple(numbers), layout
        view = memoryview(words)
        self._words = view.cast("B").cast("Q") if view.nbytes else memoryview(array("Q"))
        self._name_of = dict(zip(numbers, names, strict=True))
        self.starts = array("q", (bisect_left(self._words, n << layout.shift) for n in numbers))
        self.digest = digest if digest is not None else digest_of(self.names, self._words)

    def __reduce__(self) -> tuple[Any, ...]:
        return Index, (self.names, self.numbers, self._words.tobytes(), self.layout, self.digest)

    def __len__(self) -> int:
        return len(self._words)

    @overload
    def __getitem__(self, at: int) -> SamplePlace: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[SamplePlace]: ...
    def __getitem__(self, at: int | slice) -> SamplePlace | Sequence[SamplePlace]:
        if isinstance(at, slice):
            return [self._place(word) for word in self._words[at]]
        return self._place(self._words[at])

    def _place(self, word: int) -> SamplePlace:
        offset_mask = (1 << self.layout.offset_bits) - 1
        return SamplePlace(
            self._name_of[word >> self.layout.shift],
            (word >> SIZE_BITS & offset_mask) * BLOCK,
            (word & _SIZE_MASK) * BLOCK,
        )

    @property
    def words(self) -> memoryview:
        """The words as bytes."""
        return self._words.cast("B")

    def fingerprint(self, shown: str) -> str:
        """Return a fingerprint of the samples and their form, for states."""
        return sha256(f"{self.digest}\n{shown}".encode()).hexdigest()[:32]

    def earlier_fingerprint(self, shown: str) -> str:
        """Return the fingerprint used before there were words, to accept states saved by earlier versions."""
        from pmcmine.stream.columns import parts_of  # loads Arrow, which hardly any worker needs

        digest = sha256()
        for name in self.names:
            digest.update(f"{name}\n".encode())
        for shift, mask in ((SIZE_BITS, (1 << self.layout.offset_bits) - 1), (0, _SIZE_MASK)):
            for at in range(0, len(self), _AT_ONCE):
                digest.update(parts_of(self._words[at : at + _AT_ONCE], shift, mask, BLOCK))
        digest.update(shown.encode())
        return digest.hexdigest()[:32]


def digest_of(names: Sequence[str], words: memoryview) -> str:
    """Return a hash of the samples' locations."""
    digest = sha256("\n".join(names).encode())
    digest.update(b"\n\n")
    digest.update(words.cast("B"))
    return digest.hexdigest()
