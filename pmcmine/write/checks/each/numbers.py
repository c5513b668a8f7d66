"""Numbers that were not given, or not with this unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.numbers import Number, numbers, units_in
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import key_of

CODES: Final = {
    "number": "a number was not given",
    "unit": "a number was given with another unit",
}
_FEW: Final = 2  # up to so many things may be counted by who writes


_NOUN: Final = re.compile(r"\s+([^\W_]{2,}(?:[-‐‑][^\W_]+)*)")


def _noun(text: str, number: Number) -> str:
    """Return the key of the word that follows a number without unit; empty if there is none."""
    match = None if number.unit else _NOUN.match(text, number.end)
    return key_of(match[1].lower()) if match and match[1].lower() not in STOP else ""


class _Known:
    """The numbers of a source, by value and by amount."""

    def __init__(self, text: str) -> None:
        self.units: dict[Decimal, set[str]] = {}
        self.amounts: set[tuple[str, Decimal]] = set()
        self.named = units_in(text)
        self.of: dict[str, set[Decimal]] = {}
        for number in numbers(text):
            self.units.setdefault(number.value, set()).add(number.unit)
            self.amounts.add(number.amount)
            if noun := _noun(text, number):
                self.of.setdefault(noun, set()).add(number.value)

    def problem(self, number: Number, shown: str) -> Problem | None:
        """Return what is wrong with a number of an answer."""
        units = self.units.get(number.value)
        if number.unit and number.amount in self.amounts:
            return None
        if units is None:
            return problem("number", shown)
        if number.unit and number.unit not in units and ("" not in units or number.unit not in self.named):
            return problem("unit", shown)
        return None


def find(answer: Answer) -> Iterator[Problem]:
    """Look up each number of the answer in what was given."""
    known: _Known | None = None
    panels = len(answer.given.panels)
    for number in numbers(answer.text):
        if number.word and number.value <= 1:
            continue
        known = _Known(answer.support.text) if known is None else known
        if number.word and (number.value == panels or (number.value == _FEW and not number.unit)):
            of = known.of.get(_noun(answer.text, number), set())
            if number.ordinal or not of or number.value in of:
                continue
            yield problem("number", answer.text[number.start : number.end + 12])
            continue
        if found := known.problem(number, answer.text[number.start : number.end + 12]):
            yield found
