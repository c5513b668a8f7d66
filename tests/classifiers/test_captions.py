"""Training of the model that assigns pieces of captions."""

from __future__ import annotations

from classifiers.panels.captions.choice import Choice, fit
from classifiers.panels.captions.pieces import piece_choices, places

CAPTION = "Growth. (A) Roots in soil. (B) Shoots in soil. They were cut. Data are means of ten plants."


def test_words_of_gold_are_found_in_the_caption() -> None:
    row = {"panels": [{"label": "a", "text": "Growth. Roots in soil."}, {"label": "B", "start": 31, "end": 45}]}
    found = places(CAPTION, row)
    assert {CAPTION[at : at + 4] for at in found["A"]} >= {"Grow", "Root"} and CAPTION.index("Shoots") in found["B"]
    assert CAPTION.index("Shoots") not in found["A"]


def test_a_piece_has_the_option_that_its_gold_gives() -> None:
    pieces = [[0, 7, "*"], [12, 25, "A"], [31, 45, "B"], [47, 60, "B"], [61, 92, "*"]]
    row = {"caption": CAPTION, "bold": [], "panels": [{"label": "A"}, {"label": "B"}], "pieces": pieces}
    chosen = [c.options[c.right.index(True)][0].split()[0] for c in piece_choices([row])]
    assert chosen == ["P", "A"]
    assert piece_choices([{**row, "panels": [{"label": x} for x in "ABCDEFG"]}]) == []


def test_weights_tell_the_options_apart() -> None:
    data = [Choice((("A bar",), ("P bar",)), (True, False)), Choice((("A it",), ("P it",)), (False, True))] * 5
    weights = fit(data)
    assert weights["A bar"] > weights["P bar"] and weights["P it"] > weights["A it"]
