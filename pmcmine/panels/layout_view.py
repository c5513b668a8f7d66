"""What networks of layouts are shown: a grey view of the figure, its letters, and how many panels there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.images.opencv import opencv

VIEW: Final = 256  # pixels of the view's sides; the figure is stretched to a square
GRID: Final = 32  # positions a side for which the network answers
LARGE: Final = 384  # pixels of the sides of the view of figures without letters
MOST: Final = 30  # panels
_LETTER: Final = 0.012  # of the view's side: half a letter's side, at least

Fraction = tuple[float, float, float, float]  # left, top, right, bottom, as shares of the figure's width and height


def view_of(grey: NDArray[np.uint8], side: int = VIEW) -> NDArray[np.uint8]:
    """Stretch a figure to a network's view, `side` × `side`: `VIEW`, or `LARGE` for figures without letters."""
    cv2 = opencv()
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def network_input(view: NDArray[np.uint8], letters: Sequence[Fraction], n: int) -> NDArray[np.float32]:
    """Put together grey levels, letters, the number of panels, and the place of each pixel: 5 × `VIEW` × `VIEW`."""
    out = np.zeros((5, VIEW, VIEW), np.float32)
    out[0] = view / np.float32(127.5) - 1
    for left, top, right, bottom in letters:
        x, y = (left + right) / 2, (top + bottom) / 2
        wide, high = max((right - left) / 2, _LETTER), max((bottom - top) / 2, _LETTER)
        x0, x1 = max(round((x - wide) * VIEW), 0), round((x + wide) * VIEW)
        y0, y1 = max(round((y - high) * VIEW), 0), round((y + high) * VIEW)
        out[1, y0 : y1 + 1, x0 : x1 + 1] = 1
    out[2] = math.log(max(min(n, MOST), 1)) / math.log(MOST)
    line = np.linspace(-1, 1, VIEW, dtype=np.float32)
    out[3], out[4] = line, line[:, None]
    return out


def large_input(view: NDArray[np.uint8], n: int) -> NDArray[np.float32]:
    """Put together grey levels from 0 to 1 and the number of panels: 2 × `LARGE` × `LARGE`."""
    out = np.empty((2, LARGE, LARGE), np.float32)
    out[0] = view / np.float32(255)
    out[1] = math.log(max(min(n, MOST), 1)) / math.log(MOST)
    return out
