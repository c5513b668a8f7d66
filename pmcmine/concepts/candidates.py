"""Compare spans with names, and choose among overlapping candidates."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pmcmine.concepts.scoring import Evidence
from pmcmine.vocabulary.normalise import spell_greek, token_key, tokens
from pmcmine.vocabulary.terms import LEVEL_MASK, Flag
from pmcmine.vocabulary.word_classes import FUNCTION

_CASED, _DERIVED, _INVERTED, _ACRONYM, _GENERAL, _LAY, _KIN = (
    int(f) for f in (Flag.CASED, Flag.DERIVED, Flag.INVERTED, Flag.ACRONYM, Flag.GENERAL, Flag.LAY, Flag.KIN)
)  # operations on enumerations are slow
_BARE: Final = re.compile(r"[\W_]+")
_SPACED: Final = re.compile(r"[A-Za-z]\s+[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may name a concept, before overlaps are resolved.

    Attributes:
        text: index of the text.
        start: first code point.
        end: one past the last one.
        term: number of the term.
        concept: its concept.
        evidence: evidence for the match.
        score: probability that it is right.
        how: exact, variant, abbreviation or fuzzy.
        ambiguous: terms of the other concepts that the same name may mean.
        own: for a coordinated name, the part that only it has, such as "ear" in "ear and limb malformations".
    """

    text: int
    start: int
    end: int
    term: int
    concept: str
    evidence: Evidence
    score: float
    how: str
    ambiguous: tuple[int, ...] = ()
    own: tuple[int, int] | None = None


def compare(surface: str, name: str, flags: int, n_tokens: int, caseless: bool) -> Evidence | None:
    """Compare a span with a name that has the same key; None if it does not match."""
    same = surface == name
    folded = same or surface.lower() == name.lower()
    level = flags & LEVEL_MASK
    if not folded and n_tokens > 1:
        if ("," in surface) != ("," in name) and not flags & _INVERTED:
            return None
        if any(c in surface for c in "()[]") and not any(c in name for c in "()[]"):
            return None
        if _SPACED.search(surface) and " " not in name and "-" not in name:
            return None  # "the rapist" is not "therapist"
    cased = bool(flags & _CASED)
    bare = len(_BARE.sub("", surface))
    if cased and not same and not caseless:
        a, b = _BARE.sub("", spell_greek(surface)), _BARE.sub("", spell_greek(name))
        if a != b and a != f"{b}s":
            return None
    short = not cased and not caseless and bare <= 4 and n_tokens == 1 and not same
    if short and surface.isupper() and not name.isupper():
        return None  # CAT is a gene, cat an animal
    return Evidence(
        exact=folded,
        cased=cased,
        caseless=caseless,
        level=level,
        derived=bool(flags & _DERIVED),
        acronym=bool(flags & _ACRONYM) or cased,
        letters=min(bare, 30),
        words=min(n_tokens, 6),
        general=bool(flags & _GENERAL),
        lay=bool(flags & _LAY),
        capital=bool(surface[:1].isupper() and not surface.isupper() and not name[:1].isupper()),
        kin=bool(flags & _KIN),
    )


def compare_loosely(surface: str, name: str, flags: int, coordinated: bool) -> Evidence:
    """Compare a span with a name that has the same word classes, in any order."""
    said, named = Counter(map(token_key, tokens(surface))), Counter(map(token_key, tokens(name)))
    other = sum(n for key, n in (named - said).items() if key not in FUNCTION)
    return Evidence(
        exact=False,
        cased=False,
        caseless=False,
        level=flags & LEVEL_MASK,
        derived=False,
        acronym=False,
        letters=min(len(_BARE.sub("", name)), 30),
        words=2,
        general=bool(flags & _GENERAL),
        capital=False,
        lay=bool(flags & _LAY),
        loose=True,
        coordinated=coordinated,
        other_words=min(other, 4),
        kin=bool(flags & _KIN),
    )


def whole(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Drop coordinated names if their own part is the end of a longer name.

    "Imperforate anus, and renal malformations" names no malformation of the anus.
    """
    starts: dict[tuple[int, int], int] = {}  # by text and end: start of the longest name that ends there
    for c in candidates:
        if c.own is None:
            place = c.text, c.end
            starts[place] = min(starts.get(place, c.start), c.start)
    return [c for c in candidates if c.own is None or starts.get((c.text, c.own[1]), c.own[0]) >= c.own[0]]


def longest(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Select candidates that do not overlap: longer ones first, then more likely ones, then by position and id.

    For coordinated names ("ear and limb malformations") only their own part must not overlap others, and they come
    last.
    """
    order = sorted(candidates, key=lambda c: (c.text, c.own is not None, c.start - c.end, -c.score, c.start, c.concept))
    taken: list[Candidate] = []
    starts: list[int] = []
    ends: list[int] = []
    text = -1
    for c in order:
        if c.text != text:
            text, starts, ends = c.text, [], []
        start, end = c.own or (c.start, c.end)
        at = bisect_right(starts, start)
        if (at and ends[at - 1] > start) or (at < len(starts) and starts[at] < end):
            continue
        starts.insert(at, start)
        ends.insert(at, end)
        taken.append(c)
    return taken
