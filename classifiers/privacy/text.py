"""Identifiers in text: names with titles, record numbers, dates beside ages over 89, phone numbers, e-mail addresses.

The kinds follow the identifiers of HIPAA's Safe Harbor method (45 CFR 164.514(b)(2)) that articles can hold. Every
pattern is bounded, so that time is in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_READ: Final = 50_000  # code points of a text


@dataclass(frozen=True, slots=True)
class TextFlag:
    """A place in a text.

    Attributes:
        kind: name, record_number, age_over_89, date, phone or email.
        start: first code point.
        end: one past the last one.
        score: how sure the rule is, 0 to 1; set by hand from the checked cases, not calibrated.
    """

    kind: str
    start: int
    end: int
    score: float


_MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|"
    r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATE: Final = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|"
    r"(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d[/.][0-3]?\d[/.](?:19|20)\d\d)\b"
)
_EMAIL: Final = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}\b")
_PHONE: Final = re.compile(
    r"(?:(?:\b(?:[Tt]el(?:ephone|\.)?|[Pp]hone|[Ff]ax|[Mm]obile)(?: (?:no|number)\.?)?[:. ]{1,3})\(?\+?\d[\d ()./-]{6,20}\d"
    r"|(?<![\d.,/-])\+\d{1,3}[ -]\(?\d{1,4}\)?(?:[ -]\d{2,4}){2,4}(?![\d.]))"
)
_RECORD: Final = re.compile(
    r"\b(?:(?i:(?:medical|hospital|clinical|patient|health)[ -](?:record |file |registration |identification |"
    r"chart )?(?:no\b\.?|number|ID|#))|MRN|NHS (?:no\b\.?|number)|social security (?:no\b\.?|number)|SSN)"
    r"(?: (?:was|is|of))?[:# ]{1,3}(?=[A-Z0-9/-]{0,8}\d)[A-Z0-9][A-Z0-9/-]{3,15}\b"
)
_AGE: Final = re.compile(
    r"\b(9\d|1[01]\d)[- ](?:years?|yr)s?[- ](?:old|of age)\b|\baged? (?:of )?(9\d|1[01]\d)(?! ?[%–-])\b(?! ?(?:days|weeks|months|min|h\b))"
)
_TITLE: Final = re.compile(
    r"\b(Mr|Mrs|Ms|Miss|Mister)\.? ([A-Z][a-zà-ÿ'’-]{1,25}|[A-Z]\.? ?[A-Z]\.?(?![A-Za-z]))(?: [A-Z][a-zà-ÿ'’-]{1,25})?"
)
_CALLED: Final = re.compile(
    r"\b(?:patient|boy|girl|man|woman|child|infant)(?:,)? (?:named|called|whose name (?:is|was)) ([A-Z][a-zà-ÿ'’-]{1,25}(?: [A-Z][a-zà-ÿ'’-]{1,25})?)"
)
# Words without which a pattern finds nothing: most texts hold none, and looking for them is a tenth of the work.
_CALLS: Final = ("hone", "fax", "Fax", "obile", "tel ", "Tel ", "tel.", "Tel.", "tel:", "Tel:")
_FOREIGN: Final = re.compile(r"\+\d")
_CALLERS: Final = ("named", "called", "whose name")
_TITLES: Final = ("Mr", "Ms", "Mis")
_OLD: Final = ("old", "of age", "age 9", "age 1", "aged 9", "aged 1", "age of ", "aged of ")
_THANKS: Final = re.compile(
    r"\b(?:thank|acknowledge|grateful|assistance|help|courtesy|editing|correspond)", re.IGNORECASE
)
_PATIENT: Final = re.compile(
    r"\b(?:patient|admitted|presented|diagnos|born|died|hospital|surgery|year[- ]old|his|her)\b", re.IGNORECASE
)


def flags(text: str) -> list[TextFlag]:
    """Return all flags of a text, in order."""
    text = text[:_READ]
    out: list[TextFlag] = []
    if "@" in text:
        out += [TextFlag("email", m.start(), m.end(), 0.95) for m in _EMAIL.finditer(text)]
    if _holds(text, _CALLS) or _FOREIGN.search(text):
        out += [TextFlag("phone", m.start(), m.end(), 0.8) for m in _PHONE.finditer(text)]
    out += [TextFlag("record_number", m.start(), m.end(), 0.85) for m in _RECORD.finditer(text)]
    out += _names(text)
    ages = list(_AGE.finditer(text)) if ("9" in text or "1" in text) and _holds(text, _OLD) else []
    if ages:
        out += [TextFlag("age_over_89", m.start(), m.end(), 0.9) for m in ages]
        out += [TextFlag("date", m.start(), m.end(), 0.8) for m in _DATE.finditer(text)]
    return sorted(out, key=lambda f: (f.start, f.end, f.kind))


def _holds(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


def _names(text: str) -> list[TextFlag]:
    """List the names with a title, and those that a patient is said to have; less sure where somebody is thanked."""
    out = []
    for words, pattern, score in ((_TITLES, _TITLE, 0.75), (_CALLERS, _CALLED, 0.9)):
        if not _holds(text, words):
            continue
        for m in pattern.finditer(text):
            around = text[max(m.start() - 120, 0) : m.end() + 120]
            if _THANKS.search(around):
                value = 0.3
            else:
                value = min(score + 0.1, 1.0) if _PATIENT.search(around) else score - 0.25
            out.append(TextFlag("name", m.start(), m.end(), round(value, 2)))
    return out
