"""Divide the paragraphs of a report into its patients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from pmcmine.cases.reports import NAMED, Told
from pmcmine.cases.statements import LONGEST, Statement, sex_by_pronouns

MOST: Final = 200  # patients of an article
_SHORTEST: Final = 120  # characters of a patient's text
_ORDINALS: Final = {
    w: str(i) for i, w in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)
}
_ROMAN: Final = {r: str(i) for i, r in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), 1)}
_NUMBER: Final = r"(?P<n>\d{1,3}|[IVX]{1,4}|[A-H])"
_KIND: Final = r"(?:case|patient|proband|subject|participant)"
_IN_TITLE: Final = re.compile(
    rf"\b{_KIND}(?: (?:reports?|presentation|description|history|study|vignette|series))?\s*(?:no\.?|number|#)?[\s:\-–#(]*{_NUMBER}\b(?!\s*(?:and|&|to|[–\-]\s?\d))"
    rf"|\b(?P<o>{'|'.join(_ORDINALS)}) (?:case|patient)\b|^\W*{_KIND} (?P<w>one|two|three|four|five|six)\b",
    re.IGNORECASE,
)  # fmt: skip
_RUN_IN: Final = re.compile(
    rf"[(\[]?(?:{_KIND.replace('case', '[Cc]ase').replace('patient', '[Pp]atient')})(?: [Rr]eport| [Pp]resentation)?\s*(?:[Nn]o\.?|[Nn]umber|#)?\s*{_NUMBER}\b(?!\s*(?:and|&|to|,|or|[–\-]\s?\d))"
    rf"|(?:The |Our )?(?P<o>{'|'.join([*_ORDINALS, *(o.title() for o in _ORDINALS)])}) (?:case|patient)\b"
)
_NEWBORN: Final = re.compile(
    r"\b(?:newborn|neonate|first child of|(?:was|were) delivered|was born|gestation week)\b", re.IGNORECASE
)
_SEVERAL: Final = re.compile(r"\b(?:patients?\s\d+|patients|all|both|each|collectively|together)\b", re.IGNORECASE)
_PERSON: Final = re.compile(r"\b(?:patient|he|she|his|her|man|woman|boy|girl|infant|child)\b", re.IGNORECASE)
_ANOTHER: Final = re.compile(
    r"(?:Another|The other|A (?:second|third|fourth|further)|The (?:second|third|fourth)|Our (?:second|third))\b"
)
_INDEFINITE: Final = re.compile(
    r"(?:\W*(?:An?|Another|One|Our (?:second|other|next)|This|The (?:second|other|next|third)|\d|\w+ (?:was|is) an?)\b|\W*(?:Patient|Case)\b)"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a paragraph."""

    told: Told
    start: int
    end: int

    @property
    def text(self) -> str:
        """The piece."""
        return self.told.paragraph.text[self.start : self.end]


@dataclass(slots=True)
class Patient:
    """A patient: the label that numbers the case if it has one, passages, and the statement that introduces it."""

    label: str | None
    passages: list[Passage] = field(default_factory=list)

    def statements(self) -> list[Statement]:
        """Return the statements about the patient, those that introduce first."""
        own = [
            s
            for p in self.passages
            for s in p.told.statements
            if p.start <= s.start < p.end and not s.relative and not s.others
        ]
        return sorted(own, key=lambda s: (s.age is None, not s.opens))

    def age(self) -> float | None:
        """Return the age by the statement that introduces the patient; a newborn's mother has one, too."""
        newborn = bool(_NEWBORN.search(self.passages[0].text[:400]))
        return next((s.age for s in self.statements() if s.age is not None and (s.named or not newborn)), None)

    def sex(self) -> str | None:
        """Return the sex by the statements, or by the pronouns of the text."""
        told = next((s.sex for s in self.statements() if s.sex), "")
        return told or sex_by_pronouns(" ".join(p.text for p in self.passages)) or None


def patients(told: Sequence[Told]) -> list[Patient]:
    """Divide the paragraphs of a report into its patients; at most `MOST`."""
    labelled = _labelled(told)
    found = labelled if labelled else _by_statements(told)
    return [p for p in found if _is_patient(p)][:MOST]


def _is_patient(patient: Patient) -> bool:
    size = sum(p.end - p.start for p in patient.passages)
    if size < _SHORTEST:
        return False
    if patient.label is not None and any(_PERSON.search(p.text) for p in patient.passages):
        return True
    return bool(patient.statements())


def label_of(match: re.Match[str]) -> str:
    """Return the number of a case as digits or a letter."""
    groups = match.groupdict()
    if groups.get("o"):
        return _ORDINALS[groups["o"].lower()]
    if groups.get("w"):
        return str("one two three four five six".split().index(groups["w"].lower()) + 1)
    return _ROMAN.get(groups["n"].lower(), groups["n"].upper())


def _title_label(told: Told) -> str | None:
    for title in reversed(told.paragraph.section_titles):
        m = _IN_TITLE.search(title[:200])
        if m:
            return label_of(m)
    return None


def _labelled(told: Sequence[Told]) -> list[Patient]:
    """Return patients by numbers in titles or at the beginning of sentences; none if fewer than two are numbered."""
    by_label: dict[str, Patient] = {}
    before: list[Passage] = []
    label: str | None = None
    section: tuple[str, ...] | None = None
    for t in told:
        if t.mixed:
            for passage, number in _named(t):
                if number in by_label:
                    by_label[number].passages.append(passage)
            continue
        titled = _title_label(t)
        if titled is not None:
            label = titled
        elif section is not None and t.paragraph.section_titles != section:
            label = None
        section = t.paragraph.section_titles
        for passage, run_in in _run_in(t):
            label = run_in or label
            if label is None:
                before.append(passage)
            else:
                by_label.setdefault(label, Patient(label)).passages.append(passage)
    numbered = [p for p in by_label.values() if _is_patient(p)]
    if len(numbered) < 2:
        return []
    return numbered


def _run_in(told: Told) -> list[tuple[Passage, str | None]]:
    """Divide a paragraph at sentences that begin with the number of a case."""
    size = len(told.paragraph.text[:LONGEST])
    marks: list[tuple[int, str | None]] = [(0, None)]
    for start in told.starts:
        m = _RUN_IN.match(told.paragraph.text, start)
        if m and (start == 0 or _stated_near(told, start, m.end())):
            marks.append((start, label_of(m)))
    if len(marks) > 1 and marks[1][0] == 0:
        marks = marks[1:]
    ends = [s for s, _ in marks[1:]] + [size]
    return [(Passage(told, s, e), label) for (s, label), e in zip(marks, ends, strict=True)]


def _named(told: Told) -> list[tuple[Passage, str]]:
    """Return the pieces of a paragraph from each sentence that names a patient to the next that speaks of others."""
    text = told.paragraph.text[:LONGEST]
    out: list[tuple[Passage, str]] = []
    label: str | None = None
    for start, end in pairwise([*told.starts, len(text)]):
        m = NAMED.match(text, start, end)
        if m:
            label = m["n"]
            out.append((Passage(told, start, end), label))
        elif label is not None and not _SEVERAL.search(text, start, end):
            before = out.pop()[0]
            out.append((Passage(told, before.start, end), label))
        else:
            label = None
    return out


def _stated_near(told: Told, start: int, end: int) -> bool:
    return any(start <= s.start < end + 60 for s in told.statements)


def _by_statements(told: Sequence[Told]) -> list[Patient]:
    """Return patients by the statements that introduce them: another age or sex at the beginning of a sentence."""
    out: list[Patient] = []
    known: list[tuple[float | None, str]] = []
    for t in told:
        cuts = [0]
        for s in t.statements:
            start = _start(t, s)
            if not _is_new(t, s, start, known):
                continue
            known.append((s.age, s.sex))
            if out:
                cuts.append(start)
                out[-1].passages.append(Passage(t, cuts[-2], start))
                out.append(Patient(None))
            else:
                out.append(Patient(None))
        if not out:
            out.append(Patient(None))
        out[-1].passages.append(Passage(t, cuts[-1], len(t.paragraph.text[:LONGEST])))
    for patient in out:
        patient.passages = [p for p in patient.passages if p.end > p.start]
    return out


def _start(told: Told, statement: Statement) -> int:
    return max(s for s in told.starts if s <= statement.start)


def _is_new(told: Told, s: Statement, start: int, known: list[tuple[float | None, str]]) -> bool:
    if s.others or s.relative or not s.opens:
        return False
    if not known:
        return True
    if s.age is None or (s.age, s.sex) in known:
        return False
    text = told.paragraph.text
    if _ANOTHER.match(text, start):
        return True
    # Inside of a paragraph "A 54-year-old woman" often is the same patient a year later, so it must begin a sentence.
    return start == 0 and s.start - start <= 60 and bool(_INDEFINITE.match(text, start))
