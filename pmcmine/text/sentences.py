"""Sentence bounds by rule: fast, and aware of the abbreviations of papers."""

from __future__ import annotations

import re
from bisect import bisect_right

_BOUNDARY = re.compile(r"[.!?][)\]”\"’']*\s+(?=[\"“(\[]?[A-Z0-9À-ÞΑ-Ω])")
_ABBREVIATIONS = frozenset(
    re.split(
        r"\s+",
        "fig figs eq eqs ref refs tab tabs suppl supp al vs cf ca approx resp no nos vol p pp ed eds dr mr mrs ms prof "
        "st sp spp subsp var cv inc ltd corp dept univ e.g i.e viz ext",
    )
)
# Words that begin a sentence and no name, after which "sp." and "et al." are the end of one.
_OPENERS = re.compile(
    r"(?:The|This|These|Those|There|We|Our|It|Its|They|In|However|Moreover|Furthermore|Therefore|Thus|Although|"
    r"For\sexample|As|After|To|Here),?\s"
)
_MAY_END = frozenset(re.split(r"\s+", "al fig figs sp spp inc ltd"))
# "S2 Fig.", as PLOS names the figures of a supplement.
_SUPPLEMENT = re.compile(r"(?:^|\s|\()S\d{1,3}[A-Z]?(?:[-–]S?\d{0,3}[A-Z]?)?\s[Ff]igs?$")
_LONGEST = 64  # characters of an abbreviation and the text attached to it
_INITIALS = re.compile(r"[A-Z](?:\.[A-Z])+")


def sentence_starts(text: str) -> list[int]:
    """Return offsets (code points) at which sentences start, 0 first."""
    starts = [0]
    for match in _BOUNDARY.finditer(text):
        stop = match.start()
        if text[stop] == ".":
            space = text.rfind(" ", max(0, stop - _LONGEST), stop)
            too_long = space < 0 and stop > _LONGEST
            word = "" if too_long else text[space + 1 : stop].lstrip('([“"')
            short = word.lower() in _ABBREVIATIONS or _INITIALS.fullmatch(word)
            if short and not _ends(text, word.lower(), starts[-1], stop, match.end()):
                continue
        starts.append(match.end())
    return starts


def _ends(text: str, abbreviation: str, start: int, stop: int, after: int) -> bool:
    """Check whether an abbreviation is the last word of a sentence that began at `start`."""
    if abbreviation not in _MAY_END:
        return False
    if _OPENERS.match(text, after):
        return True
    if abbreviation not in ("fig", "figs"):
        return False
    supplement = _SUPPLEMENT.search(text, max(start, stop - _LONGEST), stop)
    return supplement is not None and supplement.start() > start and text[after].isalpha()


def sentence_at(text: str, starts: list[int], start: int, end: int) -> tuple[int, int]:
    """Return the bounds of the sentence, or the run of sentences, that holds text[start:end]."""
    first = starts[bisect_right(starts, start) - 1]
    after = bisect_right(starts, max(end - 1, start))
    last = starts[after] if after < len(starts) else len(text)
    while last > max(first, end) and text[last - 1].isspace():
        last -= 1
    return first, last


class Sentences:
    """The sentences of one text, requested again and again: each is looked for and copied once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = sentence_starts(text)
        self._known: dict[tuple[int, int], tuple[int, int, str]] = {}

    def at(self, start: int, end: int) -> tuple[int, int, str]:
        """Return `sentence_at`, and the words of that sentence or run of sentences."""
        runs = bisect_right(self._starts, start), bisect_right(self._starts, max(end - 1, start))
        known = self._known.get(runs)
        if known is None:
            first, last = sentence_at(self._text, self._starts, start, end)
            known = self._known[runs] = (first, last, self._text[first:last])
        if end > known[1]:  # a mention reaches into the white space at the end
            return known[0], end, self._text[known[0] : end]
        return known
