"""Find the abbreviations that an article defines and its captions use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pmcmine.concepts.abbreviations import find_abbreviations
from pmcmine.text.bounds import CONTEXT_DEFINITIONS
from pmcmine.text.glossary import fits, glossary
from pmcmine.text.sentences import sentence_starts

_TOKEN: Final = re.compile(r"[^\W_][\w+/.-]{0,24}[\w+]|[^\W_]\+")
_PARTS: Final = re.compile(r"[-/–]")
_UPPER: Final = re.compile(r"[A-ZΑ-Ω]")
_MAX_SHORT: Final = 14
_FEW: Final = 200  # words; captions of an article have about 20
_LIST: Final = re.compile(r";|\w ?=")
_LISTED: Final = re.compile(r"(?P<short>\S{2,14}(?: \d)?)(?:\s*[:=,;–—-])?\s+(?P<long>\S.{1,118}?)[.;\s]*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A long form, and its position in the article."""

    short: str
    long: str
    source_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text that may define abbreviations.

    Attributes:
        source_id: paragraph or figure.
        text: its text.
        listed: whether it is an item of the article's list of abbreviations.
        caption: whether it is a caption, which may end with such a list.
    """

    source_id: str
    text: str
    listed: bool = False
    caption: bool = False


def short_forms(text: str) -> set[str]:
    """Return the words of a text that may be abbreviations, with their singulars and plurals."""
    tokens = set(_TOKEN.findall(text))
    tokens |= {part for token in tokens if not token.isalnum() for part in _PARTS.split(token)}
    found = {t for t in tokens if 2 <= len(t) <= _MAX_SHORT and not t.islower() and _UPPER.search(t)}
    return found | {w for t in found if len(w := t[:-1] if t[-1] == "s" and t[-2].isupper() else f"{t}s") > 1}


def definitions_of(source: Source, wanted: set[str] | None = None) -> Iterator[Definition]:
    """Yield the definitions in one text: in brackets, or as a list.

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
            if text[a.long_start : a.long_end] == a.long and len(a.short) > 1 and a.short not in a.long:
                yield Definition(a.short, a.long, source.source_id, a.long_start, a.long_end)
    if not source.listed and "bbreviation" not in text and not (source.caption and _LIST.search(text)):
        return
    starts = sentence_starts(text)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        for entry in glossary(text[start:end].rstrip()):
            if wanted is None or entry.short in wanted:
                yield Definition(entry.short, entry.long, source.source_id, start + entry.start, start + entry.end)


def _may_define(text: str, wanted: set[str]) -> bool:
    """Check whether a wanted word is next to a bracket."""
    if "(" not in text and "[" not in text:
        return False
    # Searching for a few words is much faster than parsing all of a text, which is rarely needed.
    if len(wanted) <= _FEW and not any(_at_bracket(text, short) for short in wanted if short in text):
        return False
    return any(m[0] in wanted and _is_at_bracket(text, *m.span()) for m in _TOKEN.finditer(text))


def _at_bracket(text: str, short: str) -> bool:
    """Check whether a string, perhaps part of a longer word, is next to a bracket."""
    at = text.find(short)
    while at >= 0:
        if _is_at_bracket(text, at, at + len(short)):
            return True
        at = text.find(short, at + 1)
    return False


def _is_at_bracket(text: str, at: int, end: int) -> bool:
    after = text[end : end + 2]
    if after in (" (", " [") and text[end + 2 : end + 3].casefold() == text[at].casefold():
        return True
    closes = after[:1] in (")", "]", ";", ",", "=") or after == " ="
    return closes and (text[at - 1 : at] in ("(", "[") or text[at - 2 : at] in ("; ", "= ", ", "))


def definitions(sources: Iterable[Source], wanted: set[str]) -> dict[str, Definition]:
    """Return the first definition of each wanted short form, in the order of the texts, up to a limit."""
    left = set(wanted)
    found: dict[str, Definition] = {}
    for source in sources:
        if not left or len(found) >= CONTEXT_DEFINITIONS:
            break
        for definition in definitions_of(source, left):
            found.setdefault(definition.short, definition)
        left -= found.keys()
    return found
