"""Memory of the steps that the launcher does alone: the snapshot, clusters of near duplicates, records of shards."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.duplicates.candidates import EDGES, edge_file
from pmcmine.duplicates.shingles import mix
from pmcmine.io.folder import Folder
from pmcmine.release.plan import SHARDS
from pmcmine.work.columns import SCHEMA
from pmcmine.work.manifest import Manifest, Part, write_manifest
from pmcmine.work.records import ShardRecord, write_shard_record
from pmcmine.work.rows import write_arrow

_BLOCK: Final = 50_000  # signatures of a block; one in PMC has about 8,000
_SHARD: Final = 20_000  # samples of a shard
_FIGURES: Final = 5  # of an article
_BIG: Final = 100  # one member in so many is of the one large cluster
_CHILD: Final = """
import json, sys, time
from pathlib import Path
from pmcmine.duplicates.clusters import cluster
from pmcmine.io.folder import Folder
from pmcmine.release.plan import Plan
from pmcmine.run.finish import shard_records
from pmcmine.sources.base import Entry
from pmcmine.work.snapshot import freeze

work, blocks, rows = Folder(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
plan = Plan(blocks, {}, {("commercial", "train"): 1}, {}, {}, 0)
peaks, seconds = {}, {}

def measured(step, action):
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")  # forget the peak so far
    begun = time.process_time()
    found = action()
    seconds[step] = round(time.process_time() - begun, 1)
    with open("/proc/self/status") as lines:
        peaks[step] = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024
    return found

measured("before", lambda: None)
entries = (Entry(f"PMC{n}", 1, f"PMC{n}.1", f"{n:032x}", "") for n in range(1, rows + 1))
frozen = measured("snapshot", lambda: freeze(entries, "folder", None, 200, work.child("frozen")))
done = measured("clusters", lambda: cluster(plan, work, blocks))
records = measured("records", lambda: shard_records(work, "shards"))
print(json.dumps({
    "articles": frozen.n_pmcids, "members": done.counts["members_image"], "clusters": done.counts["clusters_image"],
    "samples": sum(r.rows for r in records), "peak_mb": peaks, "cpu_s": seconds}))
"""


def write_signatures(work: Folder, block: int, rows: pa.Table) -> None:
    """Commit a block that has nothing but signatures."""
    home = f"blocks/{block // 1000:03d}/{block:06d}/a-p0"
    write_arrow(work, f"{home}/near.arrow", SCHEMA, [rows.combine_chunks()])
    part = Part(home, f"{home}/index.arrow", f"{home}/near.arrow", f"{home}/ledger.arrow", {}, (), {}, {})
    write_manifest(work, Manifest(block, "a", (part,)))


def write_edge_file(work: Folder, bucket: int, columns: list[Any]) -> None:
    """Write the edges of a bucket: kind, both nodes, similarity, both blocks."""
    rows = pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, EDGES, strict=True)], schema=EDGES)
    write_arrow(work, edge_file(bucket), EDGES.with_metadata({"counts": json.dumps({})}), [rows])


def _signatures(numbers: Any) -> pa.Table:
    """Return the signatures of members by their numbers."""
    article = pc.binary_join_element_wise("PMC", pc.cast(pa.array(numbers // _FIGURES + 1), pa.string()), "")
    figure = pc.cast(pa.array(numbers % _FIGURES), pa.string())
    n = len(numbers)
    values = {
        "kind": np.zeros(n, np.uint8),
        "id": pc.binary_join_element_wise(article, ".1/fig", figure, ""),
        "pmcid": article,
        "group": pa.array(["commercial", "noncommercial"]).take(pa.array(numbers // _FIGURES % 2)),
        "node": _nodes(numbers),
        "digest": _nodes(numbers),
        "keys": pa.array([[]] * n, pa.list_(pa.uint64())),
        "size_rank": numbers % 997,
        "date": np.full(n, 20_200_101),
        "role": np.zeros(n, np.uint8),
        "pack": pa.array([""] * n),
        "offset": np.zeros(n, np.int64),
        "size": np.zeros(n, np.int32),
    }
    return pa.Table.from_arrays([pa.array(values[f.name], f.type) for f in SCHEMA], schema=SCHEMA)


def _nodes(numbers: Any) -> Any:
    return mix(numbers.astype(np.uint64) + np.uint64(1))


def write_work(folder: Path, rows: int) -> int:
    """Write a work folder in which each signature is of a cluster of three, or of a large one; the number of blocks."""
    work = Folder(str(folder))
    n_blocks = -(-rows // _BLOCK)
    for block in range(n_blocks):
        write_signatures(work, block, _signatures(np.arange(block * _BLOCK, min(rows, (block + 1) * _BLOCK))))
    order = np.random.Generator(np.random.PCG64(1)).permutation(rows)  # so that clusters lie across the blocks
    big, small = order[: rows // _BIG], order[rows // _BIG :]
    joined = np.arange(len(small) - 1) % 3 < 2
    a = np.concatenate([big[:-1], small[:-1][joined]])
    b = np.concatenate([big[1:], small[1:][joined]])
    bucket = np.minimum(_nodes(a), _nodes(b)) % np.uint64(n_blocks)
    for number in range(n_blocks):
        x, y = a[bucket == number], b[bucket == number]
        columns = [np.zeros(len(x), np.uint8), _nodes(x), _nodes(y), np.full(len(x), 0.97), x // _BLOCK, y // _BLOCK]
        write_edge_file(work, number, columns)
    for shard, first in enumerate(range(0, rows, _SHARD)):
        places = tuple((f"PMC{n}.1/fig1", n * 100_000, 100_000) for n in range(first, min(rows, first + _SHARD)))
        name = f"{SHARDS}/commercial/train/000/train-{shard:05d}-of-{-(-rows // _SHARD):05d}.tar"
        write_shard_record(work, ShardRecord(name, "0" * 64, 1, len(places), places=places))
    return n_blocks


def launcher(data: Path | None, rows: int = 100_000) -> dict[str, Any]:
    """Peak memory of the launcher for `rows` articles, members of clusters and samples, to that for a tenth of them."""
    found: dict[int, dict[str, Any]] = {}
    for n in (rows // 10, rows):
        with tempfile.TemporaryDirectory() as folder:
            blocks = write_work(Path(folder), n)
            child = [sys.executable, "-c", _CHILD, folder, str(blocks), str(n)]
            found[n] = json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True).stdout)
        print(f"{n:>9} {json.dumps(found[n])}", file=sys.stderr, flush=True)
    ours, tenth = found[rows]["peak_mb"], found[rows // 10]["peak_mb"]
    return {"rows": found, "peak_to_a_tenth": {step: round(n / tenth[step], 2) for step, n in ours.items()}}
