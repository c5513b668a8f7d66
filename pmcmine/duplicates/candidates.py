"""From members that share a number to pairs, and from pairs to edges. What the Beam job calls, without Beam."""

from __future__ import annotations

import json
import zlib
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from pmcmine.duplicates.shingles import mix
from pmcmine.duplicates.signatures import KINDS, compare, decode
from pmcmine.io.folder import Folder
from pmcmine.release.layout import is_in_release
from pmcmine.work.packs import PackReader, block_of_pack
from pmcmine.work.pairs import PAIRS, checked_before, checked_file
from pmcmine.work.rows import give_up, read_arrow, write_arrow
from pmcmine.work.state import new_parts, old_part

_CONTENT: Final = 0xA0761D6478BD642F
_KEY: Final = 0xE7037ED1A0B428DB
CAP: Final = 64  # members of a bucket that are all compared with each other; the others with the first one alone
_DECODED: Final = 4_096  # members kept decoded while a file of edges is written
# With the blocks that the members lie in, so that only these are read for the clusters.
EDGES: Final = PAIRS.append(pa.field("block_a", pa.uint32())).append(pa.field("block_b", pa.uint32()))

PARTS: Final = 1_024  # at most, that tokens are compared in: 25 MB each with 8 million articles


def tokens(table: pa.Table) -> tuple[Any, Any, Any]:
    """Return the hashes of a block's contents and keys, uint64, such that those of different kinds never meet.

    Returns:
        one token a row for its content; one for each key, row by row; and the row of each key.
    """
    kind = table["kind"].to_numpy().astype(np.uint64)
    keys = table["keys"].combine_chunks()
    row = np.repeat(np.arange(len(table)), keys.value_lengths().to_numpy(zero_copy_only=False))
    content = mix(table["digest"].to_numpy() + (kind + np.uint64(1)) * np.uint64(_CONTENT))
    return content, mix(keys.flatten().to_numpy() + (kind[row] + np.uint64(1)) * np.uint64(_KEY)), row


def token_parts(work: Folder, block: int, parts: int) -> Iterator[tuple[int, bytes]]:
    """Compute short tokens of a committed block, uint32 each, by the part that they are compared in.

    Two of a part that are alike by chance, one in a thousand with 8 million articles, cost a shuffled row and no more.
    """
    found = [t for table in read_signed(work, block, ["kind", "digest", "keys"]) for t in tokens(table)[:2]]
    every = np.concatenate(found) if found else np.zeros(0, np.uint64)
    part = (every % np.uint64(parts)).astype(np.int64)
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(parts + 1))
    for n in np.flatnonzero(np.diff(bounds)).tolist():
        yield n, _short(every[order[bounds[n] : bounds[n + 1]]]).tobytes()


def _short(found: Any) -> Any:
    return (found >> np.uint64(32)).astype(np.uint32)


def repeated_tokens(members: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Find repeated tokens of one partition, for each block that has some.

    All but a few occur once, so that hardly anything else need be shuffled.
    """
    held = [(block, np.frombuffer(data, np.uint32)) for block, data in members]
    every = np.sort(np.concatenate([found for _, found in held]))
    repeated = np.unique(every[1:][every[1:] == every[:-1]])
    for block, found in held:
        kept = np.unique(found[_among(found, repeated)])
        if len(kept):
            yield block, kept.tobytes()


def read_signed(work: Folder, block: int, columns: list[str]) -> Iterator[pa.Table]:
    """Read the signatures of a committed block, part by part; in an update, first those of what still stands."""
    for table in (old_part(work, "near", block), *new_parts(work, "near", block)):
        yield table.select([*columns, *({"crc32"} & {*table.schema.names})])


def shuffled(work: Folder, block: int, repeated: Iterable[bytes]) -> Iterator[tuple[int, int, Place, list[int]]]:
    """Yield (kind, digest, place, keys) of a block's members that may have a near duplicate.

    Args:
        work: the run's work folder.
        block: its number.
        repeated: those of its short tokens that occur more than once, in pieces.
    """
    known = np.sort(np.frombuffer(b"".join(repeated), np.uint32))
    columns = ["kind", "digest", "node", "pack", "offset", "size", "keys"]
    for table in read_signed(work, block, columns):
        content, keys, row = tokens(table)
        kept, chosen = _among(_short(keys), known), _among(_short(content), known)
        chosen[row[kept]] = True
        values = table["keys"].combine_chunks().flatten().to_numpy()
        bounds = np.searchsorted(row, np.arange(len(table) + 1))
        numbers = np.flatnonzero(chosen)
        rows = table.drop_columns("keys").take(pa.array(numbers)).to_pylist()
        for n, one in zip(numbers.tolist(), rows, strict=True):
            at = slice(int(bounds[n]), int(bounds[n + 1]))
            place = Place(one["node"], one["pack"], one["offset"], one["size"], one.get("crc32") or 0)
            yield one["kind"], one["digest"], place, values[at][kept[at]].tolist()


def _among(values: Any, known: Any) -> Any:
    at = np.minimum(np.searchsorted(known, values), max(len(known) - 1, 0))
    return known[at] == values if len(known) else np.zeros(len(values), np.bool_)


class Place(NamedTuple):
    """A member and where the bytes lie that decide, with their CRC-32 if it is known."""

    node: int
    pack: str
    offset: int
    size: int
    crc32: int = 0


_Key = tuple[int, int, int]  # kind and both nodes of a pair


class Pair(NamedTuple):
    """Two members that may be near duplicates, or are for sure (`similarity` 1, no check)."""

    kind: int
    a: Place
    b: Place
    sure: bool = False


def same_content(kind: int, first: Place, members: Iterable[Place]) -> Iterator[Pair]:
    """Yield the edges from the member with the lowest node to all others of the same content."""
    for other in members:
        if other.node != first.node:
            yield Pair(kind, first, other, True)


def bucket_pairs(kind: int, members: Iterable[Place]) -> tuple[list[Pair], int]:
    """Return pairs of a bucket, and how many members were above the cap."""
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
            data = self._packs.read(place.pack, place.offset, place.size)
            if place.crc32 and zlib.crc32(data) != place.crc32:
                raise give_up(self._packs.work, place.pack, f"{place.pack}: a signature is damaged there")
            found = decode(kind, data)
            self._held[place.node] = found
            if len(self._held) > _DECODED:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(place.node)
        return found


def write_edges(bucket: int, pairs: Iterable[Pair], excess: Mapping[int, int], work: Folder) -> None:
    """Check the pairs of one bucket of edges and write those that are near duplicates, with counts by kind.

    Beside them it writes what came of each check, which the state keeps: an update does not check a pair again whose
    members are both as they were.

    Args:
        bucket: its number.
        pairs: candidates, each perhaps more than once.
        excess: members above the cap, by kind.
        work: the run's work folder.
    """
    counts: Counter[str] = Counter()
    sure: dict[_Key, Pair] = {}
    unsure: dict[_Key, Pair] = {}
    for pair in pairs:
        key = (pair.kind, pair.a.node, pair.b.node)
        (sure if pair.sure else unsure)[key] = pair
    for kind, *_ in unsure:
        counts[f"pairs_{KINDS[kind]}"] += 1
    checked = _checked(unsure, checked_before(work, bucket), work)
    near = sorted([(*key, 1.0) for key in sure] + [edge for edge in checked if edge[3] > 0])
    of = unsure | sure
    edges = [(*edge, *(block_of_pack(m.pack) for m in (of[edge[:3]].a, of[edge[:3]].b))) for edge in near]
    for kind, *_ in near:
        counts[f"edges_{KINDS[kind]}"] += 1
    for kind, n in excess.items():
        counts[f"above_cap_{KINDS[kind]}"] += n
    schema = EDGES.with_metadata({"counts": json.dumps(counts, sort_keys=True)})
    files: tuple[tuple[str, Sequence[tuple[Any, ...]], pa.Schema], ...] = (
        (checked_file(bucket), checked, PAIRS),
        (edge_file(bucket), edges, schema),
    )
    for name, rows, its_schema in files:
        columns = [pa.array([r[n] for r in rows], f.type) for n, f in enumerate(its_schema)]
        write_arrow(work, name, its_schema, [pa.Table.from_arrays(columns, schema=its_schema)], replace=True)


def _checked(
    pairs: Mapping[_Key, Pair], before: Mapping[_Key, float], work: Folder
) -> list[tuple[int, int, int, float]]:
    """Return the similarity of each pair, 0 if it is below that of near duplicates, in order of the pairs."""
    known: dict[_Key, float] = {}
    open_pairs: list[tuple[_Key, Pair]] = []
    for key, pair in pairs.items():
        found = before.get(key) if is_in_release(pair.a.pack) and is_in_release(pair.b.pack) else None
        if found is None:
            open_pairs.append((key, pair))
        else:
            known[key] = found
    packs = PackReader(work)
    decoder = _Decoder(packs)
    try:
        for key, pair in sorted(open_pairs, key=lambda item: (item[1].a.pack, item[1].a.offset, item[0])):
            known[key] = compare(pair.kind, decoder.get(pair.kind, pair.a), decoder.get(pair.kind, pair.b))
    finally:
        packs.close()
    return [(*key, known[key]) for key in sorted(known)]


def read_edges(work: Folder, buckets: int, counts: Counter[str]) -> Iterator[pa.Table]:
    """Yield the edges of each bucket, and add to the counts."""
    for bucket in range(buckets):
        if not work.exists(edge_file(bucket)):
            continue  # no pair fell into it
        table = read_arrow(work, edge_file(bucket)).read_all()
        counts.update(json.loads(table.schema.metadata[b"counts"]))
        yield table
