"""Comparisons that are turned round: "higher in A than in B" for "higher in B than in A"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.numbers import is_unit
from pmcmine.write.checks.places import like, sides
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token, bases

CODES: Final = {"comparison": "a comparison is turned round"}
_PAIRS: Final = frozenset(("direction", "many", "large", "long", "early", "thick"))
_MORE: Final = {"more": 0, "better": 0, "faster": 0, "less": 1, "fewer": 1, "worse": 1, "slower": 1}
_REACH: Final = 8  # words before "than" in which what compares stands, and words of each part
_MOST: Final = 20  # comparisons of a text


@dataclass(frozen=True, slots=True)
class Comparison:
    """Something that is more, or less, of one thing than of another.

    Attributes:
        side: 0 for more, 1 for less.
        one: words of the thing that is more or less.
        other: words of the thing it is compared with.
        said: the words from what compares on.
    """

    side: int
    one: tuple[Token, ...]
    other: tuple[Token, ...]
    said: str


def _side(source: Source, index: int) -> int:
    found = _MORE.get(source.tokens[index].low)
    if found is not None:
        return found
    return next((s.side for s in sides(source, index) if s.pair in _PAIRS), -1)


def _content(found: Iterable[Token]) -> tuple[Token, ...]:
    return tuple(t for t in found if t.low not in STOP and not t.low[0].isdigit() and not is_unit(t.text))


def comparisons(source: Source) -> list[Comparison]:
    """Find the comparisons with "than" of a text."""
    tokens = source.tokens
    out: list[Comparison] = []
    for than, token in enumerate(tokens):
        against = (
            token.low in ("with", "to") and than and tokens[than - 1].low in ("compared", "comparison", "relative")
        )
        if not (token.low == "than" or against) or len(out) >= _MOST:
            continue
        start = max(than - _REACH, 0)
        inside = [i for i in range(start, than) if tokens[i].sentence == token.sentence]
        at = next((i for i in reversed(inside) if _side(source, i) >= 0), -1)
        if at < 0:
            continue
        before = [t for t in tokens[max(at - _REACH, 0) : at] if t.sentence == token.sentence]
        after = [t for t in tokens[than + 1 : than + 1 + _REACH] if t.sentence == token.sentence]
        between = tokens[at + 1 : than]
        one = _content(between) or _content(reversed(before))
        out.append(Comparison(_side(source, at), one, _content(after), source.text[tokens[at].start : token.end + 30]))
    return out


def _forms(found: Iterable[Token]) -> frozenset[str]:
    return frozenset(b for t in found for b in (*bases(t.low), t.key))


def _which(said: Iterable[Token], one: frozenset[str], other: frozenset[str]) -> int:
    """Return by the first word that tells them apart which of two things is named: 1, -1 for the other, 0 for none."""
    for token in said:
        forms = like(token.low, token.key)
        if not one.isdisjoint(forms):
            return 1
        if not other.isdisjoint(forms):
            return -1
    return 0


def _turned(said: Comparison, given: Comparison) -> int:
    """Return how surely a comparison is turned round: above 0 if it is, below 0 if it is not, 0 if nothing tells."""
    one, other = _forms(given.one), _forms(given.other)
    one, other = one - other, other - one
    sure = _which(said.other, one, other) - _which(said.one, one, other)
    return sure if said.side == given.side else -sure


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the two parts of each comparison with those of the comparisons that were given."""
    known = comparisons(answer.support)
    for said in comparisons(answer.read) if known else ():
        found = [_turned(said, given) for given in known]
        if max(found) > 0 and min(found) >= 0:
            yield problem("comparison", said.said)
