"""Where the samples of a stream lie, as one column: a word of 64 bits for each sample, in the order of the shards.

A word holds the number of a shard, and offset and size in blocks of a tar. Sorted words are the samples in the order of
the shards. Words lie in memory or in a file that the processes of a machine map, so that they share its memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, overload

import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.errors import PmcmineError
from pmcmine.stream.ranges import SamplePlace

BLOCK: Final = 512  # bytes; all offsets and sizes in a tar are multiples (POSIX.1-1988, ustar)
_SIZE_BITS: Final = 22  # of a sample's blocks
_MOST_SAMPLE: Final = 1 << 30  # bytes of a sample
_SIZE_MASK: Final = (1 << _SIZE_BITS) - 1
_AT_ONCE: Final = 1 << 20  # samples
_U64: Final = pa.uint64()


@dataclass(frozen=True, slots=True)
class Layout:
    """How the bits of a word are shared: shard, offset, size.

    Attributes:
        offset_bits: of the offset's blocks.
    """

    offset_bits: int

    @property
    def shift(self) -> int:
        """Place of the shard's number."""
        return self.offset_bits + _SIZE_BITS


def layout_for(n_shards: int) -> Layout:
    """Return the layout for so many shards: 4,096 of them may have 512 GiB each, a million 2 GiB."""
    return Layout(64 - _SIZE_BITS - max(n_shards - 1, 1).bit_length())


class Index(Sequence[SamplePlace]):
    """Places of samples in the order of their shards.

    Args:
        names: names of the shards that hold a sample, in the order of their numbers.
        numbers: number of each of these shards.
        words: words of all samples, sorted; a buffer of 64-bit integers.
        layout: of the words.
        digest: hash of names and words, if it is known.
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
            (word >> _SIZE_BITS & offset_mask) * BLOCK,
            (word & _SIZE_MASK) * BLOCK,
        )

    @property
    def words(self) -> memoryview:
        """The words as bytes."""
        return self._words.cast("B")

    def fingerprint(self, shown: str) -> str:
        """Return what identifies the samples and their form, for states."""
        return sha256(f"{self.digest}\n{shown}".encode()).hexdigest()[:32]

    def earlier_fingerprint(self, shown: str) -> str:
        """Return what identified them before there were words: states that were saved then are read, too."""
        digest = sha256()
        for name in self.names:
            digest.update(f"{name}\n".encode())
        for shift, mask in ((_SIZE_BITS, (1 << self.layout.offset_bits) - 1), (0, _SIZE_MASK)):
            for at in range(0, len(self), _AT_ONCE):
                part = pa.Array.from_buffers(
                    _U64, len(words := self._words[at : at + _AT_ONCE]), [None, pa.py_buffer(words)]
                )
                value = pc.multiply(pc.bit_wise_and(pc.shift_right(part, _u64(shift)), _u64(mask)), _u64(BLOCK))
                digest.update(_bytes(value))
        digest.update(shown.encode())
        return digest.hexdigest()[:32]


def _u64(value: int) -> pa.Scalar:
    return pa.scalar(value, _U64)


def _bytes(column: pa.Array) -> memoryview:
    """Return the bytes of a column of 64-bit integers without nulls."""
    return memoryview(column.buffers()[1])[8 * column.offset : 8 * (column.offset + len(column))]


def digest_of(names: Sequence[str], words: memoryview) -> str:
    """Return a hash of the places of samples."""
    digest = sha256("\n".join(names).encode())
    digest.update(b"\n\n")
    digest.update(words.cast("B"))
    return digest.hexdigest()


def build(batches: Iterable[pa.RecordBatch], listed: Sequence[str], said: str) -> Index:
    """Make an index of batches of `shard`, `sample_offset` and `sample_size`; rows without a shard have no sample.

    Args:
        batches: rows in any order.
        listed: shards of the release.
        said: begins messages.

    Raises:
        PmcmineError: for a shard that the release does not list, and for a range that no sample has.
    """
    names = sorted(listed)
    layout = layout_for(len(names))
    codes = {name: n for n, name in enumerate(names)}
    parts = [_packed(batch, codes, layout, said) for batch in batches]
    view = memoryview(_sorted(parts)).cast("B").cast("Q") if any(map(len, parts)) else memoryview(array("Q"))
    pa.default_memory_pool().release_unused()
    held = list(_held(view, len(names), layout))
    return Index([names[n] for n in held], held, view, layout)


def _held(words: memoryview, n_shards: int, layout: Layout) -> Iterator[int]:
    """Yield the numbers of shards that hold a sample."""
    at = 0
    while at < len(words):
        number = words[at] >> layout.shift
        yield number
        at = bisect_left(words, number + 1 << layout.shift, at) if number + 1 < n_shards else len(words)


def _packed(batch: pa.RecordBatch, codes: dict[str, int], layout: Layout, said: str) -> pa.Array:
    """Return the words of a batch, unsorted."""
    batch = batch.filter(pc.is_valid(batch["shard"]))
    shard, offset, size = (batch[name] for name in ("shard", "sample_offset", "sample_size"))
    if not all(pa.types.is_integer(column.type) for column in (offset, size)):
        raise PmcmineError(f"{said}: sample_offset and sample_size are no whole numbers; is the copy complete?")
    offset, size = offset.cast(pa.int64()), size.cast(pa.int64())
    most_offset = (BLOCK << layout.offset_bits) - 1
    valid = pc.and_(_in_blocks(offset, 0, most_offset), _in_blocks(size, 1, _MOST_SAMPLE))
    if not pc.all(valid, min_count=0).as_py():
        at = pc.index(valid, False).as_py()
        shown = f"{shard[at].as_py()!r} ({offset[at].as_py()!r}, {size[at].as_py()!r})"
        raise PmcmineError(f"{said}: has no valid range in {shown}; is the copy complete?")
    encoded = shard if pa.types.is_dictionary(shard.type) else shard.dictionary_encode()
    used = encoded.dictionary.to_pylist()
    unknown = next((name for name in used if name not in codes), None)
    if unknown is not None:
        raise PmcmineError(
            f"{said}: names the shard {str(unknown)[:200]!r}, which release.json does not list; is the copy complete?"
        )
    numbers = pa.array([codes[name] for name in used], _U64).take(encoded.indices)
    blocks = (pc.shift_right(column, pa.scalar(9, pa.int64())).cast(_U64) for column in (offset, size))
    at_offset, of_size = blocks
    return pc.bit_wise_or(
        pc.shift_left(numbers, _u64(layout.shift)),
        pc.bit_wise_or(pc.shift_left(at_offset, _u64(_SIZE_BITS)), of_size),
    )


def _in_blocks(column: pa.Array, least: int, most: int) -> pa.Array:
    """Say of each value whether it is a number of whole blocks within bounds; false for nulls."""
    lowest = pc.bit_wise_and(column, pa.scalar(BLOCK - 1, pa.int64()))
    within = pc.and_(pc.greater_equal(column, least), pc.less_equal(column, most))
    return pc.fill_null(pc.and_(within, pc.equal(lowest, 0)), False)


def _sorted(parts: list[pa.Array]) -> Any:
    """Join and sort words; by numpy, if it is installed, which is ten times as fast. Parts are let go meanwhile."""
    try:
        import numpy as np
    except ImportError:
        words = pa.concat_arrays(parts)
        parts.clear()
        return _bytes(words.take(pc.array_sort_indices(words)))
    found = np.empty(sum(map(len, parts)), np.uint64)
    at = len(found)
    while parts:
        part = parts.pop()
        found[at - len(part) : at] = np.frombuffer(_bytes(part), np.uint64)
        at -= len(part)
    found.sort()
    return found
