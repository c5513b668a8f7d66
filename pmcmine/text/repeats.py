"""Find sentences that say again what was said."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"\w+")
_RUN: Final = 3  # words
_SAME: Final = 0.7  # share of the runs that were read before


class Said:
    """The runs of words that were read so far. Linear in what is read."""

    def __init__(self) -> None:
        self._runs: set[tuple[str, ...]] = set()

    def add(self, text: str) -> None:
        """Remember a text."""
        self._runs |= _runs(text)

    def repeats(self, text: str) -> bool:
        """Check whether a text says hardly anything that was not remembered, in the same words."""
        runs = _runs(text)
        return not runs or len(runs & self._runs) >= _SAME * len(runs)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    if len(words) < _RUN:
        return {tuple(words)} if words else set()
    return {tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)}
