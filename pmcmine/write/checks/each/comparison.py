"""Comparisons that are turned round: "higher in A than in B" for "higher in B than in A"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer
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
    return tuple(t for t in found if t.low not in STOP)


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
        one = _content((*before, *tokens[at + 1 : than]))
        out.append(Comparison(_side(source, at), one, _content(after), source.text[tokens[at].start : token.end + 30]))
    return out


def _overlap(one: Iterable[Token], forms: frozenset[str]) -> float:
    found = [not forms.isdisjoint(like(t.low, t.key)) for t in one]
    return sum(found) / max(len(found), 1)


def _forms(found: Iterable[Token]) -> frozenset[str]:
    return frozenset(b for t in found for b in (*bases(t.low), t.key))


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the two parts of each comparison with those of the comparisons that were given."""
    known = comparisons(answer.support)
    if not known:
        return
    for said in comparisons(answer.read):
        stay = turned = 0.0
        for given in known:
            one, other = _forms(given.one), _forms(given.other)
            one, other = one - other, other - one
            right = _overlap(said.one, one) + _overlap(said.other, other)
            wrong = _overlap(said.one, other) + _overlap(said.other, one)
            if given.side != said.side:
                right, wrong = wrong, right
            stay, turned = max(stay, right), max(turned, wrong)
        if turned > _LEAST and turned > _TIMES * stay:
            yield problem("comparison", said.said)


_LEAST: Final = 0.4
_TIMES: Final = 1.5
