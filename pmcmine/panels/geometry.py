"""Boxes, their overlap and reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, and how sure it is (0 to 1, not calibrated)."""

    x: int
    y: int
    width: int
    height: int
    confidence: float = 1.0


def iou(a: Box, b: Box) -> float:
    """Compute intersection over union of two boxes."""
    w = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    h = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if w <= 0 or h <= 0:
        return 0.0
    both = w * h
    return both / (a.width * a.height + b.width * b.height - both)


def reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Return the rows from top to bottom, in each from left to right."""
    left = sorted(boxes, key=lambda b: (b.y, b.x))
    out: list[Box] = []
    while left:
        first = left[0]
        row = [b for b in left if b.y + b.height / 2 < first.y + first.height or b.y < first.y + first.height / 3]
        out += sorted(row, key=lambda b: b.x)
        left = [b for b in left if b not in row]
    return out


def down_columns(boxes: Sequence[Box]) -> list[Box]:
    """Return columns from left to right, in each from top to bottom: the reading order of the transposed picture."""
    return [_transposed(b) for b in reading_order([_transposed(b) for b in boxes])]


def _transposed(box: Box) -> Box:
    return Box(box.y, box.x, box.height, box.width, box.confidence)
