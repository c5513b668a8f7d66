"""Findings in general words, directions beside words, and denials that are said again."""

from __future__ import annotations

import pytest

from pmcmine.write.checks import problems
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.each import alignment
from pmcmine.write.given import Given, Passage


def _codes(answer: str, caption: str, task: str = "caption") -> set[str]:
    given = Given((Passage("caption", "PMC1.1/f1", 0, len(caption), caption),))
    return {p.code for p in problems(answer, given, task)}


PLOT = "(a) Serum ferritin of goats on hay and on silage. (b) Micrographs of their livers, stained for iron."


@pytest.mark.parametrize(
    "answer",
    [
        "Serum ferritin of goats on hay and on silage (a); it was lower on hay.",
        "Serum ferritin of goats, which exceeded the limits on silage (a).",
        "Serum ferritin of goats (a), the highest of which were on silage.",
        "Serum ferritin of goats is associated with silage (a).",
        "Serum ferritin of goats on hay doubled (a).",
        "Micrographs of their livers (b), stained for iron, which is confined to parts of them.",
        "Micrographs of pale livers (b), stained for iron.",
        "Serum ferritin of goats on hay and on silage persisted (a).",
        "Serum ferritin of goats on hay and on silage (a), which suggests iron in their livers (b).",
        "Serum ferritin of goats on hay (a), which silage restored.",
        "Serum ferritin of goats on hay and on silage (a), significantly so.",
        "Serum ferritin of goats on silage (a), unchanged in their livers.",
        "Micrographs of their livers (b), stained for iron, which are damaged.",
        "Serum ferritin of goats (a), which has a role in livers.",
        "Serum ferritin of goats on silage (a), which triggers iron.",
    ],
)
def test_a_finding_of_which_nothing_was_given_is_a_claim(answer: str) -> None:
    assert "claim" in _codes(answer, PLOT)


@pytest.mark.parametrize(
    ("answer", "caption"),
    [
        ("Serum ferritin was higher on silage.", "Serum ferritin on hay and on silage, where it had increased."),
        (
            "Serum ferritin was higher on silage, 90 µg/L, than on hay, 40 µg/L.",
            "Serum ferritin: hay 40, silage 90 µg/L.",
        ),
        ("Ferritin was highest on silage.", "Ferritin peaked on silage."),
        ("Ferritin is associated with silage.", "Ferritin depends on silage."),
        ("The lower panel has ferritin of goats.", "Top, iron of goats; bottom, ferritin of goats."),
    ],
)
def test_what_was_given_in_other_words_is_no_claim(answer: str, caption: str) -> None:
    assert not _codes(answer, caption) & {"claim", "opposite"}


@pytest.mark.parametrize(
    "idiom",
    ["at least nine goats", "bars: least significant difference", "p less than 0.05", "high-resolution micrographs"],
)
def test_phrases_that_compare_nothing_support_no_comparison(idiom: str) -> None:
    answer = "Serum ferritin of goats on hay and on silage; it was lower on hay."
    assert "claim" in _codes(answer, f"Serum ferritin of goats on hay and on silage ({idiom}).")
    assert "claim" not in _codes(answer, f"Serum ferritin of goats fell on hay and not on silage ({idiom}).")


def test_a_question_claims_nothing() -> None:
    answer = "Was serum ferritin lower on hay?\nThe plot has serum ferritin of goats on hay and on silage."
    assert "claim" not in _codes(answer, PLOT, "vqa")


DIRECTIONS = "Goats on hay had less fibrosis of the liver and more iron than goats on silage; survival was longer."


@pytest.mark.parametrize(
    "answer", ["Goats on hay had more fibrosis.", "Goats on hay had less iron.", "Survival was shorter."]
)
def test_a_direction_beside_a_word_that_had_the_other_is_an_opposite(answer: str) -> None:
    assert "opposite" in _codes(answer, DIRECTIONS)


@pytest.mark.parametrize(
    "answer",
    [
        "Goats on hay had less fibrosis and more iron.",
        "Goats on silage had more fibrosis of the liver than goats on hay.",  # the same comparison, the other way round
    ],
)
def test_the_same_direction_is_none(answer: str) -> None:
    assert "opposite" not in _codes(answer, DIRECTIONS)


def test_a_denial_whose_words_are_said_without_one_is_affirmed() -> None:
    caption = "Weights of kids. The medium and large kids were not changed by temperature of the barn."
    assert "affirmed" in _codes("Temperature of the barn mattered for medium and large kids.", caption)
    assert "affirmed" not in _codes("Temperature of the barn hardly mattered for medium and large kids.", caption)


@pytest.mark.parametrize("word", ["untransformed", "un-transformed", "non-transformed"])
def test_a_prefix_may_become_a_negation(word: str) -> None:
    caption = f"Lane C, {word} einkorn plant; lane P, plasmid control."
    assert "negated" not in _codes("Lane C holds an einkorn plant that was not transformed.", caption)
    assert _codes("Lane C holds an einkorn plant that was transformed.", caption) & {"affirmed", "unsupported"}


def test_absence_and_presence_together_deny_nothing() -> None:
    caption = "Ferritin increased in both the absence and presence of silage."
    assert "negated" in _codes("Ferritin did not increase, whether silage was there or missing.", caption)
    assert not _codes("Ferritin increased in the presence of silage as well as in its absence.", caption)


@pytest.mark.timeout(60)
def test_one_sentence_without_end_is_compared_in_bounded_time() -> None:
    caption = "the large medium barn was not temperature goat kid. " * 2000
    given = Given((Passage("caption", "PMC1.1/f1", 0, len(caption), caption),))
    answer = Answer("temperature of barn large medium. " * 300, given, "caption")
    assert len(list(alignment.find(answer))) < 400  # a problem a word at most, of what is compared
