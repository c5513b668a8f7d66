"""From members that share a number to pairs, and from pairs to edges. What the Beam job calls, without Beam."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, Final, NamedTuple

import pyarrow as pa

from pmcmine.assemble.shards import PackReader
from pmcmine.duplicates.signatures import KINDS, compare, decode
from pmcmine.rowfiles import write_arrow
from pmcmine.storage import Folder

CAP: Final = 64  # members of a bucket that are all compared with each other; the others with the first one alone
_DECODED: Final = 4_096  # members kept decoded while a file of edges is written
EDGES: Final = pa.schema([("kind", pa.uint8()), ("a", pa.uint64()), ("b", pa.uint64()), ("likeness", pa.float64())])


class Place(NamedTuple):
    """A member and where the bytes lie that decide."""

    node: int
    pack: str
    offset: int
    size: int


class Pair(NamedTuple):
    """Two members that may be near duplicates, or are for sure (`likeness` 1, no check)."""

    kind: int
    a: Place
    b: Place
    sure: bool = False


def same_content(kind: int, first: Place, members: Iterable[Place]) -> Iterator[Pair]:
    """Edges from the member with the lowest node to all others of the same content."""
    for other in members:
        if other.node != first.node:
            yield Pair(kind, first, other, True)


def bucket_pairs(kind: int, members: Iterable[Place]) -> tuple[list[Pair], int]:
    """Pairs of a bucket, and how many members were above the cap."""
    ordered = sorted(set(members))
    pairs = [Pair(kind, a, b) for a, b in combinations(ordered[:CAP], 2)]
    pairs += [Pair(kind, ordered[0], b) for b in ordered[CAP:]]
    return pairs, max(len(ordered) - CAP, 0)


def edge_file(bucket: int) -> str:
    """Name of a file of edges in the work folder."""
    return f"near/edges/{bucket // 1000:03d}/{bucket:06d}.arrow"


class _Decoder:
    """Reads and decodes members, keeping those used last."""

    def __init__(self, packs: PackReader) -> None:
        self._packs = packs
        self._held: OrderedDict[int, Any] = OrderedDict()

    def get(self, kind: int, place: Place) -> Any:
        found = self._held.get(place.node)
        if found is None:
            found = decode(kind, self._packs.read(place.pack, place.offset, place.size))
            self._held[place.node] = found
            if len(self._held) > _DECODED:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(place.node)
        return found


def write_edges(bucket: int, pairs: Iterable[Pair], excess: Mapping[int, int], work: Folder) -> None:
    """Check the pairs of one bucket of edges and write those that are near duplicates, with counts by kind.

    Args:
        bucket: its number.
        pairs: candidates, each perhaps more than once.
        excess: members above the cap, by kind.
        work: the run's work folder.
    """
    counts: Counter[str] = Counter()
    sure: dict[tuple[int, int, int], Pair] = {}
    unsure: dict[tuple[int, int, int], Pair] = {}
    for pair in pairs:
        key = (pair.kind, pair.a.node, pair.b.node)
        (sure if pair.sure else unsure)[key] = pair
    edges = [(*key, 1.0) for key in sure]
    packs = PackReader(work)
    decoder = _Decoder(packs)
    try:
        for key, pair in sorted(unsure.items(), key=lambda item: (item[1].a.pack, item[1].a.offset, item[0])):
            counts[f"pairs_{KINDS[pair.kind]}"] += 1
            likeness = compare(pair.kind, decoder.get(pair.kind, pair.a), decoder.get(pair.kind, pair.b))
            if likeness > 0:
                edges.append((*key, likeness))
    finally:
        packs.close()
    edges.sort()
    for kind, *_ in edges:
        counts[f"edges_{KINDS[kind]}"] += 1
    for kind, n in excess.items():
        counts[f"above_cap_{KINDS[kind]}"] += n
    schema = EDGES.with_metadata({"counts": json.dumps(counts, sort_keys=True)})
    columns = [pa.array([e[n] for e in edges], f.type) for n, f in enumerate(EDGES)]
    write_arrow(work, edge_file(bucket), schema, [pa.Table.from_arrays(columns, schema=schema)], replace=True)


def read_edges(work: Folder, buckets: int) -> tuple[pa.Table, Counter[str]]:
    """All edges, and the counts of all buckets."""
    tables = [EDGES.empty_table()]
    counts: Counter[str] = Counter()
    for bucket in range(buckets):
        try:
            with work.open(edge_file(bucket)) as stream:
                table = pa.ipc.open_file(stream).read_all()
        except FileNotFoundError:
            continue  # no pair fell into it
        counts.update(json.loads(table.schema.metadata[b"counts"]))
        tables.append(table.replace_schema_metadata(None))
    return pa.concat_tables(tables), counts
