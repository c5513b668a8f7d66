"""The order of samples as it is defined, with a list for everything: what `pmcmine.stream.ordering` computes lazily."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from pmcmine.stream.state import Before


def _even(dealt: Sequence[list[list[int]]], n: int) -> list[list[list[int]]]:
    shares = len(dealt)
    wanted = [n // shares + (share < n % shares) for share in range(shares)]
    spare: list[list[int]] = []
    kept = [list(chunks) for chunks in dealt]
    for chunks, most in zip(kept, wanted, strict=True):
        excess = sum(map(len, chunks)) - most
        while excess > 0:
            last = chunks.pop()
            moved = min(excess, len(last))
            if moved < len(last):
                chunks.append(last[:-moved])
            spare.append(last[-moved:])
            excess -= moved
    for chunks, most in zip(kept, wanted, strict=True):
        lacking = most - sum(map(len, chunks))
        while lacking > 0:
            piece = spare.pop()
            if len(piece) > lacking:
                spare.append(piece[lacking:])
                piece = piece[:lacking]
            chunks.append(piece)
            lacking -= len(piece)
    return kept


def order(n: int, shares: int, seed: int | None, epoch: int, starts: Sequence[int]) -> list[list[int]]:
    """Compute the sequence of each share."""
    chunks = [
        list(range(at, min(at + 32, end))) for start, end in pairwise([*starts, n]) for at in range(start, end, 32)
    ]
    if seed is not None:
        random.Random(f"{seed}/{epoch}/chunks").shuffle(chunks)
    dealt: list[list[int]] = []
    for mine in _even([chunks[share::shares] for share in range(shares)], n):
        out: list[int] = []
        for at in range(0, len(mine), 8):
            window = [i for chunk in mine[at : at + 8] for i in chunk]
            if seed is not None:
                random.Random(f"{seed}/{epoch}/{mine[at][0]}").shuffle(window)
            out += window
        dealt.append(out)
    return dealt


def after(n: int, shares: int, seed: int | None, epoch: int, starts: Sequence[int], before: Before) -> list[list[int]]:
    """Compute the sequence of each share of what earlier worlds have left."""
    left, first = list(range(n)), list(starts)
    for count, done in before:
        had = done if isinstance(done, tuple) else (done,) * count
        dealt = order(len(left), count, seed, epoch, first)
        left = sorted(left[i] for sequence, n_had in zip(dealt, had, strict=True) for i in sequence[n_had:])
        first = [at for at, i in enumerate(left) if at == 0 or i in starts or i != left[at - 1] + 1]
    return [[left[i] for i in sequence] for sequence in order(len(left), shares, seed, epoch, first)]
