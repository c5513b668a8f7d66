"""Sentences of captions."""

from __future__ import annotations

import re
from typing import Final

from pmcmine.panels.markers import Span

_SENTENCE: Final = re.compile(r"(?<=[.!?])[)\]”’\"']? +(?=[(\[“‘\"']?[A-Z0-9*†‡#αβγδΔ])")
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:[Ff]igs?|[Tt]abs?|[Rr]efs?|[Nn]os?|vs|cv|cvs|var|subsp|ssp|spp?|approx|ca|et al|e\.g|i\.e|[A-Z]|"
    r"st|Dr|min|max|resp|Eq|St|Ex|Em|ext|Supp?l|inc|Inc|Ltd|Co|cf|etc|rel|conc|pv|sec|hr?s?))\.$"
)


def sentences(text: str, start: int, end: int) -> list[Span]:
    """Return sentences between two places."""
    out, at = [], start
    for m in _SENTENCE.finditer(text, start, end):
        if _ABBREVIATED.search(text[max(at, m.start() - 12) : m.start()]):
            continue
        out.append((at, m.start()))
        at = m.end()
    if at < end:
        out.append((at, end))
    return out
