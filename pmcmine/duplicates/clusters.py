"""Build clusters of near duplicates, representatives and leaks, in parts of bounded size on the launcher's disk.

    edges ─▶ components ─▶ by block: members ─▶ by cluster: rows ─▶ by block: row file, leaks

Memory is that of one part of each step, so that it does not grow with the corpus until a part is larger than what a
step holds anyway (a few million members). One cluster is in one part.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.duplicates.candidates import read_edges, read_signed
from pmcmine.duplicates.cluster_rows import MEMBERS, ROWS, published, rows_of
from pmcmine.duplicates.components import CHUNK, Components
from pmcmine.duplicates.signatures import KINDS
from pmcmine.ids import SPLITS
from pmcmine.io.folder import Folder
from pmcmine.release.plan import Plan
from pmcmine.work.leaks import write_leaks
from pmcmine.work.manifest import RowFile
from pmcmine.work.records import Clusters, write_clusters
from pmcmine.work.rows import Rows
from pmcmine.work.spill import PARTS, Spill, part_of_hash
from schemas.cluster import CLUSTERS

_LEAKING: Final = (0, 1)  # kinds whose clusters keep a figure out of train: images and captions
_COLUMNS: Final = ["kind", "id", "pmcid", "group", "node", "size_rank", "date", "role"]
_ENDS: Final = pa.schema([("node", pa.uint64()), ("block", pa.uint32()), ("similarity", pa.float64())])
_LABELS: Final = pa.schema(
    [
        ("block", pa.uint32()),
        ("kind", pa.uint8()),
        ("node", pa.uint64()),
        ("root", pa.uint64()),
        ("similarity", pa.float64()),
    ]
)


def rows_file(block: int) -> str:
    """Name of a block's cluster rows in the work folder."""
    return f"near/clusters/{block // 1000:03d}/{block:06d}.arrow"


@dataclass(frozen=True)
class _Build:
    """What the steps share.

    Attributes:
        plan: the plan.
        work: the run's work folder.
        scratch: folder for parts.
        counts: counts by name, which the steps add to.
        chunk: edges that are joined in memory.
    """

    plan: Plan
    work: Folder
    scratch: Path
    counts: Counter[str]
    chunk: int

    def spill(self, name: str, schema: pa.Schema) -> Spill:
        """Return a spill in the scratch folder."""
        return Spill(self.scratch, name, schema)

    def part_of_block(self, blocks: Any) -> Any:
        """Return the part of blocks, in their order."""
        return blocks.astype(np.int64) * PARTS // self.plan.n_blocks


def _label(build: _Build, buckets: int) -> Spill:
    """Return the members of clusters by block, each with the cluster's lowest node and its highest similarity."""
    components: dict[int, Components] = {}
    ends: dict[int, Spill] = {}
    for edges in read_edges(build.work, buckets, build.counts):
        kinds = edges["kind"].to_numpy()
        for kind in np.unique(kinds).tolist():
            name = KINDS[kind]
            if kind not in ends:
                components[kind] = Components(build.scratch, name, build.chunk)
                ends[kind] = build.spill(f"{name}-ends", _ENDS)
            a, b, similarity, block_a, block_b = (edges[c].to_numpy()[kinds == kind] for c in edges.column_names[1:])
            components[kind].add(a, b)
            for node, block in ((a, block_a), (b, block_b)):
                ends[kind].add(part_of_hash(node), node, block, similarity)
    out = build.spill("labels", _LABELS)
    for kind, found in sorted(components.items()):
        found.finish()
        _join_labels(build, kind, found, ends[kind], out)
        ends[kind].remove()
        found.remove()
    return out


def _join_labels(build: _Build, kind: int, components: Components, ends: Spill, out: Spill) -> None:
    for parts, rows in ends.pieces():
        rows = rows.sort_by("node")
        if not len(rows):
            continue
        every = rows["node"].to_numpy()
        first = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]]))
        node, block = every[first], rows["block"].to_numpy()[first]
        similarity = np.maximum.reduceat(rows["similarity"].to_numpy(), first)
        named, root = components.read(parts)
        root = root[np.searchsorted(named, node)]  # each end of an edge is in a component
        build.counts[f"nodes_{KINDS[kind]}"] += len(node)
        build.counts[f"clusters_{KINDS[kind]}"] += int((node == root).sum())
        out.add(build.part_of_block(block), block, np.full(len(node), kind, np.uint8), node, root, similarity)


def _by_block(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Yield each block with its rows."""
    if not len(rows):
        return
    rows = rows.sort_by("block")
    blocks, starts = np.unique(rows["block"].to_numpy(), return_index=True)
    for block, start, end in zip(blocks.tolist(), starts.tolist(), [*starts.tolist()[1:], len(rows)], strict=True):
        yield block, rows.slice(start, end - start)


def _members(build: _Build, labels: Spill) -> Spill:
    """Return the members by cluster, with what their signatures say."""
    out = build.spill("members", MEMBERS)
    for _, piece in labels.pieces():
        for block, named in _by_block(piece):
            for signed in read_signed(build.work, block, _COLUMNS):
                _add_members(build, block, named, signed, out)
    return out


def _add_members(build: _Build, block: int, named: pa.Table, signed: pa.Table, out: Spill) -> None:
    kinds, nodes = signed["kind"].to_numpy(), signed["node"].to_numpy()
    named_kinds = named["kind"].to_numpy()
    for kind in np.unique(named_kinds).tolist():
        its = named.filter(pa.array(named_kinds == kind)).sort_by("node")
        known = its["node"].to_numpy()
        at = np.minimum(np.searchsorted(known, nodes), len(known) - 1)
        chosen = np.flatnonzero((kinds == kind) & (known[at] == nodes))
        rows, its = signed.take(pa.array(chosen)), its.take(pa.array(at[chosen]))
        build.counts[f"members_{KINDS[kind]}"] += len(rows)
        root = its["root"].to_numpy()
        columns = (rows[c] for c in ("id", "pmcid", "group", "size_rank", "date", "role"))
        where = np.full(len(rows), block, np.uint32)
        split = _splits(build.plan, rows["pmcid"])
        out.add(part_of_hash(root), rows["kind"], root, rows["node"], its["similarity"], where, *columns, split)


def _splits(plan: Plan, pmcids: pa.ChunkedArray) -> Any:
    """Return the number of the split of each PMCID."""
    names = pmcids.combine_chunks().dictionary_encode()
    numbers = np.array([SPLITS.index(plan.split_of(p)) for p in names.dictionary.to_pylist()], np.uint8)
    return numbers[names.indices.to_numpy()] if len(numbers) else numbers


def _write_block(build: _Build, block: int, rows: pa.Table) -> RowFile:
    """Write the rows and leaks of a block."""
    held = Rows(CLUSTERS)
    table, splits = published(rows)
    for group in table["license_group"].unique().to_pylist():
        for number, split in enumerate(SPLITS):
            ours = table.filter(pc.and_(pc.equal(table["license_group"], group), pc.equal(splits, number)))
            if len(ours):
                held.add_table((group, split), ours)
    leaks: dict[str, tuple[str, str, str]] = {}
    for row in rows.filter(rows["twin"].is_valid()).sort_by("kind").to_pylist():
        if row["kind"] in _LEAKING:
            leaks.setdefault(row["id"], (row["leaks_into"], row["twin"], KINDS[row["kind"]]))
    write_leaks(build.work, block, leaks)
    return held.write(build.work, rows_file(block), replace=True)


def cluster(plan: Plan, work: Folder, buckets: int, chunk: int = CHUNK) -> Clusters:
    """Write the cluster rows and leaks of each block, then the result; return the result.

    Args:
        plan: the plan.
        work: the run's work folder.
        buckets: number of files that edges may lie in.
        chunk: edges that are joined in memory.
    """
    with tempfile.TemporaryDirectory(prefix="pmcmine-clusters-") as scratch:
        build = _Build(plan, work, Path(scratch), Counter(), chunk)
        labels = _label(build, buckets)
        members = _members(build, labels)
        labels.remove()
        rows = build.spill("rows", ROWS)
        for _, piece in members.pieces():
            found = rows_of(piece)
            rows.add(build.part_of_block(found["block"].to_numpy()), *found.columns)
        members.remove()
        blocks: dict[str, RowFile] = {}
        for _, piece in rows.pieces():
            for block, its in _by_block(piece):
                blocks[str(block)] = _write_block(build, block, its)
        for block in range(plan.n_blocks):
            if str(block) not in blocks:
                write_leaks(work, block, {})
    done = Clusters(blocks, dict(sorted(build.counts.items())))
    write_clusters(work, done)
    return done


def with_clusters(plan: Plan, done: Clusters, table_bytes: int) -> Plan:
    """Add the files of the clusters table to the plan."""
    sizes: Counter[tuple[str, str, str]] = Counter()
    for held in done.blocks.values():
        for piece in held.slices:
            sizes["clusters", piece.group, piece.split] += piece.bytes
    files = dict(plan.files) | {key: max(1, -(-n // table_bytes)) for key, n in sizes.items()}
    return replace(plan, files=files)
