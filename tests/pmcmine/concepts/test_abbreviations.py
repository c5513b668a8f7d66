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
