"""Age, sex and diagnosis of the patient that a case report describes, if they are stated, with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_FEMALE: Final = "woman female girl lady housewife mother pregnant primigravida".split()
_MALE: Final = "man male boy gentleman father".split()
_SEX: Final = "|".join([*_FEMALE, *_MALE])
_NUMBERS: Final = {
    w: i
    for i, w in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split(),
        1,
    )
} | {w: 10 * i for i, w in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)}
_SPELT: Final = r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_AGE: Final = re.compile(
    rf"\b(?P<n>\d{{1,3}}(?:\.\d)?|{_SPELT})[- ]?(?P<unit>years?|yrs?|months?|weeks?|days?)[- ]?(?:old|of age)\b"
    rf"(?P<rest>(?:[ ,-]+[\w'’-]+){{0,8}})",
    re.IGNORECASE,
)  # fmt: skip
_AGED: Final = re.compile(
    rf"\b(?P<sex>{_SEX})(?: patient)?,? aged (?P<n>\d{{1,3}})(?: (?P<unit>years|months|weeks|days))?\b", re.IGNORECASE
)
_WORD_SEX: Final = re.compile(rf"\b({_SEX})\b", re.IGNORECASE)
_PRONOUN: Final = re.compile(r"\b(she|her|he|his|him)\b", re.IGNORECASE)
_DIAGNOSIS: Final = re.compile(
    r"\b(?:diagnosed (?:with|as(?: having)?|to have)|(?:[Aa] |[Tt]he |[Ff]inal |definitive |confirmed )diagnosis of|[Dd]iagnosis was(?: that of)?) "
    r"(?P<what>(?:an? |the )?[A-Za-z0-9][^.;:()\[\]]{2,90}?)(?= (?:was|were|is|based|and (?:was|he|she|treated|started|underwent|received)|"
    r"in (?:\d{4}|January|February|March|April|May|June|July|August|September|October|November|December)|at (?:the )?(?:age|our|another)|"
    r"by|after|with (?:no|a)|which|who|that|for|on|due|\d)|[.;:,()\[\]]|$)"
)
_YEARS: Final = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}


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


def _number(word: str) -> float:
    if word[0].isdigit():
        return float(word)
    return float(sum(_NUMBERS[p] for p in re.split(r"[- ]", word.lower())))


def _sex(words: str) -> str:
    m = _WORD_SEX.search(words)
    return "" if m is None else ("female" if m[1].lower() in _FEMALE else "male")


def patients(text: str) -> list[PatientStatement]:
    """Return patients that a passage introduces by age ("a 54-year-old woman", "a man aged 30"), at most 20."""
    text = text[:20_000]
    found: list[tuple[int, int, float, str]] = []
    for m in _AGE.finditer(text):
        sex = _sex(m["rest"])
        if not sex:
            pronoun = _PRONOUN.search(text, m.end(), m.end() + 300)
            sex = "" if pronoun is None else ("female" if pronoun[1].lower() in ("she", "her") else "male")
        age = _number(m["n"]) * _YEARS[m["unit"][0].lower()]
        if re.search(r"\b(?:patient|case|infant|child|baby|neonate|newborn|adolescent)\b", m["rest"]) or _sex(
            m["rest"]
        ):
            found.append((m.start(), m.start("rest"), age, sex))
    found += [
        (m.start(), m.end(), _number(m["n"]) * _YEARS[(m["unit"] or "y")[0].lower()], _sex(m["sex"]))
        for m in _AGED.finditer(text)
    ]
    found = [f for f in sorted(found) if f[2] <= 120][:20]
    out = []
    for i, (start, end, age, sex) in enumerate(found):
        stop = found[i + 1][0] if i + 1 < len(found) else len(text)
        said = _DIAGNOSIS.search(text, end, stop)
        out.append(PatientStatement(start, end, round(age, 2), sex, said["what"].strip() if said else ""))
    return out
