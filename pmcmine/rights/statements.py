"""Read licence statements: the licences they name, what these apply to, and the restrictions in prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import Final

from pmcmine.rights import words
from pmcmine.rights.licenses import (
    License,
    Statement,
    clean,
    code_terms,
    license_of_terms,
    license_urls,
    parse_license,
    restricted,
    strictest,
    version_of,
)

_MAX_LENGTH: Final = 20_000  # of a statement; a longer one is not read, and closes
_REPEATED: Final = 2_000  # characters; longer statements are not cached


def named_licenses(text: str) -> tuple[Statement, ...]:
    """Return the Creative Commons licences that a text names by URL, code or words, whatever it says of them.

    Args:
        text: as `clean` returns it; places in the results refer to it.
    """
    urls = list(license_urls(text))
    named = list(urls)
    for match in words.NAMED.finditer(text):
        if not any(u.start <= match.start() < u.end for u in urls):
            statement = _named_at(text, match)
            if statement is not None:
                named.append(statement)
    return tuple(sorted(named, key=lambda s: s.start))


def _named_at(text: str, match: re.Match[str]) -> Statement | None:
    """Read the licence at a match of `NAMED`; None if the words only look like one."""
    kind, end = match.lastgroup, match.end()
    if kind == "zero":
        return Statement(License.CC0, "1.0", None, match.start(), end)
    terms: set[str] = set()
    if kind == "code":
        terms |= code_terms(match[0].replace("creative", "").replace("commons", ""))
    elif kind == "bare":
        terms |= _terms(match[0])
    while more := words.MORE_TERMS.match(text, end):
        terms |= _terms(more["term"]) or {more["term"].upper()}
        end = more.end()
    licensed = words.LICENSE_FOLLOWS.match(text, end) is not None
    context = text[max(0, match.start() - 60) : end]
    if kind == "words" and not licensed and not words.CREATIVE_COMMONS.search(context):
        return None  # the word for attribution, not the licence
    spelled = kind == "code" and match[0].startswith(("creative commons ", "creativecommons ")) and len(terms) < 2
    if spelled and not licensed and text[end:].strip(" .,;)"):
        return None  # "Creative Commons by the authors"
    if {"SA", "ND"} <= terms:
        terms.discard("SA")
    stated = words.VERSION_FOLLOWS.match(text, end)
    port = "igo" if stated and words.IGO_FOLLOWS.match(text, stated.end()) else None
    return Statement(license_of_terms(terms), version_of(stated), port, match.start(), end)


def _terms(text: str) -> set[str]:
    return {m.lastgroup for m in words.TERM.finditer(text) if m.lastgroup}


@dataclass(frozen=True, slots=True)
class Stated:
    """Result of reading one statement, or several combined.

    Attributes:
        license: the strictest licence; OTHER if it is closed or not understood, None if no licence is spoken of.
        version: version of that licence, None if none is stated.
        url: URL of its deed, None without a version.
        terms: what the words add (NC, ND, SA) without naming a licence.
        partial: whether only data, text mining, another time or the like is spoken of. Such a statement counts
            only if there is no other.
    """

    license: License | None = None
    version: str | None = None
    url: str | None = None
    terms: frozenset[str] = frozenset()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _Sentence:
    """What one sentence says; `scoped` holds None for a scope that names no licence."""

    granted: tuple[Statement, ...] = ()
    denied: tuple[License, ...] = ()
    scoped: tuple[License | None, ...] = ()
    terms: frozenset[str] = frozenset()
    closed: bool = False
    speaks: bool = False


@dataclass(slots=True)
class _Tally:
    """What the sentences of a statement say."""

    granted: list[Statement] = field(default_factory=list)
    denied: list[License] = field(default_factory=list)
    scoped: list[License | None] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)
    closed: bool = False
    speaks: bool = False

    def add(self, said: _Sentence | _Tally) -> None:
        """Add a sentence, or all of another tally."""
        self.granted += said.granted
        self.denied += said.denied
        self.scoped += said.scoped
        self.terms |= said.terms
        self.closed |= said.closed
        self.speaks |= said.speaks


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text that `clean` returned."""
    return (part for part in words.SENTENCE_END.split(text) if part)


def _about_data(sentence: str) -> bool:
    """Check whether a sentence is about data, a supplement or the like, and not about the article."""
    return words.DATA.search(sentence) is not None and (
        words.DATA_SUBJECT.search(sentence) is not None
        or words.DATA_OBJECT.search(sentence) is not None
        or words.WORK.search(sentence) is None
    )


def _about_mining(sentence: str) -> bool:
    return words.MINING.search(sentence) is not None and words.ALSO.search(sentence) is None


def _denied(sentence: str, named: Statement) -> bool:
    """Check whether a sentence says that a licence it names does not hold, not yet, or not any longer."""
    before = words.NOT_DENIED.sub("", sentence[max(0, named.start - 110) : named.start])
    after = sentence[named.end : named.end + 120]
    return words.DENIED_BEFORE.search(before) is not None or words.DENIED_AFTER.match(after) is not None


def _read_sentence(sentence: str) -> _Sentence:
    return _repeated(sentence) if len(sentence) < _REPEATED else _repeated.__wrapped__(sentence)


@lru_cache(maxsize=4096)  # journals repeat themselves
def _repeated(sentence: str) -> _Sentence:
    named = named_licenses(sentence)
    data, mining = _about_data(sentence), _about_mining(sentence)
    judged = [(n, _denied(sentence, n)) for n in named]
    denied = [n for n, no in judged if no]
    others = [n for n, no in judged if not no]
    scoped: tuple[License | None, ...] = ()
    if data or mining:
        scoped = tuple(n.license for n in others) if named else (None,)
        others = []
    refused = tuple(n.license for n in denied)
    if data:
        return _Sentence(denied=refused, scoped=scoped)
    terms, closed = _restrictions(sentence, bool(others))
    speaks = bool(named) or words.SPEAKS.search(sentence) is not None
    return _Sentence(tuple(others), refused, scoped, terms, closed, speaks)


def _restrictions(sentence: str, licensed: bool) -> tuple[frozenset[str], bool]:
    """Return (terms that the prose adds, whether it closes the article)."""
    terms = set()
    prose = words.BOTH_USES.sub(" ", sentence)
    commerce = words.COMMERCE.search(prose) is not None
    doubt = commerce and not words.EVEN_COMMERCE.search(prose) and words.DOUBT.search(prose)
    if doubt or words.NC.search(prose):
        terms.add("NC")
    if words.ND.search(prose):
        terms.add("ND")
    if words.SA.search(prose):
        terms.add("SA")
    closed = words.CLOSED.search(prose) is not None
    closed = closed or (words.NARROW_USE.search(prose) is not None and words.ONLY.search(prose) is not None)
    # A permission for commercial use is the NC above; one beside a licence concerns uses beyond it.
    if not closed and not commerce and not licensed and words.BY_PERMISSION.search(prose):
        closed = words.NO_PERMISSION_NEEDED.search(prose) is None
    return frozenset(terms), closed


def _read(texts: Iterable[str | None]) -> _Tally:
    tally = _Tally()
    for text in texts:
        if text and len(text) > _MAX_LENGTH:
            tally.closed = True
        elif text:
            for sentence in sentences(clean(text)):
                tally.add(_read_sentence(sentence))
    return tally


def _verdict(tally: _Tally) -> Stated:
    granted = [s.license for s in tally.granted]
    terms = frozenset(tally.terms)
    if tally.closed or any(d in granted for d in tally.denied):
        return Stated(License.OTHER, terms=terms)
    if not granted:
        spoken = tally.speaks or tally.denied
        if tally.scoped and not tally.denied:
            return Stated(License.OTHER, terms=terms, partial=True)
        return Stated(License.OTHER if spoken else None, terms=terms)
    return _strictest(granted, tally.granted, terms)


def _strictest(granted: Iterable[License], named: Iterable[Statement | Stated], terms: frozenset[str]) -> Stated:
    """Combine the terms of all, in the version that one of the statements names."""
    licence = restricted(reduce(strictest, granted), terms)
    best = next((n for n in named if n.license == licence and n.version is not None), None)
    return Stated(licence, best.version, best.url, terms) if best else Stated(licence, terms=terms)


def read_statement(prose: Iterable[str | None], heads: Iterable[str | None] = ()) -> Stated:
    """Read one licence statement: all licences it names count, with their scope, and so do the words.

    Args:
        prose: its paragraphs, the URL of each link beside the words that are linked.
        heads: what the statement carries beside its prose: its own URL, code or type. The prose says what they
            are about: under "for text mining only" they grant nothing.
    """
    paragraphs, own = tuple(p for p in prose if p), tuple(h for h in heads if h)
    short = sum(map(len, paragraphs)) + sum(map(len, own)) < _REPEATED
    return _statement(paragraphs, own) if short else _statement.__wrapped__(paragraphs, own)


@lru_cache(maxsize=1024)
def _statement(prose: tuple[str, ...], heads: tuple[str, ...]) -> Stated:
    tally, own = _read(prose), _read(heads)
    if not tally.granted:
        about = [h for h in own.granted if None in tally.scoped or h.license in tally.scoped]
        own.scoped += [h.license for h in about]
        own.granted = [h for h in own.granted if h not in about]
    own.add(tally)
    return _verdict(own)


def read_notice(text: str) -> Stated:
    """Read a copyright notice: it may name a licence or restrict, but to speak of rights alone says nothing."""
    tally = _read((text,))
    if tally.granted or tally.denied or tally.closed:
        return _verdict(tally)
    return Stated(terms=frozenset(tally.terms))


def read_code(code: str) -> Stated:
    """Read the licence code of a source's metadata: a code such as CC BY-NC, or a URL."""
    licence = parse_license(code)
    stated = read_statement((), (code,))
    return stated if stated.license == licence else Stated(licence)


def this_work(text: str) -> Stated | None:
    """Read the licences that a footnote names for the whole work; None if it names none."""
    if len(text) > _MAX_LENGTH:
        return None
    kept = [s for s in sentences(clean(text)) if words.THIS_WORK.search(s) and named_licenses(s)]
    return read_statement(kept) if kept else None


def combine(stated: Iterable[Stated]) -> Stated:
    """Combine statements to the strictest; those of a part count only if there is no other."""
    every = list(stated)
    terms = frozenset().union(*(s.terms for s in every if not s.partial))
    said = [s for s in every if s.license is not None and not s.partial]
    if said:
        return _strictest([s.license for s in said if s.license is not None], said, terms)
    partial = any(s.partial for s in every)
    return Stated(License.OTHER if partial or terms else None, terms=terms, partial=partial)
