"""The order of samples: shuffled by a seed, resumed at any place."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from pmcmine.stream.state import Before, even

_CHUNK: Final = 32  # samples that are read and dealt together
_WINDOW: Final = 8  # chunks whose samples a share mixes


def order(n: int, shares: int, seed: int | None, epoch: int, starts: Sequence[int]) -> list[list[int]]:
    """Compute the sequence of each share: numbers of samples, in the order of their shards.

    Args:
        n: samples.
        shares: ranks times workers.
        seed: None keeps the order of the shards.
        epoch: another one gives another order.
        starts: numbers of the first samples of shards, from 0; no chunk reaches over one.
    """
    bounds = [*starts, n]
    chunks = [
        list(range(at, min(at + _CHUNK, end))) for start, end in pairwise(bounds) for at in range(start, end, _CHUNK)
    ]
    if seed is not None:
        random.Random(f"{seed}/{epoch}/chunks").shuffle(chunks)
    dealt: list[list[int]] = []
    for mine in even([chunks[share::shares] for share in range(shares)], n):
        out: list[int] = []
        for at in range(0, len(mine), _WINDOW):
            window = [i for chunk in mine[at : at + _WINDOW] for i in chunk]
            if seed is not None:
                # By the chunk, not the share: which samples are mixed depends on the world, how does not.
                random.Random(f"{seed}/{epoch}/{mine[at][0]}").shuffle(window)
            out += window
        dealt.append(out)
    return dealt


def remaining(
    n: int, seed: int | None, epoch: int, starts: Sequence[int], before: Before
) -> tuple[list[int], list[int]]:
    """Return what earlier worlds of an epoch have left, and where its runs start.

    Args:
        n: samples.
        seed: as of `order`.
        epoch: as of `order`.
        starts: as of `order`.
        before: number of shares of each earlier world, and how many samples each share had in it.
    """
    left, first = list(range(n)), list(starts)
    bounds = set(starts)
    for shares, done in before:
        dealt = order(len(left), shares, seed, epoch, first)
        had = done if isinstance(done, tuple) else (done,) * shares
        left = sorted(left[i] for sequence, n_had in zip(dealt, had, strict=True) for i in sequence[n_had:])
        first = [at for at, i in enumerate(left) if at == 0 or i in bounds or i != left[at - 1] + 1]
    return left, first


def prefetch_windows(sequence: Sequence[int], at: int, span: int = _CHUNK * _WINDOW) -> Iterator[Sequence[int]]:
    """Split the order into prefetch windows of `span` samples, from a position on.

    Windows have fixed borders, so a resumed window is read again.
    """
    while at < len(sequence):
        window = sequence[at : (at // span + 1) * span]
        yield window
        at += len(window)
