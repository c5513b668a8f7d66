"""Route tokens, signatures and pairs between the steps of the search for near duplicates.

What goes from one step to the next is plain: a named tuple would carry its class with each value. It goes in lists, one
for each part that a step sends something to: handing on an element for each member, key and pair would cost more than
what is done with it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
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

_Place = tuple[Any, ...]  # as Place
_Signed = tuple[int, int, _Place, list[int]]  # kind, digest, place and keys
_Routed = tuple[Any, ...]  # a pair, or a kind and how many members of a bucket were above the cap
_ODD: Final = 0x9E3779B97F4A7C15  # 2^64 by the golden ratio (Knuth, multiplicative hashing)
_MASK: Final = (1 << 64) - 1
EDGES: Final = "edges"
KEYS: Final = "keys"


def parts_of(n_blocks: int) -> int:
    """Return the number of parts that tokens, contents and keys are compared in."""
    return min(max(n_blocks, 1), PARTS)


def read_tokens(block: int, parts: int, work: Folder) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Read a block's tokens by part."""
    for part, found in token_parts(work, block, parts):
        yield part, (block, found)


def repeated(element: tuple[int, Iterable[tuple[int, bytes]]]) -> Iterator[tuple[int, bytes]]:
    """Yield the repeated tokens of one partition, by block."""
    yield from repeated_tokens(element[1])


def read_signatures(
    element: tuple[int, Iterable[bytes]], parts: int, work: Folder
) -> Iterator[tuple[int, list[_Signed]]]:
    """Read the members of a block that share a token, with their keys, by the hash of their content."""
    block, found = element
    routed: dict[int, list[_Signed]] = {}
    for kind, digest, place, keys in shuffled(work, block, found):
        routed.setdefault(_part(digest, parts), []).append((kind, digest, tuple(place), keys))
    yield from routed.items()


def _part(value: int, parts: int) -> int:
    """Return the part of a number whose lowest bits may be of a few kinds only, as those of an image's keys are."""
    return ((value * _ODD & _MASK) >> 32) % parts


def by_content(element: tuple[int, Iterable[list[_Signed]]], parts: int, buckets: int) -> Iterator[tuple[str, Any]]:
    """Yield the edges between members of the same content, and the keys of the one that stands for them.

    Each is yielded behind `EDGES` or `KEYS`.

    Args:
        element: number of a part, and lists of its members.
        parts: number of parts that keys are sent to.
        buckets: number of buckets that edges are sent to.
    """
    groups: dict[tuple[int, int], list[tuple[_Place, list[int]]]] = {}
    for kind, digest, place, keys in chain.from_iterable(element[1]):
        groups.setdefault((kind, digest), []).append((place, keys))
    routed: dict[int, list[tuple[int, int, _Place]]] = {}
    edges: dict[int, list[_Routed]] = {}
    for (kind, _), members in groups.items():
        place, keys = min(members, key=lambda m: m[0][0])
        for pair in same_content(kind, Place(*place), (Place(*other) for other, _ in members)):
            _route(pair, buckets, edges)
        for key in keys:
            routed.setdefault(_part(key, parts), []).append((kind, key, place))
    yield from ((EDGES, found) for found in edges.items())
    yield from ((KEYS, found) for found in routed.items())


def by_key(
    element: tuple[int, Iterable[list[tuple[int, int, _Place]]]], buckets: int
) -> Iterator[tuple[int, list[_Routed]]]:
    """Yield pairs of the members that share a key, and how many members were above the cap, by bucket of edges."""
    groups: dict[tuple[int, int], list[_Place]] = {}
    for kind, key, place in chain.from_iterable(element[1]):
        groups.setdefault((kind, key), []).append(place)
    routed: dict[int, list[_Routed]] = {}
    for (kind, key), places in groups.items():
        pairs, excess = bucket_pairs(kind, (Place(*p) for p in places))
        for pair in pairs:
            _route(pair, buckets, routed)
        if excess:
            routed.setdefault(key % buckets, []).append((kind, excess))
    yield from routed.items()


def _route(pair: Pair, buckets: int, routed: dict[int, list[_Routed]]) -> None:
    plain = (pair.kind, tuple(pair.a), tuple(pair.b), pair.sure)
    routed.setdefault(pair.a.node % buckets, []).append(plain)


def edges(element: tuple[int, Iterable[list[_Routed]]], work: Folder, counters: Counters) -> int:
    """Check and write the edges of one bucket; return its number."""
    bucket, values = element
    started = time.monotonic()
    pairs, excess = [], Counter[int]()
    for value in chain.from_iterable(values):
        if len(value) == 2:
            excess[value[0]] += value[1]
        else:
            kind, a, b, sure = value
            pairs.append(Pair(kind, Place(*a), Place(*b), sure))
    write_edges(bucket, pairs, excess, work)
    counters.add("near/pairs_in", len(pairs))
    counters.took("near", time.monotonic() - started)
    return bucket
