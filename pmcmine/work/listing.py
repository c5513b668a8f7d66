"""Sort a source's list for a snapshot: on the launcher's disk, in order of the articles' positions.

No list of all articles is in memory: rows are in parts by position, and an article's versions are in one part.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.ids import article_place, keyed_hash, pmcid_number
from pmcmine.rejects import Reason
from pmcmine.sources.base import Entry, broken_entry
from pmcmine.text.bounds import clean
from pmcmine.work.spill import PARTS, Spill

log = logging.getLogger(__name__)
ENTRIES: Final = pa.schema(
    [
        ("pmcid", pa.string()),
        ("version", pa.int32()),
        ("ref", pa.string()),
        ("etag", pa.string()),
        ("note", pa.string()),
    ]
)
_BATCH: Final = 10_000  # entries held as Python objects
_NUMBERED: Final = pa.schema([("number", pa.int64()), *((f.name, f.type) for f in ENTRIES if f.name != "ref")])


def _storable(entry: Entry) -> Entry:
    """Return the entry, or a broken one if UTF-8 can't encode it."""
    if (said := entry.ref + entry.etag + entry.note).isascii() or clean(said) == said:
        return entry
    return broken_entry(entry.pmcid, entry.version, Reason.METADATA_INVALID, f"{entry.ref}: its name is no UTF-8")


def _places(pmcids: Any) -> Any:
    """Return the position of each PMCID of a column, in [0, 1)."""
    names = pmcids.combine_chunks().dictionary_encode()
    places = np.array([article_place(p) for p in names.dictionary.to_pylist()], np.float64)
    return places[names.indices.to_numpy()] if len(places) else places


def _add(out: Spill, rows: pa.Table) -> None:
    out.add((_places(rows["pmcid"]) * PARTS).astype(np.int64), *rows.columns)


class Listing:
    """The entries of a source, each once.

    Args:
        scratch: folder for parts.
        entries: all article versions, in any order.
        asked: requested PMCIDs; all if empty.

    A version that is listed twice keeps its first entry; another one with other content becomes a broken entry.

    Attributes:
        n_pmcids: number of articles.
        n_rows: number of entries.
        found: the requested PMCIDs that are listed.
    """

    def __init__(self, scratch: Path, entries: Iterable[Entry], asked: Collection[str] = ()) -> None:
        self._scratch = scratch
        self._rows = Spill(scratch, "entries", ENTRIES)
        self.n_pmcids = self.n_rows = self._highest = 0
        self.found: set[str] = set()
        listed = Spill(scratch, "listed", ENTRIES)
        wanted = frozenset(asked)
        stored = (e for e in map(_storable, entries) if not wanted or e.pmcid in wanted)  # any entry of a source
        while batch := list(islice(stored, _BATCH)):
            columns = [[getattr(e, name) for e in batch] for name in ENTRIES.names]
            _add(listed, pa.table(columns, schema=ENTRIES))
        repeated = 0
        for _, rows in listed.pieces():
            once, n = _without_repeats(rows)
            repeated += n
            self.add(once)
            if wanted:
                self.found.update(once["pmcid"].unique().to_pylist())
        if repeated:
            log.warning("the source lists %d articles again; the first entry of each counts", repeated)
        listed.remove()

    def add(self, rows: pa.Table) -> None:
        """Add entries of other articles."""
        if len(rows):
            pmcids = rows["pmcid"].unique()
            self.n_pmcids += len(pmcids)
            self.n_rows += len(rows)
            self._highest = max(self._highest, *(pmcid_number(p) for p in pmcids.to_pylist()))
            _add(self._rows, rows)

    def keep(self, limit: int) -> None:
        """Keep `limit` articles, chosen by hash."""
        lowest: list[tuple[int, str]] = []
        for _, rows in self._rows.pieces():
            ranked = ((keyed_hash("pmcmine/limit", p), p) for p in rows["pmcid"].unique().to_pylist())
            lowest = heapq.nsmallest(limit, heapq.merge(lowest, sorted(ranked)))
        kept = pa.array([p for _, p in lowest], pa.string())
        before, self._rows = self._rows, Spill(self._scratch, "kept", ENTRIES)
        self.n_pmcids = self.n_rows = self._highest = 0
        for _, rows in before.pieces():
            self.add(rows.filter(pc.is_in(rows["pmcid"], value_set=kept)))
        before.remove()

    def digest(self) -> str:
        """Return a hash of all versions with their ETags, in order of PMCID and version."""
        found = sha256()
        numbered = Spill(self._scratch, "numbered", _NUMBERED)
        for _, rows in self._rows.pieces():
            number = np.array([pmcid_number(p) for p in rows["pmcid"].to_pylist()], np.int64)
            columns = (rows[name] for name in _NUMBERED.names[1:])
            numbered.add(number * PARTS // (self._highest + 1), number, *columns)
        for _, rows in numbered.pieces():
            order = np.lexsort((rows["version"].to_numpy(), rows["number"].to_numpy()))
            columns = (rows.take(pa.array(order))[name].to_pylist() for name in ("pmcid", "version", "etag"))
            for pmcid, version, etag in zip(*columns, strict=True):
                found.update(f"{pmcid}.{version}\t{etag}\n".encode())
        numbered.remove()
        return found.hexdigest()

    def blocks(self, n_blocks: int, together: int) -> Iterator[tuple[int, list[pa.Table]]]:
        """Yield the number of the first block in a run of consecutive blocks, and the entries of each block, in order.

        Args:
            n_blocks: number of all blocks.
            together: blocks per run.
        """
        first, waiting = 0, [ENTRIES.empty_table()]
        for parts, rows in self._rows.pieces():
            waiting.append(rows)
            while first < n_blocks and min(first + together, n_blocks) * PARTS <= parts.stop * n_blocks:
                end = min(first + together, n_blocks)
                rows = pa.concat_tables(waiting)
                places = _places(rows["pmcid"])
                block = np.minimum((places * n_blocks).astype(np.int64), n_blocks - 1)
                now = block < end
                yield first, _cut(rows.filter(pa.array(now)), block[now], range(first, end))
                first, waiting = end, [rows.filter(pa.array(~now))]


def _cut(rows: pa.Table, block: Any, blocks: range) -> list[pa.Table]:
    """Return the rows of each block in order of PMCID and version."""
    number = np.array([pmcid_number(p) for p in rows["pmcid"].to_pylist()], np.int64)
    order = np.lexsort((rows["version"].to_numpy(), number, block))
    rows, starts = rows.take(pa.array(order)), np.searchsorted(block[order], np.arange(blocks.start, blocks.stop + 1))
    return [rows.slice(a, b - a) for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]


def _without_repeats(table: pa.Table) -> tuple[pa.Table, int]:
    """Drop rows that repeat an earlier one, turn contradicting ones into broken entries; count both."""
    first = table.append_column("row", pa.array(np.arange(len(table)))).group_by(["pmcid", "version"])
    kept = first.aggregate([("row", "min")])["row_min"].to_numpy()
    if len(kept) == len(table):
        return table, 0
    rows: dict[tuple[str, int], dict[str, str]] = {}
    repeated = set(range(len(table))) - set(kept.tolist())
    known = {(r["pmcid"], r["version"]) for r in table.take(pa.array(sorted(repeated))).to_pylist()}
    for r in table.take(pa.array(np.sort(kept))).to_pylist():
        if (key := (r["pmcid"], r["version"])) in known:
            rows[key] = r
    contradictions: dict[tuple[str, int], Entry] = {}
    for i in sorted(repeated):
        (row,) = table.slice(i, 1).to_pylist()
        key = row["pmcid"], row["version"]
        if row != rows[key]:
            detail = f"listed again with other content: {row['ref']}"
            contradictions.setdefault(key, broken_entry(*key, Reason.SUPERSEDED_VERSION, detail))
    extra = pa.Table.from_pylist([asdict(e) for e in contradictions.values()], ENTRIES)
    return pa.concat_tables([table.take(pa.array(np.sort(kept))), extra]), len(repeated)
