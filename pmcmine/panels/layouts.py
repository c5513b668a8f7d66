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
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.evidence import Evidence, Region
from pmcmine.panels.letters import Letter

_LEAST_SIDE: Final = 0.04  # of the image's side, for a panel
_MOST_CUTS: Final = 4  # an axis, that are tried in a region
_SAME: Final = 4  # lines, up to which two cuts are one
_HOPELESS: Final = -10.0  # log odds below which a cut is not tried
_HOPELESS_ALONE: Final = -4.0  # the same without letters
_UNLIKELY: Final = -0.5  # the same in a part with at most one letter, of a figure with letters
_PLAUSIBLE: Final = -1.0  # log odds that all cuts have of a layout that needs no other beside it
_MOST_REGIONS: Final = 900
_UNEVEN: Final = 1.0  # cost of a panel e times as large or as small as the mean, squared
_LETTER: Final = 6.0  # worth of a letter in its corner
_ELSEWHERE: Final = 0.5  # worth of a letter that lies elsewhere in its panel
_TWO: Final = 3.0  # cost of each further letter in a panel
_BARE: Final = 2.0  # cost of a panel without a letter, if all others have theirs
_CORNER: Final = 2.2  # heights of a letter: how far from the panel's edge it may lie
_NEAR: Final = 0.12  # of the panel's side: the same
PLACES: Final = ("top left", "top", "top right", "bottom left", "bottom", "bottom right")
_PLAIN: Final = 0.85  # share of letters that lie in one corner, from which no other is tried
_RARE: Final = (0.0, 1.5, 2.0, 0.8, 1.0, 1.8)  # cost of a figure whose letters lie there


class Layout(NamedTuple):
    """Cells of panels, the worth of the layout, and the log odds of its cuts."""

    worth: float
    cells: tuple[Region, ...]
    cuts: tuple[float, ...]


@dataclass(slots=True)
class Search:
    """Search for layouts of one figure.

    Attributes:
        evidence: what is known of cuts.
        weights: of the features of cuts, and a bias at the end.
        wanted: number of panels; None if it is not known.
        letters: those that were read, in pixels of the evidence.
        n_labels: how many letters could be there.
        place: index into `PLACES` of where letters lie in their panels.
        least: log odds that cuts must have.
    """

    evidence: Evidence
    weights: NDArray[np.float32]
    wanted: int | None
    letters: Sequence[Letter] = ()
    n_labels: int = 0
    place: int = 0
    least: float = -math.inf
    _cuts: dict[tuple[Region, int], list[tuple[int, float]]] = field(default_factory=dict)
    _held: dict[Region, list[int]] = field(default_factory=dict)
    _solved: dict[tuple[Region, int], dict[int, Layout]] = field(default_factory=dict)
    _centres: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note where the letters are."""
        self._centres = [(x.x + x.width / 2, x.y + x.height / 2) for x in self.letters]

    def at_place(self, place: int) -> Search:
        """Search with letters in another corner; cuts that were found are shared."""
        return Search(
            self.evidence,
            self.weights,
            self.wanted,
            self.letters,
            self.n_labels,
            place,
            self.least,
            self._cuts,
            self._held,
        )

    def best(self, most: int) -> dict[int, Layout]:
        """Find the best layout for each number of panels up to `most`."""
        h, w = self.evidence.shape
        return self._solve((0, h, 0, w), -1, most)

    def in_place(self, layout: Layout) -> int:
        """Count the cells whose only letter lies where the figure's letters are sought."""
        count = 0
        for cell in layout.cells:
            inside = self._inside(cell)
            if len(inside) == 1:
                letter = self.letters[inside[0]]
                count += self._placed(letter, self.evidence.tight(cell)) > _ELSEWHERE * letter.probability + 1e-6
        return count

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

    def _solve(self, region: Region, barred: int, most: int) -> dict[int, Layout]:
        """Find the best layouts of a region, by number of panels.

        Args:
            region: what to divide.
            barred: axis that the first cut may not take, since the cut before it took it; else the same layout would
                be found many times.
            most: panels at most.
        """
        key = (region, barred)
        if key in self._solved:
            return self._solved[key]
        low, high, inside = self._bounds(region, most)
        out: dict[int, Layout] = {}
        if low <= 1:
            out[1] = Layout(self._leaf(region, inside), (region,), ())
        if high > 1 and len(self._solved) < _MOST_REGIONS:
            for axis in (0, 1):
                if axis == barred:
                    continue
                for at, odds in self._cuts_of(region, axis):
                    t, b, le, r = region
                    first: Region = (t, at, le, r) if axis == 0 else (t, b, le, at)
                    rest: Region = (at, b, le, r) if axis == 0 else (t, b, at, r)
                    # The first part is not cut along this axis again: its cut would have come first.
                    ones = self._solve(first, axis, most - 1)
                    if not ones:
                        continue
                    others = self._solve(rest, -1, most - 1)
                    self._join(out, ones, others, odds, (low, high))
        self._solved[key] = out
        return out

    @staticmethod
    def _join(
        out: dict[int, Layout], ones: dict[int, Layout], others: dict[int, Layout], odds: float, bounds: tuple[int, int]
    ) -> None:
        for i, a in ones.items():
            for j, b in others.items():
                n = i + j
                if bounds[0] <= n <= bounds[1]:
                    worth = a.worth + b.worth + odds
                    if n not in out or worth > out[n].worth:
                        out[n] = Layout(worth, a.cells + b.cells, (odds, *a.cuts, *b.cuts))

    def _cuts_of(self, region: Region, axis: int) -> list[tuple[int, float]]:
        key = (region, axis)
        if key not in self._cuts:
            t, b, le, r = region
            first, last = (t, b) if axis == 0 else (le, r)
            least = max(_LEAST_SIDE * self.evidence.shape[axis], 8)
            if last - first < 2 * least:
                self._cuts[key] = []
                return []
            low, high = self.evidence.extent(region, axis)
            if high - low < 2 * least:
                self._cuts[key] = []
                return []
            inside = self._inside(region)
            more = np.array(sorted({e for i in inside for e in self._edges(self.letters[i], axis)}), np.int32)
            found = self.evidence.cuts(region, axis, more)
            odds = found.features @ self.weights[:-1] + self.weights[-1]
            at = (found.start + found.end) // 2
            fits = (found.start - low >= least) & (high - found.end >= least) & (odds > max(_HOPELESS, self.least))
            chosen = fits.nonzero()[0]
            chosen = chosen[(-odds[chosen]).argsort(kind="stable")]
            if len(inside) > 1:
                chosen = self._parting(chosen, at, inside, axis)
            else:  # nothing but the picture speaks for a cut
                chosen = chosen[odds[chosen] > (_UNLIKELY if self.letters else _HOPELESS_ALONE)]
                chosen = _apart(chosen, at)
            chosen = chosen[: _MOST_CUTS + 2 * (len(inside) > 1)]
            self._cuts[key] = [(int(at[i]), float(odds[i])) for i in chosen]
        return self._cuts[key]

    @staticmethod
    def _edges(letter: Letter, axis: int) -> tuple[int, int]:
        """Return the lines just before and just behind a letter."""
        first, size = (letter.y, letter.height) if axis == 0 else (letter.x, letter.width)
        return int(first) - 3, int(first + size) + 3

    def _parting(self, cuts: NDArray[np.intp], at: NDArray[np.int32], inside: list[int], axis: int) -> NDArray[np.intp]:
        """Select cuts for each way to part the letters: the likeliest two, the first and the last.

        Those next to letters are often not the likeliest. If all letters were read, each cut must part some.
        """
        ends = sorted(self._centres[i][1 - axis] for i in inside)
        all_read = len(self.letters) >= self.n_labels
        groups: dict[int, list[int]] = {}
        for cut in cuts.tolist():
            n = bisect_left(ends, int(at[cut]))
            if not (all_read and n in (0, len(inside))):
                groups.setdefault(n, []).append(cut)
        kept = set()
        for group in groups.values():
            kept |= {*group[:2], min(group, key=at.__getitem__), max(group, key=at.__getitem__)}
        return np.array([c for c in cuts.tolist() if c in kept], np.intp)

    def _leaf(self, region: Region, inside: list[int]) -> float:
        """Judge a region as one panel: its size, and its letters."""
        worth = 0.0
        t, b, le, r = self.evidence.tight(region)
        if self.wanted:
            whole = self.evidence.shape[0] * self.evidence.shape[1] / self.wanted
            worth -= _UNEVEN * math.log(max((b - t) * (r - le), 1) / whole) ** 2
        if self.letters:
            if not inside:
                return worth - _BARE * len(self.letters) / max(self.n_labels, 1)
            worth -= _TWO * (len(inside) - 1)
            worth += max(self._placed(self.letters[i], (t, b, le, r)) for i in inside)
        return worth

    def _placed(self, letter: Letter, cell: Region) -> float:
        """Judge where a letter lies in its panel."""
        t, b, le, r = cell
        place = PLACES[self.place]
        reach_y, reach_x = max(_CORNER * letter.height, _NEAR * (b - t)), max(_CORNER * letter.height, _NEAR * (r - le))
        down = letter.y - t if "top" in place else b - letter.y - letter.height
        if "left" in place:
            aside = letter.x - le
        elif "right" in place:
            aside = r - letter.x - letter.width
        else:
            aside = abs(letter.x + letter.width / 2 - (le + r) / 2)
        if max(down, 0) > reach_y or max(aside, 0) > reach_x:
            return _ELSEWHERE * letter.probability
        far = (max(down, 0) / reach_y + max(aside, 0) / reach_x) / 2
        return (_LETTER - far) * letter.probability


def _apart(cuts: NDArray[np.intp], at: NDArray[np.int32]) -> NDArray[np.intp]:
    """Leave away cuts beside a likelier one: they divide the figure in the same way.

    Args:
        cuts: indices of cuts, the likeliest first.
        at: line of each cut.
    """
    kept: list[int] = []
    for cut in cuts.tolist():
        if all(abs(int(at[cut]) - int(at[k])) > _SAME for k in kept):
            kept.append(cut)
            if len(kept) == _MOST_CUTS:
                break
    return np.array(kept, np.intp)


def best_layouts(search: Search, most: int) -> tuple[dict[int, Layout], int]:
    """Find the best layouts by number of panels, with letters in the corner that fits best; also that corner."""
    if not search.letters:
        return search.best(most), 0
    best: tuple[float, dict[int, Layout], int] = (-math.inf, {}, 0)
    for place in sorted(range(len(PLACES)), key=_RARE.__getitem__):
        here = search.at_place(place)
        found = here.best(most)
        layout = max((x for n, x in found.items() if search.wanted in (None, n)), key=lambda x: x.worth, default=None)
        if layout is None:
            break  # letters and cuts do not go together, wherever in their panels letters lie
        if layout.worth - _RARE[place] > best[0]:
            best = (layout.worth - _RARE[place], found, place)
        if here.in_place(layout) > _PLAIN * len(search.letters) and min(layout.cuts, default=0.0) > _PLAUSIBLE:
            break
    return best[1], best[2]
