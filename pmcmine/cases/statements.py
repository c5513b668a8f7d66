"""Statements of age and sex that introduce a single patient ("a 54-year-old woman", "a man aged 30")."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from pmcmine.cases.people import ANIMALS, FEMALE, MALE, PERSONS

LONGEST: Final = 50_000  # characters of a paragraph that are read
MOST: Final = 200  # statements of a paragraph

_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ONES: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_NUMBERS: Final = {w: i for i, w in enumerate(_ONES, 1)} | {w: 10 * i for i, w in enumerate(_TENS, 2)}
_SPELT: Final = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES[:9])}))?|{'|'.join(reversed(_ONES))})"
_UNIT: Final = r"(?P<unit>years?|yrs?|y|months?|mo|weeks?|wk|days?)"
_NUMBER: Final = rf"(?P<n>\d{{1,3}}(?:[.·]\d)?|{_SPELT})"
_PERSON: Final = rf"(?P<person>{'|'.join(sorted([*FEMALE, *MALE, *PERSONS], key=len, reverse=True))})"
# A number of years, what follows it, and the words up to the person.
_OLD: Final = re.compile(
    rf"\b{_NUMBER}[-‐‑–\s]*{_UNIT}\.?[-‐‑–\s/]*(?P<old>olds?\b|o\.|o\b|of[- ]age\b|aged\b)"
    rf"(?P<rest>(?:[ ,\-/(]+[\w'’\-]+){{0,9}})",
    re.IGNORECASE,
)  # fmt: skip
_AGED: Final = re.compile(
    rf"\b{_PERSON}(?: patient)?,?\s*\(?(?:who (?:was|is) )?(?:aged?|(?:at (?:the |an )?)?age of|of)[ :]+{_NUMBER}(?:[- ]{_UNIT}\b)?(?!\s*(?:mm|cm|kg|%|g\b))",
    re.IGNORECASE,
)  # fmt: skip
_COMMA: Final = re.compile(
    rf"\b(?P<person>male|female|man|woman|boy|girl)(?: patient)?[,(]+ ?{_NUMBER}[- ]?(?P<unit>years?|yrs?|y|months?|days?|weeks?)\b",
    re.IGNORECASE,
)  # fmt: skip
_DECADE: Final = re.compile(
    rf"\b{_PERSON} in (?:his|her|their) (?:(?:early|mid|late)[- ]?)?(?:\d0(?:['’]?s|th)|{'|'.join(_TENS)}|twenties|[a-z]{{3,6}}ties|teens)\b",
    re.IGNORECASE,
)  # fmt: skip
_BARE: Final = re.compile(
    rf"\b(?:[Aa]n?|[Oo]ne|[Tt]h(?:is|e)|[Oo]ur|[Aa]nother|(?:[Tt]he )?(?:[Ff]irst|[Ss]econd|[Tt]hird|[Oo]ther)) (?:(?!(?:an?|of|the|in|with|for)\b)[\w\-]+,? ){{0,6}}?{_PERSON}\b"
    r"(?=,? (?:\([^()]{1,40}\) )?(?:who |was |had |with |having |is |has |presented|complain|came|underwent|attended|visited|sought|reported|developed"
    r"|suffer|born|known|referred|admitted|treated|diagnosed|returned|engaged|spent))"
)
_WORDS: Final = re.compile(r"[\w'’\-]+")
_STOPPED: Final = re.compile(
    r"\b(?:was|were|had|has|presented|presents|who|whose|which|with|came|underwent|and (?:his|her)|admitted|visited|from)\b",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    rf"\b(?:he|she|{'|'.join(sorted([*FEMALE, *MALE, *PERSONS], key=len, reverse=True))})\b[^.;]{{0,40}}$",
    re.IGNORECASE,
)
_GROUP: Final = re.compile(
    r"\b(?:men|women|males|females|patients|children|boys|girls|adults|infants|subjects|participants|individuals"
    r"|neonates|newborns|adolescents|twins|siblings|brothers|sisters|people|persons|controls|volunteers|cases|groups?)\b",
    re.IGNORECASE,
)
_RELATIVES: Final = "mother|father|brother|sister|son|daughter|wife|husband|sibling|cousin|aunt|uncle|nephew|niece|twin|parents?|partner|grand\\w+"
# The nearest person before the age is somebody's relative.
_RELATIVE: Final = re.compile(
    rf"\b(?:{_RELATIVES})\b(?!['’]s)(?:(?!\b(?:patient|he|she|man|woman|boy|girl|proband|infant|child)\b)[^.;]){{0,60}}$",
    re.IGNORECASE,
)
_OF_RELATIVE: Final = re.compile(rf"\W*(?:[\w\-]+ ){{0,2}}(?:{_RELATIVES})\b", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\([^()]*\)")
_OTHERS: Final = re.compile(
    r"\bet al\b|\b(?:previously|first|recently|initially|originally) (?:reported|described|published)\b|\bprevious (?:article|report|paper|case|letter)s?\b|\b(?:interesting|recent) (?:article|report|paper|letter)\b"
    r"|\b(?:reported|described|published|documented) (?:by|in (?:the literature|(?:19|20)\d\d))\b|\bin the literature\b"
    r"|\b(?:authors|colleagues|co-workers) (?:reported|described|presented)\b|\bliterature (?:review|search)\b"
)
_HE: Final = re.compile(r"\b(he|him|his|himself|she|her|hers|herself)\b", re.IGNORECASE)
_HINT: Final = re.compile(
    rf"\b(?:old|age[d]?|in (?:his|her|their)|y/?o)\b|\b(?:{'|'.join([*FEMALE, *MALE, *PERSONS])})\b", re.IGNORECASE
)
_YEARS: Final = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}
_OPENS: Final = re.compile(
    r"(?:^|\b(?:an?|another|one|our|first|second|third|fourth|fifth|following|current|present|index|other))[\s,]+"
    r"(?:[\w\-]+,? ){0,5}$|^$|[.:;(]\s*$",
    re.IGNORECASE,
)
_QUICK: Final = re.compile(
    rf"\b{_NUMBER}[-‐‑–\s]*(?:(?:years?|yrs?|months?|weeks?|days?)[-‐‑–\s]*(?:old|of[- ]age)\b|y[./]? ?o\b)|\b(?:aged|in (?:his|her)) \d",
    re.IGNORECASE,
)
# Words without one of which `_QUICK` finds nothing; looking for them takes a tenth of its time.
_OLDISH: Final = re.compile(r"old(?<![a-gijl-qt-xz]old)|y[./]? ?o\b")
_AGES: Final = ("of age", "of-age", "aged ", "in his ", "in her ")
_INDEFINITE: Final = re.compile(r"(?:an?|another|one|our|second|third)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that speaks of one person.

    Attributes:
        start: first code point.
        end: one past its last one.
        age: years; None if it states only a decade or no age.
        sex: female, male or empty.
        named: a word for the person stands in it, not only a pronoun before it.
        opens: it can introduce the person: "a", "another" or nothing stands before it, not "the" or "this".
        relative: it speaks of somebody's relative.
        animal: the words name an animal.
        others: the sentence speaks of a case that others published.
    """

    start: int
    end: int
    age: float | None
    sex: str
    named: bool
    opens: bool
    relative: bool
    animal: bool
    others: bool


def states_age(text: str) -> bool:
    """Return whether a text may state the age of a person; cheaper than `statements`."""
    text = text[:LONGEST]
    low = text.lower()
    return (any(w in low for w in _AGES) or _OLDISH.search(low) is not None) and _QUICK.search(text) is not None


def sex_of(words: str) -> str:
    """Return female or male by the first word that says so, else nothing."""
    for word in _WORDS.findall(words.lower()):
        if word in FEMALE:
            return "female"
        if word in MALE:
            return "male"
    return ""


def sex_by_pronouns(text: str) -> str:
    """Return the sex that at least three of four pronouns have, if there are two."""
    counts = Counter("male" if w.lower().startswith("hi") or w.lower() == "he" else "female" for w in _HE.findall(text))
    if not counts:
        return ""
    sex, most = counts.most_common(1)[0]
    return sex if most >= 2 and most >= 3 * (counts.total() - most) else ""


def age_of(number: str, unit: str | None) -> float | None:
    """Return years; None if nobody is that old."""
    number = number.replace("·", ".")
    n = float(number) if number[0].isdigit() else float(sum(_NUMBERS[p] for p in re.split(r"[- ]", number.lower())))
    age = n * _YEARS[(unit or "y")[0].lower()]
    return round(age, 2) if age <= 120 else None


@dataclass(frozen=True, slots=True)
class _Found:
    """A statement before its sentence is read."""

    start: int
    end: int
    age: float | None
    sex: str
    named: bool = True
    animal: bool = False


def statements(text: str, starts: list[int]) -> list[Statement]:
    """Return the statements of a paragraph in their order.

    Args:
        text: the paragraph.
        starts: where its sentences start.
    """
    text = text[:LONGEST]
    if not _HINT.search(text):
        return []
    found = [f for m in _OLD.finditer(text) if (f := _old(text, m)) is not None]
    for pattern in (_AGED, _COMMA):
        found += [
            _Found(m.start(), m.end(), age_of(m["n"], m["unit"]), sex_of(m["person"])) for m in pattern.finditer(text)
        ]
    for pattern in (_DECADE, _BARE):
        found += [_Found(m.start(), m.end(), None, sex_of(m[0])) for m in pattern.finditer(text)]
    merged: list[_Found] = []
    for f in sorted(found, key=lambda f: (f.start, f.age is None))[:MOST]:
        if not merged or f.start >= merged[-1].end:
            merged.append(f)
        elif merged[-1].age is None and f.age is not None:  # "a man in his 40s, aged 43"
            merged[-1] = replace(f, start=merged[-1].start, sex=f.sex or merged[-1].sex, named=True)
    return [_statement(text, f, starts) for f in merged]


def _old(text: str, m: re.Match[str]) -> _Found | None:
    """Return the statement of a number of years, None if it is not one person's."""
    if _OF_RELATIVE.match(m["rest"]):
        return None
    told = _person(m["rest"])
    if told is None and (_GROUP.search(m["rest"]) or not _SUBJECT.search(text[max(0, m.start() - 60) : m.start()])):
        return None
    before = _BRACKETS.sub("", text[max(0, m.start() - 60) : m.start()])
    sex, animal = told or (sex_of(before), False)
    return _Found(m.start(), m.start("rest"), age_of(m["n"], m["unit"]), sex, told is not None, animal)


def _person(rest: str) -> tuple[str, bool] | None:
    """Return the sex of whom the words after an age name, and whether it is an animal; None for nobody or a group."""
    stop = _STOPPED.search(rest)
    words = [w.lower() for w in _WORDS.findall(rest[: stop.start()] if stop else rest)]
    for i, word in enumerate(words):
        if _GROUP.fullmatch(word):
            return None
        if word in ANIMALS:
            return "", True
        if word in FEMALE or word in MALE or word in PERSONS:
            near = words[i : i + 3]
            if len(near) > 1 and _GROUP.fullmatch(near[1]):
                return None
            return sex_of(" ".join(near)), any(w in ANIMALS for w in near)
    return None


def _statement(text: str, found: _Found, starts: list[int]) -> Statement:
    at = bisect_right(starts, found.start) - 1
    first = starts[at]
    last = min(starts[at + 1] if at + 1 < len(starts) else len(text), first + 1_000)
    before = text[max(first, found.start - 80) : found.start]
    opens = _INDEFINITE.match(text, found.start) or (found.age is not None and _OPENS.search(before))
    return Statement(
        found.start,
        found.end,
        found.age,
        found.sex,
        found.named,
        bool(opens),
        bool(_RELATIVE.search(_BRACKETS.sub("", before))),
        found.animal,
        bool(_OTHERS.search(text, first, last)),
    )
