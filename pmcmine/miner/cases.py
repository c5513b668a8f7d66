"""Find the patients of case reports and case series, and build their rows."""

from __future__ import annotations

from collections.abc import Sequence

from pmcmine.cases.figures import shown
from pmcmine.cases.reports import report_of
from pmcmine.cases.rows import rows_of
from pmcmine.cases.split import Patient, patients
from pmcmine.jats import Extraction
from pmcmine.miner.result import Mined
from pmcmine.rejects import Ledger, Reason, Stage, Unit


def find_cases(extraction: Extraction, mined: Mined, ledger: Ledger) -> list[Patient]:
    """Return the patients with all paragraphs kept; the others are rejected, as are reports without patients."""
    article = extraction.article
    report = report_of(article.article_type, article.title, extraction.paragraphs)
    found = patients(report.told)
    if not (report.is_candidate or found):
        return []
    mined.counts["found_case_report"] += 1
    mined.counts["found_case"] += len(found)
    if not found:
        reason = Reason.CASE_OF_ANIMAL if report.is_animal else Reason.NO_PATIENT
        ledger.add(Stage.EXTRACT, Unit.CASE_REPORT, reason, article.article_id)
        return []
    mined.counts["case_reports"] += 1
    kept = {p.paragraph_id for p in mined.paragraphs}
    whole: list[Patient] = []
    for n, patient in enumerate(found):
        if all(p.told.paragraph.paragraph_id in kept for p in patient.passages):
            whole.append(patient)
        else:
            ledger.add(Stage.EXTRACT, Unit.CASE, Reason.PARAGRAPH_DROPPED, article.article_id, f"case {n}")
    return whole


def paragraphs_of(found: Sequence[Patient]) -> frozenset[str]:
    """Return the ids of the paragraphs about patients."""
    return frozenset(p.told.paragraph.paragraph_id for patient in found for p in patient.passages)


def add_cases(found: Sequence[Patient], extraction: Extraction, mined: Mined) -> None:
    """Add the rows of the patients, with the mined figures, panels and concepts."""
    if found:
        pictures = shown(found, mined.figures, mined.panels, mined.mentions)
        mined.cases = rows_of(extraction.article, found, pictures, mined.concepts)
