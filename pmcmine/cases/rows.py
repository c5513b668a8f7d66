"""The patients of a report as rows of the `cases` table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from pmcmine.cases.diagnosis import chosen, named_by_title, share_named, wordings
from pmcmine.cases.figures import Shown
from pmcmine.cases.parts import part_of
from pmcmine.cases.split import Passage, Patient
from schemas.article import Article
from schemas.case import Case, CaseDiagnosis, CasePassage, CaseSpan
from schemas.concept import Concept

# UMLS semantic types of disorders and injuries.
_DISORDERS: Final = frozenset({"T019", "T020", "T033", "T037", "T046", "T047", "T048", "T049", "T184", "T190", "T191"})
_LEAST_NAMED: Final = 0.6  # share of the phrase's words that a concept must name; a broader concept is none


def rows_of(
    article: Article, patients: Sequence[Patient], pictures: Sequence[Shown], concepts: Sequence[Concept]
) -> list[Case]:
    """Return a row for each patient.

    Args:
        article: the article.
        patients: its patients.
        pictures: figures and panels of each.
        concepts: of the article, those of its paragraphs and captions.
    """
    by_context: dict[str, list[Concept]] = {}
    for concept in concepts:
        by_context.setdefault(concept.context_id, []).append(concept)
    return [
        _row(article, n, patient, picture, by_context)
        for n, (patient, picture) in enumerate(zip(patients, pictures, strict=True))
    ]


def _row(
    article: Article, ordinal: int, patient: Patient, pictures: Shown, by_context: Mapping[str, Sequence[Concept]]
) -> Case:
    diagnoses = _diagnoses(patient, article.title or "")
    places = [(d.paragraph_id, d.start) for d in diagnoses]
    concepts = [c.concept_id for p in patient.passages for c in _within(p, by_context)]
    concepts += [c.concept_id for f in pictures.figure_ids for c in by_context.get(f, ())]
    spans: list[CaseSpan] = []
    size = sum(p.end - p.start for p in patient.passages)
    before = 0
    for passage in patient.passages:
        spans += _spans(passage, before, size, places)
        before += passage.end - passage.start
    return Case(
        case_id=f"{article.article_id}/case{ordinal}",
        article_id=article.article_id,
        pmcid=article.pmcid,
        ordinal=ordinal,
        label=patient.label,
        age=patient.age(),
        sex=patient.sex(),
        text="\n".join(p.text for p in patient.passages),
        passages=tuple(
            CasePassage(paragraph_id=p.told.paragraph.paragraph_id, start=p.start, end=p.end) for p in patient.passages
        ),
        spans=tuple(_in_order(patient, [*spans, *diagnoses])),
        diagnosis=_concept(patient, diagnoses, by_context),
        concept_ids=tuple(dict.fromkeys(concepts)),
        figure_ids=pictures.figure_ids,
        panel_ids=pictures.panel_ids,
        article_type=article.article_type,
        license=article.license,
        attribution=article.attribution,
    )


def _within(passage: Passage, by_context: Mapping[str, Sequence[Concept]]) -> list[Concept]:
    of_paragraph = by_context.get(passage.told.paragraph.paragraph_id, ())
    return [c for c in of_paragraph if passage.start <= c.start and c.end <= passage.end]


def _in_order(patient: Patient, spans: Sequence[CaseSpan]) -> list[CaseSpan]:
    place = {p.told.paragraph.paragraph_id: n for n, p in enumerate(patient.passages)}
    return sorted(spans, key=lambda s: (place[s.paragraph_id], s.start, s.end))


def _sentences(passage: Passage) -> list[tuple[int, int]]:
    """Return the bounds of the sentences of a passage, without the space between them."""
    starts = passage.told.starts
    first, last = bisect_right(starts, passage.start) - 1, bisect_left(starts, passage.end)
    bounds = [max(starts[first], passage.start), *starts[first + 1 : last], passage.end]
    text = passage.told.paragraph.text
    return [(a, a + len(text[a:b].rstrip())) for a, b in pairwise(bounds) if text[a:b].strip()]


def _spans(passage: Passage, before_it: int, size: int, diagnoses: Sequence[tuple[str, int]]) -> list[CaseSpan]:
    """Return the spans of all parts but the diagnosis; neighbouring sentences of one part are one span.

    Args:
        passage: the passage.
        before_it: characters of the case before it.
        size: characters of the case.
        diagnoses: paragraphs and places of the diagnosis.
    """
    paragraph = passage.told.paragraph
    title = paragraph.section_titles[-1] if paragraph.section_titles else ""
    out: list[CaseSpan] = []
    part: str | None = None
    for n, (start, end) in enumerate(_sentences(passage)):
        stated = [s for s in passage.told.statements if start <= s.start < end]
        introduces = (before_it == 0 and n == 0) or any(
            s.opens and s.age is not None and not s.relative for s in stated
        )
        states = any(p == paragraph.paragraph_id and start <= at < end for p, at in diagnoses)
        before, part = (
            part,
            part_of(
                paragraph.text[start:end], title, introduces, (before_it + start - passage.start) / size, part, states
            ),
        )
        if part is None:
            continue
        if out and part == before:
            start = out.pop().start
        out.append(CaseSpan(part=part, paragraph_id=paragraph.paragraph_id, start=start, end=end))
    return out


def _diagnoses(patient: Patient, title: str) -> list[CaseSpan]:
    """Return where the diagnosis is stated with which the case ends."""
    found = []
    for passage in patient.passages:
        bounds = _sentences(passage)
        text = passage.told.paragraph.text[: passage.end]
        stated = wordings(text, [a for a, _ in bounds], title)
        sections = passage.told.paragraph.section_titles
        alone = named_by_title(text, sections[-1]) if sections and not stated and passage.start == 0 else None
        found += [(passage, wording) for wording in (stated or ([alone] if alone else []))]
    texts = [(p.told.paragraph.text[w.start : w.end], w) for p, w in found]
    return [
        CaseSpan(
            part="diagnosis",
            paragraph_id=found[i][0].told.paragraph.paragraph_id,
            start=found[i][1].start,
            end=found[i][1].end,
        )
        for i in chosen(texts, title)
    ]


def _concept(
    patient: Patient, diagnoses: Sequence[CaseSpan], by_context: Mapping[str, Sequence[Concept]]
) -> CaseDiagnosis | None:
    """Return the concept that says what a phrase of diagnosis says; a disorder, stated, of the patient."""
    texts = {p.told.paragraph.paragraph_id: p.told.paragraph.text for p in patient.passages}
    best: tuple[float, Concept] | None = None
    for span in diagnoses:
        for c in by_context.get(span.paragraph_id, ()):
            if c.start < span.start or c.end > span.end or c.negated or c.experiencer != "patient":
                continue
            if c.semantic_types and not _DISORDERS & set(c.semantic_types):
                continue
            phrase = texts[span.paragraph_id][span.start : span.end]
            share = share_named(phrase, c.start - span.start, c.end - span.start)
            if share >= _LEAST_NAMED and (best is None or share > best[0]):
                best = share, c
    if best is None:
        return None
    c = best[1]
    return CaseDiagnosis(
        concept_id=c.concept_id,
        cui=c.cui,
        source_id=c.source_id,
        name=c.name,
        paragraph_id=c.context_id,
        start=c.start,
        end=c.end,
    )
