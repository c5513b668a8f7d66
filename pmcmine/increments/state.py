"""`state/` of a release: what an update has to know of articles that it does not read again.

It is cut like the snapshot: part n holds the articles of block n, in three Arrow files. `ledger` has a row a PMCID: its
versions with their ETags, its counts, its rejects; `index` a row a staged sample: what its bytes are; `near` the
signatures that near duplicates are found by, with their bytes in `near.bin`. Samples that were left out of train are
kept in `state/left-out/`, for what they leak into may be withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa

from pmcmine.assemble.shards import PackReader
from pmcmine.block import INDEX_SCHEMA, LEDGER_SCHEMA, read_manifest
from pmcmine.duplicates.signatures import SCHEMA as SIGNATURES
from pmcmine.errors import ReleaseError
from pmcmine.increments.delta import DELTA, read_dead
from pmcmine.release import in_release, release_folder
from pmcmine.rowfiles import set_column, write_arrow
from pmcmine.storage import Folder

STATE: Final = "state"
STATE_FILE: Final = "state/state.json"
LEFT_OUT: Final = "state/left-out"
_KINDS: Final = {"ledger": LEDGER_SCHEMA, "index": INDEX_SCHEMA, "near": SIGNATURES}


def part_file(kind: str, block: int) -> str:
    """Path of a part's file in the release: ledger, index or near, or `bin` for the bytes of the signatures."""
    suffix = "near.bin" if kind == "bin" else f"{kind}.arrow"
    return f"{STATE}/{block // 1000:03d}/{block:06d}.{suffix}"


def state_record(block: int) -> str:
    """Name of a part's manifest line in the work folder."""
    return f"assembled/{STATE}/{block:06d}.json"


def read_part(release: Folder, kind: str, block: int, dead: frozenset[str] = frozenset()) -> pa.Table:
    """Rows of a part without those of PMCIDs that are read anew; empty where the release has no such part."""
    try:
        with release.open(part_file(kind, block)) as stream:
            table = pa.ipc.open_file(stream).read_all()
    except FileNotFoundError:
        return _KINDS[kind].empty_table()
    if not dead:
        return table
    return table.filter(pa.array([p not in dead for p in table["pmcid"].to_pylist()], pa.bool_()))


def old_part(work: Folder, kind: str, block: int) -> pa.Table:
    """What of a part of the release that an update starts from still stands; empty where no update runs."""
    if not work.exists(DELTA):
        return _KINDS[kind].empty_table()
    return read_part(release_folder(work), kind, block, read_dead(work, block))


def new_parts(work: Folder, kind: str, block: int) -> Iterator[pa.Table]:
    """Rows of what was mined in a block; nothing where it was not."""
    manifest = read_manifest(work, block)
    for part in manifest["parts"] if manifest else ():
        with work.open(part[kind]) as stream:
            yield pa.ipc.open_file(stream).read_all()


def ledger_counts(rows: pa.Table) -> Iterator[Mapping[str, Any]]:
    """What the ledger says of each PMCID, in the form of a part's entry of a manifest."""
    for row in rows.select(["counts", "rejects", "rows"]).to_pylist():
        held = json.loads(row["rows"])
        held.pop("tombstones", None)  # these are counted by themselves: some are of articles that are gone
        tables = {name: {"slices": [{"rows": n}]} for name, n in held.items()}
        yield {"counts": json.loads(row["counts"]), "rejects": json.loads(row["rejects"]), "tables": tables}


def write_part(block: int, work: Folder, out: Folder) -> int:
    """Write part `block` of the state unless it is written: what stands of the old one, and what was mined.

    Args:
        block: number of the part.
        work: the run's work folder.
        out: where files of the release are written: the release, or where an update gathers them.
    """
    if work.exists(state_record(block)):
        return block
    if work.exists(DELTA) and not read_dead(work, block):
        return block  # the old part stays
    files = []
    packs = PackReader(work)
    same = not work.exists(DELTA)  # an update writes into its work folder
    with out.create(part_file("bin", block), replace=True, same=same) as (stream, _):
        digest, at = sha256(), 0
        near = []
        for table in (old_part(work, "near", block), *new_parts(work, "near", block)):
            places = []
            for pack, offset, size in zip(*(table[c].to_pylist() for c in ("pack", "offset", "size")), strict=True):
                data = packs.read(pack, offset, size)
                stream.write(data)
                digest.update(data)
                places.append(at)
                at += size
            pack = pa.array([in_release(part_file("bin", block))] * len(table), pa.string())
            near.append(set_column(set_column(table, "offset", pa.array(places, pa.int64())), "pack", pack))
    packs.close()
    files.append({"name": part_file("bin", block), "bytes": at, "sha256": digest.hexdigest()})
    for kind, schema in _KINDS.items():
        tables = near if kind == "near" else [old_part(work, kind, block), *new_parts(work, kind, block)]
        rows = pa.concat_tables([t.cast(schema) for t in tables]).combine_chunks()
        if kind == "index":  # packs are scratch: no name of one gets into a release
            rows = set_column(rows, "pack", pa.array([""] * len(rows), pa.string()))
        write_arrow(out, part_file(kind, block), schema, [rows.combine_chunks()], replace=True, same=same)
        data = out.read(part_file(kind, block))
        files.append({"name": part_file(kind, block), "bytes": len(data), "sha256": sha256(data).hexdigest()})
    work.write(state_record(block), json.dumps(files).encode(), replace=True)
    return block


def read_state(release: Folder) -> dict[str, Any]:
    """What `state.json` says: the plan of the release, the number of parts, and all files of the state.

    Raises:
        ReleaseError: where the release has no state.
    """
    try:
        found: dict[str, Any] = json.loads(release.read(STATE_FILE))
    except FileNotFoundError:
        raise ReleaseError(
            f"{release.url}: no {STATE_FILE}; it was mined without state (keep_state) or published: mine it anew"
        ) from None
    return found
