"""Build clusters of near duplicates, representatives and leaks: connected components over the edges on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pmcmine.duplicates.candidates import read_edges, read_signed
from pmcmine.duplicates.signatures import KINDS, ROLES
from pmcmine.ids import SPLITS
from pmcmine.io.folder import Folder
from pmcmine.release.plan import Plan
from pmcmine.work.leaks import write_leaks
from pmcmine.work.manifest import RowFile
from pmcmine.work.records import Clusters, write_clusters
from pmcmine.work.rows import Rows
from schemas.cluster import CLUSTERS, Cluster

GROUPS: Final = ("commercial", "noncommercial", "other")
_LEAKING: Final = (0, 1)  # kinds whose clusters keep a figure out of train: images and captions
_COLUMNS: Final = ["kind", "id", "pmcid", "group", "node", "size_rank", "date", "role"]


@dataclass(frozen=True)
class Components:
    """Members of clusters of one kind, in order of node.

    Attributes:
        nodes: uint64.
        component: int64, number of each node's cluster.
        similarity: float64, to the member most alike.
        count: clusters.
    """

    nodes: Any
    component: Any
    similarity: Any
    count: int


def rows_file(block: int) -> str:
    """Name of a block's cluster rows in the work folder."""
    return f"near/clusters/{block // 1000:03d}/{block:06d}.arrow"


def components(a: Any, b: Any, similarity: Any) -> Components:
    """Find connected components of edges with SciPy.

    Args:
        a: nodes, uint64.
        b: nodes, uint64.
        similarity: of each edge.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    i, j = places[: len(a)], places[len(a) :]
    graph = coo_array((np.ones(len(a), np.int8), (i, j)), shape=(len(nodes), len(nodes)))
    count, component = connected_components(graph, directed=False)
    best = np.zeros(len(nodes))
    np.maximum.at(best, i, similarity)
    np.maximum.at(best, j, similarity)
    return Components(nodes, component.astype(np.int64), best, int(count))


def _components(edges: pa.Table) -> dict[int, Components]:
    kinds = edges["kind"].to_numpy()
    a, b, similarity = (edges[c].to_numpy() for c in ("a", "b", "similarity"))
    return {
        int(kind): components(a[kinds == kind], b[kinds == kind], similarity[kinds == kind])
        for kind in np.unique(kinds)
    }


@dataclass
class _Summary:
    """What is known of the clusters of one kind once all members were seen."""

    found: Components
    rank: Any  # structured array: the lowest wins
    best: list[tuple[str, str, int]]  # id, PMCID and role of each cluster's representative
    splits: Any  # bits of the splits that a cluster is in
    twins: dict[tuple[int, int], tuple[int, str]]  # (cluster, split) → node and id of the lowest member there
    sizes: Any


_RANK: Final = np.dtype([("group", "i1"), ("size", "i8"), ("date", "i4"), ("node", "u8")])
_WORST: Final = np.array([(9, 0, 99_999_999, (1 << 64) - 1)], _RANK)[0]


def _summary(found: Components) -> _Summary:
    return _Summary(
        found,
        np.full(found.count, _WORST, _RANK),
        [("", "", 0)] * found.count,
        np.zeros(found.count, np.uint8),
        {},
        np.zeros(found.count, np.int64),
    )


def _members(summaries: Mapping[int, _Summary], work: Folder, block: int) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield (row, its kind, its place among the kind's nodes) of a block's members of clusters."""
    for table in read_signed(work, block, _COLUMNS):
        kinds, nodes = table["kind"].to_numpy(), table["node"].to_numpy()
        for kind, summary in sorted(summaries.items()):
            known = summary.found.nodes
            at = np.minimum(np.searchsorted(known, nodes), len(known) - 1)
            chosen = np.flatnonzero((kinds == kind) & (known[at] == nodes))
            for row, place in zip(table.take(pa.array(chosen)).to_pylist(), at[chosen].tolist(), strict=True):
                yield row, kind, place


def _count(summary: _Summary, row: dict[str, Any], place: int, split: str) -> None:
    cluster = int(summary.found.component[place])
    summary.sizes[cluster] += 1
    group = GROUPS.index(row["group"]) if row["group"] in GROUPS else len(GROUPS)
    rank = (group, -row["size_rank"], row["date"], row["node"])
    if rank < tuple(summary.rank[cluster].item()):
        summary.rank[cluster] = rank
        summary.best[cluster] = (row["id"], row["pmcid"], row["role"])
    number = SPLITS.index(split)
    summary.splits[cluster] |= 1 << number
    if number:
        known = summary.twins.get((cluster, number))
        if known is None or row["node"] < known[0]:
            summary.twins[cluster, number] = (row["node"], row["id"])


def _relation(row: dict[str, Any], best: tuple[str, str, int]) -> str:
    if row["id"] == best[0]:
        return "itself"
    roles = {ROLES[row["role"]], ROLES[best[2]]} - {""}
    if row["pmcid"] == best[1]:
        return "graphical_abstract" if "graphical_abstract" in roles else "same_article"
    for role in ("correction", "preprint"):
        if role in roles:
            return role
    return "other_article"


def _leak(summary: _Summary, cluster: int, split: str) -> tuple[str, str] | None:
    """(split, twin) of a train member whose cluster reaches into test or validation."""
    if split != "train":
        return None
    for number in (2, 1):
        if summary.splits[cluster] & (1 << number):
            return SPLITS[number], summary.twins[cluster, number][1]
    return None


def _row(row: dict[str, Any], kind: int, place: int, summary: _Summary, split: str) -> Cluster:
    cluster = int(summary.found.component[place])
    best = summary.best[cluster]
    leak = _leak(summary, cluster, split)
    return Cluster(
        row_id=f"{KINDS[kind]}/{row['id']}",
        cluster_id=f"{KINDS[kind]}/{best[0]}",
        kind=KINDS[kind],
        member_id=row["id"],
        pmcid=row["pmcid"],
        size=int(summary.sizes[cluster]),
        representative=row["id"] == best[0],
        similarity=float(summary.found.similarity[place]),
        relation=_relation(row, best),
        leaks_into=leak[0] if leak else None,
        license_group=row["group"],
    )


def cluster(plan: Plan, work: Folder, buckets: int) -> Clusters:
    """Write the cluster rows and leaks of each block, then the result; return the result.

    In memory are the nodes of clusters, about 80 bytes each, and one id a cluster; members that are in none are not.
    """
    edges, counts = read_edges(work, buckets)
    summaries = {kind: _summary(found) for kind, found in _components(edges).items()}
    for block in range(plan.n_blocks):
        for row, kind, place in _members(summaries, work, block):
            _count(summaries[kind], row, place, plan.split_of(row["pmcid"]))
    blocks: dict[str, RowFile] = {}
    for block in range(plan.n_blocks):
        rows: list[Cluster] = []
        leaks: dict[str, tuple[str, str, str]] = {}
        for row, kind, place in _members(summaries, work, block):
            split = plan.split_of(row["pmcid"])
            rows.append(_row(row, kind, place, summaries[kind], split))
            leak = _leak(summaries[kind], int(summaries[kind].found.component[place]), split)
            if leak is not None and kind in _LEAKING:
                leaks.setdefault(row["id"], (*leak, KINDS[kind]))
            counts[f"members_{KINDS[kind]}"] += 1
        if rows:
            rows.sort(key=lambda r: (r.pmcid, r.row_id))
            held = Rows(CLUSTERS)
            for found in rows:
                held.add((found.license_group, plan.split_of(found.pmcid)), [found])
            blocks[str(block)] = held.write(work, rows_file(block), replace=True)
        write_leaks(work, block, leaks)
    for kind, summary in summaries.items():
        counts[f"nodes_{KINDS[kind]}"] = len(summary.found.nodes)
        counts[f"clusters_{KINDS[kind]}"] = summary.found.count
    done = Clusters(blocks, dict(sorted(counts.items())))
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
