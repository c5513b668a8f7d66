"""Find numbers that are not in the source, or not with this unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.answer import Answer, split_sentences
from pmcmine.write.checks.numbers import Number, numbers, units_in
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import key_of

CODES: Final = {
    "number": "a number was not given",
    "unit": "a number was given with another unit",
}
_FEW: Final = 2  # a writer may count up to this many things


_NOUNS: Final = re.compile(r"(?:[\s-][^\W\d_]{2,40}){1,3}")
_ITEMS: Final = re.compile(r"[,;]|\band\b")
_LABEL: Final = re.compile(r"\(([A-Za-z])\)")  # of a panel
_ROWS: Final = re.compile(r"(?<![\w.])(i{1,3}|i?v|vi{1,3}|ix|x)[.)]\s")  # numbers of a list
_NAME: Final = re.compile(r"[A-Z]{2}[\w-]*\s\Z")  # "ATCC 53608 strains" counts no strains
# After another one, as in "I–VI" or "I, II and III": a single V, X or IV may also be a unit, a chromosome or a vein.
_ROMAN: Final = re.compile(
    r"\b[IVX]{1,4}\s?(?:[-–—,]|,?\s?(?:and|or|to|through)\b)\s?(?=(I{2,3}|I?V|VI{1,3}|I?X|XI{1,2})\b)"
)
_VALUES: Final = {n: i for i, n in enumerate("II III IV V VI VII VIII IX X XI XII".split(), 2)}
_DENSITY: Final = re.compile(r"\b(?:OD|A|Abs)\s?_?\(?(\d{3})\b")  # a wavelength in nm
_SINCE: Final = {"day": frozenset(("dpi", "dai", "das")), "h": frozenset(("hpi", "hai"))}  # days post infection
_BEFORE: Final = 30  # characters
_COUNTED: Final = 12  # maximum items of a list that a writer may count


def _nouns(text: str, number: Number) -> set[str]:
    """Return the keys of the words after a number without unit, one of which is the counted thing."""
    match = None if number.unit else _NOUNS.match(text, number.end)
    words = re.split(r"[\s-]", match[0].lower()) if match else []
    return {key_of(w) for w in (words[:2] if number.word and number.value <= _FEW else words) if w and w not in STOP}


def _longest_list(text: str) -> int:
    """Return an upper bound for the number of items in the longest list of a text."""
    return max((len(_ITEMS.findall(sentence)) + 1 for sentence in split_sentences(text)), default=1)


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
            if number.ordinal or number.value % 1 or _NAME.search(text, max(number.start - _BEFORE, 0), number.start):
                continue
            for noun in _nouns(text, number):
                self.of.setdefault(noun, set()).add(number.value)
        self.romans = {_VALUES[roman] for roman in _ROMAN.findall(text)}
        for wavelength in _DENSITY.findall(text):
            self.units.setdefault(Decimal(wavelength), set()).add("nm")
        self.listed = max(_longest_list(text), *(len(set(rows.findall(text))) for rows in (_LABEL, _ROWS)))

    def problem(self, number: Number, shown: str) -> Problem | None:
        """Return the problem of a number in an answer, if any."""
        units = self.units.get(number.value)
        if number.unit and number.amount in self.amounts:
            return None
        if units is None:
            return problem("number", shown)
        if (number.unit == "°" and "°c" in units) or ("/" in number.unit and number.unit.partition("/")[0] in units):
            return None  # "mg L-1" is read as mg
        if not _SINCE.get(number.unit, frozenset()).isdisjoint(units):
            return None
        if number.unit and number.unit not in units and ("" not in units or number.unit not in self.named):
            return problem("unit", shown)
        return None


def find(answer: Answer) -> Iterator[Problem]:
    """Look up each number of the answer in the source."""
    known: _Known | None = None
    panels = len(answer.given.panels)
    for number in numbers(answer.text):
        if number.word and number.value <= 1:
            continue
        known = _Known(answer.support.text) if known is None else known
        shown = answer.text[number.start : number.end + 12]
        if number.word and not number.unit and not number.ordinal and number.value not in known.units:
            others = [known.of[noun] for noun in _nouns(answer.text, number) if noun in known.of]
            if number.value == panels or (not others and number.value <= min(max(known.listed, _FEW), _COUNTED)):
                continue  # counted by the writer
        roman = not number.unit and number.value in known.romans
        if number.word and ((number.value == _FEW and number.ordinal) or roman):
            continue
        if found := known.problem(number, shown):
            yield found
