"""Enriched captions: order, budget, abbreviations; token counts; lists of abbreviations."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmcmine.errors import PmcmineError
from pmcmine.stream.tokens import counter, name_of
from pmcmine.text.enriched import Part, enriched, spell_out, without_references
from pmcmine.text.glossary import glossary
from pmcmine.text.repeats import Said, runs_of
from pmcmine.text.tokens import estimate

CAPTION = "Expression of TNF in liver. Nuclei are stained with DAPI (blue). Scale bar, 50 μm."
PARTS = [
    Part("abbreviation", "tumour necrosis factor", "TNF"),
    Part("sentence", "TNF rose after treatment with LPS (Fig. 2A) [12, 13]."),
    Part("section", "2.1. Inflammation of the liver"),
]


def words(text: str) -> int:
    """Count words."""
    return len(text.split())


def test_all_parts_stand_in_order_of_use() -> None:
    assert enriched(CAPTION, PARTS) == (
        "Expression of TNF (tumour necrosis factor) in liver. Nuclei are stained with DAPI (blue). Scale bar, 50 μm. "
        "TNF rose after treatment with LPS. Section: Inflammation of the liver."
    )


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (3, "Expression of TNF"),
        (5, "Expression of TNF in liver."),
        (8, "Expression of TNF (tumour necrosis factor) in liver."),
        (14, "Expression of TNF (tumour necrosis factor) in liver. Nuclei are stained with DAPI (blue)."),
        (13, "Expression of TNF (tumour necrosis factor) in liver. Section: Inflammation of the liver."),
    ],
)
def test_a_text_is_cut_at_sentences(tokens: int, text: str) -> None:
    assert enriched(CAPTION, PARTS, tokens, words) == text


def test_a_list_is_cut_at_an_item() -> None:
    caption = "Forest plots. (A) overall survival of all patients; (B) progression-free survival; (C) response."
    assert enriched(caption, [], 9, words) == "Forest plots. (A) overall survival of all patients."


@pytest.mark.parametrize(
    ("introduction", "text"),
    [
        ("Histology of the liver.", "Histology of the liver. After treatment."),
        ("Photographs of the patient", "Photographs of the patient: After treatment."),
        ("Share of households that ate turtles in", "Share of households that ate turtles in After treatment."),
    ],
)
def test_an_introduction_leads_to_the_text_of_a_panel(introduction: str, text: str) -> None:
    parts = [Part("introduction", introduction)]
    assert enriched("After treatment", parts) == text
    assert enriched("After treatment", parts, 4, words) == "After treatment."


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("TNF in liver", "TNF (tumour necrosis factor) in liver"),
        ("cells (TNF, IL-6)", "cells (TNF [tumour necrosis factor], IL-6)"),
        ("TNF-treated cells", "TNF-treated (TNF, tumour necrosis factor) cells"),
        ("TNF-treated cells and TNF", "TNF-treated cells and TNF (tumour necrosis factor)"),
        ("XTNF and TNFx", "XTNF and TNFx"),
        ("tumour necrosis factors (TNF)", "tumour necrosis factors (TNF)"),
        ("tumour necrosis factors (TNFs)", "tumour necrosis factors (TNFs)"),
        ("Tumour necrosis factor and TNF", "Tumour necrosis factor and TNF"),
    ],
)
def test_abbreviations_are_spelled_out_where_they_are_first_used(text: str, spelled: str) -> None:
    assert spell_out(text, PARTS[:1], frozenset())[0] == spelled


def test_plurals_are_spelled_out() -> None:
    part = [Part("abbreviation", "circulating tumour cells", "CTCs")]
    assert spell_out("A CTC is seen", part, frozenset())[0] == "A CTC (circulating tumour cells) is seen"


def test_a_list_of_abbreviations_is_spelled_out_instead() -> None:
    caption = "Risk by OR in CI. Abbreviations: OR, odds ratio; CI, confidence interval."
    assert enriched(caption, []) == "Risk by OR (odds ratio) in CI (confidence interval)."


def test_a_list_of_abbreviations_that_are_not_used_stays() -> None:
    caption = "Mycotoxins in pasta. DON, deoxynivalenone; ZEA, zearalenone."
    assert enriched(caption, []) == caption


def test_a_bracket_that_is_cut_off_is_closed() -> None:
    assert enriched("internal CO2 (Ci", []) == "internal CO2 (Ci)."


def test_labels_of_panels_begin_sentences() -> None:
    caption = "Activity of all. (a) Growth of A. niger on agar. (b) Size of the colonies."
    assert enriched(caption, [], 10, words) == "Activity of all. (a) Growth of A. niger on agar."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Abbreviations: CI, confidence interval; HR, hazard ratio.", ["CI", "HR"]),
        ("CI = confidence interval, HR = hazard ratio", ["CI", "HR"]),
        ("CI: confidence interval; HR: hazard ratio (of death).", ["CI", "HR"]),
        ("Abbreviation: CI, confidence interval.", ["CI"]),
        ("(A) liver; (B) lung", []),
        ("WT, control mice; KO, treated mice", []),
        ("n = 5, P = 0.05", []),
    ],
)
def test_lists_of_abbreviations(text: str, found: list[str]) -> None:
    entries = glossary(text)
    assert [e.short for e in entries] == found
    assert all(text[e.start : e.end] == e.long for e in entries)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("It rose (Fig. 2A) in all [3,4].", "It rose in all."),
        ("It rose (see Supplementary Fig. S1(b) and Table 2).", "It rose."),
        ("It rose (P < 0.05; Fig. 2a-d).", "It rose (P < 0.05)."),
        ("Figure 2 shows it (all of 12).", "Figure 2 shows it (all of 12)."),
    ],
)
def test_bracketed_references_are_left_out(text: str, bare: str) -> None:
    assert without_references(text) == bare


def test_sentences_that_say_the_same_are_repeats() -> None:
    said = Said()
    said.add(runs_of("The expression of TNF rose in the liver after treatment."))
    assert said.repeats(runs_of("After treatment, the expression of TNF rose in the liver"))
    assert not said.repeats(runs_of("The expression of TNF fell in the spleen after surgery."))


_TEXT = st.text("abTNF .;(,)-", max_size=120)


@given(
    _TEXT,
    st.lists(st.tuples(st.sampled_from(("introduction", "sentence", "shared", "section")), _TEXT), max_size=6),
    st.integers(1, 60),
)
@settings(max_examples=200, deadline=None)
def test_no_text_is_above_its_budget(text: str, parts: list[tuple[str, str]], tokens: int) -> None:
    context = [PARTS[0], *(Part(kind, words_) for kind, words_ in parts)]
    for count in (estimate, words):
        found = enriched(text, context, tokens, count)
        assert found == enriched(text, context, tokens, count)
        assert count(found) <= tokens or not found
    assert words(found) <= words(enriched(text, context, None, words)) + 1


class _Encoding:
    def __init__(self, text: str) -> None:
        self.ids = text.split()

    def __len__(self) -> int:
        return len(self.ids)


class _Words:
    sot_token_id = 1

    def encode(self, text: str) -> Any:
        return text.split()


class _Encodings:
    def encode(self, text: str) -> Any:
        return _Encoding(text)


class _Wrapper:
    tokenizer = _Encodings()

    def __call__(self, text: str) -> Any:
        raise AssertionError("pads")


class _Batch(dict[str, Any]):
    pass


@pytest.mark.parametrize(
    ("tokenizer", "n"),
    [
        (_Words(), 5),
        (_Encodings(), 3),
        (_Wrapper(), 3),
        (str.split, 3),
        (lambda text: {"input_ids": text.split()}, 3),
        (lambda text: _Batch(input_ids=[text.split()]), 3),
        (None, estimate("one two three")),
    ],
)
def test_tokens_are_counted_in_all_forms(tokenizer: Any, n: int) -> None:
    assert counter(tokenizer)("one two three") == n


def test_counters_go_to_workers() -> None:
    assert pickle.loads(pickle.dumps(counter(_Words())))("one two") == 4
    assert name_of(_Words()) == name_of(_Words()) != name_of(_Encodings())


@pytest.mark.parametrize("tokenizer", [lambda text: text.split()[:77], lambda text: [0] * 77, 5, lambda text: None])
def test_what_counts_no_tokens_is_one_line(tokenizer: Any) -> None:
    with pytest.raises(PmcmineError, match=r"^tokenizer=[^\n]*$"):
        counter(tokenizer)
