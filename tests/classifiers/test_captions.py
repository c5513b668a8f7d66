"""Training of the model that assigns pieces of captions."""

from __future__ import annotations

from classifiers.panels.captions.choice import Choice, fit
from classifiers.panels.captions.folds import fold_of, journal_of
from classifiers.panels.captions.pieces import piece_choices, places
from classifiers.panels.captions.train import fit_series
from pmcmine.panels.captions import CaptionWeights
from pmcmine.panels.evaluate_captions import evaluate_captions

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


def test_captions_of_a_journal_are_in_one_fold() -> None:
    names = [{"id": "PMC1_pbio.0030272.g005.jpg"}, {"id": "PMC2_pbio.0040001.g001.jpg"}]
    assert {fold_of(journal_of(row, {})) for row in names} == {fold_of("pbio")}
    assert journal_of({"pmcid": "PMC3"}, {"PMC3": "Rice"}) == "Rice"
    assert journal_of({"id": "", "caption": CAPTION}, {}) == CAPTION[:40]


def test_each_caption_is_evaluated_with_its_own_models() -> None:
    row = {"caption": "Time on MDD (a) and ZP (b).", "panels": [{"label": x, "start": 0, "end": 4} for x in "ab"]}
    blind, seeing = CaptionWeights.of({"": -9.0}, {}), CaptionWeights.of({"": 9.0}, {})
    assert evaluate_captions([row, row], [blind, seeing])[0]["exact_label_set"] == 0.5


def test_letters_that_articles_name_weigh_only_where_they_are_known() -> None:
    panels = [{"label": "A"}, {"label": "B"}]
    row = {"caption": CAPTION, "bold": [], "panels": panels, "named": None}
    steps = {"caption": "Steps (a) and (b) of the work.", "bold": [], "panels": [], "named": []}
    without = fit_series([row, {**steps, "named": None}] * 3)
    weights = fit_series([row, {**row, "named": ["A"]}, steps] * 3)
    assert weights["text names these"] > 0 > weights["text names none"]
    assert not any(name.startswith("text") for name in without)
