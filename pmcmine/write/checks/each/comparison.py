"""Find comparisons that are turned round: "higher in A than in B" for "higher in B than in A"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.places import is_content, like, sides
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token, bases

CODES: Final = {"comparison": "a comparison is turned round"}
_PAIRS: Final = frozenset(("direction", "many", "large", "long", "early", "thick"))
_MORE: Final = {"more": 0, "better": 0, "faster": 0, "less": 1, "fewer": 1, "worse": 1, "slower": 1}
_ENDS: Final = re.compile(r"[;:]|,\s(?:but|while|whereas|although|its?|their)\b|\b(?:but|while|whereas)\b")
_MEASURES: Final = frozenset("order orders magnitude fold time times level levels value values rate rates".split())
_REACH: Final = 8  # words before "than" searched for the comparing word, and words of each part
_FAR: Final = 20  # words and numbers searched for these
_MOST: Final = 20  # comparisons of a text


@dataclass(frozen=True, slots=True)
class Comparison:
    """A statement that there is more, or less, of one thing than of another.

    Attributes:
        side: 0 for more, 1 for less.
        one: words of the thing that is more or less.
        other: words of the thing it is compared with.
        said: the text from the comparing word on.
        at: index of the comparing word.
    """

    side: int
    one: tuple[Token, ...]
    other: tuple[Token, ...]
    said: str
    at: int


def _side(source: Source, index: int) -> int:
    found = _MORE.get(source.tokens[index].low)
    if found is not None:
        return found
    return next((s.side for s in sides(source, index) if s.pair in _PAIRS), -1)


def _clause(source: Source, at: int, step: int) -> list[Token]:
    """Return the words before or behind a word, nearest first, up to the end of the clause."""
    tokens = source.tokens
    out: list[Token] = []
    for i in range(at + step, at + step * _FAR, step):
        if not 0 <= i < len(tokens) or tokens[i].sentence != tokens[at].sentence or len(out) >= _REACH:
            break
        low, high = sorted((i, i - step))
        if _ENDS.search(source.text, tokens[low].end, tokens[high].end):
            break
        if not tokens[i].low[0].isdigit():
            out.append(tokens[i])
    return out


def _content(found: Iterable[Token]) -> tuple[Token, ...]:
    return tuple(t for t in found if is_content(t) and not t.low[0].isdigit() and t.low not in _MEASURES)


def comparisons(source: Source) -> list[Comparison]:
    """Find the comparisons with "than" in a text."""
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
        before = _clause(source, at, -1)
        after = _clause(source, than, 1)
        between = tokens[at + 1 : than]
        one = _content(between) or _content(before)
        out.append(
            Comparison(_side(source, at), one, _content(after), source.text[tokens[at].start : token.end + 30], at)
        )
    return out


def _forms(found: Iterable[Token]) -> frozenset[str]:
    return frozenset(b for t in found for b in (*bases(t.low), t.key))


def _which(said: Iterable[Token], one: frozenset[str], other: frozenset[str]) -> int:
    """Return which of two things the first distinguishing word names: 1 for one, -1 for the other, 0 for neither."""
    for token in said:
        forms = like(token.low, token.key)
        if not one.isdisjoint(forms):
            return 1
        if not other.isdisjoint(forms):
            return -1
    return 0


def _turned(said: Comparison, given: Comparison) -> int:
    """Score how surely a comparison is turned round: above 0 if it is, below 0 if it is not, 0 if unknown."""
    one, other = _forms(given.one), _forms(given.other)
    one, other = one - other, other - one
    behind, before = _which(said.other, one, other), _which(said.one, one, other)
    if said.side == given.side:
        return behind - before
    return before - behind if before * behind < 0 else 0  # there may be less of another thing


def said_again(answer: Answer) -> set[int]:
    """Return the indices of comparing words in comparisons that repeat one of the source, also if reversed."""
    known = comparisons(answer.support)
    return {said.at for said in comparisons(answer.read) if any(_is_again(said, given) for given in known)}


def _is_again(said: Comparison, given: Comparison) -> bool:
    """Check whether "less of one" is said for "more of the other"."""
    one, other = _forms(given.one), _forms(given.other)
    return said.side != given.side and _which(said.one, other - one, one - other) > 0


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the two parts of each comparison with those of the comparisons in the source."""
    known = comparisons(answer.support)
    for said in comparisons(answer.read) if known else ():
        found = [_turned(said, given) for given in known]
        if max(found) > 0 and min(found) >= 0:
            yield problem("comparison", said.said)
