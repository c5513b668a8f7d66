"""Age, sex and diagnosis of the patients that a passage introduces, if they are stated, with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pmcmine.cases.diagnosis import wordings
from pmcmine.cases.statements import statements
from pmcmine.text.sentences import sentence_starts

_LONGEST: Final = 20_000  # characters that are read
_MOST: Final = 20  # patients of a passage
_PRONOUN: Final = re.compile(r"\b(she|her|he|his|him)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PatientStatement:
    """A patient as described in a passage.

    Attributes:
        start: first code point of the statement of age.
        end: one past its last one.
        age: years.
        sex: female, male, or empty.
        diagnosis: as the text words it; empty if it is not stated.
    """

    start: int
    end: int
    age: float
    sex: str
    diagnosis: str


def patients(text: str) -> list[PatientStatement]:
    """Return patients that a passage introduces by age ("a 54-year-old woman", "a man aged 30"), at most 20.

    Relatives, animals and patients of other publications are left out.
    """
    text = text[:_LONGEST]
    starts = sentence_starts(text)
    told = [s for s in statements(text, starts) if s.age is not None and not (s.relative or s.animal or s.others)]
    found = wordings(text, starts, "") if told else []
    out = []
    for n, s in enumerate(told[:_MOST]):
        stop = told[n + 1].start if n + 1 < len(told) else len(text)
        diagnosis = next((text[w.start : w.end] for w in found if s.end <= w.start < stop), "")
        sex = s.sex
        if not sex:
            pronoun = _PRONOUN.search(text, s.end, s.end + 300)
            sex = "" if pronoun is None else ("female" if pronoun[1].lower() in ("she", "her") else "male")
        out.append(PatientStatement(s.start, s.end, s.age or 0.0, sex, diagnosis))
    return out
