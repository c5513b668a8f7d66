"""Route tokens, signatures and pairs between the steps of the search for near duplicates.

What goes from one step to the next are messages (`pmcmine.duplicates.members`), one for each part that a step sends
something to.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from pmcmine.duplicates.candidates import PARTS, repeated_tokens, shuffled, token_parts, write_edges
from pmcmine.duplicates.members import (
    KEYED,
    PAIR,
    SIGNED,
    Message,
    bucket_pairs,
    first_of,
    joined,
    message,
    part_of,
    runs,
    span,
    split,
)
from pmcmine.io.folder import Folder
from pmcmine.work.counters import Counters

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


def read_signatures(element: tuple[int, Iterable[bytes]], parts: int, work: Folder) -> Iterator[tuple[int, Message]]:
    """Read the members of a block that share a token, with their keys, by the hash of their content."""
    block, found = element
    for rows, keys, packs in shuffled(work, block, found):
        counts = rows["n_keys"].astype(np.int64)
        starts = np.cumsum(counts) - counts
        for part, its in split(rows, part_of(rows["digest"], parts)):
            held = keys[span(starts[its], counts[its])]
            yield part, message(rows[its], packs, held.tobytes())


def by_content(element: tuple[int, Iterable[Message]], parts: int, buckets: int) -> Iterator[tuple[str, Any]]:
    """Yield the edges between members of the same content, and the keys of the one that stands for them.

    Each is yielded behind `EDGES` or `KEYS`.

    Args:
        element: number of a part, and its members.
        parts: number of parts that keys are sent to.
        buckets: number of buckets that edges are sent to.
    """
    rows, packs, rests = joined(element[1], SIGNED)
    keys = np.frombuffer(b"".join(rests), np.uint64)
    counts = rows["n_keys"].astype(np.int64)
    starts = np.cumsum(counts) - counts
    order = np.lexsort((rows["place"]["node"], rows["digest"], rows["kind"]))
    rows, starts, counts = rows[order], starts[order], counts[order]
    bounds = runs(rows["kind"], rows["digest"])
    chosen, sizes = bounds[:-1], np.diff(bounds)
    first = np.repeat(chosen, sizes)
    others = np.flatnonzero(rows["place"]["node"] != rows["place"]["node"][first])
    pairs = _pairs(rows["kind"][others], rows["place"][first[others]], rows["place"][others], True)
    yield from ((EDGES, found) for found in _routed(pairs, packs, buckets))
    n_keys = counts[chosen]
    keyed = np.zeros(int(n_keys.sum()), KEYED)
    keyed["kind"], keyed["place"] = (np.repeat(rows[name][chosen], n_keys) for name in ("kind", "place"))
    keyed["key"] = keys[span(starts[chosen], n_keys)]
    for part, its in split(keyed, part_of(keyed["key"], parts)):
        yield KEYS, (part, message(keyed[its], packs))


def by_key(element: tuple[int, Iterable[Message]], buckets: int) -> Iterator[tuple[int, Message]]:
    """Yield pairs of the members that share a key, and how many members were above the cap, by bucket of edges."""
    part, messages = element
    rows, packs, _ = joined(messages, KEYED)
    a, b, excess = bucket_pairs(rows["kind"], rows["key"], rows["place"]["node"])
    pairs = _pairs(rows["kind"][a], rows["place"][a], rows["place"][b], False)
    yield from _routed(pairs[first_of(pairs)], packs, buckets)
    if excess.any():
        yield part % buckets, ((), b"", excess.astype(np.int64).tobytes())


def _pairs(kinds: Any, a: Any, b: Any, sure: bool) -> Any:
    pairs = np.zeros(len(kinds), PAIR)
    pairs["kind"], pairs["a"], pairs["b"], pairs["sure"] = kinds, a, b, sure
    return pairs


def _routed(pairs: Any, packs: list[str], buckets: int) -> Iterator[tuple[int, Message]]:
    for bucket, its in split(pairs, pairs["a"]["node"] % np.uint64(buckets)):
        yield bucket, message(pairs[its], packs)


def edges(element: tuple[int, Iterable[Message]], work: Folder, counters: Counters) -> int:
    """Check and write the edges of one bucket; return its number."""
    bucket, messages = element
    started = time.monotonic()
    pairs, packs, rests = joined(messages, PAIR)
    excess = Counter[int]()
    for rest in rests:
        excess.update({kind: n for kind, n in enumerate(np.frombuffer(rest, np.int64).tolist()) if n})
    write_edges(bucket, pairs, packs, excess, work)
    counters.add("near/pairs_in", len(pairs))
    counters.took("near", time.monotonic() - started)
    return bucket
