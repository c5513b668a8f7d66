"""Patients of case reports: who they are, what is none, and where their parts are stated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine.cases.diagnosis import chosen, share_named, wordings
from pmcmine.cases.figures import shown
from pmcmine.cases.parts import part_of
from pmcmine.cases.reports import Report, is_case_section, report_of
from pmcmine.cases.rows import rows_of
from pmcmine.cases.split import patients
from pmcmine.demo.corpus import DemoArticle, article_xml
from pmcmine.jats import ArticleMeta, Extraction, extract_article
from pmcmine.miner.cases import find_cases
from pmcmine.miner.result import Mined
from pmcmine.rejects import Ledger
from pmcmine.text.sentences import sentence_starts
from schemas.case import PARTS, Case


def _extraction(*sections: tuple[str, str], article_type: str = "case-report") -> Extraction:
    body = "".join(f"<sec><title>{title}</title>{text}</sec>" for title, text in sections)
    article = DemoArticle(9300001, article_type=article_type, body=body)
    return extract_article(article_xml(article), ArticleMeta(pmcid=article.pmcid and f"PMC{article.pmcid}"), None)


def _report(extraction: Extraction, title: str | None = None) -> Report:
    article = extraction.article
    return report_of(article.article_type, title or article.title, extraction.paragraphs)


def _cases(*sections: tuple[str, str], article_type: str = "case-report", title: str | None = None) -> list[Case]:
    extraction = _extraction(*sections, article_type=article_type)
    found = patients(_report(extraction, title).told)
    return rows_of(extraction.article, found, shown(found, (), (), extraction.mentions), ())


COURSE = (
    " She complained of headache for two weeks. Magnetic resonance imaging revealed a mass in the left lobe. She was treated "
    "with surgery and dexamethasone. At the six-month follow-up there was no recurrence."
)


@pytest.mark.parametrize(
    ("said", "age", "sex"),
    [
        ("A 54-year-old woman presented with fever.", 54.0, "female"),
        ("A previously healthy six-month-old boy was admitted.", 0.5, "male"),
        ("A female patient (from a G1P1 mother) of 3.5 years of age was admitted.", 3.5, "female"),
        ("A man, aged 71, was admitted.", 71.0, "male"),
        ("A woman in her 60s was referred with cough.", None, "female"),
        ("On May 3, 2018, a 14 year old girl was seen.", 14.0, "female"),
        ("A female infant was seen. The infant at the age of 21 days was operated.", 0.06, "female"),
        ("A 33-year-old patient was seen. Her pressure was high and she felt weak.", 33.0, "female"),
    ],
)
def test_age_and_sex_come_from_the_statement_that_introduces_the_patient(
    said: str, age: float | None, sex: str
) -> None:
    (case,) = _cases(("Case presentation", f"<p>{said}{COURSE.replace('She ', 'The patient ')}</p>"))
    assert (case.age, case.sex) == (age, sex)


@pytest.mark.parametrize(
    "sections",
    [
        (("Case 1", "<p>A 54-year-old woman.{0}</p>"), ("Case 2", "<p>A 12-year-old girl.{0}</p>")),
        (("Case reports", "<p>Case 1. A 54-year-old woman.{0}</p><p>Case 2: a 12-year-old girl.{0}</p>"),),
        (("Case reports", "<p>Patient 1 was a 54-year-old woman.{0} Patient 2 was a 12-year-old girl.{0}</p>"),),
        (("Case series", "<p>A 54-year-old woman.{0}</p><p>Another patient, a 12-year-old girl, was seen.{0}</p>"),),
        (("First case", "<p>A 54-year-old woman.{0}</p>"), ("Second case", "<p>A 12-year-old girl.{0}</p>")),
    ],
)
def test_several_patients_are_told_apart(sections: tuple[tuple[str, str], ...]) -> None:
    cases = _cases(*((title, text.format(COURSE)) for title, text in sections))
    assert [(c.age, c.sex, c.ordinal) for c in cases] == [(54.0, "female", 0), (12.0, "female", 1)]


@pytest.mark.parametrize(
    "text",
    [
        f"<p>A 54-year-old woman.{COURSE}</p><p>The 54-year-old woman was seen again.{COURSE}</p>",
        f"<p>A 54-year-old woman.{COURSE}</p><p>Her mother, a 76-year-old woman, had the same complaint.{COURSE}</p>",
        f"<p>A 54-year-old woman.{COURSE} At 56 years of age she was well.</p>",
    ],
)
def test_the_same_patient_and_relatives_are_no_new_patient(text: str) -> None:
    (case,) = _cases(("Case report", text))
    assert case.age == 54.0


@pytest.mark.parametrize(
    ("title", "text", "article_type"),
    [
        ("Case presentation", "<p>A 5-year-old spayed female cat was presented with lethargy. It died later.</p>" * 2, "case-report"),
        ("Methods", "<p>Patients were 18 to 65 years old; 35 women and 40 men took part in the study.</p>" * 2, "case-report"),
        ("Discussion", f"<p>Smith et al. reported a 54-year-old woman.{COURSE}</p>", "research-article"),
        ("Case report", f"<p>A 54-year-old woman.{COURSE}</p>", "reply"),
        ("Case study", "<p>The city has 3 million inhabitants, and its case was studied for ten years.</p>", "research-article"),
        ("Case definition", f"<p>A case was a 54-year-old woman.{COURSE}</p>", "research-article"),
    ],
)  # fmt: skip
def test_what_is_no_patient(title: str, text: str, article_type: str) -> None:
    assert not _cases((title, text), article_type=article_type)


def test_a_letter_tells_of_its_own_patient_without_a_section_for_it() -> None:
    text = f"<p>We report a 54-year-old woman who presented to our clinic.{COURSE}</p>"
    (case,) = _cases(("", text), article_type="letter")
    assert case.age == 54.0


def test_sections_that_go_on_with_the_case_belong_to_it_and_the_discussion_does_not() -> None:
    (case,) = _cases(
        ("Case presentation", "<p>A 54-year-old woman presented with fever to our hospital, and she was admitted at once.</p>"),
        ("Treatment", "<p>The patient received ceftriaxone for ten days.</p>"),
        ("Discussion", "<p>The patient of Smith had the same.</p>"),
    )  # fmt: skip
    assert "ceftriaxone" in case.text and "Smith" not in case.text


def test_parts_are_stated_by_sentence_and_the_diagnosis_by_its_phrase() -> None:
    said = (
        "A 54-year-old woman presented with fever. Her past medical history included hypertension. Computed tomography "
        "revealed a mass of 3 cm. The final diagnosis was bacterial meningitis. She was treated with intravenous "
        "ceftriaxone. She was discharged after ten days and remained well."
    )
    (case,) = _cases(("Case report", f"<p>{said}</p>"))
    assert [(s.part, said[s.start : s.end]) for s in case.spans] == [
        ("presentation", "A 54-year-old woman presented with fever. Her past medical history included hypertension."),
        ("findings", "Computed tomography revealed a mass of 3 cm."),
        ("diagnosis", "bacterial meningitis"),
        ("treatment", "She was treated with intravenous ceftriaxone."),
        ("outcome", "She was discharged after ten days and remained well."),
    ]
    assert case.diagnosis is None  # there is no vocabulary


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("She was diagnosed with ostium primum defect and advised to undergo surgery.", "ostium primum defect"),
        ("The diagnosis of type II Kounis syndrome induced by phloroglucinol was made.", "type II Kounis syndrome"),
        ("A diagnosis of Kawasaki disease was established.", "Kawasaki disease"),
        ("The final histopathological diagnosis was a 7,5-cm lung adenocarcinoma; margins were free.", "lung adenocarcinoma"),
        ("He was diagnosed with femur, tibia, and left humerus fractures.", "femur, tibia, and left humerus fractures"),
        ("Histology was consistent with pyloric stenosis.", "pyloric stenosis"),
        ("On a second visit, the differential diagnosis of fibromyalgia was made.", "fibromyalgia"),
        ("He received a diagnosis of ALL (CD19+) in 2000.", "ALL"),
        ("The cause of death was attributed to miliary tuberculosis.", "miliary tuberculosis"),
        ("The diagnosis of Hailey-Hailey disease requires biopsy.", None),
        ("She was seen at another institution and diagnosed with ostium primum defect.", None),
        ("He was diagnosed with pneumonia at a local hospital.", None),
        ("Such lesions were the diagnosis of such lesions.", None),
        ("The differential diagnosis of lymphoma was discussed.", None),
        ("He was diagnosed with hypertension 5 years ago.", None),
        ("He was initially diagnosed with pneumonia.", None),
        ("A diagnosis of sarcoma was excluded.", None),
        ("She was diagnosed with a flexible bronchoscopy.", None),
        ("The diagnosis was made by biopsy.", None),
        ("He was diagnosed with this condition.", None),
    ],
)  # fmt: skip
def test_the_diagnosis_is_a_phrase_that_names_a_disease_or_nothing(text: str, phrase: str | None) -> None:
    found = [text[w.start : w.end] for w in wordings(text, sentence_starts(text), "")]
    assert found[:1] == ([] if phrase is None else [phrase])


@pytest.mark.parametrize(
    ("title", "text", "phrase"),
    [
        ("A sign of de Winter syndrome", "It indicated that the patient had de Winter syndrome.", "de Winter syndrome"),
        ("Thiamine-Responsive Megaloblastic Anemia", "He had a mutation, indicating TRMA.", "TRMA"),
        ("Thyroid cancer in a man", "The CT indicated a GGO.", None),
        ("Septal defect misdiagnosed as ostium primum defect", "She was diagnosed with ostium primum defect.", None),
        ("Miliary tuberculosis complicated with ARDS", "The film was suggestive of ARDS.", None),
        ("Phyllodes tumor leading to hypoglycemia", "Blood tests showed severe hypoglycemia.", None),
        ("Histoplasmosis in a man with rheumatoid arthritis", "The diagnosis of rheumatoid arthritis was made.", None),
        ("Histoplasmosis in a man with asthma", "He got itraconazole for the treatment of pulmonary histoplasmosis.",
         "pulmonary histoplasmosis"),
        ("Encephalitis in a girl", "Palsy was confirmed by tests. The diagnosis of viral encephalitis was considered.",
         "viral encephalitis"),
        ("An autopsy", "The cause of death was attributed to sepsis and organ failure secondary to disseminated tuberculosis.",
         "disseminated tuberculosis"),
    ],
)  # fmt: skip
def test_the_title_tells_which_finding_is_the_diagnosis(title: str, text: str, phrase: str | None) -> None:
    found = [(text[w.start : w.end], w) for w in wordings(text, sentence_starts(text), title)]
    assert [found[i][0] for i in chosen(found, title)] == ([] if phrase is None else [phrase])


@pytest.mark.parametrize(
    ("phrase", "concept", "says_it"),
    [
        ("left ovarian cyst", "ovarian cyst", True), ("invasive breast cancer", "breast cancer", True),
        ("stage IV lung adenocarcinoma", "lung adenocarcinoma", True), ("sepsis and organ failure", "sepsis", True),
        ("colonic and pancreatic heterotopia", "heterotopia", False), ("parastomal hernia", "hernia", False),
        ("squamous cell carcinoma of the lung", "squamous cell carcinoma", False), ("", "", False),
    ],
)  # fmt: skip
def test_a_concept_that_is_broader_than_the_phrase_is_not_the_diagnosis(
    phrase: str, concept: str, says_it: bool
) -> None:
    start = phrase.index(concept)
    assert (share_named(phrase, start, start + len(concept)) >= 0.6) is says_it


def test_paragraphs_of_the_disease_in_general_are_not_the_case() -> None:
    first = f"<p>We report a 54-year-old woman who presented to our clinic.{COURSE}</p>"
    general = "<p>Symptoms include blisters that appear in skin folds. Most patients have worse symptoms in summer.</p>"
    last = "<p>In our case, the patient improved; she was free of lesions.</p>"
    (case,) = _cases(("", first + general + last), article_type="letter")
    assert "blisters" not in case.text and "In our case" in case.text


@pytest.mark.parametrize(
    ("outer", "inner"), [("Discussion", "Clinical presentation"), ("Review of literature", "Case 3")]
)
def test_sections_within_a_discussion_are_no_cases(outer: str, inner: str) -> None:
    inside = f"<sec><title>{inner}</title><p>A 21-year-old man had pain after playing the saxophone.{COURSE}</p></sec>"
    (case,) = _cases(("Case report", f"<p>A 54-year-old woman.{COURSE}</p>"), (outer, inside))
    assert "saxophone" not in case.text


def test_results_of_a_study_belong_to_the_patient_whom_they_number() -> None:
    told = "".join(f"<p>Patient {n} was a {n}0-year-old male.{COURSE}</p>" for n in (1, 2))
    results = "<p>All patients were well. In patient 2, fever was seen. He was given oxygen. The results of patient 1 vary.</p>"
    first, second = _cases(("Methods", told), ("Results", results), article_type="research-article")
    assert second.text.endswith("In patient 2, fever was seen. He was given oxygen. ") and "well. In" not in first.text


def test_a_history_is_no_histology_and_consent_drops_only_its_clause() -> None:
    said = (
        "A 54-year-old woman was seen. Family histories were insignificant."
        + COURSE
        + " After giving informed consent, "
        "the patient was treated with ceftriaxone. Written informed consent was obtained for publication."
    )
    (case,) = _cases(("Case report", f"<p>{said}</p>"))
    parts = {part: " ".join(said[s.start : s.end] for s in case.spans if s.part == part) for part in PARTS}
    assert "ceftriaxone" in parts["treatment"] and "histories" in parts["presentation"]
    assert not any("publication" in words for words in parts.values())


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("Her creatinine was 2.7 mg/dL and the urea 35 mg/dL.", "findings"),
        ("An amplification test was performed on a sputum sample and was negative.", "findings"),
        ("He had also received chemotherapy for carcinoma.", "presentation"),
        ("As cultures remained negative, the antibiotics were stopped.", "treatment"),
    ],
)
def test_parts_of_sentences(said: str, part: str) -> None:
    assert part_of(said, "Case report", False, 0.5, None, False) == part


@pytest.mark.parametrize("title", ["Urotensin-2 receptor level in patients", "A case of fish sauce among consumers"])
def test_titles_that_name_no_patient(title: str) -> None:
    report = _report(_extraction(("Results", "<p>Levels were measured.</p>"), article_type="research-article"), title)
    assert not report.is_candidate


def test_a_case_of_a_dropped_paragraph_is_rejected_and_counted() -> None:
    extraction = _extraction(
        ("Case 1", f"<p>A 54-year-old woman.{COURSE}</p>"), ("Case 2", f"<p>A 12-year-old girl.{COURSE}</p>")
    )
    mined, ledger = Mined("PMC9300001"), Ledger("PMC9300001")
    mined.paragraphs = [p for p in extraction.paragraphs if "54-year-old" not in p.text]
    (kept,) = find_cases(extraction, mined, ledger)
    assert kept.age() == 12.0 and [r.reason for r in ledger.rows] == ["paragraph_dropped"]
    assert (mined.counts["found_case"], mined.counts["found_case_report"], mined.counts["case_reports"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("title", "is_case"),
    [
        ("2. Case report", True), ("Case presentation and management", True), ("Patient 3", True), ("CASE", True),
        ("Clinical presentation", True), ("Patients and methods", False), ("Case-control study", False),
        ("Cases and controls", False), ("Patient consent", False), ("Case selection", False), ("Discussion", False),
    ],
)  # fmt: skip
def test_titles_of_cases(title: str, is_case: bool) -> None:
    assert is_case_section(title) is is_case


_PIECES = st.sampled_from(
    "A 54-year-old woman|presented with|. |Case 1|Patient 2 was a|12-year-old boy|diagnosed with|the diagnosis of|lymphoma|"
    "Fig. 1|was treated|mother|et al|, |\n|(|)|😀|aged 9|in her 60s|she|he|1|-|;".split("|")
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=30).map(" ".join), max_size=4), st.sampled_from(["Case 1", "Results", ""]))
def test_rows_are_pieces_of_their_paragraphs(texts: list[str], title: str) -> None:
    paragraphs = "".join(f"<p>{t}</p>" for t in texts)
    extraction = _extraction((title, paragraphs))
    found = patients(_report(extraction).told)
    by_id = {p.paragraph_id: p.text for p in extraction.paragraphs}
    for case in rows_of(extraction.article, found, shown(found, (), (), ()), ()):
        assert case.text == "\n".join(by_id[p.paragraph_id][p.start : p.end] for p in case.passages)
        for span in case.spans:
            assert any(
                p.paragraph_id == span.paragraph_id and p.start <= span.start < span.end <= p.end for p in case.passages
            )


def test_a_report_of_an_animal_without_an_age_is_one() -> None:
    horses = ("Results", "<p>The horse had papules. Both horses recovered; a patient with warts was not seen.</p>")
    for title, is_animal in (
        ("Isolation of equine papillomavirus type 1 from racing horse in Japan", True),
        ("Papillomas in a thoroughbred mare: a case report", True),
        ("A case of Asian horse sauce among consumers", False),
        ("Case report of warts", False),
    ):
        report = _report(_extraction(horses), title)
        assert (report.is_candidate, report.is_animal, report.told) == (True, is_animal, ())
    people = ("Results", "<p>The patient had been bitten. No patient saw the horse again.</p>")
    assert not _report(_extraction(people), "Bites from a horse: case report").is_animal
