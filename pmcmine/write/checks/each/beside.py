"""Find a direction beside a word that the source only gives with the opposite: "less injury" for "more injury"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.each.comparison import said_again
from pmcmine.write.checks.each.negation import asked
from pmcmine.write.checks.places import is_content, like, sides
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import Source
from pmcmine.write.checks.tokens import Token

CODES: Final[dict[str, str]] = {}  # reports `opposite` of `attachment`
_PAIRS: Final = frozenset(("direction", "many", "large", "long", "severity", "time"))
_MORE: Final = {"more": 0, "greater": 0, "less": 1, "fewer": 1}
_BETWEEN: Final = frozenset(
    "was were is are be been has have had being significantly markedly strongly further also gradually".split()
)
_MOST_BETWEEN: Final = 3
_PAUSES: Final = re.compile(r"[.,;:()]")
_THAN: Final = frozenset("than compared versus vs relative comparison".split())
_FAR: Final = 40  # words of each side of a comparison
_MOST: Final = 150  # directions of a text


class _Beside(NamedTuple):
    """A direction and the word beside it: index, sides of pairs of opposites, forms of the word."""

    at: int
    sides: frozenset[tuple[str, int]]
    forms: frozenset[str]
    word: Token


def _sides(source: Source, index: int, before_number: bool) -> frozenset[tuple[str, int]]:
    token = source.tokens[index]
    out = {(s.pair, s.side) for s in sides(source, index) if s.pair in _PAIRS}
    if not before_number:
        out = {s for s in out if s[0] != "time"}  # "before" something may be worded as "after" something else
    return frozenset(out | ({("direction", _MORE[token.low])} if token.low in _MORE else set()))


def _beside(source: Source) -> Iterator[_Beside]:
    tokens = source.tokens
    count = 0
    for i in range(len(tokens)):
        following = tokens[i + 1] if i + 1 < len(tokens) else None
        found = _sides(source, i, following is not None and following.low[:1].isdigit())
        if not found:
            continue
        count += 1
        if count > _MOST:
            return
        before = i - 1
        while before >= 0 and i - before <= _MOST_BETWEEN and tokens[before].low in _BETWEEN:
            before -= 1
        for other in (i + 1, before):
            if 0 <= other < len(tokens) and _is_of(source, i, other):
                word = tokens[other]
                yield _Beside(i, found, like(word.low, word.key), word)


def _is_of(source: Source, index: int, other: int) -> bool:
    """Check whether a word is a content word in the same sentence, with no pause between, and not a direction."""
    first, second = sorted((index, other))
    tokens = source.tokens
    return (
        tokens[first].sentence == tokens[second].sentence
        and is_content(tokens[other])
        and not _PAUSES.search(source.text[tokens[first].end : tokens[second].start])
        and not _sides(source, other, True)
    )


def _is_turned_round(answer: Answer, said: int, given: int) -> bool:
    """Check whether the things are swapped along with the direction: "B has more than A" for "A has less than B"."""
    tokens, known = answer.read.tokens, answer.support.tokens
    than = next((i for i in range(said, len(tokens)) if tokens[i].low in _THAN), len(tokens))
    other = [t for t in tokens[than + 1 : than + _FAR] if t.sentence == tokens[said].sentence and is_content(t)]
    before, after = (
        frozenset(f for t in part if t.sentence == known[given].sentence for f in like(t.low, t.key))
        for part in (known[max(given - _FAR, 0) : given], known[given + 1 : given + _FAR])
    )
    return any(not (f := like(t.low, t.key)).isdisjoint(before) and f.isdisjoint(after) for t in other)


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the directions beside each word with those beside it in the source."""
    said = list(_beside(answer.read))
    if not said:
        return
    given = list(_beside(answer.support))
    left_out = asked(answer)
    again = said_again(answer)
    for one in said:
        if answer.read.tokens[one.at].start in left_out or one.at in again:
            continue
        turned = {(pair, 1 - side) for pair, side in one.sides}
        there = [g for g in given if not g.forms.isdisjoint(one.forms)]
        own = [o.sides for o in said if not o.forms.isdisjoint(one.forms)]
        opposite = [g for g in there if turned & g.sides]
        if any(one.sides & g.sides for g in there) or any(turned & s for s in own):
            continue
        if opposite and not any(_is_turned_round(answer, one.at, g.at) for g in opposite):
            yield problem("opposite", f"{answer.read.tokens[one.at].text}, with {one.word.text}")
