"""Label glyphs in panels: which letter stands in whose corner.

No character recognition: connected shapes of an image are compared with drawn letters, and those of one height near the
upper left corners of a layout's cells tell how well layout and labels fit, and which label is whose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pmcmine.images.opencv import opencv
from pmcmine.panels.geometry import Box, reading_order

_INK: Final = 110  # grey level below which a shape is dark
_MOST_SHAPES: Final = 1_500
_OUT: Final = 4.0  # pixels that a label may lie outside of its panel's box
_LEAST: Final = 26.0  # pixels from the corner that are always looked at
_UNLIKE: Final = 0.55  # similarity that any letter has to any other
_CLEAR: Final = 0.3
_TURNED: Final = 0.35  # margin by which an order that is neither by rows nor by columns must be better
_CERTAIN: Final = 0.6  # and the fit that it must have
_CELL: Final = 16  # pixels of the side that shapes are compared at
_NEAR: Final = 0.25  # of a box's sides: how far from its corner a label may be
_LIKE: Final = 0.15  # fit that letters must have for any order to be taken from them
_MARGIN: Final = 0.13  # fit by which the order down the columns must be better


@lru_cache(maxsize=64)
def _templates(letter: str) -> tuple[NDArray[np.float32], ...]:
    """Draw a letter with the fonts of OpenCV and Pillow, thin and bold, trimmed to its shape."""
    from PIL import Image, ImageDraw, ImageFont

    cv2 = opencv()

    out = []
    for font in (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX):
        for thickness in (2, 5):
            canvas = np.zeros((80, 80), np.uint8)
            cv2.putText(canvas, letter, (12, 60), font, 2, (255,), thickness)
            rows, columns = np.flatnonzero(canvas.any(1)), np.flatnonzero(canvas.any(0))
            out.append(_normal(canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))
    for stroke in (0, 2, 4):
        picture = Image.new("L", (96, 96))
        letters = ImageFont.load_default(60)
        ImageDraw.Draw(picture).text((16, 8), letter, 255, font=letters, stroke_width=stroke)
        out.append(_normal(np.asarray(picture.crop(picture.getbbox()))))
    return tuple(out)


def _normal(shape: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale a shape to a fixed size, with mean 0 and length 1."""
    cv2 = opencv()
    h, w = shape.shape
    side = max(h, w)
    square = np.zeros((side, side), np.uint8)
    square[(side - h) // 2 : (side - h) // 2 + h, (side - w) // 2 : (side - w) // 2 + w] = shape
    small = cv2.resize(square, (_CELL, _CELL), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)


Cell = tuple[float, float, float, float]  # x, y, width, height in pixels


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Shapes of an image that may be label letters.

    Attributes:
        x: left edge of each, in pixels.
        y: top edge.
        height: height.
        similarity: of each to each label's letter, shapes × labels.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    height: NDArray[np.float32]
    similarity: NDArray[np.float32]

    def assign(self, cells: Sequence[Cell]) -> tuple[float, tuple[int, ...]]:
        """Score how well letters match the upper left corners of cells; return the cell of each label.

        The cells come in a likely order (rows, or columns); another one is taken only if letters say so clearly.

        Returns:
            0 if no letter is seen to 1 where all are, and for each label the place of its cell.
        """
        n = len(cells)
        order = tuple(range(n))
        if not len(self.x) or n != self.similarity.shape[1]:
            return 0.0, order
        clear = np.clip((self.similarity - _UNLIKE) / _CLEAR, 0, 1)
        inside = np.zeros((n, len(self.x)), np.bool_)
        for k, (x, y, width, height) in enumerate(cells):
            inside[k] = (
                (self.x >= x - _OUT)
                & (self.x <= x + max(_NEAR * width, _LEAST))
                & (self.y >= y - _OUT)
                & (self.y <= y + max(_NEAR * height, _LEAST))
            )
        seen = np.flatnonzero(inside.any(0) & (clear.max(1) > 0.3))
        best = (0.0, order)
        for size in sorted({round(float(h)) for h in self.height[seen]}):
            alike = seen[np.abs(self.height[seen] - size) <= max(0.15 * size, 1.5)]
            # labels × cells: the likest letter of about this height in each corner
            told = np.stack([np.where(c, clear[alike].T, 0).max(1, initial=0) for c in inside[:, alike]], axis=1)
            straight = float(np.trace(told)) / n
            if straight > best[0]:
                best = (straight, order)
            rows, columns = linear_sum_assignment(-told)
            free = float(told[rows, columns].mean())
            if free >= _CERTAIN and free - _TURNED > max(best[0], straight):
                best = (free - _TURNED, tuple(columns.tolist()))
        return best


def find_glyphs(grey: NDArray[np.uint8], labels: Sequence[str]) -> Glyphs | None:
    """Find all shapes of an image that may be letters, and how like each is to each label; the case that fits better.

    Args:
        grey: height × width.
        labels: single letters; None for others.
    """
    cv2 = opencv()
    if not labels or not all(len(x) == 1 and x.isalpha() and x.isascii() for x in labels):
        return None
    shapes, places = [], []
    for picture in (grey, 255 - grey):
        _, mask = cv2.threshold(picture, _INK, 255, cv2.THRESH_BINARY_INV)
        _, marked, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        sizes = stats[1:]
        wide, tall, area = sizes[:, 2], sizes[:, 3], sizes[:, 4]
        fit = (tall >= 7) & (tall <= 48) & (wide >= 3) & (wide <= 48) & (wide >= 0.25 * tall) & (wide <= 1.6 * tall)
        chosen = np.flatnonzero(fit & (area >= 0.15 * wide * tall))[:_MOST_SHAPES]
        for i in chosen.tolist():
            x, y, w, h, _ = sizes[i].tolist()
            shape = ((marked[y : y + h, x : x + w] == i + 1) * 255).astype(np.uint8)
            shapes.append(_normal(shape).ravel())
            places.append((x, y, h))
    if not shapes:
        return None
    table = np.stack(shapes)
    best: NDArray[np.float32] | None = None
    for case in ("".join(labels).upper(), "".join(labels).lower()):
        alike = np.stack([(table @ np.stack([t.ravel() for t in _templates(c)]).T).max(1) for c in case], axis=1)
        if best is None or float(alike.max(0).mean()) > float(best.max(0).mean()):
            best = alike
    assert best is not None
    x, y, h = (np.array(c, np.float32) for c in zip(*places, strict=True))
    return Glyphs(x, y, h, best)


def in_order_of_labels(grey: NDArray[np.uint8], boxes: Sequence[Box], labels: Sequence[str]) -> tuple[list[Box], float]:
    """Sort boxes (in reading order) by their labels; also return how well letters in their corners match (0 to 1).

    Without letters that can be read it is the reading order; else that of the rows, of the columns, or any other.

    Args:
        grey: height × width.
        boxes: as many as labels.
        labels: labels in their order; only single letters are looked for.
    """
    glyphs = find_glyphs(grey, labels)
    if glyphs is None:
        return list(boxes), 0.0
    best, found = list(boxes), 0.0
    for order, margin in ((list(boxes), 0.0), (down_columns(boxes), _MARGIN)):
        fit, places = glyphs.assign([(b.x, b.y, b.width, b.height) for b in order])
        if fit > max(found + margin, _LIKE):
            best, found = [order[p] for p in places], fit
    return best, found


def down_columns(boxes: Sequence[Box]) -> list[Box]:
    """Return columns from left to right, in each from top to bottom: the reading order of the transposed picture."""
    return [_transposed(b) for b in reading_order([_transposed(b) for b in boxes])]


def _transposed(box: Box) -> Box:
    return Box(box.y, box.x, box.height, box.width, box.confidence)
