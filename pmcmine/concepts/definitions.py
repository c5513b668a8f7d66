"""Abbreviations that an article defines, for those that its captions use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pmcmine.concepts.abbreviations import find_abbreviations
from pmcmine.text.glossary import fits, glossary
from pmcmine.text.sentences import sentence_starts

_TOKEN: Final = re.compile(r"[^\W_][\w+/.-]{0,24}[\w+]|[^\W_]\+")
_MAX_SHORT: Final = 14
_LISTED: Final = re.compile(r"(?P<short>\S{2,14}(?: \d)?)(?:\s*[:=,;–—-])?\s+(?P<long>\S.{1,118}?)[.;\s]*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A long form, and where the article states it."""

    short: str
    long: str
    source_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text in which abbreviations may be defined.

    Attributes:
        source_id: paragraph or figure.
        text: its text.
        listed: whether it is an item of the article's list of abbreviations.
    """

    source_id: str
    text: str
    listed: bool = False


def short_forms(text: str) -> set[str]:
    """Return the words of a text that may be abbreviations, and their singulars and plurals."""
    found: set[str] = set()
    for token in _TOKEN.findall(text):
        for word in {token, *re.split(r"[-/–]", token)}:
            if 2 <= len(word) <= _MAX_SHORT and any(map(str.isupper, word)) and any(map(str.isalpha, word)):
                found |= {word, word[:-1] if word.endswith("s") and word[-2].isupper() else f"{word}s"}
    return {f for f in found if len(f) > 1}


def definitions_of(source: Source, wanted: set[str] | None = None) -> Iterator[Definition]:
    """Yield what one text defines: in brackets, or as a list.

    Args:
        source: the text.
        wanted: short forms to look for; all if None.
    """
    text = source.text
    if source.listed:
        item = _LISTED.fullmatch(text)
        if item and fits(item["short"], item["long"]) and (wanted is None or item["short"] in wanted):
            yield Definition(item["short"], item["long"], source.source_id, *item.span("long"))
            return
    if wanted is None or _may_define(text, wanted):
        for a in find_abbreviations(text, wanted=wanted):
            if text[a.long_start : a.long_end] == a.long and len(a.short) > 1:
                yield Definition(a.short, a.long, source.source_id, a.long_start, a.long_end)
    starts = sentence_starts(text)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        for entry in glossary(text[start:end].rstrip()):
            if wanted is None or entry.short in wanted:
                yield Definition(entry.short, entry.long, source.source_id, start + entry.start, start + entry.end)


def _may_define(text: str, wanted: set[str]) -> bool:
    """Check whether a wanted word stands at a bracket."""
    if "(" not in text and "[" not in text:
        return False
    for short in wanted.intersection(_TOKEN.findall(text)):
        at = text.find(short)
        while at >= 0:
            end = at + len(short)
            if text[at - 1 : at] in ("(", "[", " ", ",", ";") and (
                text[end : end + 1] in (")", "]", ",", ";", "=") or text[end : end + 2] in (" (", " [", " =")
            ):
                return True
            at = text.find(short, end)
    return False


def definitions(sources: Iterable[Source], wanted: set[str]) -> dict[str, Definition]:
    """Return the first definition of each wanted short form, in the order of the texts."""
    left = set(wanted)
    found: dict[str, Definition] = {}
    for source in sources:
        if not left:
            break
        for definition in definitions_of(source, left):
            found.setdefault(definition.short, definition)
        left -= found.keys()
    return found
