"""Sentences of captions."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import Final

from pmcmine.panels.markers import Span

_END: Final = r"[)\]”’\"']? +(?=[(\[“‘\"']?[A-Z0-9*†‡#αβγδΔ])"
_SENTENCE: Final = re.compile(rf"[.!?]{_END}")
_STOPPED: Final = re.compile(rf"\.{_END}")  # the same without other marks: the engine skips to a single character
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:[Ff]igs?|[Tt]abs?|[Rr]efs?|[Nn]os?|vs|cv|cvs|var|subsp|ssp|spp?|approx|ca|et al|e\.g|i\.e|[A-Z]|"
    r"st|Dr|min|max|resp|Eq|St|Ex|Em|ext|Supp?l|inc|Inc|Ltd|Co|cf|etc|rel|conc|pv|sec|hr?s?))\.$"
)
WHITE_SPACE: Final = "".join(c for c in map(chr, range(0x3001)) if c.isspace())  # all of Unicode
_LONGEST: Final = 7  # code points of an abbreviation and its stop


def sentences(text: str, start: int, end: int) -> list[Span]:
    """Return sentences between two places."""
    ends, begins = _cuts(text)
    first = bisect_left(ends, start)
    if first == len(ends) or begins[first] >= end:
        return [(start, end)] if start < end else []  # as in most
    out, at = [], start
    for k in range(first, len(ends)):
        if begins[k] >= end:
            break
        out.append((at, ends[k]))
        at = begins[k]
    if at < end:
        out.append((at, end))
    return out


@lru_cache(maxsize=4)  # one caption is cut in many places
def _cuts(text: str) -> tuple[list[int], list[int]]:
    """Return where sentences end and where the next ones begin."""
    ends, begins = [], []
    for m in (_SENTENCE if "?" in text or "!" in text else _STOPPED).finditer(text):
        end = m.start() + 1
        if text[m.start()] == "." and _ABBREVIATED.search(text, max(m.start() - _LONGEST, 0), end):
            continue
        ends.append(end)
        begins.append(m.end())
    return ends, begins
