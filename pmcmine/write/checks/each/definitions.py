"""Find abbreviations and symbols that are defined differently from the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.places import like
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import bases, is_symbol, tokens

CODES: Final = {"definition": "an abbreviation or symbol stands for something else than was given"}
_SHORT: Final = r"(?P<short>[A-Z][A-Za-z0-9+α-ω]{0,9})"
_SYMBOL: Final = re.compile(r"[A-Z]\w{0,4}")
_SAYS: Final = r"(?:denotes?|indicates?|represents?|stands?\s+for|means?|is\s+for|refers?\s+to|is)"
_LONG: Final = r"(?P<long>[A-Za-z][\w–-]{0,40}(?:[ ][\w–-]{1,40}){0,5})"
# Forms of a definition: "MD, mild drought;", "G denotes the gastric phase and", "mild drought (MD)".
_AFTER: Final = re.compile(rf"(?<![\w-]){_SHORT}\s*(?:=|:|,|\s{_SAYS}\s)\s*(?:an?\s|the\s)?{_LONG}(?=\s*(?:[;.,)]|$))")
_SAID: Final = re.compile(rf"(?<![\w-]){_SHORT}\s+{_SAYS}\s+(?:an?\s|the\s)?{_LONG}")
_BEFORE: Final = re.compile(rf"(?<![\w/–-])(?:[\w/–-]{{1,40}}[ ]){{1,5}}\((?:[a-z]{{1,20}}[ ])?{_SHORT}\)")
_RESPECTIVELY: Final = re.compile(
    rf"(?P<shorts>(?<![\w-])[A-Za-z0-9+]{{1,10}}(?:\s*,\s*(?:and\s)?[A-Za-z0-9+]{{1,10}}|"
    rf"\s+and\s+[A-Za-z0-9+]{{1,10}}){{1,9}})\s+{_SAYS}\s+"
    r"(?P<longs>[^.;:()]{3,300}?),?\s*respectively"
)
_LISTED: Final = re.compile(r",\s*and\s+|,\s*|\s+and\s+")
_AND: Final = re.compile(r"\s+(?:and|or|is|are|the)\s+")
Words = frozenset[str]


def _words(text: str) -> list[tuple[str, Words]]:
    return [(t.low, bases(t.low) | {t.key}) for t in tokens(text) if t.low not in STOP]


def _pairs(text: str) -> Iterator[tuple[str, list[tuple[str, Words]], str]]:
    """Yield each short form, its stated long form (before or after it), and how the definition was written."""
    for match in _RESPECTIVELY.finditer(text):
        shorts, longs = (_LISTED.split(match[name].strip(" ,")) for name in ("shorts", "longs"))
        if len(shorts) == len(longs):
            for short, words in zip(shorts, longs, strict=True):
                yield short.strip(), _words(words), "respectively"
    text = _RESPECTIVELY.sub(lambda m: " " * len(m[0]), text)
    for pattern in (_AFTER, _SAID):
        for match in pattern.finditer(text):
            if not (is_symbol(match["short"]) or len(match["short"]) == 1):
                continue
            words = _AND.split(match["long"])[0]
            if text[match.end("short") : match.start("long")].strip() == "," and _SYMBOL.fullmatch(words):
                continue  # a list of abbreviations
            yield match["short"], _words(words), "after"
    for match in _BEFORE.finditer(text):
        if len(match["short"]) < 2:
            continue  # a panel label
        long = _AND.split(match[0][: match[0].rindex("(")])[-1]
        yield match["short"], _words(long)[-4:], "before"


def _alike(one: list[tuple[str, Words]], other: list[tuple[str, Words]]) -> float:
    """Return the share of the words of one long form that are in another."""
    forms = frozenset(b for _, found in other for b in found)
    return sum(not forms.isdisjoint(like(low, low) | found) for low, found in one) / max(len(one), 1)


def _initials(short: str, long: list[tuple[str, Words]]) -> bool:
    first = "".join(low[0] for low, _ in long)
    return any(short.lower().startswith(first[i : i + 2]) for i in range(len(first)))


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the long forms in the answer with those that the source gives for the same short form."""
    known: dict[str, list[list[tuple[str, Words]]]] = {}
    for short, long, _ in _pairs(answer.support.text):
        known.setdefault(short, []).append(long)
    if not known:
        return
    for short, long, _ in _pairs(answer.text):
        given = known.get(short)
        if not given or not long:
            continue
        own = max(_alike(long, k) for k in given)
        other, best = max(
            ((s, _alike(long, k)) for s, longs in known.items() if s != short for k in longs),
            key=lambda found: (found[1], found[0]),
            default=("", 0.0),
        )
        if best > own and best >= _SURE:
            yield problem("definition", f"{short} for {other}: {' '.join(low for low, _ in long)}")
        elif own == 0 and len(short) > 1 and _initials(short, long):
            yield problem("definition", f"{short}: {' '.join(low for low, _ in long)}")


_SURE: Final = 0.6  # share of the words of a long form
