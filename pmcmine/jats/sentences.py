"""Sentence bounds by rule: fast, and aware of the abbreviations of papers."""

from __future__ import annotations

import re
from bisect import bisect_right

_BOUNDARY = re.compile(r"[.!?][)\]”\"’']*\s+(?=[\"“(\[]?[A-Z0-9À-ÞΑ-Ω])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:figs?|eqs?|refs?|tabs?|suppl|supp|al|vs|cf|ca|approx|resp|nos?|vol|pp?|eds?|dr|mr|mrs|ms|prof|st|spp?"
    r"|subsp|var|cv|inc|ltd|corp|dept|univ|e\.g|i\.e|viz|ext)|[A-Z]\.\s?[A-Z])\.$",
    re.IGNORECASE,
)


def sentence_starts(text: str) -> list[int]:
    """Offsets (code points) at which sentences start, 0 first."""
    starts = [0]
    for match in _BOUNDARY.finditer(text):
        stop = match.start() + 1
        if text[match.start()] == "." and _ABBREVIATION.search(text, max(0, stop - 12), stop):
            continue
        starts.append(match.end())
    return starts


def sentence_at(text: str, starts: list[int], start: int, end: int) -> tuple[int, int]:
    """Bounds of the sentence, or the run of sentences, that holds text[start:end]."""
    first = starts[bisect_right(starts, start) - 1]
    after = bisect_right(starts, max(end - 1, start))
    last = starts[after] if after < len(starts) else len(text)
    while last > first and text[last - 1].isspace():
        last -= 1
    return first, last
