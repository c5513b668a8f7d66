"""Freeze a snapshot: a list of article versions, grouped into blocks."""

from __future__ import annotations

import io
import math
import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from pmcmine.errors import DamagedError, SourceError
from pmcmine.ids import pmcid_number
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.facts import Snapshot
from pmcmine.sources.base import ABSENT, Entry
from pmcmine.work.listing import ENTRIES, Listing

INFO = "snapshot/snapshot.json"
_DAY = "snapshot/day.txt"
_BLOCKS_A_FILE = 256
_SNAPSHOT = TypeAdapter(Snapshot)


def n_blocks_for(n_pmcids: int, block_articles: int) -> int:
    """Compute the number of blocks.

    Blocks hold about `block_articles`. There is at least one block per 8 articles up to 16, so that small corpora also
    resume and run in parallel.
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
    """Write a snapshot into the work folder; it is valid once its info file exists.

    Args:
        entries: all article versions.
        kind: kind of the source.
        limit: at most this many PMCIDs.
        block_articles: PMCIDs per block.
        work: the run's work folder.
        n_blocks: number of blocks of an earlier snapshot, to keep it.
        asked: requested PMCIDs; one without an entry gets an entry that says so.

    A version that is listed twice keeps its first entry; another one with other content becomes a ledger row.

    Raises:
        SourceError: if there is no article at all.
    """
    with tempfile.TemporaryDirectory(prefix="pmcmine-snapshot-") as scratch:
        listing = Listing(Path(scratch), entries, asked)
        absent = sorted(set(asked) - listing.found, key=pmcid_number)
        if not listing.n_pmcids and not absent:
            raise SourceError("the source lists no articles")
        if limit is not None and limit < listing.n_pmcids:
            listing.keep(limit)
        listing.add(pa.Table.from_pylist([asdict(Entry(p, ABSENT, "", "absent")) for p in absent], ENTRIES))
        n_blocks = n_blocks or n_blocks_for(listing.n_pmcids, block_articles)
        snapshot = Snapshot(listing.digest(), kind, listing.n_rows, listing.n_pmcids, n_blocks, len(absent))
        for first, blocks in listing.blocks(n_blocks, _BLOCKS_A_FILE):
            sink = pa.BufferOutputStream()
            with pq.ParquetWriter(sink, ENTRIES, compression="zstd") as writer:
                for rows in blocks:
                    writer.write_batch(_one_batch(rows))
            data = sink.getvalue().to_pybytes()
            work.write(_file(first), data + sealed.trailer(data), replace=True)
    work.write(_DAY, datetime.now(UTC).date().isoformat().encode(), replace=True)
    work.write(INFO, sealed.to_bytes(asdict(snapshot)))
    return snapshot


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table's rows as one batch, which becomes one row group even if empty."""
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], ENTRIES)


def _file(block: int) -> str:
    return f"snapshot/blocks-{block // _BLOCKS_A_FILE:05d}.parquet"


def load(work: Folder) -> Snapshot | None:
    """Load the frozen snapshot of a work folder; None if there is none yet."""
    try:
        return sealed.record(work, INFO, _SNAPSHOT.validate_python)
    except FileNotFoundError:
        return None


def read_day(work: Folder) -> str | None:
    """Return the day, UTC, of the snapshot; None if the work folder does not state it."""
    try:
        day = work.read(_DAY, 64).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise DamagedError(f"{work.url}/{_DAY}: is damaged (no day); {sealed.work_way_out(work)}")
    return day


def absent(work: Folder, frozen: Snapshot) -> list[str]:
    """Return the requested PMCIDs that are not in the source."""
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
