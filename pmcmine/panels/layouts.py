"""Search for the layout of a figure: cuts through regions of regions, until each part is one panel.

Every layout that straight cuts can make (98 % of real ones) is a tree; its worth is the sum of its cuts' log odds, of
how evenly it divides the figure, and of what the letters say: a panel holds one letter, in the corner where the others
have theirs. Dynamic programming finds the best tree for each number of panels (recursive X-Y cut, Nagy and Seth
1984, with all cuts weighed together).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.evidence import Evidence, Region
from pmcmine.panels.letter_places import FAR, First, letter_worth, places, rare
from pmcmine.panels.letters import Letter
from pmcmine.panels.sight import Sight

_LEAST_SIDE: Final = 0.04  # of the image's side, for a panel
_MOST_CUTS: Final = 4  # an axis, that are tried in a region
_SAME: Final = 4  # lines, up to which two cuts are one
_HOPELESS: Final = -10.0  # log odds below which a cut is not tried
_HOPELESS_ALONE: Final = -4.0  # the same without letters
_UNLIKELY: Final = -0.5  # the same in a part with at most one letter, of a figure with letters
_PLAUSIBLE: Final = -1.0  # log odds that all cuts have of a layout that needs no other beside it
_MOST_REGIONS: Final = 900
_UNEVEN: Final = 1.0  # cost of a panel e times as large or as small as the mean, squared
_OVER: Final = 4.0  # heights of a letter that ends its panel: how near above it no panel begins
_HOPED: Final = 6  # lines up to which a cut is where letters say that a panel begins
_IN_PLACE: Final = 2.4  # worth from which a letter counts as one in its place
_TWO: Final = 3.0  # cost of each further letter in a panel
_BARE: Final = 2.0  # cost of a panel without a letter, if all others have theirs
_SEEN: Final = 2.0  # worth of a panel that the network sees as it is
_GOES_ON: Final = 1.0  # cost of a cut behind which all that is beside it goes on, twice
_PLAIN: Final = 0.85  # share of letters that lie in one corner, from which no other is tried


Line = tuple[int, int, int, int]  # axis, where it is, where it begins and ends


class Layout(NamedTuple):
    """Cells of panels, the worth of the layout, the log odds of its cuts, and their lines."""

    worth: float
    cells: tuple[Region, ...]
    cuts: tuple[float, ...]
    lines: tuple[Line, ...] = ()


_Cut = tuple[int, float]  # line, log odds
_Way = tuple["_Node", "_Node", float]  # first part, second part, log odds of the cut between them
_Best = tuple[float, _Way | None, int]  # worth, way, how many of the panels its first part has
# Indices of regions that may be one panel and hold letters, the first pair of each; letters and cells, by pair.
_Pairs = tuple[list[int], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(slots=True, eq=False)
class _Node:
    """A region, and the ways to divide it.

    Attributes:
        region: the region.
        inside: letters in it.
        low: how few panels it may hold.
        high: how many.
        size: worth of its size, as one panel.
        counts: numbers of panels that it can be divided into.
        ways: pairs of parts.
        best: the best of them by number of panels, for one place of letters.
    """

    region: Region
    inside: list[int]
    low: int
    high: int
    size: float = 0.0
    counts: set[int] = field(default_factory=set)
    ways: list[_Way] = field(default_factory=list)
    best: dict[int, _Best] = field(default_factory=dict)

    def cut(self, ones: _Node, others: _Node, odds: float) -> None:
        """Add a way to divide it."""
        self.ways.append((ones, others, odds))
        self.counts.update(n for i in ones.counts for j in others.counts if self.low <= (n := i + j) <= self.high)


def _layout(node: _Node, n: int) -> Layout:
    """Put together the best layout of a region with that many panels."""
    worth, way, first = node.best[n]
    if way is None:
        return Layout(worth, (node.region,), ())
    a, b = _layout(way[0], first), _layout(way[1], n - first)
    _, bottom, left, right = way[0].region
    top = node.region[0]
    line = (0, bottom, left, right) if bottom < node.region[1] else (1, right, top, bottom)
    return Layout(worth, a.cells + b.cells, (way[2], *a.cuts, *b.cuts), (line, *a.lines, *b.lines))


@dataclass(slots=True)
class Search:
    """Search for layouts of one figure.

    Attributes:
        evidence: what is known of cuts.
        wanted: number of panels; None if it is not known.
        letters: those that were read, in pixels of the evidence.
        n_labels: how many letters could be there.
        place: index into `letter_places.PLACES` of where letters lie in their panels.
        least: log odds that cuts must have.
        sight: what the network sees; None if it was not asked.
        low: whether letters end their panels: no cut is tried just above one, so that others are.
    """

    evidence: Evidence
    wanted: int | None
    letters: Sequence[Letter] = ()
    n_labels: int = 0
    place: int = 0
    least: float = -math.inf
    sight: Sight | None = None
    low: bool = False
    _cuts: dict[tuple[Region, int], list[_Cut]] = field(default_factory=dict)
    _held: dict[Region, list[int]] = field(default_factory=dict)
    _centres: list[tuple[float, float]] = field(default_factory=list)
    _known: dict[tuple[Region, int], _Node] = field(default_factory=dict)
    _nodes: list[_Node] = field(default_factory=list)  # parts before the wholes that they are of
    _pairs: list[_Pairs] = field(default_factory=list)  # none yet, or one
    _seen: list[float] = field(default_factory=list)  # none yet, or how each node is seen as a panel
    _first: First = field(init=False, default=First(0, 0, 0.0, 0.0))
    _beside: tuple[list[tuple[int, int]], ...] = field(init=False)  # by axis, lines just before and behind letters
    _table: NDArray[np.float64] = field(init=False)  # letters × x, y, width, height, probability

    def __post_init__(self) -> None:
        """Note where the letters are."""
        self._table = np.array([(x.x, x.y, x.width, x.height, x.probability) for x in self.letters], np.float64)
        if self.letters:
            h, w = self.evidence.shape
            top, left = (self.evidence.extent((0, h, 0, w), axis)[0] for axis in (0, 1))
            first = (min(x.y for x in self.letters) - top, min(x.x for x in self.letters) - left)
            self._first = First(top, left, *first)
        self._centres = [(x.x + x.width / 2, x.y + x.height / 2) for x in self.letters]
        self._beside = (
            [(int(x.y) - 3, int(x.y + x.height) + 3) for x in self.letters],
            [(int(x.x) - 3, int(x.x + x.width) + 3) for x in self.letters],
        )

    def at_place(self, place: int) -> Search:
        """Search with letters in another corner; what does not depend on it is shared."""
        return replace(self, place=place)

    @property
    def places(self) -> list[int]:
        """Where letters may lie in their panels, the usual first."""
        return places(self._first, len(self.letters) >= self.n_labels, self.low)

    def best(self, most: int) -> dict[int, Layout]:
        """Find the best layout for each number of panels up to `most`."""
        h, w = self.evidence.shape
        root = self._expand((0, h, 0, w), -1, most)
        for node, leaf in zip(self._nodes, self._leaves(), strict=True):
            self._weigh(node, leaf)
        return {n: _layout(root, n) for n in root.best}

    def in_place(self, layout: Layout) -> int:
        """Count the cells whose only letter lies where the figure's letters are sought."""
        alone = [
            (self._inside(cell)[0], self.evidence.tight(cell)) for cell in layout.cells if len(self._inside(cell)) == 1
        ]
        if not alone:
            return 0
        letters, cells = (np.array(x) for x in zip(*alone, strict=True))
        return int((self._placed(letters, cells) > _IN_PLACE * self._table[letters, 4]).sum())

    def _inside(self, region: Region) -> list[int]:
        """List the letters in a region."""
        if region not in self._held:
            t, b, le, r = region
            self._held[region] = [i for i, (x, y) in enumerate(self._centres) if le <= x < r and t <= y < b]
        return self._held[region]

    def _bounds(self, region: Region, most: int) -> tuple[int, int, list[int]]:
        """Return how few and how many panels a region may hold, and its letters."""
        inside = self._inside(region)
        if not self.letters:
            return 1, most, inside
        missing = self.n_labels - len(self.letters)
        if missing <= 0:
            return max(len(inside), 1), max(len(inside), 1), inside
        return max(len(inside) - 1, 1), min(len(inside) + missing, most), inside

    def _expand(self, region: Region, barred: int, most: int) -> _Node:
        """Find all ways to divide a region that are tried, wherever letters have their place.

        Args:
            region: what to divide.
            barred: axis that the first cut may not take, since the cut before it took it; else the same layout would
                be found many times.
            most: panels at most.
        """
        key = (region, barred)
        known = self._known.get(key)
        if known is not None:
            return known
        low, high, inside = self._bounds(region, most)
        node = _Node(region, inside, low, high)
        if low <= 1:
            node.counts.add(1)
            node.size = self._size(region)
        if high > 1 and len(self._nodes) < _MOST_REGIONS:
            t, b, le, r = region
            for axis in (0, 1):
                for at, odds in self._cuts_of(region, axis) if axis != barred else ():
                    # The first part is not cut along this axis again: its cut would have come first.
                    ones = self._expand((t, at, le, r) if axis == 0 else (t, b, le, at), axis, most - 1)
                    if ones.counts:
                        others = self._expand((at, b, le, r) if axis == 0 else (t, b, at, r), -1, most - 1)
                        node.cut(ones, others, odds)
        self._known[key] = node
        self._nodes.append(node)
        return node

    def _weigh(self, node: _Node, leaf: float) -> None:
        """Find the best way to divide a region, by number of panels; those of its parts are known."""
        if node.best and not node.inside:
            return  # the same wherever letters have their place
        best: dict[int, _Best] = {}
        if node.low <= 1:
            best[1] = (leaf, None, 1)
        low, high = node.low, node.high
        for way in node.ways:
            ones, others, odds = way
            for i, a in ones.best.items():
                for j, b in others.best.items():
                    n = i + j
                    if low <= n <= high:
                        worth = a[0] + b[0] + odds
                        if n not in best or worth > best[n][0]:
                            best[n] = (worth, way, i)
        node.best = best

    def _cuts_of(self, region: Region, axis: int) -> list[_Cut]:
        key = (region, axis)
        if key not in self._cuts:
            self._cuts[key] = self._choose_cuts(region, axis)
        return self._cuts[key]

    def _choose_cuts(self, region: Region, axis: int) -> list[_Cut]:
        """Return the cuts of a region that are tried, the likeliest first: line and log odds."""
        first, last = region[2 * axis : 2 * axis + 2]
        least = max(_LEAST_SIDE * self.evidence.shape[axis], 8)
        if last - first < 2 * least:
            return []
        low, high = self.evidence.extent(region, axis)
        if high - low < 2 * least:
            return []
        inside = self._inside(region)
        more = sorted({e for i in inside for e in self._beside[axis][i]})
        floor = max(_HOPELESS, self.least)
        between = (math.ceil(low + least), math.floor(high - least))
        if self.sight is not None:
            more += self.sight.edges(region, axis)
        hoped = self._hoped(inside) if axis == 1 else []
        cuts = self.evidence.likely(region, axis, more + hoped, between, floor)
        if self.sight is not None:
            c, d = region[2 - 2 * axis : 4 - 2 * axis]
            crossed = self.sight.crossings([at for at, _ in cuts], c, d, axis)
            cuts = [(at, odds + _GOES_ON * (0.5 - x)) for (at, odds), x in zip(cuts, crossed, strict=True)]
            cuts = [cut for cut in cuts if cut[1] > floor]
        if self.low and axis == 0:
            over = [(x.y - _OVER * x.height, x.y + x.height) for x in (self.letters[i] for i in inside)]
            cuts = [cut for cut in cuts if not any(a < cut[0] < b for a, b in over)]
        cuts.sort(key=_unlikely)
        if len(inside) > 1:
            return self._parting(cuts, inside, axis, hoped)[: _MOST_CUTS + 2 + len(hoped)]
        # Nothing but the picture speaks for a cut.
        floor = _UNLIKELY if self.letters else _HOPELESS_ALONE
        return _apart([c for c in cuts if c[1] > floor])

    def _hoped(self, inside: list[int]) -> list[int]:
        """Return the lines where the panels of letters begin if each is as far aside as the first one."""
        aside = self._first.aside
        return [int(self.letters[i].x - aside) - 2 for i in inside] if aside > FAR else []

    def _parting(self, cuts: Sequence[_Cut], inside: list[int], axis: int, hoped: Sequence[int]) -> list[_Cut]:
        """Select cuts for each way to part the letters: the likeliest two, the first, the last, and the hoped one.

        Those next to letters are often not the likeliest. If all letters were read, each cut must part some.
        """
        ends = sorted([self._centres[i][1 - axis] for i in inside])
        all_read = len(self.letters) >= self.n_labels
        groups: dict[int, list[int]] = {}
        for i, (at, _) in enumerate(cuts):
            n = bisect_left(ends, at)
            if not (all_read and n in (0, len(inside))):
                groups.setdefault(n, []).append(i)
        kept: list[tuple[int, int]] = []  # how many of its group are likelier, place
        for group in groups.values():
            lines = [cuts[i][0] for i in group]
            second = group[1:2]
            if self.low:  # which has more to try: the same cut is not tried twice
                second = [i for i in group if abs(cuts[i][0] - lines[0]) > _SAME][:1]
            chosen = {group[0], *second, group[lines.index(min(lines))], group[lines.index(max(lines))]}
            near = [i for i in group if any(abs(cuts[i][0] - x) <= _HOPED for x in hoped)]
            ordered = sorted(chosen.union(near[:1]))
            if self.low and axis == 0:  # panels begin behind the letters of those above
                ordered.insert(1, ordered.pop(ordered.index(group[lines.index(min(lines))])))
            kept += enumerate(ordered)
        return [cuts[i] for _, i in sorted(kept)]  # each way to part them comes once before any comes twice

    def _size(self, region: Region) -> float:
        """Judge the size of a region as that of one panel."""
        if not self.wanted:
            return 0.0
        t, b, le, r = self.evidence.tight(region)
        whole = self.evidence.shape[0] * self.evidence.shape[1] / self.wanted
        return -_UNEVEN * math.log(max((b - t) * (r - le), 1) / whole) ** 2

    def _leaves(self) -> list[float]:
        """Judge the regions as one panel each: their sizes, and their letters."""
        bare = _BARE * len(self.letters) / max(self.n_labels, 1) if self.letters else 0.0
        worth = [n.size - _TWO * (len(n.inside) - 1) if n.inside else n.size - bare for n in self._nodes]
        if self.sight is not None:
            if not self._seen:
                self._seen.extend(
                    (_SEEN * self.sight.fits(np.array([self.evidence.tight(n.region) for n in self._nodes]))).tolist()
                )
            worth = [a + b for a, b in zip(worth, self._seen, strict=True)]
        if not self._pairs:
            held = [i for i, n in enumerate(self._nodes) if n.low <= 1 and n.inside]
            sizes = [len(self._nodes[i].inside) for i in held]
            cells = np.repeat(np.array([self.evidence.tight(self._nodes[i].region) for i in held]), sizes, 0)
            letters = np.array([x for i in held for x in self._nodes[i].inside], np.int64)
            self._pairs.append((held, np.cumsum([0, *sizes[:-1]]), letters, cells))
        held, first, letters, cells = self._pairs[0]
        if held:
            for i, placed in zip(held, np.maximum.reduceat(self._placed(letters, cells), first).tolist(), strict=True):
                worth[i] += placed
        return worth

    def _placed(self, letters: NDArray[np.int64], cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Judge where letters lie in their panels.

        Args:
            letters: their indices.
            cells: of the panel of each.
        """
        return letter_worth(self.place, self._table[letters].T, cells, self._first)


def _unlikely(cut: _Cut) -> float:
    return -cut[1]


def _apart(cuts: Sequence[_Cut]) -> list[_Cut]:
    """Leave away cuts beside a likelier one: they divide the figure in the same way; the likeliest come first."""
    kept: list[_Cut] = []
    near: set[int] = set()  # lines beside those that were kept
    for cut in cuts:
        if cut[0] not in near:
            kept.append(cut)
            if len(kept) == _MOST_CUTS:
                break
            near.update(range(cut[0] - _SAME, cut[0] + _SAME + 1))
    return kept


def best_layouts(search: Search, most: int) -> tuple[dict[int, Layout], int]:
    """Find the best layouts by number of panels, with letters in the corner that fits best; also that corner."""
    if not search.letters:
        return search.best(most), 0
    best: tuple[float, dict[int, Layout], int] = (-math.inf, {}, 0)
    for place in search.places:
        here = search.at_place(place)
        found = here.best(most)
        layout = max((x for n, x in found.items() if search.wanted in (None, n)), key=lambda x: x.worth, default=None)
        if layout is None:
            break  # letters and cuts do not go together, wherever in their panels letters lie
        if layout.worth - rare(place) > best[0]:
            best = (layout.worth - rare(place), found, place)
        if here.in_place(layout) > _PLAIN * len(search.letters) and min(layout.cuts, default=0.0) > _PLAUSIBLE:
            break
    return best[1], best[2]
