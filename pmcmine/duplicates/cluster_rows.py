"""From the members of clusters to their rows: representatives, relations, leaks. Whole columns at once."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pmcmine.duplicates.signatures import KINDS, ROLES
from pmcmine.ids import SPLITS
from schemas.cluster import CLUSTERS

GROUPS: Final = ("commercial", "noncommercial", "other")
MEMBERS: Final = pa.schema(
    [
        ("kind", pa.uint8()),
        ("root", pa.uint64()),
        ("node", pa.uint64()),
        ("similarity", pa.float64()),
        ("block", pa.uint32()),
        ("id", pa.string()),
        ("pmcid", pa.string()),
        ("group", pa.string()),
        ("size_rank", pa.int64()),
        ("date", pa.int32()),
        ("role", pa.uint8()),
        ("split", pa.uint8()),
    ]
)
ROWS: Final = pa.schema(
    [
        ("block", pa.uint32()),
        ("kind", pa.uint8()),
        ("id", pa.string()),
        ("representative", pa.string()),
        ("pmcid", pa.string()),
        ("size", pa.int32()),
        ("similarity", pa.float64()),
        ("relation", pa.string()),
        ("leaks_into", pa.string()),
        ("twin", pa.string()),
        ("group", pa.string()),
        ("split", pa.uint8()),
    ]
)
_NOWHERE: Final = -1
_RELATIONS: Final = ("itself", "graphical_abstract", "same_article", "correction", "preprint", "other_article")
_KINDS: Final = pa.array(KINDS)


def rows_of(members: pa.Table) -> pa.Table:
    """Return the rows of whole clusters, with the columns of `ROWS`, in any order.

    Args:
        members: of all clusters that have one of them, with the columns of `MEMBERS`; `root` tells clusters apart.
    """
    kind, root, node, split = (members[c].to_numpy() for c in ("kind", "root", "node", "split"))
    group = pc.fill_null(pc.index_in(members["group"], pa.array(GROUPS)), len(GROUPS)).to_numpy()
    order = np.lexsort((node, members["date"].to_numpy(), -members["size_rank"].to_numpy(), group, root, kind))
    members, split = members.take(pa.array(order)), split[order]
    kind, root, node = kind[order], root[order], node[order]
    new = np.concatenate([[True], (root[1:] != root[:-1]) | (kind[1:] != kind[:-1])])[: len(root)]
    cluster = np.cumsum(new) - 1
    best = np.flatnonzero(new)[cluster]
    twin, into = _leaks(cluster, node, split)
    ids = members["id"]
    leaking = pa.array(twin == _NOWHERE)
    return pa.Table.from_arrays(
        [
            members["block"],
            members["kind"],
            ids,
            ids.take(pa.array(best)),
            members["pmcid"],
            pa.array(np.bincount(cluster)[cluster] if len(cluster) else cluster, pa.int32()),
            members["similarity"],
            _relations(members, best),
            pc.if_else(leaking, None, pa.array(SPLITS).take(pa.array(into))),
            pc.if_else(leaking, None, ids.take(pa.array(np.maximum(twin, 0)))),
            members["group"],
            members["split"],
        ],
        schema=ROWS,
    )


def _leaks(cluster: Any, node: Any, split: Any) -> tuple[Any, Any]:
    """Return for each member in train the lowest one of its cluster in test, else in validation, and that split."""
    twin, into = np.full(len(cluster), _NOWHERE), np.zeros(len(cluster), np.int64)
    for number in (1, 2):
        held = np.flatnonzero(split == number)
        held = held[np.lexsort((node[held], cluster[held]))]
        found, first = np.unique(cluster[held], return_index=True)
        if not len(found):
            continue
        at = np.minimum(np.searchsorted(found, cluster), len(found) - 1)
        reached = (found[at] == cluster) & (split == 0)
        twin[reached], into[reached] = held[first][at][reached], number
    return twin, into


def _relations(members: pa.Table, best: Any) -> pa.Array:
    """Return the relation of each member to the representative, whose place is given."""
    role = members["role"].to_numpy()
    ids, pmcids = members["id"], members["pmcid"]
    itself = pc.equal(ids, ids.take(pa.array(best))).to_numpy()
    same = pc.equal(pmcids, pmcids.take(pa.array(best))).to_numpy()

    def has(name: str) -> Any:
        number = ROLES.index(name)
        return (role == number) | (role[best] == number)

    conditions = (itself, same & has("graphical_abstract"), same, has("correction"), has("preprint"))
    return pa.array(_RELATIONS).take(pa.array(np.select(conditions, range(5), 5)))


def published(rows: pa.Table) -> tuple[pa.Table, Any]:
    """Return rows as the table of clusters has them, in its order, and the number of each one's split."""
    kinds = _KINDS.take(rows["kind"].combine_chunks())
    row_id = pc.binary_join_element_wise(kinds, rows["id"].combine_chunks(), "/")
    cluster_id = pc.binary_join_element_wise(kinds, rows["representative"].combine_chunks(), "/")
    table = pa.Table.from_arrays(
        [
            row_id,
            cluster_id,
            kinds,
            rows["id"],
            rows["pmcid"],
            rows["size"],
            pc.equal(rows["id"], rows["representative"]),
            rows["similarity"],
            rows["relation"],
            rows["leaks_into"],
            rows["group"],
            pa.array([""] * len(rows), pa.string()),
        ],
        schema=CLUSTERS.schema,
    )
    order = pc.sort_indices(table, [("pmcid", "ascending"), ("row_id", "ascending")])
    return table.take(order), rows["split"].take(order)
