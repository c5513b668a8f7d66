"""Rights of one figure, from its article's licence and the words in and around the figure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import islice
from typing import Final

from pmcmine.rights import patterns
from pmcmine.rights.licenses import Group, License, derivatives_ok, group_of, strictest
from pmcmine.rights.named import Named, named_licenses
from pmcmine.rights.wordings import NOBODY, Kind, Owner, Words, find_words, may_speak_of_rights, normal

_NEAR: Final = 300  # characters between words and the licence that covers them
_SHOWN: Final = 40  # characters of text shown after the words that were found


@dataclass(frozen=True, slots=True)
class Statement:
    """A text beside the caption that says something of a figure's rights.

    Attributes:
        text: the words.
        license: licence that the markup around them states; OTHER if it states one that isn't understood.
        credit: whether the text is a permissions or attribution element, not a caption around the figure.
    """

    text: str
    license: License | None = None
    credit: bool = True


@dataclass(frozen=True, slots=True)
class FigureRights:
    """Rights of one figure."""

    license: License
    override: bool
    third_party: bool
    matches: tuple[str, ...]
    adapted: bool

    @property
    def group(self) -> Group:
        """Licence group of the figure."""
        return group_of(self.license)

    @property
    def derivatives_ok(self) -> bool:
        """Return whether crops of the figure may be published."""
        return derivatives_ok(self.license)


def third_party_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that say that others hold the rights, in order."""
    plain = normal(text)
    return _shown(plain, find_words(plain))


# Dove Medical Press, among others, prints notes of a figure in `<attrib>`; others name the source there.
_NOTES = re.compile(r"\s*(?:notes?|abbreviations?|legend|key)\s*:", re.I)
_SOURCE_WORDS = re.compile(
    r"©|copyright|licen[cs]|creative\s+commons|\bcc[\s-]by|courtesy|credit|permission|source|reprodu|reprint|adapted|modified",
    re.I,
)


def names_source(permissions: str) -> bool:
    """Check whether a figure's own permissions and attribution text says more than notes and abbreviations."""
    return bool(permissions) and (_NOTES.match(permissions) is None or _SOURCE_WORDS.search(permissions) is not None)


def figure_rights(
    article: License, caption: str, statements: Sequence[Statement] = (), owner: Owner = NOBODY
) -> FigureRights:
    """Decide a figure's rights from the article's licence and the words in and around the figure.

    All licences that a text names hold together. Words that name another rights holder close the figure, unless the
    same statement names the licence under which that holder gave it.

    Args:
        article: licence of the article.
        caption: the whole caption.
        statements: permissions, attributions and captions that apply to the figure besides its caption.
        owner: who holds the rights of the article; what names them is no third party.
    """
    stated = [s.license for s in statements if s.license is not None]
    licence = reduce(strictest, stated, article)
    matches: list[str] = []
    adapted = False
    first = stated[0] if stated else None
    for n, statement in enumerate((Statement(caption, None, False), *statements)):
        # What stands around figures is read for each of them.
        said = (_read_again if n else _read)(statement.text, owner, statement.license, first)
        if said is None:
            continue
        licence = reduce(strictest, said.named, licence)
        matches += said.shown
        if said.closed:
            licence = License.OTHER
        if said.noncommercial:
            licence = strictest(licence, License.BY_NC) if said.named or stated else License.OTHER
        adapted = adapted or said.adapted
    return FigureRights(licence, licence != article, bool(matches), tuple(dict.fromkeys(matches)), adapted)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one statement says: licences, words that name others, whether these close the figure, and the like."""

    named: tuple[License, ...]
    shown: tuple[str, ...]
    closed: bool
    noncommercial: bool
    adapted: bool


def _read(statement: str, owner: Owner, own: License | None, first: License | None) -> _Said | None:
    """Read one statement; None if it says nothing of rights.

    Args:
        statement: its text.
        owner: who holds the rights of the article.
        own: licence that the markup around it states.
        first: licence that the first of all statements with one states.
    """
    text = normal(statement)
    if not may_speak_of_rights(text):
        return None
    words = find_words(text, owner)
    named = sorted(named_licenses(text), key=lambda n: n.start)
    known = own if own is not None else first
    return _Said(
        tuple(n.license for n in named),
        _shown(text, words) if words else (),
        any(not _is_covered(w, text, named, known, own is not None) for w in words),
        "commercial" in text and patterns.NONCOMMERCIAL.search(text) is not None,
        patterns.ADAPTED.search(text) is not None,
    )


_read_again = lru_cache(maxsize=64)(_read)


def _shown(text: str, words: Sequence[Words]) -> tuple[str, ...]:
    """Extend the words by the few after them, which name the holder; join those that touch."""
    spans: list[tuple[int, int]] = []
    for w in words:
        after = text[w.end : w.end + _SHOWN]
        stop = patterns.STOP.search(after)
        end = w.end + (stop.start() if stop else len(after.rpartition(" ")[0] or after))
        if spans and w.start <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((w.start, end))
    return tuple(text[a:b].strip(" .;(,") or text[a:b] for a, b in spans)


def _is_covered(words: Words, text: str, named: Sequence[Named], stated: License | None, own: bool) -> bool:
    """Check whether a licence was named for what the words point to.

    Args:
        words: the words.
        text: the text around them.
        named: licences that the text names, in its order.
        stated: licence that the figure's own permissions state.
        own: whether they are the permissions that hold the words.
    """
    if words.kind == Kind.EXCLUDED:
        return False
    if stated not in (None, License.OTHER) and (words.kind == Kind.SOURCE or (own and words.kind == Kind.COPYRIGHT)):
        return True
    nearest = bisect_right(named, words.start - _NEAR, key=lambda n: n.start)
    for licence in islice(named, nearest, bisect_left(named, words.end + _NEAR, key=lambda n: n.start)):
        if licence.license == License.OTHER:
            continue
        first, last = (words, licence) if words.start <= licence.start else (licence, words)
        if patterns.PANEL.search(text, first.end, last.start):
            continue
        breaks = list(patterns.SENTENCE.finditer(text, first.end, last.start + 1))
        if not breaks:
            return True
        if last is licence:
            start = breaks[-1].end()
            only = patterns.LICENSE_ONLY.match(text, start, licence.end) and not patterns.OWN_TAKE.search(
                text, start, licence.start
            )
            if only and len(breaks) <= (1 if words.kind == Kind.PERMISSION else 2):
                return True
        elif words.kind == Kind.COPYRIGHT and len(breaks) == 1 and patterns.AUTHORS.match(text, words.end):
            return True  # "… under CC BY 4.0. Copyright 2019, The Authors"
    return False
