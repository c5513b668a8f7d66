"""Clusters built in parts on disk are those that a plain search over all members would find."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.launcher import write_edge_file, write_signatures
from pmcmine.duplicates.clusters import cluster, rows_file
from pmcmine.duplicates.components import Components
from pmcmine.duplicates.signatures import KINDS, ROLES, node_of
from pmcmine.ids import SPLITS, natural_split
from pmcmine.io.folder import Folder
from pmcmine.release.plan import Plan
from pmcmine.work.columns import SCHEMA
from pmcmine.work.leaks import read_leaks
from pmcmine.work.rows import read_arrow
from pmcmine.work.spill import PARTS, Spill, part_of_hash

_GROUPS = ("commercial", "noncommercial", "other")
Edge = tuple[int, int]


def _lowest(edges: list[Edge]) -> dict[int, int]:
    """Return each node's lowest one, by walking from neighbour to neighbour."""
    beside: dict[int, set[int]] = {}
    for a, b in edges:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    found: dict[int, int] = {}
    for start in sorted(beside):
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = start
                waiting += beside[node]
    return found


_NODES = st.integers(0, 60).map(lambda n: (n * 0x9E3779B97F4A7C15 + 7) % 2**64)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(_NODES, _NODES).filter(lambda e: e[0] != e[1]), min_size=1, max_size=80), st.integers(2, 9))
def test_components_of_many_chunks_are_those_of_one(
    tmp_path_factory: pytest.TempPathFactory, edges: list[Edge], chunk: int
) -> None:
    components = Components(tmp_path_factory.mktemp("c"), "x", chunk)
    for a, b in edges:
        components.add(np.array([a], np.uint64), np.array([b], np.uint64))
    components.finish()
    node, root = components.read(range(PARTS))
    assert dict(zip(node.tolist(), root.tolist(), strict=True)) == _lowest(edges)


def test_a_long_chain_is_one_component(tmp_path: Path) -> None:
    nodes = np.random.Generator(np.random.PCG64(3)).integers(0, 2**64, 2_000, np.uint64, endpoint=False)
    components = Components(tmp_path, "x", 50)
    for at in range(0, len(nodes) - 1, 40):
        components.add(nodes[at : at + 40][: len(nodes) - 1 - at], nodes[at + 1 : at + 41])
    components.finish()
    assert set(components.read(range(PARTS))[1].tolist()) == {int(nodes.min())}


@pytest.mark.parametrize("held", [1, 200, 10_000])
def test_a_spill_returns_each_row_once_in_its_part(tmp_path: Path, held: int) -> None:
    values = np.random.Generator(np.random.PCG64(5)).integers(0, 2**64, 300, np.uint64, endpoint=False)
    spill = Spill(tmp_path, "s", pa.schema([("value", pa.uint64())]), held)
    for at in range(0, 300, 7):
        spill.add(part_of_hash(values[at : at + 7]), values[at : at + 7])
    found = [(parts, rows["value"].to_numpy()) for parts, rows in spill.pieces()]
    assert sorted(np.concatenate([rows for _, rows in found]).tolist()) == sorted(values.tolist())
    assert all(part in parts for parts, rows in found for part in part_of_hash(rows).tolist())
    spill.remove()
    assert not list(tmp_path.iterdir())


def _drawn(n_blocks: int) -> list[dict[str, Any]]:
    r = random.Random(11)
    members = []
    for number in range(150):
        pmcid = f"PMC{number // 2 + 1}"
        kind = r.randrange(3)
        member = f"{pmcid}.1/m{number % 2}"
        members.append(
            {"kind": kind, "id": member, "pmcid": pmcid, "group": r.choice(_GROUPS), "node": node_of(kind, member),
             "digest": 0, "keys": [], "size_rank": r.randrange(4), "date": 20200101 + r.randrange(3),
             "role": r.randrange(len(ROLES)), "pack": "", "offset": 0, "size": 0, "block": number * n_blocks // 150}
        )  # fmt: skip
    return members


def _expected(members: list[dict[str, Any]], edges: list[tuple[Any, Any, float]], plan: Plan) -> Any:
    """Return the rows and the leaks, member by member."""
    rows: dict[str, dict[str, Any]] = {}
    leaks: dict[str, tuple[str, str, str]] = {}
    for kind, name in enumerate(KINDS):
        ours = [(a["node"], b["node"], s) for a, b, s in edges if a["kind"] == kind]
        root = _lowest([(a, b) for a, b, _ in ours])
        for member in (m for m in members if m["kind"] == kind and m["node"] in root):
            same = [m for m in members if m["kind"] == kind and root.get(m["node"]) == root[member["node"]]]
            best = min(same, key=lambda m: (_GROUPS.index(m["group"]), -m["size_rank"], m["date"], m["node"]))
            roles = {ROLES[member["role"]], ROLES[best["role"]]}
            if member is best:
                relation = "itself"
            elif member["pmcid"] == best["pmcid"]:
                relation = "graphical_abstract" if "graphical_abstract" in roles else "same_article"
            else:
                relation = next((r for r in ("correction", "preprint") if r in roles), "other_article")
            twins = [
                (split, min((m for m in same if plan.split_of(m["pmcid"]) == split), key=lambda m: m["node"]))
                for split in ("test", "validation")
                if any(plan.split_of(m["pmcid"]) == split for m in same)
            ]
            leak = (twins[0][0], twins[0][1]["id"]) if twins and plan.split_of(member["pmcid"]) == "train" else None
            rows[f"{name}/{member['id']}"] = {
                "cluster_id": f"{name}/{best['id']}", "size": len(same), "representative": member is best,
                "similarity": max(s for a, b, s in ours if member["node"] in (a, b)), "relation": relation,
                "leaks_into": leak[0] if leak else None, "license_group": member["group"], "pmcid": member["pmcid"],
            }  # fmt: skip
            if leak and kind < 2:
                leaks[member["id"]] = (*leak, name)
    return rows, leaks


@pytest.mark.parametrize("chunk", [3, 1_000])
def test_rows_and_leaks_are_those_of_a_plain_search(tmp_path: Path, chunk: int) -> None:
    n_blocks = 4
    members, work = _drawn(n_blocks), Folder(str(tmp_path))
    moved = {f"PMC{n}": SPLITS[n % 3] for n in range(1, 20)}
    plan = Plan(n_blocks, moved, {}, {}, {}, 0)
    assert plan.split_of("PMC70") == natural_split("PMC70")
    r = random.Random(2)
    edges = []
    for _ in range(60):
        a, b = r.sample(members, 2)
        if a["kind"] == b["kind"]:
            edges.append((*sorted((a, b), key=lambda m: m["node"]), r.choice([0.9, 0.97, 1.0])))
    for block in range(n_blocks):
        its = [m for m in members if m["block"] == block]
        write_signatures(work, block, pa.Table.from_pylist(its, schema=SCHEMA))
    for bucket in range(n_blocks):
        its = [(a["kind"], a["node"], b["node"], s, a["block"], b["block"]) for a, b, s in edges]
        write_edge_file(work, bucket, [list(c) for c in zip(*its[bucket::n_blocks], strict=True)])
    done = cluster(plan, work, n_blocks, chunk)
    found = [row for b in done.blocks for row in read_arrow(work, rows_file(int(b))).read_all().to_pylist()]
    expected, leaks = _expected(members, edges, plan)
    assert {row["row_id"]: {k: row[k] for k in expected[row["row_id"]]} for row in found} == expected
    held: dict[str, Any] = {}
    for block in range(n_blocks):
        held |= read_leaks(work, block)
    assert held == leaks and leaks
    for b, file in done.blocks.items():
        slices = [(s.group, s.split) for s in file.slices]
        batches = read_arrow(work, rows_file(int(b)))
        for n, place in enumerate(slices):
            rows = batches.get_batch(n).to_pylist()
            assert rows == sorted(rows, key=lambda row: (row["pmcid"], row["row_id"]))
            assert {(row["license_group"], plan.split_of(row["pmcid"])) for row in rows} == {place}
        assert slices == sorted(slices)
