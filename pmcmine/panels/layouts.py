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
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.evidence import Evidence, Region
from pmcmine.panels.letter_places import FAR, First, letter_worth, places, rare
from pmcmine.panels.letters import Letter
from pmcmine.panels.sight import Sight
from pmcmine.panels.trees import Layout, Node, Trees, Worths

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


_Cut = tuple[int, float]  # line, log odds


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
    _centres: list[tuple[float, float]] = field(default_factory=list)
    _known: dict[tuple[Region, int], Node] = field(default_factory=dict)
    _nodes: list[Node] = field(default_factory=list)  # parts before the wholes that they are of
    _trees: list[Trees] = field(default_factory=list)  # none yet, or one
    _tight: list[NDArray[np.int64]] = field(default_factory=list)  # none yet, or those of all nodes
    _worths: dict[int, Worths] = field(default_factory=dict)  # by place, of the trees' states
    _first: First = field(init=False, default=First(0, 0, 0.0, 0.0))
    _beside: tuple[list[tuple[int, int]], ...] = field(init=False)  # by axis, lines just before and behind letters
    _table: NDArray[np.float64] = field(init=False)  # letters × x, y, width, height, probability

    def __post_init__(self) -> None:
        """Note where the letters are."""
        self._table = np.array([(x.x, x.y, x.width, x.height, x.probability) for x in self.letters], np.float64)
        if self.letters:
            top, left = (self.evidence.extent(self._whole, axis)[0] for axis in (0, 1))
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
        """Return the places that letters may have in their panels, the usual first."""
        return places(self._first, len(self.letters) >= self.n_labels, self.low)

    def best(self, most: int) -> dict[int, Layout]:
        """Find the best layout for each number of panels up to `most`; a search is asked for one `most` only."""
        root = self._expand(self._whole, -1, most, self._inside(self._whole))
        if not self._trees:
            self._trees.append(Trees(self._nodes))
        trees = self._trees[0]
        if self.place not in self._worths:
            # Most figures need one place; those that need a second one mostly need all, which cost little more.
            unweighed = [x for x in self.places if x not in self._worths] if self._worths else [self.place]
            self._worths.update(zip(unweighed, trees.worths(self._panels(unweighed)).T, strict=True))
        worths = self._worths[self.place]
        return {n: trees.layout(root, state, worths) for n, state in root.states.items()}

    @property
    def clearest(self) -> float:
        """Return the log odds of the likeliest cut through the whole figure."""
        inside = self._inside(self._whole)
        found = (self._cuts_of(self._whole, axis, inside) for axis in (0, 1))
        return max((cuts[0][1] for cuts in found if cuts), default=-math.inf)

    @property
    def _whole(self) -> Region:
        return 0, self.evidence.shape[0], 0, self.evidence.shape[1]

    def in_place(self, layout: Layout) -> int:
        """Count the cells whose only letter lies where the figure's letters are sought."""
        alone = [
            (inside[0], self.evidence.tight(cell)) for cell in layout.cells if len(inside := self._inside(cell)) == 1
        ]
        if not alone:
            return 0
        letters, cells = (np.array(x) for x in zip(*alone, strict=True))
        return int((self._placed(letters, cells, self.place) > _IN_PLACE * self._table[letters, 4]).sum())

    def _inside(self, region: Region) -> list[int]:
        """List the letters in a region."""
        t, b, le, r = region
        return [i for i, (x, y) in enumerate(self._centres) if le <= x < r and t <= y < b]

    def _bounds(self, n: int, most: int) -> tuple[int, int]:
        """Return how few and how many panels a region with `n` letters may hold."""
        if not self.letters:
            return 1, most
        missing = self.n_labels - len(self.letters)
        if missing <= 0:
            return n or 1, n or 1
        return max(n - 1, 1), min(n + missing, most)

    def _expand(self, region: Region, barred: int, most: int, inside: list[int]) -> Node:
        """Find all ways to divide a region that are tried, wherever letters have their place.

        Args:
            region: what to divide.
            barred: axis that the first cut may not take, since the cut before it took it; else the same layout would
                be found many times.
            most: panels at most.
            inside: letters in the region.
        """
        key = (region, barred)
        known = self._known.get(key)
        if known is not None:
            return known
        low, high = self._bounds(len(inside), most)
        node = Node(region, inside, low, high)
        if low <= 1:
            node.counts.add(1)
        if high > 1 and len(self._nodes) < _MOST_REGIONS:
            t, b, le, r = region
            for axis in (0, 1):
                if axis == barred:
                    continue
                cuts = self._cuts_of(region, axis, inside)
                self._prepare(node, axis, cuts)
                for at, odds in cuts:
                    before = [i for i in inside if self._centres[i][1 - axis] < at]
                    # The first part is not cut along this axis again: its cut would have come first.
                    ones = self._expand((t, at, le, r) if axis == 0 else (t, b, le, at), axis, most - 1, before)
                    if ones.counts:
                        behind = [i for i in inside if self._centres[i][1 - axis] >= at]
                        others = self._expand((at, b, le, r) if axis == 0 else (t, b, at, r), -1, most - 1, behind)
                        node.cut(ones, others, odds)
        self._known[key] = node
        self._nodes.append(node)
        return node

    def _prepare(self, node: Node, axis: int, cuts: Sequence[_Cut]) -> None:
        """Look at once for cuts of all parts of a region that are cut themselves, along the other axis."""
        first, last = node.region[2 * axis : 2 * axis + 2]
        centres = sorted([self._centres[i][1 - axis] for i in node.inside])
        more = node.high - len(centres)  # panels whose letters are not known
        lines = [first, *sorted({at for at, _ in cuts}), last]  # the second part is cut at some of the others
        before = [bisect_left(centres, at) for at in lines]
        pairs = [
            (lines[i], lines[j])
            for i, j in combinations(range(len(lines)), 2)
            if before[j] - before[i] + more > 1 and j - i < len(lines) - 1
        ]
        if len(pairs) > 1:
            self.evidence.prepare(1 - axis, pairs)

    def _cuts_of(self, region: Region, axis: int, inside: list[int]) -> list[_Cut]:
        key = (region, axis)
        if key not in self._cuts:
            self._cuts[key] = self._choose_cuts(region, axis, inside)
        return self._cuts[key]

    def _choose_cuts(self, region: Region, axis: int, inside: list[int]) -> list[_Cut]:
        """Return the cuts of a region that are tried, the likeliest first: line and log odds."""
        first, last = region[2 * axis : 2 * axis + 2]
        least = max(_LEAST_SIDE * self.evidence.shape[axis], 8)
        if last - first < 2 * least:
            return []
        low, high = self.evidence.extent(region, axis)
        if high - low < 2 * least:
            return []
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
            cuts = [
                (at, seen)
                for (at, odds), x in zip(cuts, crossed, strict=True)
                if (seen := odds + _GOES_ON * (0.5 - x)) > floor
            ]
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
            if len(group) > 2:
                lines = [cuts[i][0] for i in group]
                nearest = group[lines.index(min(lines))]
                second = group[1:2]
                if self.low:  # which has more to try: the same cut is not tried twice
                    second = [i for i in group if abs(cuts[i][0] - lines[0]) > _SAME][:1]
                chosen = {group[0], *second, nearest, group[lines.index(max(lines))]}
                near = [i for i in group if any(abs(cuts[i][0] - x) <= _HOPED for x in hoped)] if hoped else []
                group = sorted(chosen.union(near[:1]))
                if self.low and axis == 0 and nearest != group[0]:  # panels begin behind the letters of those above
                    group.insert(1, group.pop(group.index(nearest)))
            kept += enumerate(group)
        return [cuts[i] for _, i in sorted(kept)]  # each way to part them comes once before any comes twice

    def _panels(self, places: Sequence[int]) -> Worths:
        """Judge the regions as one panel each: their sizes, what is seen of them, and their letters.

        Args:
            places: of letters in their panels.

        Returns:
            Worths, regions × places.
        """
        if not self._tight:
            self._tight.append(self.evidence.all_tight(np.array([n.region for n in self._nodes])))
        tight = self._tight[0]
        n_inside = np.array([len(n.inside) for n in self._nodes])
        worth = np.zeros(len(tight))
        if self.wanted:
            t, b, le, r = tight.T
            whole = self.evidence.shape[0] * self.evidence.shape[1] / self.wanted
            worth = -_UNEVEN * np.log(np.maximum((b - t) * (r - le), 1) / whole) ** 2
        bare = _BARE * len(self.letters) / max(self.n_labels, 1) if self.letters else 0.0
        worth = worth - np.where(n_inside > 0, _TWO * (n_inside - 1), bare)
        if self.sight is not None:
            worth += _SEEN * self.sight.fits(tight)
        out = np.repeat(worth[:, None], len(places), 1)
        held = [i for i, n in enumerate(self._nodes) if n.low <= 1 and n.inside]
        if held:
            letters = np.array([x for i in held for x in self._nodes[i].inside])
            cells = np.repeat(tight[held], n_inside[held], 0)
            first = np.cumsum(n_inside[held]) - n_inside[held]
            for k, place in enumerate(places):
                out[held, k] += np.maximum.reduceat(self._placed(letters, cells, place), first)
        return out

    def _placed(self, letters: NDArray[np.int64], cells: NDArray[np.int64], place: int) -> Worths:
        """Judge where letters lie in their panels.

        Args:
            letters: their indices.
            cells: of the panel of each.
            place: index into `letter_places.PLACES` of where they are sought.
        """
        return letter_worth(place, self._table[letters].T, cells, self._first)


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
