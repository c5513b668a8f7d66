"""The *near* job: signatures of committed blocks to edges between near duplicates.

    tokens ─▶ by part: those that occur twice ─▶ by block ─▶ signatures
    signatures ─▶ by content: same ─────────────────────────┐
                      └─ one of each ─▶ by band: pairs ─────┴▶ by bucket: check, write edges

What is shuffled is four bytes for each number that candidates may share, and, of the few numbers that some do share,
a node and a place in a pack, in lists by part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam

from pipelines.counters import BeamCounters
from pmcmine.duplicates.routing import (
    EDGES,
    KEYS,
    by_content,
    by_key,
    edges,
    parts_of,
    read_signatures,
    read_tokens,
    repeated,
)
from pmcmine.io.folder import Folder


def _tagged(element: Any, parts: int, buckets: int) -> Iterator[beam.pvalue.TaggedOutput[str, Any]]:
    """Send the edges between members of the same content one way, and keys the other."""
    for tag, value in by_content(element, parts, buckets):
        yield beam.pvalue.TaggedOutput(tag, value)


def build(pipeline: beam.Pipeline, n_blocks: int, buckets: int, work: Folder) -> Any:
    """Build the graph of the near-duplicates job; it outputs the numbers of the buckets that have pairs."""
    parts = parts_of(n_blocks)
    content = (
        pipeline
        | "Blocks" >> beam.Create(list(range(n_blocks)), reshuffle=False)
        | "ReadTokens" >> beam.FlatMap(read_tokens, parts, work)
        | "ByToken" >> beam.GroupByKey()
        | "Repeated" >> beam.FlatMap(repeated)
        | "ByBlock" >> beam.GroupByKey()
        | "ReadSignatures" >> beam.FlatMap(read_signatures, parts, work)
        | "SameContent" >> beam.GroupByKey()
        | "ByContent" >> beam.FlatMap(_tagged, parts, buckets).with_outputs(EDGES, KEYS)
    )
    pairs = content.keys | "ByKey" >> beam.GroupByKey() | "Pairs" >> beam.FlatMap(by_key, buckets)
    return (
        (content.edges, pairs)
        | "AllPairs" >> beam.Flatten()
        | "ByBucket" >> beam.GroupByKey()
        | "WriteEdges" >> beam.Map(edges, work, BeamCounters())
    )
