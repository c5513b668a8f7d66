"""Members, keys and pairs of the search for near duplicates as arrays, and the messages that they are shuffled in.

A step sends one message to each part that it has rows for: names of packs, and rows with the numbers of these names. An
element for each member, key and pair, or an object in memory, would cost more than what is done with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np

PLACE: Final = np.dtype([("node", "<u8"), ("offset", "<i8"), ("size", "<i4"), ("crc32", "<u4"), ("pack", "<u4")])
SIGNED: Final = np.dtype([("kind", "u1"), ("digest", "<u8"), ("n_keys", "<u4"), ("place", PLACE)])
KEYED: Final = np.dtype([("kind", "u1"), ("key", "<u8"), ("place", PLACE)])
PAIR: Final = np.dtype([("kind", "u1"), ("sure", "?"), ("a", PLACE), ("b", PLACE)])
CAP: Final = 64  # members of a bucket that are all compared with each other; the others with the first one alone
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio (Knuth, multiplicative hashing)

Message = tuple[tuple[str, ...], bytes, bytes]  # names of packs, rows, and what else belongs to the rows


def part_of(values: Any, parts: int) -> Any:
    """Return the part of each number, uint64; the lowest bits may be of a few kinds only, as of an image's keys."""
    return (values * _ODD >> np.uint64(32)) % np.uint64(parts)


def split(rows: Any, part: Any) -> Iterator[tuple[int, Any]]:
    """Yield each part that occurs, and the numbers of its rows in their order."""
    order = np.argsort(part, kind="stable")
    found, starts = np.unique(part[order], return_index=True)
    yield from zip(found.tolist(), np.split(order, starts[1:]), strict=True) if len(rows) else ()


def _places(rows: Any) -> Iterator[Any]:
    """Yield the fields of rows that are places, as views."""
    yield from (rows[name] for name in rows.dtype.names if rows.dtype[name] == PLACE)


def message(rows: Any, packs: Sequence[str], rest: bytes = b"") -> Message:
    """Pack rows, a copy of others, with the names of those packs that they lie in."""
    places = [*_places(rows)]
    used, numbers = np.unique(np.concatenate([p["pack"] for p in places]), return_inverse=True)
    for place, its in zip(places, np.split(numbers, len(places)), strict=True):
        place["pack"] = its
    return tuple(packs[n] for n in used.tolist()), rows.tobytes(), rest


def joined(messages: Iterable[Message], dtype: Any) -> tuple[Any, list[str], list[bytes]]:
    """Unpack and join messages: their rows, the names of packs, and what else each of them has."""
    names: dict[str, int] = {}
    found, rests = [np.zeros(0, dtype)], []
    for packs, data, rest in messages:
        rows = np.frombuffer(data, dtype).copy()
        numbers = np.array([names.setdefault(pack, len(names)) for pack in packs], np.uint32)
        for place in _places(rows):
            place["pack"] = numbers[place["pack"]]
        found.append(rows)
        rests.append(rest)
    return np.concatenate(found), list(names), rests


def runs(*columns: Any) -> Any:
    """Return where each run of rows begins that are equal in all columns, and the number of rows behind the last."""
    new = np.ones(len(columns[0]) + 1, np.bool_)
    new[1:-1] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(new) if len(columns[0]) else np.zeros(1, np.int64)


def span(starts: Any, lengths: Any) -> Any:
    """Return the numbers of spans, one span after the other."""
    ends = np.cumsum(lengths)
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(int(ends[-1]) if len(ends) else 0)


def bucket_pairs(kinds: Any, keys: Any, nodes: Any) -> tuple[Any, Any, Any]:
    """Find the pairs of members that share a key.

    All members of a bucket are compared with each other, up to `CAP` of them; the others with the first one alone.

    Args:
        kinds: kind of each row.
        keys: key of each row.
        nodes: member of each row; it may occur more than once in a bucket.

    Returns:
        rows of both members of each pair, the lower node first, and how many members of each kind were above the cap.
    """
    order = np.lexsort((nodes, keys, kinds))
    order = order[runs(kinds[order], keys[order], nodes[order])[:-1]]
    bounds = runs(kinds[order], keys[order])
    sizes = np.diff(bounds)
    place = np.arange(len(order)) - np.repeat(bounds[:-1], sizes)  # in its bucket
    compared = np.repeat(np.minimum(sizes, CAP), sizes)
    later = np.maximum(compared - 1 - place, 0)
    first = np.repeat(np.arange(len(order)), later)
    second = span(np.arange(len(order)) + 1, later)
    above = np.flatnonzero(place >= CAP)
    a = np.concatenate([first, above - place[above]])
    b = np.concatenate([second, above])
    return order[a], order[b], np.bincount(kinds[order[above]].astype(np.int64))


def first_of(rows: Any) -> Any:
    """Return the numbers of the pairs that no earlier one is equal to, in the order of kind and both nodes."""
    order = np.lexsort((rows["b"]["node"], rows["a"]["node"], rows["kind"]))
    rows = rows[order]
    return order[runs(rows["kind"], rows["a"]["node"], rows["b"]["node"])[:-1]]
