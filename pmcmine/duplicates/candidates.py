"""From members that share a number to pairs, and from pairs to edges. What the Beam job calls, without Beam."""

from __future__ import annotations

import json
import zlib
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.duplicates.members import SIGNED, first_of
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


def shuffled(work: Folder, block: int, repeated: Iterable[bytes]) -> Iterator[tuple[Any, Any, list[str]]]:
    """Yield a block's members that may have a near duplicate, as rows of `SIGNED`, their keys, and names of packs.

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
        held = table.drop_columns("keys").filter(pa.array(chosen))
        rows = np.zeros(len(held), SIGNED)
        packs = held["pack"].combine_chunks().dictionary_encode()
        rows["kind"], rows["digest"] = held["kind"], held["digest"]
        rows["n_keys"] = np.bincount(row[kept], minlength=len(table))[chosen]
        for name in ("node", "offset", "size"):
            rows["place"][name] = held[name]
        if "crc32" in held.column_names:
            rows["place"]["crc32"] = pc.fill_null(held["crc32"], 0)
        rows["place"]["pack"] = packs.indices
        yield rows, values[kept], packs.dictionary.to_pylist()


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


def write_edges(bucket: int, pairs: Any, packs: Sequence[str], excess: Mapping[int, int], work: Folder) -> None:
    """Check the pairs of one bucket of edges and write those that are near duplicates, with counts by kind.

    Beside them it writes what came of each check, which the state keeps: an update does not check a pair again whose
    members are both as they were.

    Args:
        bucket: its number.
        pairs: candidates, each perhaps more than once, as rows of `PAIR`.
        packs: names of the packs that the rows name by number.
        excess: members above the cap, by kind.
        work: the run's work folder.
    """
    pairs = pairs[first_of(pairs)]
    unsure = pairs[~pairs["sure"]]
    similarity = np.ones(len(pairs), np.float64)
    similarity[~pairs["sure"]] = found = _checked(unsure, packs, checked_before(work, bucket), work)
    is_near = similarity > 0
    near, similarity = pairs[is_near], similarity[is_near]
    counts: Counter[str] = Counter()
    for what, rows in (("pairs", unsure), ("edges", near)):
        for kind, n in enumerate(np.bincount(rows["kind"]).tolist()):
            if n:
                counts[f"{what}_{KINDS[kind]}"] = n
    for kind, n in excess.items():
        counts[f"above_cap_{KINDS[kind]}"] += n
    block = np.array([block_of_pack(pack) for pack in packs], np.uint32)
    edges = (*_ends(near), similarity, block[near["a"]["pack"]], block[near["b"]["pack"]])
    schema = EDGES.with_metadata({"counts": json.dumps(counts, sort_keys=True)})
    files = ((checked_file(bucket), (*_ends(unsure), found), PAIRS), (edge_file(bucket), edges, schema))
    for name, columns, its_schema in files:
        values = [pa.array(c, f.type) for c, f in zip(columns, its_schema, strict=True)]
        write_arrow(work, name, its_schema, [pa.Table.from_arrays(values, schema=its_schema)], replace=True)


def _ends(pairs: Any) -> tuple[Any, Any, Any]:
    """Return kind and both nodes of pairs, as columns."""
    return tuple(np.ascontiguousarray(c) for c in (pairs["kind"], pairs["a"]["node"], pairs["b"]["node"]))  # type: ignore[return-value]


def _checked(pairs: Any, packs: Sequence[str], before: tuple[Any, Any, Any, Any], work: Folder) -> Any:
    """Return the similarity of each pair, 0 if it is below that of near duplicates.

    Args:
        pairs: each once.
        packs: names of the packs that they lie in.
        before: kinds, both nodes and similarities of the pairs that the release was made with.
        work: the run's work folder.
    """
    found = _found_before(pairs, before)
    old = np.array([is_in_release(pack) for pack in packs], np.bool_)
    is_open = np.isnan(found)
    if len(pairs):
        is_open |= ~(old[pairs["a"]["pack"]] & old[pairs["b"]["pack"]])
    reader = PackReader(work)
    decoder = _Decoder(reader)

    def place(end: Any) -> Place:
        node, offset, size, crc32, pack = end.item()
        return Place(node, packs[pack], offset, size, crc32)

    try:
        todo = [(n, place(pairs["a"][n]), place(pairs["b"][n])) for n in np.flatnonzero(is_open).tolist()]
        for n, a, b in sorted(todo, key=lambda pair: (pair[1].pack, pair[1].offset, pair[0])):
            kind = int(pairs["kind"][n])
            found[n] = compare(kind, decoder.get(kind, a), decoder.get(kind, b))
    finally:
        reader.close()
    return found


def _found_before(pairs: Any, before: tuple[Any, Any, Any, Any]) -> Any:
    """Return the similarity of each pair as it was found before, NaN where it was not looked at."""
    *columns, similarity = before
    kind, a, b = (np.concatenate([x, y]) for x, y in zip(columns, _ends(pairs), strict=True))
    order = np.lexsort((b, a, kind))  # stable: what was found before comes first
    kind, a, b = kind[order], a[order], b[order]
    same = np.flatnonzero((kind[1:] == kind[:-1]) & (a[1:] == a[:-1]) & (b[1:] == b[:-1]))
    found = np.full(len(pairs), np.nan)
    found[order[same + 1] - len(similarity)] = similarity[order[same]]
    return found


def read_edges(work: Folder, buckets: int, counts: Counter[str]) -> Iterator[pa.Table]:
    """Yield the edges of each bucket, and add to the counts."""
    for bucket in range(buckets):
        if not work.exists(edge_file(bucket)):
            continue  # no pair fell into it
        table = read_arrow(work, edge_file(bucket)).read_all()
        counts.update(json.loads(table.schema.metadata[b"counts"]))
        yield table
