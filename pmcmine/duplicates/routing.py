"""Route tokens, signatures and pairs between the steps of the search for near duplicates.

What goes from one step to the next is plain: a named tuple would carry its class with each value.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pmcmine.duplicates.candidates import (
    PARTS,
    Pair,
    Place,
    bucket_pairs,
    repeated_tokens,
    same_content,
    shuffled,
    token_parts,
    write_edges,
)
from pmcmine.io.folder import Folder
from pmcmine.work.counters import Counters

Key = tuple[int, int]
EDGES: Final = "edges"
KEYS: Final = "keys"


def parts_of(n_blocks: int) -> int:
    """Return the number of parts that tokens are compared in."""
    return min(max(n_blocks, 1), PARTS)


def read_tokens(block: int, parts: int, work: Folder) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Read a block's tokens by part."""
    for part, found in token_parts(work, block, parts):
        yield part, (block, found)


def repeated(element: tuple[int, Iterable[tuple[int, bytes]]]) -> Iterator[tuple[int, bytes]]:
    """Yield the repeated tokens of one partition, by block."""
    yield from repeated_tokens(element[1])


def read_signatures(
    element: tuple[int, Iterable[bytes]], work: Folder
) -> Iterator[tuple[Key, tuple[tuple[Any, ...], list[int]]]]:
    """Read the members of a block that share a token, with their keys, keyed by the hash of their content."""
    block, found = element
    for kind, digest, place, keys in shuffled(work, block, found):
        yield (kind, digest), (tuple(place), keys)


def by_content(
    element: tuple[Key, Iterable[tuple[tuple[Any, ...], list[int]]]], buckets: int
) -> Iterator[tuple[str, Any]]:
    """Yield the edges between members of the same content, and the keys of the one that stands for them.

    Each is yielded behind `EDGES` or `KEYS`. The members are read twice, as Beam's values may be, and never held: a
    boilerplate paragraph has very many.
    """
    (kind, _), members = element
    place, keys = min(members, key=lambda m: m[0][0])
    for pair in same_content(kind, Place(*place), (Place(*other) for other, _ in members)):
        yield EDGES, _in_bucket(pair, buckets)
    for key in keys:
        yield KEYS, ((kind, key), place)


def by_key(element: tuple[Key, Iterable[tuple[Any, ...]]], buckets: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield pairs of the members that share a key, and how many members were above the cap."""
    (kind, key), places = element
    pairs, excess = bucket_pairs(kind, (Place(*p) for p in places))
    for pair in pairs:
        yield _in_bucket(pair, buckets)
    if excess:
        yield key % buckets, (kind, excess)


def _in_bucket(pair: Pair, buckets: int) -> tuple[int, tuple[Any, ...]]:
    return pair.a.node % buckets, (pair.kind, tuple(pair.a), tuple(pair.b), pair.sure)


def edges(element: tuple[int, Iterable[tuple[Any, ...]]], work: Folder, counters: Counters) -> int:
    """Check and write the edges of one bucket; return its number."""
    bucket, values = element
    started = time.monotonic()
    pairs, excess = [], Counter[int]()
    for value in values:
        if len(value) == 2:
            excess[value[0]] += value[1]
        else:
            kind, a, b, sure = value
            pairs.append(Pair(kind, Place(*a), Place(*b), sure))
    write_edges(bucket, pairs, excess, work)
    counters.add("near/pairs_in", len(pairs))
    counters.took("near", time.monotonic() - started)
    return bucket
