"""Shortcuts of the split of captions change no split: the quick look, sums of weights, and words that are not compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.corpus import extractions
from pmcmine.panels import assignment, marker_choice
from pmcmine.panels.captions import rule_spans, split_caption
from pmcmine.panels.marker_choice import choose_markers, series_weights
from pmcmine.panels.markers import find_markers
from pmcmine.panels.piece_features import COMPARED, describe, measure, overlap, overlap_names
from pmcmine.panels.pieces import lay_out
from pmcmine.panels.series_candidates import candidates
from pmcmine.panels.series_features import Beside, features, groups
from pmcmine.panels.signs import Signs, look

_SAID = (
    "A", "B", "C", "a", "b", "c", "(A)", "(B)", "(A–C)", "(a, b)", "(a)–(c)", "(A) to (C)", "B)", "1", "2", "(1)", "(2)", "(01)",
    "(02)", "(１)", "(２)", "(1–3)", "i", "ii", "(i)", "(ii)", "(iii)", "(I)", "(II)", "(III)", "A1", "A2", "B1", "(A1)", "(B1)",
    "(B2)", "A′", "A–A″", "a-i", "(B-ii)", ". ", " ", ", ", "; ", ": ", ".", ",", ")", "(", "[", "–", "-", "to", "through", "and", "Cells",
    "cells of the", "in", "panel", "left", "(left)", "(right)", "Right,", "Upper,", "lower", "2A", "2B", "Fig. 2A.", "é", "\n", "_",
    "In A and B,", "Scale bars, 5 µm.", "The cells rest.", "Data are means", "Arrows, cells of the root", "\ud800",
)  # fmt: skip
_CAPTIONS = st.lists(st.sampled_from(_SAID), min_size=2, max_size=16).map(" ".join) | st.lists(
    st.sampled_from(_SAID), min_size=2, max_size=16
).map("".join)


@contextmanager
def _no_shortcut() -> Iterator[None]:
    """Search each caption, and compare the words of each piece."""
    always = dict.fromkeys(((a, b) for a in assignment.OPTIONS for b in assignment.OPTIONS), 1 << 30)
    with (
        patch.object(marker_choice, "look", lambda text, bold: Signs(True, True, True)),
        patch.object(assignment.PieceWeights, "_most_gained", lambda self, place: always),
        patch.object(assignment, "_weights", lambda: assignment.PieceWeights(_piece_weights())),
    ):
        yield


def _piece_weights() -> dict[str, tuple[float, ...]]:
    data = json.loads(resources.files("pmcmine.panels").joinpath("models/pieces.json").read_text("utf-8"))
    return assignment.by_option(data["weights"])


@st.composite
def _emphasised(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    """Write a caption whose emphasised labels, often with their stop or colon, may stand within words."""
    text, bold = "", []
    mark = st.sampled_from((".", ":", "", ".", ":", ",", ")"))
    for label in draw(st.sampled_from(_SERIES)):
        text += draw(st.sampled_from(("Growth of roots", "cells", "Fig. 2", "5", "é", "(", " ", "")))
        start = len(text)
        text += label + draw(mark)
        first, last = draw(st.sampled_from((0, 0, 0, -1, 1))), draw(st.sampled_from((0, 0, 0, -1, 1)))
        bold.append((max(start + first, 0), len(text) + last))
        text += draw(st.sampled_from(("Maps of it", " Maps of it.", "rest", "é", "1", " ", "", " Counts are shown. ")))
    text += " end."
    return text, [(a, b) for a, b in bold if a < b]


_SERIES = ("ABCD", "abcd", "123", "AB", "12", ("A1", "A2"), ("a,b", "c"), ("A–C", "D"), ("i", "ii", "iii"), ("A′", "A″"), ("1A", "1B"))


@settings(max_examples=400, deadline=None)
@given(_emphasised())
def test_a_quick_look_sees_emphasised_labels_within_words(caption: tuple[str, list[tuple[int, int]]]) -> None:
    quick = split_caption(*caption)
    with _no_shortcut():
        assert split_caption(*caption) == quick


@pytest.mark.parametrize(
    ("text", "bold", "labels"),
    [
        ("Rates of cellsA. restB. moveC.", [(14, 16), (21, 23), (28, 30)], "A B C"),
        ("Rates of cellsA: restB: moveC: die", [(14, 16), (21, 23), (28, 30)], "A B C"),
        ("cellsA–C.rest", [(5, 9)], "A B C"),
        ("Rates of cellsa.–c.rest", [(14, 16), (17, 19)], "a b c"),
    ],
)
def test_labels_emphasised_with_their_stop_are_found_within_words(
    text: str, bold: list[tuple[int, int]], labels: str
) -> None:
    assert " ".join(p.label for p in split_caption(text, bold).panels) == labels


@settings(max_examples=400, deadline=None)
@given(_CAPTIONS, st.lists(st.tuples(st.integers(0, 80), st.integers(1, 4)), max_size=4))
def test_a_quick_look_ends_no_search_that_finds_panels(text: str, emphasis: list[tuple[int, int]]) -> None:
    bold = [(a, min(a + n, len(text))) for a, n in emphasis if a < len(text)]
    quick = split_caption(text, bold)
    with _no_shortcut():
        assert split_caption(text, bold) == quick


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Growth of a plant in 12 h, n = 5.", Signs(False, False, False)),
        ("A map of the region.", Signs(False, False, False)),
        ("Rates (A) and (B).", Signs(True, False, False)),
        ("Rates (a)–(c).", Signs(True, False, False)),
        ("Rates (a) through (c).", Signs(True, False, False)),
        ("Rates (A′–C′).", Signs(True, False, False)),
        ("Rates (01) and (02).", Signs(True, False, False)),
        ("Rates after 1 and 2 h.", Signs(False, False, False)),
        ("Rates (A1).", Signs(True, False, False)),
        ("Rates (i) and (ii).", Signs(True, False, False)),
        ("Body 2A.", Signs(False, True, False)),
        ("Bones, left and right.", Signs(False, False, True)),
        ("Rates （１） and (２).", Signs(True, True, True)),
    ],
)
def test_signs_of_panels(text: str, signs: Signs) -> None:
    assert look(text) == signs


def test_emphasised_labels_within_words_are_signs() -> None:
    text = "cellsA restB moveC"
    assert not look(text).series and look(text, [(5, 6), (11, 12), (17, 18)]).series


def test_labels_in_other_digits_are_found() -> None:
    assert [p.label for p in split_caption("Knee. (１) The scan. (２) The plan.").panels] == ["１", "２"]


@settings(max_examples=100, deadline=None)
@given(_CAPTIONS)
def test_groups_of_features_weigh_as_much_as_their_features(text: str) -> None:
    data = json.loads(resources.files("pmcmine.panels").joinpath("models/series.json").read_text("utf-8"))
    every, beside = candidates(find_markers(text, ()), text), Beside(text)
    for some in every:
        said = features(some, every, text, frozenset("AB"))
        score = series_weights().score(groups(some, every, text, frozenset("AB"), beside))
        assert score == pytest.approx(data["weights"][""] + sum(data["weights"].get(f, 0.0) for f in said))


@settings(max_examples=100, deadline=None)
@given(_CAPTIONS)
def test_pieces_get_the_option_with_the_largest_sum(text: str) -> None:
    weights, markers = _piece_weights(), choose_markers(text, ())
    if not markers:
        return
    layout = lay_out(text, markers, rule_spans(text, markers))
    every = frozenset(label for m in markers for label in m.labels)
    last, about = "", measure(layout)
    for n, (piece, option, _) in enumerate(assignment.choose(layout, every)):
        if assignment.ruled_option(layout, piece, every) is None:
            found = assignment.options(layout, piece, every)
            said = describe(layout, piece, about, last, len(layout.pieces) - n - 1, found.get("R"))
            sums = {o: sum(weights[f][assignment.OPTIONS.index(o)] for f in said if f in weights) for o in found}
            assert sums[option] == pytest.approx(max(sums.values()))
        last = option


def test_bounds_hold_for_all_words() -> None:
    for place in COMPARED:
        listed = overlap_names(place)
        assert [len(row) for row in listed] == [16, 4, 4]
    text = "Growth. (A) Length of roots. (B) Length of shoots. Shoots have some length."
    markers = choose_markers(text, ())
    layout = lay_out(text, markers, rule_spans(text, markers))
    held = (frozenset({"length", "roots"}), frozenset({"length", "shoots"}))
    assert overlap(layout.pieces[-1], held, text) == ("overlap", "behind", 2, 1, 1, 0)


@pytest.mark.real
def test_real_captions_are_split_as_without_shortcuts(real_data: Path) -> None:
    figures = [f for e in extractions(real_data, 60) for f in e.figures if f.caption]
    quick = [split_caption(f.caption, f.caption_emphasis) for f in figures]
    assert sum(bool(s.panels) for s in quick) > 50
    with _no_shortcut():
        assert [split_caption(f.caption, f.caption_emphasis) for f in figures] == quick
