"""The snapshot: a frozen list of article versions, grouped into blocks."""

from __future__ import annotations

import heapq
import io
import logging
import math
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from pmcmine.errors import DamagedError, SourceError
from pmcmine.ids import article_place, keyed_hash, pmcid_number
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason
from pmcmine.release.facts import Snapshot
from pmcmine.sources.base import ABSENT, Entry, broken_entry
from pmcmine.text.bounds import clean

log = logging.getLogger(__name__)
INFO = "snapshot/snapshot.json"
_DAY = "snapshot/day.txt"
_BLOCKS_A_FILE = 256
_SNAPSHOT = TypeAdapter(Snapshot)
_SCHEMA = pa.schema(
    [
        ("pmcid", pa.string()),
        ("version", pa.int32()),
        ("ref", pa.string()),
        ("etag", pa.string()),
        ("note", pa.string()),
    ]
)


def n_blocks_for(n_pmcids: int, block_articles: int) -> int:
    """Compute the number of blocks.

    Blocks hold about `block_articles`. There is at least one block per 8 articles up to 16, so that small corpora also
    resume and spread.
    """
    return max(1, math.ceil(n_pmcids / block_articles), min(16, math.ceil(n_pmcids / 8)))


def freeze(
    entries: Iterable[Entry],
    kind: str,
    limit: int | None,
    block_articles: int,
    work: Folder,
    n_blocks: int | None = None,
    asked: Collection[str] = (),
) -> Snapshot:
    """Write a snapshot into the work folder; it stands once its info file does.

    Args:
        entries: all article versions.
        kind: kind of the source.
        limit: at most this many PMCIDs.
        block_articles: PMCIDs of a block.
        work: the run's work folder.
        n_blocks: number of blocks, if it is that of an earlier snapshot.
        asked: PMCIDs that were requested; one without an entry gets one that says so.

    A version that is listed twice keeps its first entry; another one with other content becomes a ledger row.

    Raises:
        SourceError: if there is no article at all.
    """
    columns: dict[str, list[object]] = {name: [] for name in _SCHEMA.names}
    wanted = frozenset(asked)
    for e in map(_storable, entries):
        if wanted and e.pmcid not in wanted:  # whatever a source lists
            continue
        for name in _SCHEMA.names:
            columns[name].append(getattr(e, name))
    table = _without_repeats(pa.table(columns, schema=_SCHEMA))
    del columns
    pmcids: list[str] = table["pmcid"].to_pylist()
    unique = sorted(set(pmcids), key=pmcid_number)
    absent = sorted(set(asked) - set(unique), key=pmcid_number)
    if not unique and not absent:
        raise SourceError("the source lists no articles")
    if limit is not None and limit < len(unique):
        kept = set(heapq.nsmallest(limit, unique, key=lambda p: keyed_hash("pmcmine/limit", p)))
        table = table.filter(pa.array([p in kept for p in pmcids]))
        pmcids = table["pmcid"].to_pylist()
        unique = [p for p in unique if p in kept]
    if absent:
        rows = [asdict(Entry(p, ABSENT, "", "absent")) for p in absent]
        table = pa.concat_tables([table, pa.Table.from_pylist(rows, _SCHEMA)])
        pmcids, unique = pmcids + absent, unique + absent
    n_blocks = n_blocks or n_blocks_for(len(unique), block_articles)
    place = {p: min(int(article_place(p) * n_blocks), n_blocks - 1) for p in unique}
    blocks = np.array([place[p] for p in pmcids], dtype=np.int64)
    numbers = np.array([pmcid_number(p) for p in pmcids], dtype=np.int64)
    versions = np.asarray(table["version"])
    digest = sha256()
    order = np.lexsort((versions, numbers))
    etags = table["etag"].to_pylist()
    for i in order:
        digest.update(f"{pmcids[i]}.{versions[i]}\t{etags[i]}\n".encode())
    table = table.take(pa.array(np.lexsort((versions, numbers, blocks)))).combine_chunks()
    starts = np.searchsorted(np.sort(blocks), np.arange(n_blocks + 1))
    for first in range(0, n_blocks, _BLOCKS_A_FILE):
        sink = pa.BufferOutputStream()
        with pq.ParquetWriter(sink, _SCHEMA, compression="zstd") as writer:
            for block in range(first, min(first + _BLOCKS_A_FILE, n_blocks)):
                start, stop = int(starts[block]), int(starts[block + 1])
                writer.write_batch(_one_batch(table.slice(start, stop - start)))
        data = sink.getvalue().to_pybytes()
        work.write(_file(first), data + sealed.trailer(data), replace=True)
    snapshot = Snapshot(digest.hexdigest(), kind, len(pmcids), len(unique), n_blocks, len(absent))
    work.write(_DAY, datetime.now(UTC).date().isoformat().encode(), replace=True)
    work.write(INFO, sealed.to_bytes(asdict(snapshot)))
    return snapshot


def _storable(entry: Entry) -> Entry:
    """Return the entry, or a broken one if UTF-8 can't encode it."""
    if (said := entry.ref + entry.etag + entry.note).isascii() or clean(said) == said:
        return entry
    return broken_entry(entry.pmcid, entry.version, Reason.METADATA_INVALID, f"{entry.ref}: its name is no UTF-8")


def _without_repeats(table: pa.Table) -> pa.Table:
    """Drop rows that repeat an earlier one, and turn those that contradict it into broken entries."""
    first = table.append_column("row", pa.array(np.arange(len(table)))).group_by(["pmcid", "version"])
    kept = first.aggregate([("row", "min")])["row_min"].to_numpy()
    if len(kept) == len(table):
        return table
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
    log.warning("the source lists %d articles again; the first entry of each counts", len(repeated))
    extra = pa.Table.from_pylist([asdict(e) for e in contradictions.values()], _SCHEMA)
    return pa.concat_tables([table.take(pa.array(np.sort(kept))), extra])


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table's rows as one batch, which becomes one row group even if empty."""
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], _SCHEMA)


def _file(block: int) -> str:
    return f"snapshot/blocks-{block // _BLOCKS_A_FILE:05d}.parquet"


def load(work: Folder) -> Snapshot | None:
    """Load the frozen snapshot of a work folder; None if there is none yet."""
    try:
        return sealed.record(work, INFO, _SNAPSHOT.validate_python)
    except FileNotFoundError:
        return None


def read_day(work: Folder) -> str | None:
    """Read day, UTC, on which the snapshot was frozen; None if the work folder does not say."""
    try:
        day = work.read(_DAY, 64).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise DamagedError(f"{work.url}/{_DAY}: is damaged (no day); {sealed.work_way_out(work)}")
    return day


def absent(work: Folder, frozen: Snapshot) -> list[str]:
    """Return PMCIDs that were requested and are not in the source."""
    if not frozen.n_absent:
        return []
    groups = (group for block in range(frozen.n_blocks) for group in read_block(work, block))
    return sorted((g[0].pmcid for g in groups if g[0].version == ABSENT), key=pmcid_number)


def _block_file(work: Folder, block: int) -> io.BytesIO:
    """Open and check the file of a block's entries.

    Raises:
        DamagedError: if it is missing or damaged.
    """
    where = f"{work.url}/{_file(block)}"
    try:
        return io.BytesIO(sealed.without_trailer(work.read(_file(block)), where))
    except FileNotFoundError:
        raise DamagedError(f"{where}: is missing; {sealed.work_way_out(work)}") from None
    except DamagedError as error:
        raise DamagedError(f"{error}; {sealed.work_way_out(work)}") from None


def read_block(work: Folder, block: int) -> list[list[Entry]]:
    """Read the entries of a block: one list per PMCID, in order of PMCID and version."""
    table = pq.ParquetFile(_block_file(work, block)).read_row_group(block % _BLOCKS_A_FILE)
    groups: dict[str, list[Entry]] = {}
    for row in table.to_pylist():
        groups.setdefault(row["pmcid"], []).append(Entry(**row))
    return list(groups.values())
