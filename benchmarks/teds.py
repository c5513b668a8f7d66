"""TEDS: likeness of two tables by the edit distance of their trees.

After Zhong, ShafieiBavani and Jimeno Yepes, "Image-based table recognition: data, model, and evaluation" (2019): 1
minus the edit distance divided by the number of nodes of the larger tree. To insert or delete a node costs 1; to change
one costs 1, but for two cells of equal spans the Levenshtein distance of their texts divided by the longer length. The
distance is that of Zhang and Shasha (1989).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Node:
    """An element of a table; a cell has spans and a text."""

    tag: str
    spans: tuple[int, int] = (1, 1)
    text: str = ""
    children: list[Node] = field(default_factory=list)


def levenshtein(a: str, b: str) -> int:
    """Compute the least number of characters to insert, delete or change."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    a, b = a[start:], b[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    row = list(range(len(b) + 1))
    for i, c in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, d in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (c != d))
    return row[-1]


def change(a: Node, b: Node) -> float:
    """Compute the cost to change a node into another."""
    if a.tag != b.tag or a.spans != b.spans:
        return 1.0
    if a.text == b.text:
        return 0.0
    return levenshtein(a.text, b.text) / max(len(a.text), len(b.text))


def _postorder(root: Node) -> tuple[list[Node], list[int], list[int]]:
    """Return the nodes, the leftmost leaf below each, and the key roots."""
    nodes: list[Node] = []
    leftmost: list[int] = []

    def walk(node: Node) -> int:
        first = -1
        for child in node.children:
            leaf = walk(child)
            first = leaf if first < 0 else first
        nodes.append(node)
        leftmost.append(first if first >= 0 else len(nodes) - 1)
        return leftmost[-1]

    walk(root)
    roots = {leaf: n for n, leaf in enumerate(leftmost)}
    return nodes, leftmost, sorted(roots.values())


def distance(a: Node, b: Node) -> float:
    """Compute the edit distance of two trees."""
    nodes_a, left_a, roots_a = _postorder(a)
    nodes_b, left_b, roots_b = _postorder(b)
    trees = [[0.0] * len(nodes_b) for _ in nodes_a]
    costs: dict[tuple[int, int], float] = {}
    for i in roots_a:
        for j in roots_b:
            la, lb = left_a[i], left_b[j]
            forest = [[0.0] * (j - lb + 2) for _ in range(i - la + 2)]
            forest[0] = [float(n) for n in range(j - lb + 2)]
            for x in range(la, i + 1):
                row, above = forest[x - la + 1], forest[x - la]
                row[0] = above[0] + 1
                for y in range(lb, j + 1):
                    n = y - lb + 1
                    least = min(above[n] + 1, row[n - 1] + 1)
                    if left_a[x] == la and left_b[y] == lb:
                        if (x, y) not in costs:
                            costs[x, y] = change(nodes_a[x], nodes_b[y])
                        row[n] = trees[x][y] = min(least, above[n - 1] + costs[x, y])
                    else:
                        row[n] = min(least, forest[left_a[x] - la][left_b[y] - lb] + trees[x][y])
    return trees[-1][-1]


def size(node: Node) -> int:
    """Count the nodes of a tree."""
    return 1 + sum(map(size, node.children))


def teds(a: Node, b: Node) -> float:
    """Compute the likeness of two tables, from 0 to 1."""
    return 1.0 if a == b else 1 - distance(a, b) / max(size(a), size(b))
