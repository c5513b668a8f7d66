"""Trees of cuts, of which the best is found for several places of letters at once.

The search finds which regions there are and how each may be divided; that is the same wherever in their panels letters
lie. What a region is worth as one panel is not, so that only sums are computed for each place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.evidence import Region

Line = tuple[int, int, int, int]  # axis, where it is, where it begins and ends
Worths = NDArray[np.float64]


class Layout(NamedTuple):
    """Cells of panels, the worth of the layout, the log odds of its cuts, and their lines."""

    worth: float
    cells: tuple[Region, ...]
    cuts: tuple[float, ...]
    lines: tuple[Line, ...] = ()


_Way = tuple["Node", "Node", float]  # first part, second part, log odds of the cut between them
_Option = tuple[int, int, float, _Way]  # states of both parts, log odds, way


@dataclass(slots=True, eq=False)
class Node:
    """A region, and the ways to divide it.

    Attributes:
        region: the region.
        inside: letters in it.
        low: how few panels it may hold.
        high: how many.
        counts: numbers of panels that it can be divided into.
        ways: pairs of parts.
        states: by number of panels, its place among the worths.
    """

    region: Region
    inside: list[int]
    low: int
    high: int
    counts: set[int] = field(default_factory=set)
    ways: list[_Way] = field(default_factory=list)
    states: dict[int, int] = field(default_factory=dict)

    def cut(self, ones: Node, others: Node, odds: float) -> None:
        """Add a way to divide it."""
        self.ways.append((ones, others, odds))
        self.counts.update(n for i in ones.counts for j in others.counts if self.low <= (n := i + j) <= self.high)


class Trees:
    """The trees of all regions; a state is a region divided into some number of panels."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        """Give each state a number, and list what it can be made of.

        Args:
            nodes: parts before the wholes that they are of.
        """
        self._panels = len(nodes)  # the first states are the regions as one panel
        self._options: list[list[_Option]] = []  # of the states after those
        level = [0] * len(nodes)
        for k, node in enumerate(nodes):
            if node.low <= 1:
                node.states[1] = k
            for n, options in _options(node).items() if node.ways else ():
                node.states[n] = len(level)
                self._options.append(options)
                level.append(1 + max(max(level[a], level[b]) for a, b, _, _ in options))
        self._levels = [self._level(states) for states in _grouped(level)]
        self._size = len(level)

    def _level(self, states: list[int]) -> tuple[NDArray[np.int64], ...]:
        """Put together what states are made of: states, where the options of each begin, their parts and log odds."""
        options = [self._options[s - self._panels] for s in states]
        first = np.cumsum([0, *map(len, options[:-1])])
        one, other, odds, _ = zip(*(x for found in options for x in found), strict=True)
        return np.array(states), first, np.array(one), np.array(other), np.array(odds)[:, None]

    def worths(self, panels: Worths) -> Worths:
        """Find the worth of the best tree of each state.

        Args:
            panels: worth of each region as one panel, regions × places.
        """
        out = np.zeros((self._size, panels.shape[1]))
        out[: self._panels] = panels
        for states, first, one, other, odds in self._levels:
            out[states] = np.maximum.reduceat(out[one] + out[other] + odds, first)
        return out

    def layout(self, node: Node, state: int, worths: Worths) -> Layout:
        """Put together the best layout of a region.

        Args:
            node: the region.
            state: one of its states.
            worths: of each state, for one place.
        """
        worth = float(worths[state])
        if state < self._panels:
            return Layout(worth, (node.region,), ())
        options = self._options[state - self._panels]
        found = [float(worths[a] + worths[b]) + odds for a, b, odds, _ in options]
        one, other, odds, (ones, others, _) = options[found.index(max(found))]
        a, b = self.layout(ones, one, worths), self.layout(others, other, worths)
        _, bottom, left, right = ones.region
        top = node.region[0]
        line = (0, bottom, left, right) if bottom < node.region[1] else (1, right, top, bottom)
        return Layout(worth, a.cells + b.cells, (odds, *a.cuts, *b.cuts), (line, *a.lines, *b.lines))


def _options(node: Node) -> dict[int, list[_Option]]:
    """List what a region, whose parts have their states, can be made of, by number of panels; the first come first."""
    out: dict[int, list[_Option]] = {}
    low, high = node.low, node.high
    for way in node.ways:
        ones, others, odds = way
        for i, a in ones.states.items():
            for j, b in others.states.items():
                if low <= i + j <= high:
                    out.setdefault(i + j, []).append((a, b, odds, way))
    return out


def _grouped(level: Sequence[int]) -> list[list[int]]:
    """Group places by level, but for the lowest."""
    out: list[list[int]] = [[] for _ in range(max(level))]
    for place, x in enumerate(level):
        if x:
            out[x - 1].append(place)
    return out
