"""Label glyphs in panels: whether letters run along the rows or down the columns.

No character recognition: the connected shapes near each box's upper left corner are compared with drawn letters, and
the two orders that compounds are lettered in are compared as wholes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.panels.boxes import Box, reading_order

_CELL: Final = 16  # pixels of the side that shapes are compared at
_NEAR: Final = 0.25  # of a box's sides: how far from its corner a label may be
_LIKE: Final = 0.4  # mean likeness that the order down the columns must have
_MARGIN: Final = 0.06  # mean likeness by which the order down the columns must be better


@lru_cache(maxsize=64)
def _templates(letter: str) -> tuple[NDArray[np.float32], ...]:
    """A letter as OpenCV's fonts draw it, cut to its shape."""
    import cv2

    out = []
    for font in (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX):
        for thickness in (2, 5):
            canvas = np.zeros((80, 80), np.uint8)
            cv2.putText(canvas, letter, (12, 60), font, 2, (255,), thickness)
            rows, columns = np.flatnonzero(canvas.any(1)), np.flatnonzero(canvas.any(0))
            out.append(_normal(canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))
    return tuple(out)


def _normal(shape: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A shape at a fixed size, with mean 0 and length 1."""
    import cv2

    h, w = shape.shape
    side = max(h, w)
    square = np.zeros((side, side), np.uint8)
    square[(side - h) // 2 : (side - h) // 2 + h, (side - w) // 2 : (side - w) // 2 + w] = shape
    small = cv2.resize(square, (_CELL, _CELL), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)


def _shapes(grey: NDArray[np.uint8], box: Box) -> list[NDArray[np.float32]]:
    """Shapes that may be letters near a box's upper left corner, dark and bright ones, nearest first."""
    import cv2

    margin = max(int(0.04 * max(box.width, box.height)), 4)
    top, left = max(box.y - margin, 0), max(box.x - margin, 0)
    corner = grey[top : box.y + int(_NEAR * box.height) + 12, left : box.x + int(_NEAR * box.width) + 12]
    if min(corner.shape) < 8:
        return []
    found = []
    for picture in (corner, 255 - corner):
        _, mask = cv2.threshold(picture, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        for i, (x, y, w, h, area) in enumerate(stats[1:].tolist(), 1):
            if 6 <= h <= 48 and 3 <= w <= 48 and 0.25 <= w / h <= 1.6 and area >= 0.15 * w * h:
                shape = ((labels[y : y + h, x : x + w] == i) * 255).astype(np.uint8)
                found.append((x + y, _normal(shape)))
    return [s for _, s in sorted(found, key=lambda f: f[0])[:12]]


def in_order_of_labels(grey: NDArray[np.uint8], boxes: Sequence[Box], labels: Sequence[str]) -> list[Box]:
    """Boxes (in reading order) in the order of their labels: along the rows, or down the columns where letters say so.

    Args:
        grey: height × width.
        boxes: as many as labels.
        labels: labels in their order; only single letters are looked for.
    """
    rows = list(boxes)
    columns = down_columns(boxes)
    if columns == rows or not all(len(x) == 1 and x.isalpha() for x in labels):
        return rows
    shapes = {b: _shapes(grey, b) for b in rows}

    def score(order: Sequence[Box]) -> float:
        told = []
        for box, label, other in zip(order, labels, rows if order is columns else columns, strict=True):
            if box != other:
                told.append(max((float((s * t).sum()) for s in shapes[box] for t in _templates(label)), default=0.0))
        return float(np.mean(told)) if told else 0.0

    return columns if score(columns) > max(score(rows) + _MARGIN, _LIKE) else rows


def down_columns(boxes: Sequence[Box]) -> list[Box]:
    """Columns from left to right, in each from top to bottom: the reading order of the transposed picture."""
    return [_transposed(b) for b in reading_order([_transposed(b) for b in boxes])]


def _transposed(box: Box) -> Box:
    return Box(box.y, box.x, box.height, box.width, box.confidence)
