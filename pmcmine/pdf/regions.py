"""Find the figures of a page: group pictures and drawings, and match them to captions by geometry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pmcmine.pdf.layout import Block, Page, Rect

_GAP: Final = 14.0  # points between parts of one figure
_LEAST: Final = 36.0  # points: a figure's shorter side
_LEAST_AREA: Final = 0.008  # of the page
_FAR: Final = 0.35  # of the page's height that a caption may lie from its figure
_LABEL: Final = 60  # letters: a longer text is no label in a figure


@dataclass(frozen=True, slots=True)
class Region:
    """A figure on a page: its box and its caption; the caption may stand on the next or previous page."""

    page: int
    box: Rect
    caption: Block | None


def clusters(parts: Sequence[Rect], gap: float, apart: Callable[[Rect, Rect], bool] = lambda a, b: False) -> list[Rect]:
    """Join rectangles that are at most `gap` apart, except those that `apart` separates."""
    found: list[Rect] = []
    for part in sorted(parts, key=lambda r: (r.y0, r.x0)):
        joined = part
        while (other := next((o for o in found if joined.meets(o, gap) and not apart(joined, o)), None)) is not None:
            found.remove(other)
            joined = joined.union(other)
        found.append(joined)
    return found


def graphics(page: Page, blocks: Sequence[Block]) -> list[Rect]:
    """Return the boxes of all that may be a figure on a page: parts that no caption or paragraph lies between."""
    whole = Rect(0, 0, page.width, page.height)
    parts = [
        r
        for r in (*page.pictures, *page.drawings)
        if r.overlap(whole) > 0 and not (r.width > 0.95 * page.width and r.height > 0.95 * page.height)
    ]
    texts = [b.box for b in blocks if b.kind == "caption" or len(b.text) > 3 * _LABEL]
    found = clusters(parts, _GAP, lambda a, b: any(_between(t, a, b, a.union(b)) for t in texts))
    return [
        r
        for r in found
        if min(r.width, r.height) >= _LEAST
        and r.area >= _LEAST_AREA * whole.area
        and not any(t.overlap(r) > 0.6 * r.area for t in texts)
    ]


def _between(text: Rect, a: Rect, b: Rect, both: Rect) -> bool:
    """Check whether a text lies in the box around two parts and in neither of them."""
    return (
        text.overlap(both) > 0.5 * text.area and text.overlap(a) < 0.3 * text.area and text.overlap(b) < 0.3 * text.area
    )


def _distance(graphic: Rect, caption: Rect, height: float) -> float:
    """Compute the distance of a caption from a figure; smaller if it is below, infinite if impossible."""
    beside = graphic.beside(caption)
    if beside > 0.3:
        if caption.y0 >= graphic.y1 - 6:
            away = caption.y0 - graphic.y1
            return away if away < _FAR * height else float("inf")
        if caption.y1 <= graphic.y0 + 6:
            away = graphic.y0 - caption.y1
            return away + 25 if away < 0.2 * height else float("inf")
    level = min(graphic.y1, caption.y1) - max(graphic.y0, caption.y0)
    if level > 0.3 * min(graphic.height, caption.height):
        away = max(caption.x0 - graphic.x1, graphic.x0 - caption.x1)
        return away + 40 if -10 <= away < 80 else float("inf")
    return float("inf")


def pair(page: Page, blocks: Sequence[Block]) -> tuple[list[Region], list[Block], list[Rect]]:
    """Return figures of a page with their captions, captions without a figure, and figures without a caption."""
    captions = [b for b in blocks if b.kind == "caption"]
    found = graphics(page, blocks)
    texts = [b.box for b in blocks if b.kind == "text" and len(b.text) > 3 * _LABEL]
    given: dict[int, list[Rect]] = {n: [] for n in range(len(captions))}
    left: list[Rect] = []
    for graphic in found:
        away = [
            (_distance(graphic, c.box, page.height) + 60 * _texts_between(graphic, c.box, texts), n)
            for n, c in enumerate(captions)
        ]
        best = min(away, default=(float("inf"), -1))
        if best[0] < float("inf"):
            given[best[1]].append(graphic)
        else:
            left.append(graphic)
    regions, bare = [], []
    for n, caption in enumerate(captions):
        parts = given[n]
        if not parts:
            bare.append(caption)
            continue
        box = parts[0]
        for part in parts[1:]:
            box = box.union(part)
        regions.append(Region(page.number, _with_labels(box, blocks, page), caption))
    return regions, bare, left


def _texts_between(graphic: Rect, caption: Rect, texts: Sequence[Rect]) -> int:
    """Return paragraphs between a figure and a caption above or below it."""
    top, bottom = min(graphic.y1, caption.y1), max(graphic.y0, caption.y0)
    if bottom <= top:
        return 0
    lane = Rect(max(graphic.x0, caption.x0), top, min(graphic.x1, caption.x1), bottom)
    return sum(t.overlap(lane) > 0.5 * t.area for t in texts)


def _with_labels(box: Rect, blocks: Sequence[Block], page: Page) -> Rect:
    """Extend a box by the short texts at its edges: panel letters, axis names."""
    for _ in range(2):
        for block in blocks:
            if block.kind == "text" and len(block.text) <= _LABEL and block.box.meets(box, 9.0):
                joined = box.union(block.box)
                if joined.area <= 1.35 * box.area:
                    box = joined
    return Rect(max(box.x0 - 2, 0), max(box.y0 - 2, 0), min(box.x1 + 2, page.width), min(box.y1 + 2, page.height))


def across_pages(bare: Sequence[Block], left: Sequence[tuple[int, Rect]], pages: Sequence[Page]) -> list[Region]:
    """Return the captions without a figure, and large figures without a caption on the page before or after."""
    out = []
    free = [(n, r) for n, r in left if r.area > 0.12 * pages[n].width * pages[n].height]
    for caption in bare:
        near = [(abs(n - caption.page), n, r) for n, r in free if abs(n - caption.page) == 1]
        if near:
            _, n, box = min(near, key=lambda f: (f[0], f[1]))
            free.remove((n, box))
            out.append(Region(n, box, caption))
    return out
