"""Abbreviations and their long forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.concepts.abbreviations import find_abbreviations


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("the tumour necrosis factor (TNF) level", [("TNF", "tumour necrosis factor")]),
        ("TNF (tumour necrosis factor) rose", [("TNF", "tumour necrosis factor")]),
        ("Magnetic resonance imaging (MRI; 3 T) was done", [("MRI", "Magnetic resonance imaging")]),
        ("gamma-interferon (IFN-gamma) was", [("IFN-gamma", "gamma-interferon")]),
        ("two patients (B) and a control (see Fig. 2)", []),
        ("in the left lobe (left)", []),
        ("p (0.05) and n (12)", []),
        ("the GABA(A) receptor antagonist", []),
        ("withdrawal syndromes (with, for two) were", []),
        ("levels of serotonin (5-HT) and glutathione (GSH)", [("5-HT", "serotonin"), ("GSH", "glutathione")]),
        ("arginine vasopressin (AVP) was", [("AVP", "arginine vasopressin")]),
    ],
)
def test_pairs(text: str, pairs: list[tuple[str, str]]) -> None:
    assert [(a.short, a.long) for a in find_abbreviations(text)] == pairs


@given(st.text(alphabet="abcABC ()[],;.-1", max_size=80))
def test_places_say_what_is_reported(text: str) -> None:
    for a in find_abbreviations(text):
        assert text[a.short_start : a.short_end] == a.short
        assert 0 <= a.long_start < a.long_end <= len(text)
        assert 0 < a.score <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the rates of nonsynonymous (dN) and synonymous (dS) changes, dN and dS", set()),
        ("fungi such as arbuscular mycorrhizal (AM) fungi (AMF); AMF help", {"AM", "AMF"}),
        ("as is shown in Figs. 1 and 2 (F1), of F1 plants", set()),
        ("treated with (R)-alpha-lipoic acid (RALA); RALA was given", {"RALA"}),
    ],
)
def test_a_long_form_does_not_begin_with_a_neighbours_short_form(text: str, expected: set[str]) -> None:
    found = find_abbreviations(text)
    assert not [a.long for a in found if a.long.startswith(("(dN)", "(AM)", "Figs"))]
    assert {a.short for a in found} == expected
