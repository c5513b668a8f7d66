"""Connected components of edges that need not fit into memory.

Edges are joined chunk by chunk (SciPy), which leaves a star for each component of a chunk. Stars of several chunks are
merged in rounds over files, as on a cluster (large-star and small-star, Kiveris et al. 2014): each round links the
neighbours of a node to the lowest of them. Components that are whole stars then are set aside, and once those that are
left fit into a chunk, they are joined in memory. A round holds some parts of the nodes at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pmcmine.work.spill import Spill, part_of_hash

CHUNK: Final = 1 << 19  # edges joined in memory
_EDGES: Final = pa.schema([("node", pa.uint64()), ("other", pa.uint64())])
_LEAVES: Final = pa.schema([("root", pa.uint64()), ("child", pa.uint64()), ("leaf", pa.bool_())])


class Components:
    """Components of the edges of one kind; each is named by its lowest node.

    Args:
        folder: a scratch folder.
        name: of files in it.
        chunk: edges joined in memory.
    """

    def __init__(self, folder: Path, name: str, chunk: int = CHUNK) -> None:
        self._folder, self._name, self._chunk = folder, name, chunk
        self._held: list[tuple[Any, Any]] = []
        self._n_held = self._n_chunks = self._n_edges = self._n_spills = 0
        self._stars = self._spill()

    def _spill(self, schema: pa.Schema = _EDGES) -> Spill:
        self._n_spills += 1
        return Spill(self._folder, f"{self._name}-{self._n_spills}", schema)

    def add(self, a: Any, b: Any) -> None:
        """Add edges, uint64 each."""
        self._held.append((a, b))
        self._n_held += len(a)
        if self._n_held >= self._chunk:
            self._join()

    def _join(self) -> None:
        a, b = _stars_of(*(np.concatenate(side) for side in zip(*self._held, strict=True)))
        _add_both(self._stars, a, b)
        self._held, self._n_held = [], 0
        self._n_edges += len(a)
        self._n_chunks += 1

    def finish(self) -> None:
        """Merge what was added; then `read` may be called."""
        if self._held:
            self._join()
        if self._n_chunks < 2:
            return
        whole = self._spill()
        while self._n_edges > self._chunk:
            linked, after = self._spill(), self._spill()
            _large_star(self._stars, linked)
            self._stars.remove()
            _small_star(linked, after)
            linked.remove()
            self._set_aside(after, whole)
        edges = [_sorted_pairs(rows) for _, rows in self._stars.pieces()]
        self._stars.remove()
        _add_both(whole, *_stars_of(*(np.concatenate(side) for side in zip(*edges, strict=True))))
        self._stars = whole

    def _set_aside(self, linked: Spill, whole: Spill) -> None:
        """Move the components that are stars, with the lowest node in the middle, to `whole`."""
        self._stars, self._n_edges, leaves = self._spill(), 0, self._spill(_LEAVES)
        for _, rows in linked.pieces():
            node, other = _sorted_pairs(rows)
            first = _firsts(node)
            sizes = np.diff(np.append(first, len(node)))
            down = node > other
            leaf = np.repeat((sizes == 1) & down[first], sizes)
            leaves.add(part_of_hash(other[down]), other[down], node[down], leaf[down])
        for parts, rows in linked.pieces():
            node, other = _sorted_pairs(rows)
            below = np.unique(node[node > other])  # these have a lower neighbour
            held = leaves.read(parts).sort_by("root")
            root, child = held["root"].to_numpy(), held["child"].to_numpy()
            first = _firsts(root)
            if not len(first):
                continue
            star = np.logical_and.reduceat(held["leaf"].to_numpy(), first) & ~np.isin(root[first], below)
            done = np.repeat(star, np.diff(np.append(first, len(root))))
            _add_both(whole, child[done], root[done])
            _add_both(self._stars, child[~done], root[~done])
            self._n_edges += int((~done).sum())
        linked.remove()
        leaves.remove()

    def remove(self) -> None:
        """Forget all edges."""
        self._stars.remove()

    def read(self, parts: range) -> tuple[Any, Any]:
        """Return the nodes of some parts, sorted, and the lowest node of each one's component."""
        node, other = _sorted_pairs(self._stars.read(parts))
        first = _firsts(node)
        return node[first], np.minimum(node[first], other[first])


def _stars_of(a: Any, b: Any) -> tuple[Any, Any]:
    """Return an edge from each node to the lowest of its component, but for that one itself."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    ends = (places[: len(a)], places[len(a) :])
    graph = coo_array((np.ones(len(a), np.int8), ends), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=False)
    _, lowest = np.unique(component, return_index=True)
    roots = nodes[lowest][component]
    others = nodes != roots
    return nodes[others], roots[others]


def _add_both(spill: Spill, a: Any, b: Any) -> None:
    spill.add(part_of_hash(a), a, b)
    spill.add(part_of_hash(b), b, a)


def _sorted_pairs(rows: pa.Table) -> tuple[Any, Any]:
    """Return the different pairs of some parts in their order."""
    node, other = rows["node"].to_numpy(), rows["other"].to_numpy()
    order = np.lexsort((other, node))
    node, other = node[order], other[order]
    new = np.ones(len(node), np.bool_)
    new[1:] = (node[1:] != node[:-1]) | (other[1:] != other[:-1])
    return node[new], other[new]


def _firsts(values: Any) -> Any:
    """Return where each run of equal values begins."""
    return np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])) if len(values) else np.zeros(0, np.int64)


def _large_star(both: Spill, out: Spill) -> None:
    """Link the neighbours above each node to the lowest of node and neighbours."""
    for _, rows in both.pieces():
        node, other = _sorted_pairs(rows)
        first = _firsts(node)
        lowest = np.repeat(np.minimum(node[first], other[first]), np.diff(np.append(first, len(node))))
        up = other > node
        out.add(part_of_hash(other[up]), other[up], lowest[up])


def _small_star(linked: Spill, out: Spill) -> None:
    """Link each node and its neighbours, which are all below it, to the lowest of them."""
    for _, rows in linked.pieces():
        node, other = _sorted_pairs(rows)
        first = _firsts(node)
        lowest = np.repeat(other[first], np.diff(np.append(first, len(node))))
        further = other != lowest
        _add_both(out, np.concatenate([node[first], other[further]]), np.concatenate([other[first], lowest[further]]))
