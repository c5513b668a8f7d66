"""Checks of written text: what a faithful rewrite may do, and what each check finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmcmine.write.checks import MAX_ANSWER, Problem, codes, problems
from pmcmine.write.given import Given, Passage

CAPTION = (
    "Chest CT at admission. (A) Axial image with a 2.4 × 1.8 cm mass in the right upper lobe (red arrow) and no pleural "
    "effusion. (B) Coronal image after treatment with nivolumab: the mass has decreased to 9 mm (n = 1,000 voxels). The "
    "left lung is normal. TNF, tumor necrosis factor. IL-6 was higher in patients than in controls (P < 0.05)."
)


def _given(*more: tuple[str, str], caption: str = CAPTION, panels: tuple[str, ...] = ()) -> Given:
    texts = (("caption", caption), *more)
    return Given(tuple(Passage(kind, f"PMC1.1/{n}", 0, len(t), t) for n, (kind, t) in enumerate(texts)), panels)


def _codes(answer: str, given: Given | None = None, task: str = "caption", prompt: str = "") -> set[str]:
    return {p.code for p in problems(answer, given or _given(), task, prompt=prompt)}


@pytest.mark.parametrize(
    "answer",
    [
        "This figure illustrates a chest CT at admission. Panel A shows a mass of 2.4 × 1.8 cm in the right upper lobe, "
        "marked by a red arrow, without pleural effusion.",
        "After nivolumab, the mass shrank to 9 mm, as seen on the coronal view (B).",
        "After treatment, the tumour measured 0.9 cm.",
        "IL6 levels of patients exceeded those of controls, and the left lung looked normal on computed tomography.",
        "Two images from 1000 voxels; tumor necrosis factor is abbreviated as TNF.",
    ],
)
def test_a_faithful_rewrite_passes(answer: str) -> None:
    assert problems(answer, _given(), "caption") == ()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("The mass in the right upper lobe measures 2.6 × 1.8 cm.", "number"),
        ("The mass has decreased to 9 cm after treatment.", "unit"),
        ("The CT shows a mass in the right upper lobe and a rib fracture.", "unsupported"),
        ("After treatment with pembrolizumab, the mass has decreased.", "unsupported"),
        ("IL-8 was higher in patients than in controls.", "unsupported"),
        ("There is a pleural effusion beside the mass in the right upper lobe.", "affirmed"),
        ("No mass is seen in the right upper lobe.", "negated"),
        ("The mass has increased to 9 mm after treatment.", "swapped"),
        ("IL-6 was higher in controls than in patients.", "comparison"),
        ("A blue arrow marks the mass in the right upper lobe.", "unsupported"),
        ("Panel D shows the mass in the right upper lobe.", "no_panel"),
        ("TNF, Toll nuclear fraction, was measured in the right upper lobe.", "definition"),
        ("The mass. The right upper lobe holds a mass. The right upper lobe holds a mass.", "repetition"),
        (
            "Die Aufnahme zeigt eine Raumforderung in der rechten Lunge, die nach der Therapie kleiner ist.",
            "other_language",
        ),
        ("I'm sorry, but I cannot describe this image.", "refusal"),
        ("As an AI model, I see a mass in the right upper lobe.", "refusal"),
        ('```json {"caption": "A mass in the right upper lobe"}```', "leak"),
        ("Here is the rewritten caption: a mass in the right upper lobe.", "leak"),
        ("Rewrite the caption in your own words. A mass in the right upper lobe.", "instructions"),
        ("Mass.", "too_short"),
        ("the right lung " * 60, "too_long"),
    ],
)
def test_each_fault_is_found(answer: str, code: str) -> None:
    assert code in _codes(answer)


def test_sides_and_colours_that_changed_places_are_found() -> None:
    caption = (
        "Actin (red) and tubulin (green) in HeLa cells; the left panel shows controls and the right panel mutants."
    )
    given = _given(caption=caption)
    assert not _codes("Red marks actin and green marks tubulin in HeLa cells.", given)
    assert _codes("Green marks actin and red marks tubulin in HeLa cells.", given) == {"swapped"}
    assert "swapped" in _codes("Controls are in the right panel, mutants in the left panel.", given)


def test_what_belongs_to_another_panel_is_found() -> None:
    caption = "(A) Western blot of cell lysates. (B) Growth curves of the bacteria. (C) Survival of infected mice."
    given = _given(caption=caption, panels=("A", "B", "C"))
    assert not _codes(
        "Three panels: (A) a Western blot of lysates, (B) bacterial growth curves, (C) survival of mice.", given
    )
    assert "other_panel" in _codes("(A) Growth curves of the bacteria. (B) Western blot of cell lysates.", given)


def test_of_an_image_nothing_is_said_that_only_a_section_says() -> None:
    given = _given(("section", "Patients received metformin for diabetes."))
    answer = "Chest CT of a patient with diabetes and a mass in the right upper lobe."
    assert _codes(answer, given) == {"text_only"}
    assert not _codes(answer, given, "summary")


def test_concepts_and_their_synonyms_support_an_answer() -> None:
    answer = "A bronchogenic neoplasm in the right upper lobe."
    assert "unsupported" in _codes(answer)
    given = _given()
    assert not _codes(answer, Given(given.passages, (), ("bronchogenic neoplasm", "lung mass")))


def test_a_question_asserts_nothing_and_its_answer_does() -> None:
    assert not _codes("Question: Is there a pleural effusion? Answer: No pleural effusion is seen.", task="vqa")
    assert _codes("Question: Is there a pleural effusion? Answer: Yes, a pleural effusion is seen.", task="vqa")


def test_words_of_the_prompt_are_found() -> None:
    prompt = "Mention each organ that is visible and state which plane the slice was taken in."
    answer = "A mass in the right upper lobe. State which plane the slice was taken in."
    assert "instructions" in _codes(answer, prompt=prompt)


def test_a_source_in_another_language_may_be_answered_in_it() -> None:
    caption = "Die Aufnahme zeigt eine Raumforderung in der rechten Lunge und einen Erguss mit der Größe von 3 cm."
    assert "other_language" not in _codes(
        "Die Aufnahme zeigt in der rechten Lunge eine Raumforderung.", _given(caption=caption)
    )


def test_details_are_one_short_line_and_huge_answers_are_not_read() -> None:
    found = problems("x" * (MAX_ANSWER + 1), _given(), "caption")
    assert found == (Problem("too_long", f"{MAX_ANSWER + 1:,} characters"),)
    for problem in problems("Aneurysm\u202e\n" + "fracture " * 40, _given(), "caption"):
        assert len(problem.detail) <= 160 and problem.detail.isprintable()
        assert problem.code in codes()


def test_nothing_given_and_nothing_said_is_no_error() -> None:
    assert {p.code for p in problems("", Given(()), "caption")} == {"too_short"}


def test_the_docs_name_each_code() -> None:
    page = (Path(__file__).parents[4] / "docs" / "faithfulness.md").read_text("utf-8")
    assert not [code for code in codes() if f"`{code}`" not in page]


@pytest.mark.parametrize("task", ["caption", "vqa", "instruction", "summary"])
@pytest.mark.parametrize(
    "caption",
    [
        CAPTION,
        "Time course of the retina. Curves show an increase in the treated group (n = 46). In 25 of 50 samples, staining "
        "revealed possible steatosis within 7 h.",
        "(A) Blot of the retina after 5 h. (B) Bars by group (n = 45 per group). (C) Response over 47 h in treated and "
        "untreated groups (n = 60).",
    ],
)
def test_what_is_copied_word_for_word_passes(caption: str, task: str) -> None:
    answer = caption if task in ("caption", "summary") else f"What is described?\n{caption}"
    assert _codes(answer, _given(caption=caption, panels=("A", "B", "C")), task) == set()


def test_a_copy_with_two_numbers_exchanged_is_found() -> None:
    caption = "Curves show an increase in the treated group (n = 46). In 25 of 50 samples, staining revealed steatosis."
    answer = caption.replace("46", "x").replace("25", "46").replace("x", "25")
    assert _codes(answer, _given(caption=caption)) == {"exchanged"}


def test_a_denial_that_is_lost_or_added_between_copied_words_is_found() -> None:
    caption = "Axial scan of the chest at admission. The lung shows no sign of pleural effusion at the base."
    assert "denial" in _codes(caption.replace("no sign", "sign"), _given(caption=caption))
    caption = "Serial sections confirmed tumor growth in the left lung of treated animals."
    assert "denial" in _codes(caption.replace("confirmed", "confirmed no"), _given(caption=caption))


PANELS = (
    "(A) Liver of a fish after 5 days. (B) SEM image of paddy husks with cholecystitis-like folds. OS was 14 months."
)


@pytest.mark.parametrize(
    "answer",
    [
        "A fish liver was kept for five days (A); an electron micrograph delimits the folds that resemble cholecystitis (B).",
        "Panel B shows rice husks by scanning electron microscopy.",  # paddy is rice; SEM is spelled out
        "Overall survival was 14 months.",
        "The control, which was left out of the picture, stayed the same after 5 days.",
    ],
)
def test_words_of_general_english_and_spelled_out_abbreviations_are_no_invention(answer: str) -> None:
    assert "unsupported" not in _codes(answer, _given(caption=PANELS))


@pytest.mark.parametrize(
    "answer",
    [
        "The liver of a fish from Coast after 5 days.",  # a capital makes a name of it
        "The liver of a fish with metformin after 5 days.",
        "Panel B shows husks by fluorescence microscopy.",
        "The heart of a fish after 5 days.",
    ],
)
def test_names_that_were_not_given_are_found(answer: str) -> None:
    assert "unsupported" in _codes(answer, _given(caption=PANELS))


def test_the_opposite_of_what_was_given_is_no_general_word() -> None:
    given = _given(caption="Genes upstream of the promoter are shown in hot colors for each of the samples.")
    assert _codes("Genes upstream of the promoter are in hot colors.", given) == set()
    assert "unsupported" in _codes("Genes downstream of the promoter are in hot colors.", given)
    assert "unsupported" in _codes("Genes upstream of the promoter are in cold colors.", given)


def test_a_sentence_of_which_nothing_was_given_is_an_invention() -> None:
    answer = "A mass is seen in the right upper lobe. Use steadily became more common everywhere over the years."
    assert "invention" in _codes(answer)


def test_a_difference_that_was_denied_for_these_two_is_not_said_of_them() -> None:
    caption = (
        "Disease index of lines A12 and B7. No significant difference was found between line A12 and the resistant "
        "control Zhong. Values of line A12 were significantly lower than those of the susceptible parent Jimian."
    )
    said = "Line A12 differed significantly from the resistant control Zhong."
    assert "affirmed" in _codes(said, _given(caption=caption))
    assert not _codes("Values of line A12 were significantly lower than those of Jimian.", _given(caption=caption))


def test_a_side_is_that_of_the_clause_that_is_most_alike() -> None:
    caption = (
        "Oral lesions of the right buccal mucosa were scored on day 17 by three examiners. "
        "The left buccal pouch without mechanical trauma was photographed on day 29."
    )
    assert "opposite" in _codes("Lesions of the left buccal mucosa were scored on day 17.", _given(caption=caption))
    assert not _codes("Lesions of the right buccal mucosa were scored on day 17.", _given(caption=caption))


@pytest.mark.parametrize(
    ("caption", "answer"),
    [
        ("Eighty-seven patients were assigned to two arms of the trial.", "In two arms, 87 patients were assigned."),
        ("OsTGA2 did not bind NH1 in yeast, but in the nucleus.", "In yeast, OsTGA2 failed to bind NH1."),
        ("The plates contained no toxin at the start of the test.", "Plates were toxin-free at the start of the test."),
        ("Curves of patients with and without HAI after surgery.", "Curves of patients with HAI and without it."),
        ("The injection site was invisible on the last day.", "The injection site could not be seen on the last day."),
        (
            "The control was omitted from the analysis of variance.",
            "The control was left out of the analysis of variance.",
        ),
        ("Growth of A was an order of magnitude higher than that of B.", "Growth of B was lower than that of A."),
        ("PD-L1-negative staining of the tumor cells at high power.", "Staining of tumor cells, negative for PD-L1."),
    ],
)
def test_the_same_in_other_words_passes(caption: str, answer: str) -> None:
    assert not _codes(answer, _given(caption=caption))


@pytest.mark.parametrize(
    ("caption", "answer", "code"),
    [
        ("OsTGA2 did not bind NH1 in yeast at all.", "OsTGA2 bound NH1 in yeast.", "affirmed"),
        (
            "Resection leads to loss of the marker in cells.",
            "Resection leads to no loss of the marker in cells.",
            "negated",
        ),
        (
            "The mutation was found only in the mutant strain.",
            "The mutation was found not only in the mutant strain.",
            "negated",
        ),
        ("About half of the seeds had small holes in them.", "About a quarter of the seeds had small holes.", "number"),
    ],
)
def test_denials_and_counts_in_other_words_are_found(caption: str, answer: str, code: str) -> None:
    assert code in _codes(answer, _given(caption=caption))


def test_a_summary_may_say_that_it_is_one() -> None:
    answer = "Summary: the mass in the right upper lobe has decreased."
    assert "leak" not in _codes(answer, task="summary")
    assert "leak" in _codes(answer.replace("Summary", "Caption"))
