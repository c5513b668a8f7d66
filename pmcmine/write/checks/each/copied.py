"""Find copied passages in which one word is exchanged, or that gained or lost a negation.

The other checks compare words that occur near each other, which is uncertain if much is reworded. If the words on both
sides are copied, there is no doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.lexicon import COLORS, free_words, opposites
from pmcmine.write.checks.numbers import is_unit
from pmcmine.write.checks.places import like
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.source import same_form
from pmcmine.write.checks.tokens import Token, bases

CODES: Final = {
    "exchanged": "between copied words stands another word of what was given than there",
    "denial": "copied words are denied that were not, or no longer",
}
Frame = tuple[str, ...]
_FRAMES: Final = ((4, 2), (3, 3), (2, 4))  # copied words before and behind
_AROUND: Final = (2, 3)  # copied words on each side of a negation
_LEAST: Final = 3  # of these that are not function words, letters or digits
_OF_NUMBERS: Final = 2  # the same around a number, which no other word can replace
_DENIALS: Final = frozenset("no not never without cannot absent".split())
_NUMBER: Final = "#"
_EDGE: Final = "^"  # stands for the words beyond the ends of a sentence
_BESIDE: Final = 2  # words
_PLACES: Final = 20  # occurrences of a word that are examined
_LONG: Final = 9  # letters of a word that may be misspelt


def _masked(tokens: Sequence[Token]) -> list[str]:
    return [_NUMBER if t.low[:1].isdigit() else t.low for t in tokens]


def _firm(words: Sequence[str], least: int = _LEAST) -> bool:
    return sum(len(w) > 1 and w not in STOP and not is_unit(w) for w in words) >= least


def _frames(words: Sequence[str], tokens: Sequence[Token], i: int) -> Iterator[Frame]:
    """Yield the copied words around a word in its sentence, with a mark between them."""
    own = tokens[i].sentence
    for before, behind in _FRAMES:
        around = [*range(i - before, i), *range(i + 1, i + 1 + behind)]
        frame = [words[k] if 0 <= k < len(words) and tokens[k].sentence == own else _EDGE for k in around]
        if _firm(frame, _OF_NUMBERS if words[i] == _NUMBER or tokens[i].symbol else _LEAST):
            yield (*frame[:before], "", *frame[before:])


def _tells(token: Token) -> bool:
    """Check whether a word distinguishes: a number, name, side or colour, rather than a word of any text."""
    if token.low[:1].isdigit() or token.symbol or token.low in COLORS:
        return True
    own = bases(token.low) | {token.key}
    if any(b in opposites() for b in own):
        return True
    return len(token.low) > 2 and token.low not in STOP and not is_unit(token.text) and free_words().isdisjoint(own)


def _sort(token: Token) -> str:
    return _NUMBER if token.low[:1].isdigit() else "name" if token.symbol else "word"


def _same(token: Token, other: Token) -> bool:
    if token.key == other.key or same_form(token.low, other.low) or _slip(token.low, other.low):
        return True
    return not like(token.low, token.key).isdisjoint(like(other.low, other.key))


def _slip(one: str, other: str) -> bool:
    """Check whether two long words differ by one letter, as typing errors do."""
    if min(len(one), len(other)) < _LONG or abs(len(one) - len(other)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return any(one[same + a :] == other[same + b :] for a, b in ((1, 1), (1, 0), (0, 1)))


def _exchanged(given: Sequence[Token], said: Sequence[Token]) -> Iterator[Problem]:
    there: dict[Frame, list[Token]] = {}
    words = _masked(given)
    for i, token in enumerate(given):
        for frame in _frames(words, given, i):
            there.setdefault(frame, []).append(token)
    known: dict[str, list[int]] = {}
    for i, token in enumerate(given):
        known.setdefault(token.key, []).append(i)
    words = _masked(said)
    for i, token in enumerate(said):
        if token.key not in known or not _tells(token):
            continue
        for frame in _frames(words, said, i):
            others = there.get(frame, [])
            wrong = others and not any(_same(token, o) for o in others)
            wrong = wrong and any(_tells(o) and _sort(o) == _sort(token) for o in others)
            if wrong and (_sort(token) == "word" or not _is_turned(given, known[token.key][:_PLACES], said, i)):
                yield problem("exchanged", f"{token.text}, for {others[0].text}", of_number=_sort(token) == _NUMBER)
                break


def _is_turned(given: Sequence[Token], places: Sequence[int], said: Sequence[Token], at: int) -> bool:
    """Check whether the order is reversed: "black tea bread (BT)" for "BT, black tea bread"."""
    before = {t.key for t in said[max(at - _BESIDE, 0) : at] if len(t.low) > 2}
    return any(
        before and before <= {t.key for t in given[i + 1 : i + 1 + _BESIDE + 1]} and before.isdisjoint(_left(given, i))
        for i in places
    )


def _left(given: Sequence[Token], at: int) -> set[str]:
    """Return the keys of the word right before a word in its sentence."""
    return {t.key for t in given[max(at - 1, 0) : at] if t.sentence == given[at].sentence}


def _gaps(words: Sequence[str]) -> tuple[set[Frame], set[Frame]]:
    """Return runs of words, and those around a denial without it."""
    plain: set[Frame] = set()
    around: set[Frame] = set()
    for n in _AROUND:
        plain |= {tuple(words[i : i + 2 * n]) for i in range(len(words) - 2 * n + 1)}
        for i, word in enumerate(words):
            if word in _DENIALS and i >= n:
                run = (*words[i - n : i], *words[i + 1 : i + 1 + n])
                if len(run) == 2 * n and _firm(run):
                    around.add(run)
    return plain, around


def find(answer: Answer) -> Iterator[Problem]:
    """Compare words between copied words with those that were given there."""
    given, said = answer.support.tokens, answer.read.tokens
    yield from _exchanged(given, said)
    plain, denied = _gaps(_masked(given))
    said_plain, said_denied = _gaps(_masked(said))
    for run in sorted(((denied & said_plain) - plain) | ((said_denied & plain) - denied)):
        yield problem("denial", " ".join(run))
