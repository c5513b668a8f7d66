"""Which articles report cases, and which of their paragraphs tell them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pmcmine.cases.people import ANIMALS, PERSONS
from pmcmine.cases.statements import LONGEST, Statement, statements, states_age
from pmcmine.text.sentences import sentence_starts
from schemas.paragraph import Paragraph

_TYPES: Final = ("case-report",)
# Types of articles that speak of others' cases.
_OF_OTHERS: Final = frozenset(
    {"reply", "correction", "retraction", "abstract", "article-commentary", "discussion", "addendum"}
)
# Paragraphs of a report that are read; no report has as many.
MOST: Final = 1_000
# Articles that may be told by their words alone, without a section for the case.
_SHORT: Final = 40  # body paragraphs
_NUMBER_WORDS: Final = "two|three|four|five|six|seven|eight|nine|ten|1?[0-9]"
_TITLE: Final = re.compile(
    r"\bcase (?:reports?|series|presentations?|vignettes?|descriptions?)\b|\breports? of (?:[\w\-]+ ){0,4}cases?\b"
    rf"|(?<![\w\-])(?:{_NUMBER_WORDS}) (?:[\w\-]+ ){{0,4}}(?:cases|patients|siblings|brothers|sisters)\b(?![- ](?:stud|control))"
    r"|\b(?:the |a )?(?:first|rare|unusual) (?:[\w\-]+ ){0,3}case\b|\bclinical cases?\b|\bin (?:a|an) (?:[\w\-]+ ){0,4}(?:patient|child|man|woman|infant|boy|girl|neonate)\b",
    re.IGNORECASE,
)
# Anything may be a case; it is a patient's if the text speaks of one.
_A_CASE_OF: Final = re.compile(r"(?:^|[:.–-] )a case of\b", re.IGNORECASE)
_A_PATIENT: Final = re.compile(r"\b(?:(?:the|our|this|a) patient|he|she)\b", re.IGNORECASE)
_LEAD: Final = r"^(?:\W*(?:\d+\W+)*)(?:(?:an?|the|our|an? illustrative|clinical|index|illustrative|brief|presentation of|description of|report of|summary of) )*"
_CASE_SECTION: Final = re.compile(
    rf"{_LEAD}(?:cases?|patients?|probands?)(?: (?:reports?|presentations?|descriptions?|histor(?:y|ies)|series|summar(?:y|ies)|vignettes?"
    r"|stud(?:y|ies)|details?|information|illustrations?|examples?|records?|synopsis|background|overview"
    r"|no\.?|number|series|data|profile|findings|introduction)?)?"
    r"(?: ?[#(]?(?:\d{1,2}|[ivx]{1,4}|[a-h])\b)?(?:$|[\s:.,;()\-–—]+(?:and|of|with|&|:|\d|\(|[\w])?)"
    rf"|{_LEAD}(?:first|second|third|fourth|fifth) (?:case|patient)\b"
    rf"|{_LEAD}(?:clinical (?:presentation|report|history|description|course|vignette|observation|information)|history of present|presenting concern|observations?$)",
    re.IGNORECASE,
)
_NO_CASE_SECTION: Final = re.compile(
    r"\bcases? (?:definitions?|selection|identification|ascertainment|finding|control|fatality|mix|management|load|volume|law|studies design"
    r"|study design|study area|manager|detection|numbers?|counts?|notification|inclusion|processing)\b|\bcontrols?\b|case[- ]control"
    r"|\bpatients? (?:characteristics|demographics|baseline|and|selection|recruitment|population|enrol|consent|perspective|samples?|involvement|groups?|cohorts?|outcomes?|safety|data collection|eligib|disposition|specimens?|tissue|education|experience|satisfaction|reported|preferences?|and public)"
    r"|\bpatients?,|\bpatients(?! (?:reports?|presentations?|no|\d))|\bmethod|\bmaterial|\bconsent\b|\breview\b|\bliterature\b|\bcase study:? ?(?:site|region|area|design)|\bdiscussion\b|\bpatients['’]",
    re.IGNORECASE,
)
# Sections that speak of all patients, or of others'.
_ELSEWHERE: Final = re.compile(
    r"^\W*(?:[\d.]+\W*)?(?:discussion|(?:\w+ ){0,3}literature|(?:\w+ ){0,2}reviews?)\b", re.IGNORECASE
)
# Sections of a report (CARE) that go on with its case.
_GOES_ON: Final = re.compile(
    r"\b(?:presenting concerns?|clinical (?:findings?|presentation|course|history|examination|assessment|features?)|timeline|diagnos\w+|"
    r"therap\w+|follow[- ]?ups?|outcomes?|treatments?|management|investigations?|imaging|radiolog\w+|surg\w+|operati\w+|procedure|"
    r"physical exam\w*|laborator\w+|histo\w+|patholog\w+|genetic\w*|autopsy|histor(?:y|ies)|hospital course|past medical|intervention|"
    r"patient information|examinations?|presentation|prognosis|anesthe\w+|anaesthe\w+|post-?operative|pre-?operative|chief complaints?|"
    r"initial|microscop\w+|microbiolog\w+|course|progress\w*|result\w*|evolution)\b",
    re.IGNORECASE,
)
# What some journals put after the discussion: the rest of the case.
_AFTERWARDS: Final = re.compile(
    r"\W*(?:[\d.]+\W*)?(?:(?:clinical |patient )?outcomes?|follow[- ]?ups?|outcomes? (?:and|&) follow[- ]?ups?|follow[- ]?ups? (?:and|&) outcomes?)\W*",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(
    r"(?:Case|Patient) (?:[Nn]o\.? ?)?\d{1,2}(?: (?:was|is)|[:.,(]) ?(?:an? |the )?(?:[\w-]+ ){0,2}\d{1,2}[- ](?:year|month|day)"
)
# A sentence of a study's results about one of its numbered patients.
NAMED: Final = re.compile(
    r"(?:(?:In|For|However,|Similarly,) )?(?:[Tt]he )?[Pp]atient (?:[Nn]o\.? ?)?(?P<n>\d{1,2})\b(?!\s*(?:and|&|to|or|,\s?\d{1,2}\b|[–\-]\s?\d))"
)
_ENDS: Final = frozenset({"discussion", "conclusion"})
_BACK: Final = frozenset(
    "abstract acknowledgements funding ethics data_availability conflicts abbreviations supplementary appendix back".split()
)
_OURS: Final = re.compile(
    r"\b(?:we|authors?|here|herein|article|paper|letter|report)\b[^.]{0,80}\b(?:report|describe|present|encountered|treated|managed|saw|observed|experienced)\b"
    r"|\bour (?:patient|case|hospital|clinic|department|emergency|center|centre|institution|unit|outpatient)\b"
    r"|\b(?:presented|presents|was (?:admitted|referred|hospitali[sz]ed|brought|seen|transferred|diagnosed|found))\b|\bcomplain",
    re.IGNORECASE,
)
_NARRATIVE: Final = re.compile(
    r"\b(?:the (?:patient|infant|child|boy|girl|man|woman|baby|neonate)|she|he|his|her|(?:this|our|present) case|our patient)\b",
    re.IGNORECASE,
)
_LITERATURE: Final = re.compile(
    r"\bet al\b|\bliterature\b|\bprevious(?:ly)? (?:reports?|reported|studies|described)\b|\b(?:several|many|other|some|recent|these|most) studies\b|\bcases (?:have|were|had) (?:been )?reported",
    re.IGNORECASE,
)
_PRESENT: Final = re.compile(
    r"\b(?:is|are|has|have|can|may|might|could|should|would|must|do|does|includes?|becomes?|seems?|appears?|remains?|reduces?|provides?|allows?|serves?)\b",
    re.IGNORECASE,
)
_PAST: Final = re.compile(r"\b(?:was|were|had|did|underwent|received|showed|revealed|demonstrated)\b", re.IGNORECASE)
_COURSE: Final = re.compile(
    r"\b(?:days?|weeks?|months?|years?) (?:after|later|post|following)\b|\bfollow[- ]?up\b", re.IGNORECASE
)
_OTHERS: Final = re.compile(
    r"\b(?:patients|cases|we propose|guidelines?|criteria)\b|\[\d+(?:[,–-]\d+)*\]", re.IGNORECASE
)
_PLAIN: Final = re.compile(r"[A-Za-z]+")
# An animal that a title names as the one that has something: "in a mare", "from racing horse in", not "of cat scratch".
_IN_ANIMAL: Final = re.compile(
    rf"\b(?:in|from|of|affecting) (?:[\w\-]+ ){{0,5}}?(?:{'|'.join(sorted(ANIMALS))})\b"
    r"(?=\W*$|\W*[:;,.(?]|\W+(?:in|with|from|by|after|due|caused|associated|following)\b)",
    re.IGNORECASE,
)
_READ_FOR_ANIMALS: Final = 100_000  # characters


@dataclass(frozen=True, slots=True)
class Told:
    """A paragraph that tells of a case.

    Attributes:
        paragraph: the row.
        starts: where its sentences start.
        statements: of persons in it.
        titled: it is in a section that is named as a case.
        mixed: it may tell of other patients, too; only sentences that name a patient's number count.
    """

    paragraph: Paragraph
    starts: list[int]
    statements: tuple[Statement, ...]
    titled: bool
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What an article holds of cases: `told` is empty if it tells of none."""

    is_candidate: bool
    is_animal: bool
    told: tuple[Told, ...]


def is_case_section(title: str) -> bool:
    """Return whether the title of a section names a case."""
    return len(title) <= 200 and bool(_CASE_SECTION.search(title)) and not _NO_CASE_SECTION.search(title)


def report_of(article_type: str | None, title: str | None, paragraphs: Sequence[Paragraph]) -> Report:
    """Return the paragraphs that tell of cases."""
    title = title or ""
    if article_type in _OF_OTHERS:
        return Report(False, False, ())
    body = [p for p in paragraphs if p.section_kind not in _BACK]
    titled = {p.paragraph_id for p in body if _in_case_section(p) and not _consent(p)}
    named = article_type in _TYPES or bool(_TITLE.search(title)) or _is_case_of_patient(title, body)
    told = _titled(body, titled, named) if titled else ()
    if not _introduces(told, named):
        told = _untitled(body, named or bool(titled), article_type in _TYPES)
    if not told:
        told = _numbered(body)
    if not told:
        is_candidate = named or _calls_itself(body, titled)
        return Report(is_candidate, is_candidate and _tells_of_animal(title, body), ())
    if _is_animal(title, told):
        return Report(True, True, ())
    return Report(True, False, tuple(told[:MOST]))


def _is_case_of_patient(title: str, body: Sequence[Paragraph]) -> bool:
    return bool(_A_CASE_OF.search(title)) and any(_A_PATIENT.search(p.text[:LONGEST]) for p in body[:_SHORT])


def _in_case_section(paragraph: Paragraph) -> bool:
    """Return whether it is in a section named as a case that is no part of a discussion or review."""
    titles = paragraph.section_titles
    return any(map(is_case_section, titles)) and not any(map(_ELSEWHERE.search, titles))


def _consent(paragraph: Paragraph) -> bool:
    """Return whether it is the consent, or the perspective of the patient, inside of the case's section."""
    last = paragraph.section_titles[-1].lower() if paragraph.section_titles else ""
    text = paragraph.text[:400].lower()
    return "consent" in last or "perspective" in last or ("consent" in text and len(paragraph.text) < 400)


def _calls_itself(body: Sequence[Paragraph], titled: set[str]) -> bool:
    """Return whether a section at the top is named case report or case presentation."""
    return any(
        p.paragraph_id in titled and re.search(r"\bcase (?:report|presentation)", p.section_titles[0], re.I)
        for p in body
    )


def _read(paragraph: Paragraph, titled: bool, mixed: bool = False) -> Told:
    starts = sentence_starts(paragraph.text[:LONGEST])
    return Told(paragraph, starts, tuple(statements(paragraph.text, starts)), titled, mixed)


def _titled(body: Sequence[Paragraph], titled: set[str], named: bool) -> Sequence[Told]:
    """Return the paragraphs of the sections that are named as cases, and of those that go on with them."""
    out: list[Told] = []
    begun = False
    for p in body:
        if p.paragraph_id in titled:
            out.append(_read(p, True))
            begun = True
        elif begun and p.section_kind in _ENDS:
            begun = False
        elif out and named and _is_afterwards(p):
            out.append(_read(p, False))
        elif begun and named and p.section_titles and _GOES_ON.search(p.section_titles[-1][:100]):
            goes_on = out[-1].paragraph.section_titles == p.section_titles and not _LITERATURE.search(p.text)
            if _follows(p) if p.section_kind == "methods" else goes_on or _speaks(p) or _reports(p):
                out.append(_read(p, False))
    return out


def _is_afterwards(paragraph: Paragraph) -> bool:
    """Return whether a section after the discussion tells how the case ended."""
    titles = paragraph.section_titles
    return len(titles) == 1 and bool(_AFTERWARDS.fullmatch(titles[0][:100])) and _reports(paragraph)


def _reports(paragraph: Paragraph) -> bool:
    """Return whether a paragraph after the case tells findings without a word for the patient, nor for others."""
    text = paragraph.text[:LONGEST]
    return not (_LITERATURE.search(text) or _OTHERS.search(text))


def _speaks(paragraph: Paragraph) -> bool:
    """Return whether a paragraph speaks of one person more than of the literature."""
    text = paragraph.text[:LONGEST]
    return len(_NARRATIVE.findall(text)) > 2 * len(_LITERATURE.findall(text))


def _follows(paragraph: Paragraph) -> bool:
    """Return whether most sentences of a paragraph speak of one person: methods may be about anything else."""
    text = paragraph.text[:LONGEST]
    return 2 * len(_NARRATIVE.findall(text)) > len(sentence_starts(text)) and _speaks(paragraph)


def _is_general(paragraph: Paragraph) -> bool:
    """Return whether a paragraph says what holds in general, not what happened."""
    text = paragraph.text[:LONGEST]
    return len(_PRESENT.findall(text)) > len(_PAST.findall(text)) and not _COURSE.search(text)


def _numbered(body: Sequence[Paragraph]) -> Sequence[Told]:
    """Return the paragraphs of a study's numbered patients.

    Those that each begin with a number and an age, if there are two, and those of results with sentences that begin
    with such a number.
    """
    first = {p.paragraph_id for p in body if _NUMBERED.match(p.text)}
    if len(first) < 2:
        return ()
    found = [p for p in body if p.paragraph_id in first or (p.section_kind not in _ENDS and _names(p))]
    return [_read(p, False, p.paragraph_id not in first) for p in found]


def _names(paragraph: Paragraph) -> bool:
    """Return whether a sentence begins with the number of a patient."""
    text = paragraph.text[:LONGEST]
    return bool(NAMED.search(text)) and any(NAMED.match(text, start) for start in sentence_starts(text))


def _introduces(told: Sequence[Told], named: bool) -> bool:
    return any(_own(s) and (named or (s.opens and s.age is not None)) for t in told for s in t.statements)


def _own(statement: Statement) -> bool:
    return not statement.others and not statement.relative


def _untitled(body: Sequence[Paragraph], named: bool, typed: bool) -> Sequence[Told]:
    """Return the paragraphs from the first that introduces a patient to the first that no longer speaks of one."""
    if not named and len(body) > _SHORT:
        return ()
    out: list[Told] = []
    between: list[Paragraph] = []  # that speak of no one, and may lie within the case
    for n, p in enumerate(body):
        if out and p.section_kind in _ENDS:
            return [*out, *(_read(q, False) for q in body[n:] if named and _is_afterwards(q))]
        if p.section_kind in _ENDS or (
            p.section_kind == "methods" or any(map(_NO_CASE_SECTION.search, p.section_titles))
        ):
            continue
        if not out:
            if not named and not states_age(p.text):
                continue
            one = _read(p, False)
            if any(_opens(one, s, typed) for s in one.statements):
                out.append(one)
            continue
        one = _read(p, False)
        if _speaks(p) or any(_opens(one, s, typed) for s in one.statements):
            out += [_read(q, False) for q in between if not _is_general(q)]
            out.append(one)
            between = []
        elif typed and _goes_on(p):
            out.append(one)
        elif p.section_titles != out[-1].paragraph.section_titles or _LITERATURE.search(p.text):
            break
        else:
            between.append(p)
    return out


def _goes_on(paragraph: Paragraph) -> bool:
    """Return whether a paragraph tells findings or treatment in a section at the top that goes on with a report."""
    titles = paragraph.section_titles
    return (
        len(titles) == 1
        and bool(_GOES_ON.search(titles[0][:100]))
        and _reports(paragraph)
        and not _is_general(paragraph)
    )


def _opens(told: Told, statement: Statement, typed: bool) -> bool:
    """Return whether a statement introduces a patient of the authors; in a case report, any patient is theirs."""
    if statement.age is None or not (statement.opens and _own(statement)):
        return False
    if typed:
        return True
    around = told.paragraph.text[max(0, statement.start - 200) : statement.end + 250]
    return bool(_OURS.search(around))


def _tells_of_animal(title: str, body: Sequence[Paragraph]) -> bool:
    """Return whether an article without statements of a patient is about an animal: by title and most words."""
    if not _IN_ANIMAL.search(title[:1_000]):
        return False
    animals = persons = 0
    left = _READ_FOR_ANIMALS
    for p in body:
        words = [w.lower() for w in _PLAIN.findall(p.text[:left])]
        animals += sum(w in ANIMALS for w in words)
        persons += sum(w in PERSONS or w == "patients" for w in words)
        left -= len(p.text)
        if left <= 0:
            break
    return animals > persons


def _is_animal(title: str, told: Sequence[Told]) -> bool:
    """Return whether the patient is an animal, by the statements that introduce it and by the title."""
    own = [s for t in told for s in t.statements if _own(s)]
    animals = sum(s.animal for s in own)
    words = {w.lower() for w in _PLAIN.findall(title)}
    if words & ANIMALS:
        return animals > 0 or not any(s.sex for s in own)
    return animals > len(own) / 2
