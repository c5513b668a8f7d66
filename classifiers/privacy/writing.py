"""Writing in images: rows of small thin shapes, judged by a small network.

Rows of shapes that could be letters are found in both polarities; a convolutional network (12,000 weights, trained on
drawn writing over openly licensed images, see `train_writing`) tells letters from vessels, specks and edges.
"""

from __future__ import annotations

from statistics import median
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.privacy.networks import WRITING
from pmcmine.images.networks import network
from pmcmine.images.opencv import opencv

Grey = NDArray[np.uint8]

HEIGHT: Final = 16  # pixels of a row that the network reads
WIDTH: Final = 112
_THIN: Final = 9  # pixels: strokes are thinner
_CONTRAST: Final = 42  # grey levels between a stroke and what is around it
_MOST: Final = 700  # shapes of a polarity, the clearest first
ROWS: Final = 48  # rows of an image, the longest first
_SURE: Final = 0.8  # least score; by hand, with both parts of the labels in view (docs/privacy.md)


class Row(NamedTuple):
    """A row of shapes.

    Attributes:
        x: left edge in pixels.
        y: top edge in pixels.
        width: in pixels.
        height: in pixels.
        letters: how many letters could be in it, by its width.
        bright: whether it is brighter than its surroundings.
    """

    x: int
    y: int
    width: int
    height: int
    letters: float
    bright: bool


def rows(grey: Grey) -> list[Row]:
    """Find rows that could hold three letters and more, the longest first, at most 48.

    Args:
        grey: height × width.
    """
    cv2 = opencv()
    kernel = np.ones((_THIN, _THIN), np.uint8)
    found = _rows(cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel), True)
    found += _rows(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel), False)
    return sorted(found, key=lambda r: (-r.letters, r.y, r.x, r.bright))[:ROWS]


def _rows(thin: Grey, bright: bool) -> list[Row]:
    """Link each shape to the nearest one on its right that is level with it, and return the chains."""
    cv2 = opencv()
    h = thin.shape[0]
    mask = (thin > _CONTRAST).astype(np.uint8)
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, a, b, area = stats[1:].T.astype(np.int32)
    keep = (b >= 4) & (b <= max(h // 10, 16)) & (a <= 12 * b) & (area >= 5) & (area >= 0.08 * a * b)
    keep &= (area <= 0.9 * a * b) | (a <= 0.6 * b)  # a filled box is no letter, but I and l are
    chosen = np.flatnonzero(keep)
    if len(chosen) > _MOST:
        sums = np.bincount(labels.ravel(), thin.ravel(), n)[1:]
        contrast = sums[chosen] / area[chosen]
        chosen = np.sort(chosen[np.argsort(-contrast, kind="stable")[:_MOST]])
    if not len(chosen):
        return []
    x, y, a, b = x[chosen], y[chosen], a[chosen], b[chosen]
    return _chains(x, y, a, b, _followers(x, y, a, b), bright)


def _followers(x: Any, y: Any, a: Any, b: Any) -> Any:
    """Return for each shape the nearest one on its right that is level with it and of its size, or -1."""
    order = np.argsort(x, kind="stable")
    # Pairs of a shape and those on its right, up to where a gap is too wide for shapes of its size.
    low = np.searchsorted(x[order], x, "right")
    count = np.maximum(np.searchsorted(x[order], x + a + 3 * b, "right") - low, 0)
    i = np.repeat(np.arange(len(x)), count)
    j = order[np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]
    tall, short = np.maximum(b[i], b[j]), np.minimum(b[i], b[j])
    gap = x[j] - (x + a)[i]
    level = np.minimum((y + b)[i], (y + b)[j]) - np.maximum(y[i], y[j])
    links = (gap > -0.3 * short) & (gap <= 1.3 * tall) & (level >= 0.6 * short) & (tall <= 2.3 * short)
    i, j, gap = i[links], j[links], gap[links]
    nearest = np.lexsort((j, gap, i))
    names, first = np.unique(i[nearest], return_index=True)
    after = np.full(len(x), -1)
    after[names] = j[nearest][first]
    return after


def _chains(x: Any, y: Any, a: Any, b: Any, after: Any, bright: bool) -> list[Row]:
    """Follow the links from shapes that nothing leads to; a shape belongs to the first chain that reaches it."""
    out = []
    used = [False] * len(x)
    led_to = np.zeros(len(x), bool)
    led_to[after[after >= 0]] = True
    starts = np.argsort(x, kind="stable")
    # Lists of numbers: there are hundreds of chains, most of one shape, and arrays are slow one by one.
    left, top, right, bottom, high, links = (v.tolist() for v in (x, y, x + a, y + b, b, after))
    for start in starts[~led_to[starts]].tolist():
        chain, i = [], start
        while i >= 0 and not used[i]:
            used[i] = True
            chain.append(i)
            i = links[i]
        x0, y0 = min(left[k] for k in chain), min(top[k] for k in chain)
        width, height = max(right[k] for k in chain) - x0, max(bottom[k] for k in chain) - y0
        if width < 1.5 * height:
            continue
        middle = median(high[k] for k in chain)
        if height > 2 * middle + 2:
            continue
        letters = float(np.maximum(1.0, a[chain] / (0.75 * middle)).sum())
        if letters >= 2.6:
            out.append(Row(x0, y0, width, height, letters, bright))
    return out


def crops(grey: Grey, found: list[Row]) -> NDArray[np.float32]:
    """Return what the network reads: rows × 1 × 16 × 112, bright on dark, 0 to 1 between the darkest and brightest.

    A row is scaled to a height of 10 pixels with 3 pixels of its surroundings on each side; what is wider than 112
    pixels is cut off, what is narrower is filled with 0.
    """
    cv2 = opencv()
    out = np.zeros((len(found), 1, HEIGHT, WIDTH), np.float32)
    h, w = grey.shape
    for k, row in enumerate(found):
        scale = 10 / row.height
        pad = max(round(3 / scale), 1)
        x0, y0 = max(row.x - pad, 0), max(row.y - pad, 0)
        part = grey[y0 : min(row.y + row.height + pad, h), x0 : min(row.x + row.width + pad, w)]
        width = min(max(round(part.shape[1] * HEIGHT / part.shape[0]), 8), 4 * WIDTH)
        small = cv2.resize(part, (width, HEIGHT), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        value = small[:, :WIDTH].astype(np.float32)
        low, high = float(value.min()), float(value.max())
        value = (value - low) / max(high - low, 1)
        out[k, 0, :, : value.shape[1]] = value if row.bright else 1 - value
    return out


class Line(NamedTuple):
    """A row of writing: its box in pixels and its score, 0 to 1."""

    x: int
    y: int
    width: int
    height: int
    score: float


def lines(grey: Grey) -> list[Line]:
    """Find rows of three letters and more, the surest first.

    Args:
        grey: height × width.
    """
    found = rows(grey)
    if not found:
        return []
    (judged,) = network(WRITING)(crops(grey, found))
    scores = 1 / (1 + np.exp(-judged[:, 0].astype(np.float64)))
    sure = [Line(*row[:4], round(float(s), 3)) for row, s in zip(found, scores, strict=True) if s >= _SURE]
    out: list[Line] = []
    for line in sorted(sure, key=lambda n: (-n.score, n.y, n.x)):
        if not any(_within(line, other) for other in out):
            out.append(line)
    return out


def _within(line: Line, other: Line) -> bool:
    """Tell whether most of a line lies in another one: letters are found by their strokes and by the gaps between."""
    wide = min(line.x + line.width, other.x + other.width) - max(line.x, other.x)
    high = min(line.y + line.height, other.y + other.height) - max(line.y, other.y)
    return max(wide, 0) * max(high, 0) > 0.5 * line.width * line.height
