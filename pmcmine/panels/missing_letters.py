"""Letters that the network is not sure of, but that stand where rows and columns of the others cross.

An I is a plain stroke, which no network can tell from a tick or a bar by its shape: of eleven labelled figures that
have one, none was read. Where it stands decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LEAST_READ: Final = 3  # letters that give rows and columns
_SLACK: Final = 0.3  # of a letter's height, by which it may be out of line
_HEIGHT: Final = 1.25  # ratio of its height to the others' at most, to a pixel
_STROKES: Final = "Ii1l"  # labels that may be a plain stroke
_STROKE: Final = 0.4  # of its height: width of a stroke at most
_LEAST_STROKE: Final = 0.01  # probability that it has at least
_LEAST: Final = 0.1  # the same of other letters
PROBABILITY: Final = 0.6  # of a letter that is found by its place

Floats = NDArray[np.float32]
Place = tuple[float, float, float, float]  # x, y, width, height


def strokes(boxes: NDArray[np.int32], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which shapes are so narrow that they may be an I; none if no such letter is sought."""
    if not any(label in _STROKES for label in labels):
        return np.zeros(len(boxes), np.bool_)
    return np.asarray(boxes[:, 2] <= _STROKE * boxes[:, 3] + 1, np.bool_)


def at_crossings(
    boxes: Floats, scores: Floats, labels: Sequence[str], chosen: Sequence[tuple[int, Place]]
) -> list[tuple[int, int]]:
    """Find letters that were not read where rows and columns of the others cross: labels and numbers of shapes.

    Args:
        boxes: of shapes: x, y, width and height.
        scores: probabilities, shapes × labels.
        labels: their letters.
        chosen: labels and boxes of the letters that were read.
    """
    if not _LEAST_READ <= len(chosen) < len(labels):
        return []
    found: list[tuple[int, int]] = []
    names, places = [x for x, _ in chosen], np.array([b for _, b in chosen], np.float32)
    missing = [i for i in range(len(labels)) if i not in names]
    likeliest = scores[:, missing].max(1)  # a J is no I, though it looks a little like one
    for label in missing:
        own = np.where(scores[:, label] >= likeliest, scores[:, label], 0)
        k = _best(boxes, own, labels[label] in _STROKES, label, np.array(names), places)
        if k is not None:
            found.append((label, k))
            names.append(label)
            places = np.concatenate([places, boxes[k : k + 1]])
    return found


def _best(
    boxes: Floats, scores: Floats, stroke: bool, label: int, names: NDArray[np.int64], places: Floats
) -> int | None:
    """Choose the likeliest shape that stands at a crossing, in the order of labels."""
    height = float(np.median(places[:, 3]))
    slack = _SLACK * height + 1
    alike = (boxes[:, 3] <= _HEIGHT * height + 1) & (boxes[:, 3] * _HEIGHT + 1 >= height)
    alike &= scores > (_LEAST_STROKE if stroke else _LEAST)
    if stroke:
        alike &= boxes[:, 2] <= _STROKE * boxes[:, 3] + 1
    aside = boxes[:, None, 0] - places[None, :, 0]
    below = (boxes[:, 1] + boxes[:, 3])[:, None] - (places[:, 1] + places[:, 3])[None]
    in_row, in_column = np.abs(below) < slack, np.abs(aside) < slack
    taken = (in_row & in_column).any(1)
    before, after = names < label, names > label
    # In a row those to the left come before, in a column those above; rows and columns go on in one order.
    wrong = (in_row & (aside < 0) & before) | (in_row & (aside > 0) & after)
    wrong |= (in_column & (below < 0) & before) | (in_column & (below > 0) & after)
    fits = np.flatnonzero(alike & in_row.any(1) & in_column.any(1) & ~taken & ~wrong.any(1))
    return int(fits[scores[fits].argmax()]) if len(fits) else None
