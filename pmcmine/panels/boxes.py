"""Find the boxes of panels, in the order of their labels.

Where the caption names panels, the layout of that many panels is sought whose cuts are likeliest and whose panels each
hold one of the letters that were read (`layouts`, `letters`). Without a caption's help only cuts that are sure by
themselves are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.opencv import opencv
from pmcmine.panels.confidence import confidence
from pmcmine.panels.evidence import Evidence, Region, ground, ink_over
from pmcmine.panels.geometry import Box, down_columns, reading_order
from pmcmine.panels.layouts import Search, best_layouts
from pmcmine.panels.letter_places import rare
from pmcmine.panels.letters import Fine, Letter, find_in_two, readable
from pmcmine.panels.margins import without_notes
from pmcmine.panels.proposals import better_seen
from pmcmine.panels.sight import Sight, look
from pmcmine.panels.trees import Layout
from pmcmine.panels.trimming import trimmed

SURE: Final = 0.5  # confidence from which boxes are given to panels
_SIDE: Final = 512  # pixels of the longer side that are looked at
_FRAME_LINES: Final = 4  # thickness of a line around the figure, at most
_FRAME_FULL: Final = 0.985  # share of ink in such a line
_FRAME_EMPTY: Final = 0.25  # share of ink just inside of it
_MOST: Final = 30
_MOST_UNASKED: Final = 9
_CLEAR: Final = (1.0, 3.0, 5.0)  # least log odds of cuts that are tried without the others, too
_UNASKED: Final = 2.0  # log odds that every cut must have that no caption asks for


def panel_boxes(
    rgb: NDArray[np.uint8],
    wanted: int | None = None,
    labels: Sequence[str] = (),
    fine: Fine | None = None,
) -> list[Box]:
    """Build the boxes of the panels, in the order of their labels; one box where the image is not cut.

    Args:
        rgb: height × width × 3, or height × width.
        wanted: how many panels the caption names; None if it names none.
        labels: their labels in order, if they are known; their letters are looked for.
        fine: returns the same picture in grey levels, height × width, with more pixels, or None; letters that are too
            small in `rgb` are read from it. It is called only for these.
    """
    found = find_layout(rgb, wanted, labels, fine)
    h, w = rgb.shape[:2]
    if found is None:
        return [Box(0, 0, w, h, 1.0 if wanted is None or wanted < 2 else 0.2)]
    layout, search, scale = found.layout, found.search, found.scale
    sure = confidence(layout, search, readable(labels))
    boxes = []
    for top, bottom, left, right in trimmed(search.evidence, layout.cells, found.letters):
        x, y = max(int(left / scale), 0), max(int(top / scale), 0)
        width, height = min(math.ceil(right / scale), w) - x, min(math.ceil(bottom / scale), h) - y
        boxes.append(Box(x, y, max(width, 1), max(height, 1), sure))
    return _in_order(boxes, layout.cells, found.letters)


@dataclass(frozen=True, slots=True)
class Found:
    """The layout of a figure, the search that found it, letters that were read, and the scale of all three."""

    layout: Layout
    search: Search
    letters: Sequence[Letter]
    scale: float


def find_layout(rgb: NDArray[np.uint8], wanted: int | None, labels: Sequence[str], fine: Fine | None) -> Found | None:
    """Find the layout of the panels; None if the figure is not cut. Arguments are those of `panel_boxes`."""
    grey, scale = shrunk(rgb)
    n = None if wanted is None else min(max(wanted, 1), _MOST)
    if n == 1 or min(grey.shape) < 16:
        return None
    letters = _letters(rgb, fine, labels, scale) if n == len(labels) else []
    plain = without_frame(grey)
    if n is not None:
        plain = without_notes(plain, letters)
    sight = None if n is None else _looked(grey, letters, n, readable(labels))
    search, layout = _search(Evidence(plain), n, letters, sight)
    layout = better_seen(layout, search)
    return Found(layout, search, letters, scale) if layout is not None and len(layout.cells) > 1 else None


def _looked(grey: NDArray[np.uint8], letters: Sequence[Letter], n: int, lettered: bool) -> Sight:
    """Ask a network about a figure; letters are in its pixels."""
    h, w = grey.shape
    places = [(x.x / w, x.y / h, (x.x + x.width) / w, (x.y + x.height) / h) for x in letters]
    return look(grey, places, n, lettered)


def _search(
    evidence: Evidence, n: int | None, letters: Sequence[Letter], sight: Sight | None
) -> tuple[Search, Layout | None]:
    """Search for the layout of a figure; also return the search that found it.

    Args:
        evidence: for cuts.
        n: how many panels the caption names; None if it names none.
        letters: those of their labels that were read.
        sight: what a network says of the figure; None if the caption names no panels.
    """
    if n is None:
        search = Search(evidence, None)
        return search, _sure(search.best(_MOST_UNASKED))
    search = Search(evidence, n, letters, n, sight=sight)
    found, place = best_layouts(search, n)
    search, layout = search.at_place(place), found.get(n)
    if layout is None or min(layout.cuts, default=0.0) <= min(_CLEAR):
        # Pictures full of edges use up the search before all of the figure was divided.
        least = [x for x in _CLEAR if x < search.clearest]
        clear = [Search(evidence, n, letters, n, place, x, sight).best(n).get(n) for x in least]
        layout = max((x for x in (layout, *clear) if x is not None), key=lambda x: x.worth, default=None)
    if layout is not None and search.in_place(layout) < len(letters):
        search, layout = _lower(search, layout)
    if layout is None and letters:  # no cuts part these letters, so some of them are none
        return _search(evidence, n, (), sight)
    return search, layout


def _lower(search: Search, layout: Layout) -> tuple[Search, Layout]:
    """Search once more with letters that end their panels, where the layout found has letters out of their place.

    Much of a search is lost where it parts pictures from the letters below them. What it finds counts only if more
    letters are in their place.
    """
    n = search.n_labels
    low = Search(search.evidence, n, search.letters, n, sight=search.sight, low=True)
    found, place = best_layouts(low, n)
    low, other = low.at_place(place), found.get(n)
    if other is None or low.in_place(other) <= search.in_place(layout):
        return search, layout
    better = other.worth - rare(low.place) > layout.worth - rare(search.place)
    return (low, other) if better else (search, layout)


def _letters(rgb: NDArray[np.uint8], fine: Fine | None, labels: Sequence[str], scale: float) -> list[Letter]:
    """Find the letters of labels, in pixels of the evidence; in the finer picture if not all are read."""
    found, finer = find_in_two(_grey(rgb), fine, labels)
    if finer is not None:
        scale = scale * rgb.shape[1] / finer.shape[1]
    return [Letter(x.label, x.x * scale, x.y * scale, x.width * scale, x.height * scale, x.probability) for x in found]


def _sure(found: dict[int, Layout]) -> Layout | None:
    """Choose the layout with the most panels whose cuts are all sure."""
    sure = [x for x in found.values() if x.cuts and min(x.cuts) > _UNASKED]
    return max(sure, key=lambda x: x.worth, default=None)


def _in_order(boxes: Sequence[Box], cells: Sequence[Region], letters: Sequence[Letter]) -> list[Box]:
    """Sort boxes by their labels: those whose letter was read by it, the others along the rows or the columns."""
    owner: dict[int, Box] = {}
    for x in sorted(letters, key=lambda x: -x.probability):
        for box, (t, b, le, r) in zip(boxes, cells, strict=True):
            if le <= x.x + x.width / 2 < r and t <= x.y + x.height / 2 < b and box not in owner.values():
                owner.setdefault(x.label, box)
    orders = [reading_order(boxes), down_columns(boxes)]
    agree = [sum(order[label] == box for label, box in owner.items() if label < len(order)) for order in orders]
    order = orders[1] if agree[1] > agree[0] else orders[0]
    if not max(agree) and 2 * len(owner) <= len(boxes):
        owner = {}  # a few letters that no order agrees with are none
    rest = iter([b for b in order if b not in owner.values()])
    return [owner[i] if i in owner else next(rest) for i in range(len(boxes))]


def without_frame(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paint over a thin line around all of the figure, which else crosses each band between panels.

    Args:
        grey: height × width, at the scale of the cuts.
    """
    level = ground(grey)
    ink = ink_over(grey, level)
    lines, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    if len(lines) < 32 or len(columns) < 32:
        return grey
    top, bottom, left, right = int(lines[0]), int(lines[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    inside = ink[top:bottom, left:right]
    rows, across = inside.mean(1), inside.mean(0)
    sides = (rows, rows[::-1], across, across[::-1])
    thick = [int((side[:_FRAME_LINES] > _FRAME_FULL).sum()) for side in sides]
    for side, n in zip(sides, thick, strict=True):
        if not n or side[:n].min() <= _FRAME_FULL or side[n + 1 : n + 4].max() > _FRAME_EMPTY:
            return grey
    out = grey.copy()
    out[: top + thick[0] + 1] = out[bottom - thick[1] - 1 :] = level
    out[:, : left + thick[2] + 1] = out[:, right - thick[3] - 1 :] = level
    return out


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    cv2 = opencv()
    return rgb if rgb.ndim == 2 else np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.uint8)


def shrunk(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Return the grey levels, whose longer side has at most this many pixels, and the scale."""
    cv2 = opencv()
    grey = _grey(rgb)
    scale = min(_SIDE / max(grey.shape), 1.0)
    if scale < 1:
        size = (max(int(grey.shape[1] * scale), 1), max(int(grey.shape[0] * scale), 1))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return grey, scale
