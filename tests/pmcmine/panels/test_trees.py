"""Trees of cuts: the best one for each number of panels and each place of letters."""

from __future__ import annotations

import random
from itertools import product

import numpy as np

from pmcmine.panels.trees import Layout, Node, Trees


def made(r: random.Random) -> list[Node]:
    """Divide a strip at each of three lines, each part again; parts come before wholes."""
    nodes: dict[tuple[int, int], Node] = {}
    for length in range(1, 5):
        for left in range(5 - length):
            node = nodes[left, length] = Node((0, 9, left, left + length), [], 1, 4)
            node.counts.add(1)
            for first in range(1, length):
                node.cut(nodes[left, first], nodes[left + first, length - first], r.uniform(-3, 3))
    return list(nodes.values())


def best(node: Node, n: int, one: dict[int, float]) -> float:
    """Return the worth of the best way to divide a region into that many panels, by trying all."""
    if n == 1:
        return one[id(node)]
    return max(
        (
            best(a, i, one) + best(b, n - i, one) + odds
            for (a, b, odds), i in product(node.ways, range(1, n))
            if i in a.counts and n - i in b.counts
        ),
        default=-np.inf,
    )


def test_the_best_tree_is_found_for_each_number_of_panels_and_each_place() -> None:
    r = random.Random(3)
    nodes = made(r)
    trees = Trees(nodes)
    panels = np.array([[r.uniform(-2, 2) for _ in range(3)] for _ in nodes])
    worths, root = trees.worths(panels), nodes[-1]
    assert sorted(root.states) == [1, 2, 3, 4]
    for (n, state), place in product(root.states.items(), range(3)):
        one = {id(node): float(worth) for node, worth in zip(nodes, panels[:, place], strict=True)}
        layout = trees.layout(root, state, worths[:, place])
        assert np.isclose(layout.worth, best(root, n, one))
        assert len(layout.cells) == n == len(layout.cuts) + 1
        inside = sum(one[id(node)] for node in nodes if node.region in layout.cells)
        assert np.isclose(layout.worth, inside + sum(layout.cuts))


def test_of_equal_ways_the_first_is_taken() -> None:
    parts = [Node((0, 9, 0, at), [], 1, 1) for at in (3, 6)] + [Node((0, 9, at, 9), [], 1, 1) for at in (3, 6)]
    whole = Node((0, 9, 0, 9), [], 1, 2)
    for part in parts:
        part.counts.add(1)
    whole.cut(parts[1], parts[3], 1.0)
    whole.cut(parts[0], parts[2], 1.0)
    trees = Trees([*parts, whole])
    found: Layout = trees.layout(whole, whole.states[2], trees.worths(np.zeros((5, 1)))[:, 0])
    assert found.cells == ((0, 9, 0, 6), (0, 9, 6, 9))
    assert found.lines == ((1, 6, 0, 9),)
