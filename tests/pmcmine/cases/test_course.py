"""The course of a case: steps that begin with a time, histories, complications, and sections after the discussion."""

from __future__ import annotations

import pytest

from pmcmine.cases.diagnosis import chosen, named_by_title, wordings
from pmcmine.cases.parts import part_of
from pmcmine.cases.reports import report_of
from pmcmine.cases.split import patients
from pmcmine.demo.corpus import DemoArticle, article_xml
from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.text.sentences import sentence_starts

INTRODUCED = (
    "A 61-year-old man presented with cough for two weeks. He had lost weight and felt tired for a month. His mother "
    "had had the same complaint at his age."
)


@pytest.mark.parametrize(
    ("said", "place", "after", "part"),
    [
        # A time alone does not make an outcome of a step.
        ("Six weeks later, a stent was inserted because of the leak.", 0.6, "treatment", "treatment"),
        ("Two days after the transfer, we applied a cooling blanket.", 0.6, "findings", "treatment"),
        ("On day 12, the wound was closed and the toe was amputated.", 0.7, "outcome", "treatment"),
        ("Her calcium remained within the normal range over the subsequent year.", 0.9, None, "outcome"),
        ("The further course was good and the cough subsided.", 0.7, None, "outcome"),
        # What a patient had or got before the case.
        ("He was previously treated with hydroxyurea, which was stopped because of an ulcer.", 0.2, None, "presentation"),
        ("He had been treated with amoxicillin for a week before admission.", 0.2, None, "presentation"),
        ("Antenatal care was complete and uneventful.", 0.2, None, "presentation"),
        # What is found in the course.
        ("However, the fever persisted.", 0.6, "treatment", "findings"),
        ("A soft swelling was found beneath the scar.", 0.6, "treatment", "findings"),
        ("She was hemodynamically stable.", 0.3, None, "findings"),
        # A step of the course, not a presentation.
        ("She was transferred to the intensive care unit for ventilation and was given noradrenaline.", 0.6, None, "treatment"),
        ("Zidovudine and lamivudine were started on admission day 1.", 0.5, "findings", "treatment"),
        ("We obtained consent from her son for publication.", 0.95, "outcome", None),
    ],
)  # fmt: skip
def test_parts_in_the_course(said: str, place: float, after: str | None, part: str | None) -> None:
    assert part_of(said, "Case report", False, place, after, False) == part


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("He was diagnosed with gout. He had moved abroad after the diagnosis of psoriasis.", "gout"),
        ("However, he refused to be treated after the diagnosis of psoriasis.", "psoriasis"),
        ("After the diagnosis of psoriasis was made, he was treated.", "psoriasis"),
        ("The patient was confirmed to have concomitant disseminated blastomycosis.", "disseminated blastomycosis"),
        ("He was diagnosed with TTP and HUS.", "TTP and HUS"),
        ("She was diagnosed with pneumonia caused by Legionella longbeachae, and improved.", "pneumonia caused by Legionella longbeachae"),
        ("She was diagnosed with pneumonia caused by smoke and improved.", "pneumonia"),
    ],
)  # fmt: skip
def test_the_wording_of_a_diagnosis(text: str, phrase: str) -> None:
    found = wordings(text, sentence_starts(text), "")
    best = chosen([(text[w.start : w.end], w) for w in found], "")
    assert [text[found[i].start : found[i].end] for i in best] == [phrase]


@pytest.mark.parametrize(
    ("title", "text", "phrase"),
    [
        ("FINAL DIAGNOSIS", "Duodenal ileus; gout; old age.", "Duodenal ileus"),
        ("3.2. Diagnosis", "Duodenal ileus.", "Duodenal ileus"),
        ("Differential diagnosis", "Duodenal ileus.", None),
        ("Diagnosis", "Radiographs were taken of the abdomen.", None),
    ],
)
def test_a_section_named_diagnosis_holds_it_as_a_phrase(title: str, text: str, phrase: str | None) -> None:
    found = named_by_title(text, title)
    assert (text[found.start : found.end] if found else None) == phrase


def _told(first: str, *sections: tuple[str, str], article_type: str = "case-report") -> list[str]:
    body = "".join(f"<sec><title>{t}</title><p>{p}</p></sec>" for t, p in ((first, INTRODUCED), *sections))
    article = DemoArticle(9300002, article_type=article_type, body=body)
    got = extract_article(article_xml(article), ArticleMeta(pmcid="PMC9300002"), None)
    found = patients(report_of(got.article.article_type, "Cough in a man", got.paragraphs).told)
    return [p.told.paragraph.section_titles[0] for patient in found for p in patient.passages]


@pytest.mark.parametrize("first", ["Presentation", "Case report"])
def test_sections_of_a_report_go_on_without_a_word_for_the_patient(first: str) -> None:
    sections = (
        ("Investigations", "Computed tomography showed a mass of 3 cm in the left lung. Biopsies were taken."),
        ("Management", "Chemotherapy was begun, which resulted in a partial response."),
        ("Discussion", "Tumours of this kind are rare, and there are few reports of them."),
        ("Follow-up", "At six months, computed tomography showed no mass."),
        ("Conclusions", "Cough may be the first sign."),
    )
    assert _told(first, *sections) == [first, "Investigations", "Management", "Follow-up"]


def test_a_section_after_the_discussion_that_speaks_of_others_is_not_the_case() -> None:
    others = "The patients of previous reports survived for two years. Guidelines are lacking."
    assert _told("Presentation", ("Discussion", "This is rare."), ("Outcomes", others)) == ["Presentation"]
