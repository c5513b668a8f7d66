"""Order samples: shuffled by a seed, resumable at any position, computed on demand.

Consecutive samples of a shard are read in chunks; the chunks are shuffled over all shards, dealt to the shares in turn,
and the samples of a window of a share's chunks are mixed. Only the chunk numbers are held in memory, an eighth of a
byte per sample; the samples are computed window by window.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, pairwise
from typing import Final, overload

from pmcmine.stream.state import Before, sizes_of

_CHUNK: Final = 32  # samples read and dealt together
_WINDOW: Final = 8  # chunks that a share mixes

Range = tuple[int, int]  # first number, and one past the last


class Runs:
    """The remaining samples: their numbers, and their positions among each other.

    Attributes:
        starts: first sample of each run.
        places: position of that sample.
        n: samples.
    """

    def __init__(self, ranges: Iterable[Range]) -> None:
        self.starts, self.places = array("q"), array("q")
        self.n = 0
        for start, end in ranges:
            self.starts.append(start)
            self.places.append(self.n)
            self.n += end - start

    def size(self, run: int) -> int:
        """Return the number of samples of a run."""
        return (self.places[run + 1] if run + 1 < len(self.places) else self.n) - self.places[run]

    def sample(self, place: int) -> int:
        """Return the number of the sample at a position."""
        run = bisect_right(self.places, place) - 1
        return self.starts[run] + place - self.places[run]


def runs_of(n: int, starts: Sequence[int]) -> Runs:
    """Return all samples; no chunk crosses one of the starts, which begin at 0."""
    return Runs((start, end) for start, end in pairwise([*starts, n]) if end > start)


class World:
    """The assignment of an epoch's chunks to shares.

    Args:
        runs: the samples.
        shares: ranks times workers.
        seed: None keeps the order of the shards.
        epoch: each epoch has its own order.
    """

    def __init__(self, runs: Runs, shares: int, seed: int | None, epoch: int) -> None:
        self.runs, self.shares, self.seed, self.epoch = runs, shares, seed, epoch
        counts = [-(-runs.size(run) // _CHUNK) for run in range(len(runs.starts))]
        self._firsts = array("q", accumulate(counts[:-1], initial=0)) if counts else array("q")
        n_chunks = sum(counts)
        self.short = self._short(counts)
        self.chunks: array[int] | range = range(n_chunks)
        if seed is not None:
            self.chunks = array("I" if n_chunks < 1 << 32 else "Q", range(n_chunks))
            random.Random(f"{seed}/{epoch}/chunks").shuffle(self.chunks)
        self.n_chunks = n_chunks
        self._kept, self._tails = self._even()

    def _short(self, counts: Sequence[int]) -> dict[int, int]:
        """Return the chunks with fewer samples than others, with the missing number."""
        found = {}
        for run, (first, count) in enumerate(zip(self._firsts, counts, strict=True)):
            lacking = count * _CHUNK - self.runs.size(run)
            if lacking:
                found[first + count - 1] = lacking
        return found

    def range(self, chunk: int) -> Range:
        """Return the range of positions of a chunk's samples."""
        run = bisect_right(self._firsts, chunk) - 1
        start = self.runs.places[run] + (chunk - self._firsts[run]) * _CHUNK
        return start, start + _CHUNK - self.short.get(chunk, 0)

    def _even(self) -> tuple[dict[int, int], dict[int, list[Range]]]:
        """Move the ends of longer shares to shorter ones, so that no two differ by more than one sample.

        Shares read in step then end together, and one number gives the position of all of them.

        Returns:
            how many of its chunks a share keeps, and the ranges after them; for shares that gave or got samples.
        """
        shares, wanted = self.shares, sizes_of(self.runs.n, self.shares)
        held = [_CHUNK * len(range(share, self.n_chunks, shares)) for share in range(shares)]
        if self.short:
            short = self.short
            for at, chunk in enumerate(self.chunks):
                if chunk in short:
                    held[at % shares] -= short[chunk]
        spare: list[Range] = []
        kept: dict[int, int] = {}
        tails: dict[int, list[Range]] = {}
        for share in range(shares):
            excess = held[share] - wanted[share]
            count = len(range(share, self.n_chunks, shares))
            while excess > 0:
                count -= 1
                start, end = self.range(self.chunks[share + count * shares])
                moved = min(excess, end - start)
                if moved < end - start:
                    tails[share] = [(start, end - moved)]
                spare.append((end - moved, end))
                excess -= moved
                kept[share] = count
        for share in range(shares):
            lacking = wanted[share] - held[share]
            while lacking > 0:
                start, end = spare.pop()
                if end - start > lacking:
                    spare.append((start + lacking, end))
                    end = start + lacking
                tails.setdefault(share, []).append((start, end))
                lacking -= end - start
        return kept, tails

    def share(self, number: int) -> Share:
        """Return the sequence of a share."""
        chunks = self.chunks[number :: self.shares]
        return Share(self, chunks[: self._kept.get(number, len(chunks))], self._tails.get(number, []))


class Share(Sequence[int]):
    """Numbers of the samples of a share, in order. A window is computed when one of its samples is accessed."""

    def __init__(self, world: World, chunks: Sequence[int], tail: Sequence[Range]) -> None:
        self._world, self.chunks, self.tail = world, chunks, tail
        short = [(at, world.short[chunk]) for at, chunk in enumerate(chunks) if chunk in world.short]
        short += [(len(chunks) + at, _CHUNK - (end - start)) for at, (start, end) in enumerate(tail)]
        self._short_at = [at for at, _ in short]
        self._lacking = [0, *accumulate(lacking for _, lacking in short)]
        self._n = self.before(len(chunks) + len(tail))
        self._held: tuple[int, list[int]] = (-1, [])

    def __len__(self) -> int:
        return self._n

    def before(self, piece: int) -> int:
        """Return the number of samples before a chunk or piece of one."""
        return _CHUNK * piece - self._lacking[bisect_left(self._short_at, piece)]

    @property
    def _windows(self) -> int:
        return -(-(len(self.chunks) + len(self.tail)) // _WINDOW)

    def window_at(self, at: int) -> int:
        """Return the number of the window that holds a sample."""
        return bisect_right(range(self._windows), at, key=lambda window: self.before(window * _WINDOW)) - 1

    def first(self, window: int) -> int:
        """Return the number of samples before a window."""
        return self.before(window * _WINDOW)

    def places(self, window: int) -> list[int]:
        """Return the positions of a window's samples, mixed."""
        first, n = window * _WINDOW, len(self.chunks)
        ranges = [self._world.range(chunk) for chunk in self.chunks[first : first + _WINDOW]]
        ranges += self.tail[max(first - n, 0) : max(first + _WINDOW - n, 0)]
        found = [place for start, end in ranges for place in range(start, end)]
        if self._world.seed is not None:
            # Seeded by the chunk, not the share: the shares determine which samples are mixed, but not how.
            random.Random(f"{self._world.seed}/{self._world.epoch}/{ranges[0][0]}").shuffle(found)
        return found

    def _samples(self, window: int) -> list[int]:
        if self._held[0] != window:
            sample = self._world.runs.sample
            self._held = window, [sample(place) for place in self.places(window)]
        return self._held[1]

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        if isinstance(at, int):
            at = range(self._n)[at]
            window = self.window_at(at)
            return self._samples(window)[at - self.first(window)]
        start, end, step = at.indices(self._n)
        if step != 1:
            return [self[i] for i in range(start, end, step)]
        found: list[int] = []
        if start < end:
            for window in range(self.window_at(start), self.window_at(end - 1) + 1):
                first = self.first(window)
                found += self._samples(window)[max(start - first, 0) : end - first]
        return found

    def __iter__(self) -> Iterator[int]:
        for window in range(self._windows):
            yield from self._samples(window)


@dataclass(frozen=True, slots=True)
class _Rest:
    """The remaining samples of a world: a flag for each whole chunk, and further ranges of positions."""

    chunks: bytearray
    ranges: list[Range]

    def add(self, share: Share, done: int) -> None:
        """Add the unread samples of a share that has not ended."""
        window = share.window_at(done)
        self.ranges.extend((place, place + 1) for place in share.places(window)[done - share.first(window) :])
        behind = (window + 1) * _WINDOW
        for chunk in share.chunks[behind:]:
            self.chunks[chunk] = 1
        self.ranges.extend(share.tail[max(behind - len(share.chunks), 0) :])


def _left(world: World, done: Sequence[int], bounds: Sequence[int]) -> Runs:
    """Return the remaining samples after each share has read `done` samples."""
    rest = _Rest(bytearray(world.n_chunks), [])
    for number, (n, size) in enumerate(zip(done, sizes_of(world.runs.n, world.shares), strict=True)):
        if n < size:
            rest.add(world.share(number), n)
    whole = (world.range(chunk) for chunk, flag in enumerate(rest.chunks) if flag)
    return Runs(
        _joined(((world.runs.sample(start), end - start) for start, end in merge(whole, sorted(rest.ranges))), bounds)
    )


def _joined(parts: Iterable[tuple[int, int]], bounds: Sequence[int]) -> Iterator[Range]:
    """Join consecutive parts (first sample, samples), but not across a bound."""
    starts = frozenset(bounds)
    begun: Range | None = None
    for first, size in parts:
        if begun is not None and first == begun[1] and first not in starts:
            begun = begun[0], first + size
            continue
        if begun is not None:
            yield begun
        begun = first, first + size
    if begun is not None:
        yield begun


def remaining(runs: Runs, seed: int | None, epoch: int, before: Before) -> Runs:
    """Return the samples left by earlier worlds of an epoch.

    Args:
        runs: all samples.
        seed: as for `World`.
        epoch: as for `World`.
        before: number of shares of each earlier world, and how many samples each share had read in it.
    """
    left = runs
    for shares, done in before:
        had = done if isinstance(done, tuple) else (done,) * shares
        left = _left(World(left, shares, seed, epoch), had, runs.starts)
    return left


def order(n: int, shares: int, seed: int | None, epoch: int, starts: Sequence[int]) -> list[list[int]]:
    """Compute the sequence of each share: numbers of samples, in the order of their shards.

    Args:
        n: samples.
        shares: ranks times workers.
        seed: None keeps the order of the shards.
        epoch: each epoch has its own order.
        starts: numbers of the first samples of shards, from 0; no chunk crosses one.
    """
    world = World(runs_of(n, starts), shares, seed, epoch)
    return [list(world.share(number)) for number in range(shares)]


def prefetch_windows(sequence: Sequence[int], at: int, span: int = _CHUNK * _WINDOW) -> Iterator[Sequence[int]]:
    """Split the order into prefetch windows of `span` samples, starting at a position.

    Windows have fixed borders, so a resumed window is read again.
    """
    while at < len(sequence):
        window = sequence[at : (at // span + 1) * span]
        yield window
        at += len(window)
