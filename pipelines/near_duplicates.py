"""The *near* job: signatures of committed blocks to edges between near duplicates.

    tokens ─▶ by part: those that occur twice ─▶ by block ─▶ signatures
    signatures ─▶ by content: same ─────────────────────────┐
                      └─ one of each ─▶ by band: pairs ─────┴▶ by bucket: check, write edges

What is shuffled is four bytes for each number that candidates may share, and, of the few numbers that some do share,
a node and a place in a pack.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics

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

Key = tuple[int, int]


def parts_of(n_blocks: int) -> int:
    """Return parts that tokens are compared in."""
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
) -> Iterator[beam.pvalue.TaggedOutput[str, Any]]:
    """Yield the edges between members of the same content, and the keys of the one that stands for them.

    The members are read twice, as Beam's values may be, and never held: a boilerplate paragraph has very many.
    """
    (kind, _), members = element
    place, keys = min(members, key=lambda m: m[0][0])
    for pair in same_content(kind, Place(*place), (Place(*other) for other, _ in members)):
        yield beam.pvalue.TaggedOutput("edges", _in_bucket(pair, buckets))
    for key in keys:
        yield beam.pvalue.TaggedOutput("keys", ((kind, key), place))


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


def edges(element: tuple[int, Iterable[tuple[Any, ...]]], work: Folder) -> int:
    """Check and write one bucket's edges; the number of the bucket."""
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
    Metrics.counter("pmcmine", "near/pairs_in").inc(len(pairs))
    Metrics.distribution("pmcmine", "near_milliseconds").update(round(1000 * (time.monotonic() - started)))
    return bucket


def build(pipeline: beam.Pipeline, n_blocks: int, buckets: int, work: Folder) -> Any:
    """Build the graph of the near-duplicates job; it outputs the numbers of the buckets that have pairs."""
    content = (
        pipeline
        | "Blocks" >> beam.Create(list(range(n_blocks)), reshuffle=False)
        | "ReadTokens" >> beam.FlatMap(read_tokens, parts_of(n_blocks), work)
        | "ByToken" >> beam.GroupByKey()
        | "Repeated" >> beam.FlatMap(repeated)
        | "ByBlock" >> beam.GroupByKey()
        | "ReadSignatures" >> beam.FlatMap(read_signatures, work)
        | "SameContent" >> beam.GroupByKey()
        | "ByContent" >> beam.FlatMap(by_content, buckets).with_outputs("edges", "keys")
    )
    pairs = content.keys | "ByKey" >> beam.GroupByKey() | "Pairs" >> beam.FlatMap(by_key, buckets)
    return (
        (content.edges, pairs)
        | "AllPairs" >> beam.Flatten()
        | "ByBucket" >> beam.GroupByKey()
        | "WriteEdges" >> beam.Map(edges, work)
    )
