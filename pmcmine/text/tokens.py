"""Estimate how many tokens a text is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

Count = Callable[[str], int]
_PIECE: Final = re.compile(r"[^\W\d_]+|\d|[^\w\s]|_")
_LETTERS: Final = 5  # of a word that are one token
_MARKS: Final = 2  # start and end of a text


def estimate(text: str) -> int:
    """Estimate the number of tokens: two, and one for each digit, sign, and five letters of a word or fewer."""
    return _MARKS + sum((len(piece) + _LETTERS - 1) // _LETTERS for piece in _PIECE.findall(text))
