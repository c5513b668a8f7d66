"""Find sentences that say again what was said."""

from __future__ import annotations

import re
from typing import Final

Runs = frozenset[tuple[str, ...]]
_WORD: Final = re.compile(r"\w+")
_RUN: Final = 3  # words, as `runs_of` has them
_SAME: Final = 0.7  # share of the runs that were read before


class Said:
    """The runs of words of the texts that were read so far."""

    def __init__(self) -> None:
        self._read: set[tuple[str, ...]] = set()

    def add(self, runs: Runs) -> None:
        """Remember the runs of a text."""
        self._read |= runs

    def repeats(self, runs: Runs) -> bool:
        """Check whether a text says hardly anything that was not remembered, in the same words."""
        return not runs or len(runs & self._read) >= _SAME * len(runs)


def runs_of(text: str) -> Runs:
    """Return the runs of words of a text; a shorter text is one run."""
    words = _WORD.findall(text.casefold())
    if len(words) < _RUN:
        return frozenset((tuple(words),) if words else ())
    return frozenset(zip(words, words[1:], words[2:], strict=False))
