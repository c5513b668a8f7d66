"""Parse the shallow syntax of a sentence, enough to find the end of a trigger's scope.

Positions are computed once per sentence; each query is a binary search, so that hostile sentences stay linear.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

_BREAK: Final = re.compile(r";|\n\s*\n|(?<!\d)\d+\.\s{2,}|\s-\s|:\s{3,}")
_VERB: Final = re.compile(
    r"\b(?:is|are|was|were|am|has|had|can|could|may|might|will|would|shall|should|did|does|became|remained|occurred|"
    r"developed|underwent|received|improved|persisted|resolved|indicate|appears?|appeared)\b",
    re.IGNORECASE,
)
# "no fever and a cough": a noun with its own article or quantifier is affirmed.
_AFFIRMED: Final = re.compile(
    r"(?:,\s+(?:and\s+|but\s+)?|\band\s+)(?:an?|the|his|her|their|its|only|some|mild|mildly|moderate|severe|slight|slightly|normal|"
    r"increased|elevated|reduced|decreased|positive|then|therefore|thus|hence|so|subsequently|with)\s|"
    r"\bto\s+(?:reduce|avoid|prevent|control|treat|minimi[sz]e|improve|limit|allow|protect|decrease|relieve)\b|"
    r",\s+(?:so|thus|hence|after|before|when|where|suggesting|consistent|compared|despite|although)\b",
    re.IGNORECASE,
)
_LIST_CLOSED: Final = re.compile(r"\bor\s[^,;]{1,60}(,\s+and\s)", re.IGNORECASE)  # "no fever or chills, and a cough"
_PREPOSITION: Final = re.compile(
    r"\b(?:in|on|at|within|inside|from|during|after|before|between|among|amongst|into|through|throughout|under|"
    r"underlying|over|by|via|upon|against|towards?|despite|following|compared|than|when|where|near|around|along|across|"
    r"outside|beneath|behind|above|below|adjacent|(?<!such )as|"
    r"accompanying|regarding|concerning|involving|affecting|requiring|surrounding|preceding|explaining|necessitating|"
    r"associated\s+with|related\s+to|attributable\s+to)\b",
    re.IGNORECASE,
)
# "no evidence of pain" negates the pain, "no worsening of pain" does not.
_OF: Final = re.compile(r"\b(\w{1,20})\s+of\b", re.IGNORECASE)
_PARTITIVE: Final = frozenset(
    "evidence complain complains complained sign signs symptom symptoms history complaint complaints "
    "recurrence recurrences presence report reports diagnosis diagnoses episode episodes case cases form "
    "forms type types degree feature features finding findings indication indications suggestion "
    "suspicion kind trace traces sensation feeling feelings occurrence development onset relapse stigmata "
    "manifestation manifestations area areas focus foci attack attacks existence instance instances "
    "possibility".split()
)
_SEPARATOR: Final = re.compile(r"[,/]|\b(?:n?or|including|such\s+as)\b", re.IGNORECASE)
_PREDICATE: Final = re.compile(r"\s+(?:is|are|was|were|has|have|had|showed|revealed|remained)\b")
_JOINED: Final = re.compile(r"(?:,|\band)\s+(?:[\w-]{1,30}\s+){0,2}$")
_CLAUSE: Final = 150  # code points
_BRACKET: Final = re.compile(r"[()\[\]]")
_MAX_DEPTH: Final = 8


class Clauses:
    """The limits of clauses, phrases and brackets in a sentence."""

    def __init__(self, sentence: str, ends: Iterable[int]) -> None:
        """Read a sentence; `ends` are positions of words that end any scope."""
        self._sentence = sentence
        self._ends = sorted(ends)

    @cached_property
    def _breaks(self) -> list[int]:
        return sorted([*self._ends, *(m.start() for m in _BREAK.finditer(self._sentence))])

    @cached_property
    def _verbs(self) -> list[int]:
        return [m.start() for m in _VERB.finditer(self._sentence)]

    @cached_property
    def _affirmed(self) -> list[int]:
        closed = [m.start(1) for m in _LIST_CLOSED.finditer(self._sentence)]
        return sorted([*closed, *(m.start() for m in _AFFIRMED.finditer(self._sentence))])

    @cached_property
    def _prepositions(self) -> list[int]:
        of = [m.end() - 2 for m in _OF.finditer(self._sentence) if m[1].lower() not in _PARTITIVE]
        return sorted([*of, *(m.start() for m in _PREPOSITION.finditer(self._sentence))])

    @cached_property
    def _separators(self) -> list[int]:
        return [m.start() for m in _SEPARATOR.finditer(self._sentence)]

    @cached_property
    def _brackets(self) -> tuple[list[int], list[int], dict[int, int]]:
        return _read_brackets(self._sentence)

    def breaks(self, start: int, end: int) -> bool:
        """Return whether a clause ends between two positions."""
        return any_between(self._breaks, start, end)

    def ends(self, start: int, end: int) -> bool:
        """Return whether a scope-ending word lies between two positions."""
        return any_between(self._ends, start, end)

    def has_verb(self, start: int, end: int) -> bool:
        """Return whether a finite verb lies between two positions."""
        return any_between(self._verbs, start, end)

    def affirms(self, start: int, end: int) -> bool:
        """Return whether a list continues with affirmed items between two positions."""
        return any_between(self._affirmed, start, end)

    def is_object(self, start: int, end: int) -> bool:
        """Return whether the word at `end` is the object of a preposition after `start`: a place or time."""
        n = bisect_left(self._prepositions, end)
        if not n or self._prepositions[n - 1] < start:
            return False
        return not any_between(self._separators, self._prepositions[n - 1], end)

    def leaves_bracket(self, start: int, end: int) -> bool:
        """Return whether a bracket that encloses `start` is closed before `end`."""
        return self._close_of(start) < end

    def begins_clause(self, first: int, last: int, start: int, end: int) -> bool:
        """Return whether a span is the subject of a clause after that of a trigger from `first` to `last`.

        For example in "there was no fever and pain was felt"; "no fever and pain were felt" has only one verb.
        """
        if not _PREDICATE.match(self._sentence, end) or not any_between(self._verbs, max(0, first - _CLAUSE), first):
            return False
        return bool(_JOINED.search(self._sentence[max(last, start - _CLAUSE) : start]))

    def _close_of(self, place: int) -> float:
        marks, inner, close = self._brackets
        n = bisect_left(marks, place)
        return close.get(inner[n - 1] if n else -1, float("inf"))


def _read_brackets(sentence: str) -> tuple[list[int], list[int], dict[int, int]]:
    """Return the positions of brackets, the innermost one open after each (or -1), and the closing position of each."""
    marks: list[int] = []
    inner: list[int] = []
    close: dict[int, int] = {}
    stack: list[int] = []
    for m in _BRACKET.finditer(sentence):
        if m[0] in "([":
            stack = [*stack[-_MAX_DEPTH:], m.start()]
        elif stack:
            close[stack.pop()] = m.start()
        marks.append(m.start())
        inner.append(stack[-1] if stack else -1)
    return marks, inner, close


def any_between(places: Sequence[int], start: int, end: int) -> bool:
    """Return whether one of the sorted positions lies in [start, end)."""
    n = bisect_left(places, start)
    return n < len(places) and places[n] < end
