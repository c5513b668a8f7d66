"""Where letters lie in their panels: places that a figure's letters may have, and how well a letter fits one."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_LETTER: Final = 6.0  # worth of a letter in its corner
_UPPER: Final = 5.0  # worth of a letter at the upper edge, but in no corner
_OFF: Final = 3.5  # cost of a letter as far from its corner as may be
_ELSEWHERE: Final = 0.5  # worth of a letter that lies elsewhere in its panel
_CORNER: Final = 2.2  # heights of a letter: how far from the panel's edge it may lie
_NEAR: Final = 0.12  # of the panel's side: the same
FAR: Final = 20  # lines from the figure's edge from which the first letter is not in the corner
_EDGE: Final = 3  # lines from the figure's edge up to which a panel begins there
PLACES: Final = (
    *("top left", "top", "top right", "bottom left", "bottom", "bottom right", "at the top"),
    "as the first",  # over the axis of a chart, behind its numbers
    "top left behind headings",  # of rows, left of the first column, or of columns, above the first row
)
_AS_FIRST: Final = PLACES.index("as the first")
_HEADED: Final = PLACES.index("top left behind headings")
_RARE: Final = (0.0, 1.5, 2.0, 0.8, 1.0, 1.8, 1.0, 0.9, 3.0)  # cost of a figure whose letters lie there
_ORDER: Final = tuple(sorted(range(len(PLACES)), key=_RARE.__getitem__))


class First(NamedTuple):
    """Where a figure's ink begins, and how far from there its first letters lie, downwards and to the right."""

    top: int
    left: int
    down: float
    aside: float


def rare(place: int) -> float:
    """Return the cost of a figure whose letters lie there."""
    return _RARE[place]


def places(first: First, all_read: bool, low: bool = False) -> list[int]:
    """Return the places that a figure's letters may have, the usual ones first.

    Args:
        first: where the figure's first letters lie.
        all_read: whether all letters were read; else the one that is missing may be the first.
        low: whether only places at the lower edge are meant.
    """
    if low:
        return [x for x in _ORDER if "bottom" in PLACES[x]]
    aside, headed = first.aside > FAR, all_read and max(first.aside, first.down) > FAR
    return [x for x in _ORDER if (x != _AS_FIRST or aside) and (x != _HEADED or headed)]


def letter_worth(
    place: int, letters: NDArray[np.float64], cells: NDArray[np.int64], first: First
) -> NDArray[np.float64]:
    """Judge where letters lie in their panels.

    Args:
        place: index into `PLACES`.
        letters: x, y, width, height and probability, each for all letters.
        cells: of the panel of each: letters × top, bottom, left, right.
        first: where the figure's first letters lie.
    """
    x, y, width, height, probability = letters
    t, b, le, r = cells.T
    name = PLACES[place]
    reach_y, reach_x = np.maximum(_CORNER * height, _NEAR * (b - t)), np.maximum(_CORNER * height, _NEAR * (r - le))
    down = np.maximum(b - y - height if "bottom" in name else y - t, 0)
    if place == _AS_FIRST:
        aside = np.abs(x - le - first.aside)
    elif "left" in name:
        aside = np.maximum(x - le, 0)
    elif "right" in name:
        aside = np.maximum(r - x - width, 0)
    else:
        aside = np.abs(x + width / 2 - (le + r) / 2)
    if place == _HEADED:
        aside = np.where(le <= first.left + _EDGE, np.abs(aside - first.aside), aside)
        down = np.where(t <= first.top + _EDGE, np.abs(down - first.down), down)
    if name == "at the top":  # such as behind the axis of a chart
        return np.asarray(np.maximum(_UPPER - _OFF * down / reach_y, _ELSEWHERE) * probability, np.float64)
    far = _OFF * (down / reach_y + aside / reach_x) / 2
    near = (down <= reach_y) & (aside <= reach_x)
    return np.asarray(np.where(near, (_LETTER - far) * probability, _ELSEWHERE * probability), np.float64)
