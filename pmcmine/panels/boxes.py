"""Find the boxes of panels: the layout of rows and columns whose cuts fit the image best.

A cut is a band of one colour, or a straight edge between photographs that touch, through all of a region (recursive X-Y
cut, Nagy and Seth 1984; edge-based cuts after Taschwer and Marques 2018). Charts hold such bands too; what tells a gap
between panels from one inside of a chart is that panels lie in rows and columns of about one size. So layouts of as
many panels as the caption names are compared as wholes, and the one whose cuts are best and lie most evenly is taken.
Without a caption's help only cuts that are sure by themselves are made. Pixels only, no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.opencv import opencv
from pmcmine.panels.geometry import Box, reading_order
from pmcmine.panels.glyphs import Glyphs, find_glyphs

_SIDE: Final = 512  # pixels of the longer side that are looked at
_FLAT: Final = 22  # grey levels from the ground that are no ink
_CLEAN: Final = 0.004  # share of a line that may be ink in a band
_LEAST_SIDE: Final = 0.05  # of the image's side, for a panel
_EDGE: Final = 0.3  # share of a line's pixels that must step for an edge between pictures
_WIDE: Final = 0.03  # of the image's side: a band as wide as this is sure
_REACH: Final = 0.42  # of a part's size: maximum distance of a cut from equal parts
_OFF: Final = 0.9  # cost of that distance, a part's size being 1
_OFF_ROWS: Final = 0.6  # the same for strips, which differ in size more often
_WAYS: Final = 6  # to cut an image into strips that are gone on with
_MOST_CUTS: Final = 40
_UNEVEN: Final = 0.06  # cost per panel that a strip has more or less than the others
_ALIKE: Final = 0.1  # of an extent: maximum distance of a neighbour's frame that decides where an empty border ends
_FRAME: Final = 0.35  # share of ink on an edge from which it is a frame or a photograph
_BORDER: Final = 0.06  # of the picture's extent, left around pictures without a frame
_MOST: Final = 30
_MOST_UNASKED: Final = 9
_MOST_LINES: Final = 8
_FINER: Final = 0.005  # of quality, that a layout with one panel more may be worse
_LETTERS: Final = 0.4  # of quality, that letters in the corners of all panels are worth
_SURE: Final = 0.8  # mean quality from which cuts are made that no caption asks for: 3 % of single pictures are cut


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place where a region may be cut: from `start` to `end` along an axis, and how good it is (0 to 1)."""

    start: int
    end: int
    quality: float


Region = tuple[int, int, int, int]  # top, bottom, left, right


def panel_boxes(rgb: NDArray[np.uint8], wanted: int | None = None, labels: Sequence[str] = ()) -> list[Box]:
    """Build the boxes of the panels, in reading order; one box where the image is not cut.

    Args:
        rgb: height × width × 3, or height × width.
        wanted: how many panels the caption names; None if it names none.
        labels: their labels in order, if they are known; their letters are looked for in the corners of panels.
    """
    grey, scale = _shrunk(rgb)
    picture = _Picture(grey, _ground(grey))
    whole = (0, grey.shape[0], 0, grey.shape[1])
    if wanted is not None:
        n = min(max(wanted, 1), _MOST)
        glyphs = find_glyphs(_grey(rgb), labels) if len(labels) == n else None
        score, regions = _best_layout(picture, whole, n, glyphs, scale)
    else:
        score, regions = 0.0, [whole]
        for n in range(2, _MOST_UNASKED + 1):
            found, cells = picture.layout(whole, n)
            if len(cells) == n and found >= max(_SURE, score - _FINER * n):
                score, regions = found, cells
    if len(regions) == 1:
        return [Box(0, 0, rgb.shape[1], rgb.shape[0], 1.0 if wanted in (None, 1) else 0.2)]
    h, w = rgb.shape[:2]
    boxes = []
    for top, bottom, left, right in _aligned(regions, [picture.tighten(r) for r in regions]):
        x, y = max(int(left / scale), 0), max(int(top / scale), 0)
        width, height = min(int(np.ceil(right / scale)), w) - x, min(int(np.ceil(bottom / scale)), h) - y
        boxes.append(Box(x, y, width, height, round(float(np.clip(score, 0.05, 1.0)), 3)))
    return reading_order(boxes)


def _best_layout(
    picture: _Picture, whole: Region, n: int, glyphs: Glyphs | None, scale: float
) -> tuple[float, list[Region]]:
    """Find the layout of n panels with the best cuts and, if letters are visible, the best match of letters."""
    found = picture.layouts(whole, n)
    if not found:
        return (1.0 if n == 1 else -9.0), [whole]
    if glyphs is None:
        return max(found, key=lambda f: f[0])
    top = max(score for score, _ in found)
    best: tuple[float, float, list[Region]] = (-9.0, 0.0, [whole])
    for score, cells in found:
        if score < top - _LETTERS:
            continue
        tight = [picture.tighten(c)[0] for c in cells]
        boxes = [Box(le, t, r - le, b - t) for t, b, le, r in tight]
        orders = (reading_order(boxes), _columns(boxes))
        fit = max(
            glyphs.assign([(b.x / scale, b.y / scale, b.width / scale, b.height / scale) for b in order])[0]
            for order in orders
        )
        if score + _LETTERS * fit > best[0] + best[1] + 1e-9:
            best = (score, _LETTERS * fit, cells)
    # Letters that are seen make a layout surer; none that are seen say little, for many figures have none.
    return min(best[0] + best[1] * 0.5, 1.0), best[2]


def _columns(boxes: Sequence[Box]) -> list[Box]:
    turned = [Box(b.y, b.x, b.height, b.width, b.confidence) for b in boxes]
    return [Box(b.y, b.x, b.height, b.width, b.confidence) for b in reading_order(turned)]


class _Picture:
    """Grey levels, their ground, and the cuts of regions that were looked at."""

    def __init__(self, grey: NDArray[np.uint8], ground: int) -> None:
        self.grey = grey
        self.ground = ground
        self.ink = np.abs(grey.astype(np.int16) - ground) > _FLAT
        self._cuts: dict[tuple[Region, int], list[_Cut]] = {}
        self._splits: dict[tuple[Region, int, int, bool], tuple[float, list[Region]]] = {}

    def layout(self, region: Region, n: int) -> tuple[float, list[Region]]:
        """Find the best layout of n panels: mean quality of its cuts, and its cells."""
        return max(self.layouts(region, n), key=lambda f: f[0], default=(1.0 if n == 1 else -9.0, [region]))

    def layouts(self, region: Region, n: int) -> list[tuple[float, list[Region]]]:
        """Find the best layout of n panels for each number of rows, and of columns."""
        if n == 1:
            return [(1.0, [region])]
        found = []
        for axis in (0, 1):
            for lines in range(1, min(n, _MOST_LINES) + 1):
                for score, strips in self.splits(region, axis, lines) if lines > 1 else [(0.0, [region])]:
                    filled = self._fill(strips, 1 - axis, n)
                    if filled is not None:
                        found.append(((score * (lines - 1) + filled[0]) / (n - 1), filled[1]))
        return found

    def _fill(self, strips: list[Region], axis: int, n: int) -> tuple[float, list[Region]] | None:
        """Find the best way to cut strips into n cells together: sum of the qualities, and the cells."""
        most = n - len(strips) + 1
        table: dict[int, tuple[float, list[Region]]] = {0: (0.0, [])}
        mean = n / len(strips)
        for strip in strips:
            following: dict[int, tuple[float, list[Region]]] = {}
            for count, (score, cells) in table.items():
                for k in range(1, min(most, _MOST_LINES, n - count) + 1):
                    if abs(k - mean) > max(2.0, mean / 2):
                        continue
                    quality, parts = self.split(strip, axis, k) if k > 1 else (0.0, [strip])
                    # Rows of one length are the rule.
                    value = score + quality * (k - 1) - _UNEVEN * abs(k - mean)
                    if count + k not in following or value > following[count + k][0]:
                        following[count + k] = (value, cells + parts)
            table = following
        return table.get(n)

    def split(self, region: Region, axis: int, k: int, even: bool = True) -> tuple[float, list[Region]]:
        """Cut a region into k parts: mean quality of the cuts, and the parts.

        Args:
            region: what to cut.
            axis: 0 into rows, 1 into columns.
            k: how many parts.
            even: whether parts are expected to be of one size; rows of panels differ in height.
        """
        key = (region, axis, k, even)
        if key not in self._splits:
            self._splits[key] = self._split(region, axis, k, even)[0]
        return self._splits[key]

    def splits(self, region: Region, axis: int, k: int) -> list[tuple[float, list[Region]]]:
        """Find the best ways to cut a region into k strips that end in different cuts."""
        return self._split(region, axis, k, even=False)

    def _split(self, region: Region, axis: int, k: int, even: bool) -> list[tuple[float, list[Region]]]:
        top, bottom, left, right = region
        first, last = (top, bottom) if axis == 0 else (left, right)
        inner = self._extent(region, axis)
        length = inner[1] - inner[0]
        least = max(_LEAST_SIDE * self.grey.shape[axis], 10)
        if length < k * least:
            return [(-1.0, [region])]
        off, reach = (_OFF, _REACH) if even else (_OFF_ROWS, 2.0)
        part = length / k
        # The best sums of cuts so far, by the last cut: dynamic programming over the cuts in order.
        cuts = sorted(self.cuts(region, axis), key=lambda c: (-c.quality, c.start))[:_MOST_CUTS]
        table: list[tuple[float, int, tuple[_Cut, ...]]] = [(0.0, inner[0], ())]
        for j in range(1, k):
            ideal = inner[0] + part * j
            following = []
            for cut in cuts:
                middle = (cut.start + cut.end) / 2
                away = abs(middle - ideal) / part
                if away > reach:
                    continue
                before = [t for t in table if cut.start - t[1] >= least]
                if before:
                    score, _, chain = max(before, key=lambda t: t[0])
                    following.append((score + cut.quality - off * away, cut.end, (*chain, cut)))
            table = following
        ended = [t for t in table if inner[1] - t[1] >= least]
        if not ended:
            return [(-1.0, [region])]
        found = []
        for total, _, chosen in sorted(ended, key=lambda t: -t[0])[:_WAYS]:
            edges = [first, *((c.start + c.end) // 2 for c in chosen), last]
            parts = [(a, b, left, right) if axis == 0 else (top, bottom, a, b) for a, b in pairwise(edges)]
            found.append((total / (k - 1), parts))
        return found

    def _extent(self, region: Region, axis: int) -> tuple[int, int]:
        """Find where the ink of a region begins and ends along an axis."""
        top, bottom, left, right = region
        found = np.flatnonzero(self.ink[top:bottom, left:right].any(1 - axis))
        offset = top if axis == 0 else left
        if not len(found):
            return (top, bottom) if axis == 0 else (left, right)
        return offset + int(found[0]), offset + int(found[-1]) + 1

    def cuts(self, region: Region, axis: int) -> list[_Cut]:
        """Return the places where a region may be cut along an axis."""
        key = (region, axis)
        if key not in self._cuts:
            top, bottom, left, right = region
            part = self.grey[top:bottom, left:right]
            offset = top if axis == 0 else left
            lines = part if axis == 0 else part.T
            self._cuts[key] = [
                _Cut(offset + a, offset + b, q) for a, b, q in _bands(lines, self.ground) + _steps(lines)
            ]
        return self._cuts[key]

    def tighten(self, region: Region) -> tuple[Region, tuple[bool, bool, bool, bool]]:
        """Trim the empty border of a cell; also return which of its edges are a picture's frame."""
        top, bottom, left, right = region
        ink = self.ink[top:bottom, left:right]
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        if not len(rows) or not len(columns):
            return region, (False, False, False, False)
        t, b, le, r = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        inner = ink[t:b, le:r]
        lines = (inner[:3].max(0), inner[-3:].max(0), inner[:, :3].max(1), inner[:, -3:].max(1))
        framed = [float(line.mean()) > _FRAME for line in lines]
        return (top + t, top + b, left + le, left + r), (framed[0], framed[1], framed[2], framed[3])


def _aligned(cells: Sequence[Region], tight: Sequence[tuple[Region, tuple[bool, bool, bool, bool]]]) -> list[Region]:
    """Align frameless edges of regions with the frames of others in the row or column, or a little outside the ink.

    Charts have an empty border that belongs to them; how wide it is, their neighbours tell.
    """
    out = []
    for i, (cell, (region, framed)) in enumerate(zip(cells, tight, strict=True)):
        edges = list(region)
        for e in range(4):
            if framed[e]:
                continue
            outward = -1 if e in (0, 2) else 1
            extent = region[1] - region[0] if e < 2 else region[3] - region[2]
            low, high = sorted((cell[e], region[e]))
            others = [
                r[e]
                for j, (r, f) in enumerate(tight)
                if j != i and f[e] and low <= r[e] <= high and abs(r[e] - region[e]) <= _ALIKE * extent
            ]
            if others:
                edges[e] = min(others, key=lambda x: abs(x - region[e]))
            else:
                edges[e] = region[e] + outward * min(abs(cell[e] - region[e]), int(_BORDER * extent) + 1)
        out.append((edges[0], edges[1], edges[2], edges[3]))
    return out


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    cv2 = opencv()
    return rgb if rgb.ndim == 2 else np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.uint8)


def _shrunk(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Return the grey levels, whose longer side has at most this many pixels, and the scale."""
    cv2 = opencv()
    grey = _grey(rgb)
    scale = min(_SIDE / max(grey.shape), 1.0)
    if scale < 1:
        size = (max(int(grey.shape[1] * scale), 1), max(int(grey.shape[0] * scale), 1))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return grey, scale


def _ground(grey: NDArray[np.uint8]) -> int:
    """Return the grey level of the ground: of the border where it is of one colour, else white."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    level = int(np.median(border))
    return level if float((np.abs(border.astype(np.int16) - level) < _FLAT).mean()) > 0.6 else 255


def _bands(lines: NDArray[np.uint8], ground: int) -> list[tuple[int, int, float]]:
    """Compute bands of one colour that run through: (start, end, quality)."""
    length = len(lines)
    found = []
    values = lines.astype(np.int16)
    for level in {ground, 255, 0}:
        inked = (np.abs(values - level) > _FLAT).mean(1)
        for start, end in _runs(inked <= _CLEAN):
            if start == 0 or end == length:
                continue
            wide = min((end - start) / (_WIDE * _SIDE), 1.0)
            # Pictures with frames or photographs fill the lines beside a gap; a chart's own gaps have sparse ink there.
            first = float(inked[max(start - 3, 0) : start].max())
            second = float(inked[end : min(end + 3, length)].max())
            found.append((start, end, 0.4 + 0.3 * wide + 0.3 * min(first, second) ** 0.5))
    return found


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _steps(lines: NDArray[np.uint8]) -> list[tuple[int, int, float]]:
    """Find straight edges between touching pictures, where many pixels step at once: (start, end, quality)."""
    values = lines.astype(np.int16)
    if len(values) < 12:
        return []
    strong = (np.abs(np.diff(values, axis=0)) > 14).mean(1)
    around = np.convolve(strong, np.ones(9) / 9, "same")
    sure = (strong > _EDGE) & (strong > 2 * around)
    return [(int(i) + 1, int(i) + 1, 0.15 + 0.6 * float(strong[i])) for i in np.flatnonzero(sure)]
