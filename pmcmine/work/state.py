"""Manage `state/` of a release: the facts that an update needs about articles that it does not read again.

It is partitioned like the snapshot: part n holds the articles of block n, in three Arrow files. `ledger` has a row per
PMCID: its versions with their ETags, its counts, its rejects; `index` a row per staged sample: hashes of its bytes;
`near` the signatures for near duplicates, with their bytes in `near.bin`. Results of checked pairs are in `pairs`
(`pmcmine.work.pairs`), and figures that leak because of a near duplicate in `leaks`. Samples that were left out of
train are kept in `state/left-out/`, because the items that they leak into may be withdrawn.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import pyarrow as pa
import pyarrow.compute

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.rejects import parse_count_key
from pmcmine.release.layout import WAY_OUT, FileEntry, in_release, read_checked, release_folder
from pmcmine.release.old_names import RENAMED, rows_today
from pmcmine.work.columns import INDEX_SCHEMA, LEDGER_SCHEMA
from pmcmine.work.columns import SCHEMA as SIGNATURES
from pmcmine.work.delta import DELTA, read_superseded
from pmcmine.work.leaks import keep_leaks
from pmcmine.work.manifest import Counted, parts_of
from pmcmine.work.packs import PackReader
from pmcmine.work.pairs import keep_pairs
from pmcmine.work.records import write_file_list
from pmcmine.work.rows import give_up, read_arrow, set_column
from pmcmine.work.state_file import state_entries

STATE: Final = "state"
LEFT_OUT: Final = "state/left-out"
_SUMS: Final = b"sums"  # in the metadata of a ledger: counts, rejects and rows of all its PMCIDs
_KINDS: Final = {"ledger": LEDGER_SCHEMA, "index": INDEX_SCHEMA, "near": SIGNATURES}


def part_file(kind: str, block: int) -> str:
    """Return the path of a part's file: ledger, index, near or pairs, or `bin` for the bytes of the signatures."""
    suffix = "near.bin" if kind == "bin" else f"{kind}.arrow"
    return f"{STATE}/{block // 1000:03d}/{block:06d}.{suffix}"


def state_record(block: int) -> str:
    """Return the name of a part's manifest line in the work folder."""
    return f"assembled/{STATE}/{block:06d}.json"


def read_part(release: Folder, kind: str, block: int, superseded: frozenset[str] = frozenset()) -> pa.Table:
    """Read the rows of a part without those of superseded PMCIDs; empty if the release has no such part."""
    entry = state_entries(release).get(part_file(kind, block))
    if entry is None:
        return _KINDS[kind].empty_table()
    try:
        table = sealed.open_arrow(read_checked(release, entry), f"{release.url}/{entry.name}").read_all()
        table = table.cast(_KINDS[kind])
    except pa.ArrowException as error:
        raise DamagedError(f"{release.url}/{entry.name}: is damaged ({type(error).__name__}); {WAY_OUT}") from None
    if kind == "ledger":
        table = _with_names_of_today(table)
    if not superseded:
        return table
    gone = pa.array(sorted(superseded), pa.string())
    return table.filter(pa.compute.invert(pa.compute.is_in(table["pmcid"], value_set=gone)))


def _with_names_of_today(ledger: pa.Table) -> pa.Table:
    """Rename old tables in the rows of a ledger; hardly any ledger has some."""
    rows = ledger["rows"]
    if not any(pa.compute.any(pa.compute.match_substring(rows, f'"{old}"')).as_py() for old in RENAMED["tables"]):
        return ledger
    named = [json.dumps(rows_today(json.loads(row))) for row in rows.to_pylist()]
    return set_column(ledger, "rows", pa.array(named, pa.string()))


def old_part(work: Folder, kind: str, block: int) -> pa.Table:
    """Read the rows of a part of the old release that are still valid; empty outside updates."""
    if not work.exists(DELTA):
        return _KINDS[kind].empty_table()
    return read_part(release_folder(work), kind, block, read_superseded(work, block))


def new_parts(work: Folder, kind: str, block: int) -> Iterator[pa.Table]:
    """Yield the mined rows of a block; none if it was not mined."""
    for part in parts_of(work, block):
        yield read_arrow(work, {"ledger": part.ledger, "index": part.index, "near": part.near}[kind]).read_all()


def reject_reasons(rejects: str) -> set[str]:
    """Return the reasons of the rejects of a ledger row."""
    if rejects == "{}":  # the common case
        return set()
    return {parse_count_key(key)[2] for key in json.loads(rejects)}


def ledger_counts(rows: pa.Table) -> Counted:
    """Sum the ledger over all PMCIDs."""
    counts, rejects, held = (_added_up(rows[name]) for name in ("counts", "rejects", "rows"))
    held.pop("tombstones", None)  # counted separately: some belong to removed articles
    return Counted(counts, rejects, held)


def old_counts(work: Folder, block: int) -> Counted:
    """Sum the ledger over the PMCIDs of a block of the old release that are still valid.

    If all of them are, the sums are stored in the file.
    """
    release = release_folder(work)
    entry = state_entries(release).get(part_file("ledger", block))
    if entry is not None and not read_superseded(work, block):
        held = sealed.open_arrow(read_checked(release, entry), f"{release.url}/{entry.name}").schema.metadata or {}
        if _SUMS in held:
            counts, rejects, rows = json.loads(held[_SUMS])
            return Counted(counts, rejects, rows_today(rows))
    return ledger_counts(old_part(work, "ledger", block))


def _added_up(column: pa.ChunkedArray) -> dict[str, int]:
    """Sum JSON objects of numbers, many of which have the same text."""
    found = pa.compute.value_counts(column)
    texts, times = (found.field(name).to_pylist() for name in ("values", "counts"))
    sums: dict[str, int] = {}
    for each, n in zip(json.loads(f"[{','.join(texts)}]"), times, strict=True):
        for key, value in each.items():
            sums[key] = sums.get(key, 0) + n * value
    return sums


def write_part(block: int, work: Folder, out: Folder) -> int:
    """Write part `block` of the state unless it is written: the valid rows of the old part, and the mined rows.

    Args:
        block: number of the part.
        work: the run's work folder.
        out: output folder for files of the release: the release, or the folder in which an update collects them.
    """
    keep_pairs(block, work, out)
    keep_leaks(block, work, out)
    if sealed.read_or_none(work, state_record(block)) is not None:
        return block
    if work.exists(DELTA) and not read_superseded(work, block):
        return block  # the old part stays
    files: list[FileEntry] = []
    packs = PackReader(work)
    same = not work.exists(DELTA)  # an update writes into its work folder
    with out.create(part_file("bin", block), replace=True, same=same) as (stream, _):
        digest, at = sha256(), 0
        near = []
        for table in (old_part(work, "near", block), *new_parts(work, "near", block)):
            places = []
            sums = table["crc32"].to_pylist() if "crc32" in table.schema.names else [0] * len(table)
            where = (table[c].to_pylist() for c in ("pack", "offset", "size"))
            for pack, offset, size, crc in zip(*where, sums, strict=True):
                data = packs.read(pack, offset, size)
                if crc and zlib.crc32(data) != crc:
                    raise give_up(work, pack, f"{pack}: a signature is damaged there")
                stream.write(data)
                digest.update(data)
                places.append(at)
                at += size
            pack = pa.array([in_release(part_file("bin", block))] * len(table), pa.string())
            near.append(set_column(set_column(table, "offset", pa.array(places, pa.int64())), "pack", pack))
    packs.close()
    files.append(FileEntry(part_file("bin", block), at, digest.hexdigest()))
    for kind, schema in _KINDS.items():
        tables = near if kind == "near" else [old_part(work, kind, block), *new_parts(work, kind, block)]
        rows = pa.concat_tables([t.select(schema.names).cast(schema) for t in tables]).combine_chunks()
        if kind == "index":  # packs are temporary: their names must not get into a release
            rows = set_column(rows, "pack", pa.array([""] * len(rows), pa.string()))
        if kind == "ledger":
            sums = ledger_counts(rows)
            schema = schema.with_metadata({_SUMS: json.dumps([sums.counts, sums.rejects, sums.rows], sort_keys=True)})
        data = sealed.arrow_bytes(schema, [rows.combine_chunks()])
        with out.create(part_file(kind, block), replace=True, same=same) as (stream, _):
            stream.write(data)
        files.append(FileEntry(part_file(kind, block), len(data), sha256(data).hexdigest()))
    write_file_list(work, state_record(block), files)
    return block
