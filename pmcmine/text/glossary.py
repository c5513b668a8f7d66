"""Lists of abbreviations, as they end captions: "Abbreviations: CI, confidence interval; HR, hazard ratio."."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LEAD: Final = re.compile(
    r"\s*(?:(?:list of )?(?:non-?standard )?abbreviations?(?: and acronyms)?(?: used)?(?: in (?:the|this) \w+)?|"
    r"abbr\.?|acronyms|key|legend|notes?)\s*[:.–—-]\s*",
    re.IGNORECASE,
)
_ENTRY: Final = re.compile(
    r"\s*(?:and )?(?P<short>[^\s,;:=]{1,14}(?: \d)?)\s?"
    r"(?:,|:|=|–|—|\s-|\()\s?(?:(?:indicates?|denotes?|represents?|stands for|means?) )?(?P<long>[^\s=][^;=]{1,118})"
)
_MOST: Final = 4_000  # characters of a list
_COMMA: Final = re.compile(r",\s+(?=(?:and )?[^\s,;:=]{1,14}(?: \d)?\s?[=:])")
_DOT: Final = re.compile(r"\.\s+(?=[^\s,;:=.]{1,14}\s?[=:,])")
_EDGES: Final = " .,;:)"


@dataclass(frozen=True, slots=True)
class Entry:
    """An abbreviation of a list; offsets are code points of its long form."""

    short: str
    long: str
    start: int
    end: int


def fits(short: str, long: str) -> bool:
    """Check whether the letters of a short form occur in a long one in order, the first where a word begins."""
    letters = [c for c in short.lower() if c.isalnum()]
    words = long.lower()
    if not letters or len(long) <= len(short):
        return False
    if letters[-1] == "s" and short[-1:] == "s" and len(letters) > 2:
        letters.pop()
    for match in re.finditer(r"(?<![^\W_])[^\W_]", words):
        if match[0] != letters[0]:
            continue
        at = match.start()
        for letter in letters[1:]:
            at = words.find(letter, at + 1)
            if at < 0:
                break
        else:
            return True
    return False


def glossary(text: str) -> list[Entry]:
    """Return the abbreviations that a sentence lists; none if it is something else than such a list.

    A list that calls itself one needs one entry; any other needs two, whose letters all fit.
    """
    if len(text) > _MOST or not any(c in text for c in ",:="):
        return []
    lead = _LEAD.match(text)
    at = lead.end() if lead else 0
    ends = [m.span() for m in re.finditer(r";\s*", text[at:])]
    if not ends:
        ends = [m.span() for m in _COMMA.finditer(text[at:])] or [m.span() for m in _DOT.finditer(text[at:])]
    bounds = [0, *(x for span in ends for x in span), len(text) - at]
    found: list[Entry] = []
    items = 0
    for start, end in zip(bounds[::2], bounds[1::2], strict=True):
        item = text[at + start : at + end]
        if not item.strip(_EDGES):
            continue
        items += 1
        entry = _ENTRY.fullmatch(item)
        if entry is None:
            continue
        long = entry["long"].rstrip(_EDGES if "(" not in entry["long"] else _EDGES[:-1])
        short = entry["short"]
        if len(short) < 2 or not any(c.isupper() for c in short) or not fits(short, long):
            continue
        begin = at + start + entry.start("long")
        found.append(Entry(short, long, begin, begin + len(long)))
    if len(found) < (1 if lead else 2) or len(found) * 4 < items * 3:
        return []
    return found
