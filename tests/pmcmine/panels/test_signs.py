"""Shortcuts of the split of captions change no split: the quick look, sums of weights, words that are not compared, and patterns
that are not tried."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import resources
from itertools import product
from pathlib import Path
from string import ascii_letters
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.corpus import extractions
from pmcmine.panels import assignment, marker_choice, markers, sentences, series_features
from pmcmine.panels.captions import rule_spans, split_caption
from pmcmine.panels.marker_choice import choose_markers, series_weights
from pmcmine.panels.markers import Marker, emphasised_labels, find_markers
from pmcmine.panels.piece_features import COMPARED, PanelWords, describe, measure, names, overlap_names
from pmcmine.panels.pieces import Layout, Piece, lay_out
from pmcmine.panels.series_candidates import candidates
from pmcmine.panels.series_features import Beside, features, groups
from pmcmine.panels.signs import Signs, look
from pmcmine.panels.sums import UNITS

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
    """Search each caption with all patterns, and compare the words of each piece."""
    always = dict.fromkeys(((a, b) for a in assignment.OPTIONS for b in assignment.OPTIONS), 1 << 30)
    sentences._cuts.cache_clear()
    with (
        patch.object(markers, "_ROUND", markers._BRACKETED),
        patch.object(markers, "_GLUED_TO_STOP", markers._GLUED),
        patch.object(markers, "_PLACE", _among_words(markers._PLACE)),
        patch.object(markers, "_FREE", _among_words(markers._FREE)),
        patch.object(sentences, "_STOPPED", sentences._SENTENCE),
        patch.object(marker_choice, "look", lambda text, bold: Signs(True, True, True)),
        patch.object(assignment.PieceWeights, "_most_gained", lambda self, place: always),
        patch.object(assignment, "_weights", lambda: assignment.PieceWeights(_piece_weights())),
    ):
        yield
    sentences._cuts.cache_clear()


def _among_words(pattern: re.Pattern[str]) -> re.Pattern[str]:
    assert markers._NO_WORD in pattern.pattern
    return re.compile(pattern.pattern.replace(markers._NO_WORD, ""))


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


_SERIES = tuple(x.split() for x in "A B C D|a b c d|1 2 3|A B|1 2|A1 A2|a,b c|A–C D|i ii iii|A′ A″|1A 1B".split("|"))


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
        ("Rates (A) and (B).", Signs(True, True, True)),
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
    last, about, words = "", measure(layout), PanelWords(layout)
    for n, (piece, option, _) in enumerate(assignment.choose(layout, every)):
        if assignment.ruled_option(layout, piece, every) is None:
            found = assignment.options(layout, piece, every)
            said = describe(layout, piece, about, words, last, len(layout.pieces) - n - 1, found.get("R"))
            sums = {o: sum(weights[f][assignment.OPTIONS.index(o)] for f in said if f in weights) for o in found}
            assert sums[option] == pytest.approx(max(sums.values()))
        last = option


_ALL_WORDS = tuple(product(range(4), repeat=4))  # what words compared may count, and some that it can't


def _drawn_weights(seed: int) -> dict[str, tuple[float, ...]]:
    """Draw weights of all features of words, and of one that says which option is best without them."""
    r = random.Random(seed)
    listed = [name for place in COMPARED for row in overlap_names(place) for name in row]
    return {name: tuple(r.uniform(-1, 1) for _ in assignment.OPTIONS) for name in listed} | {
        f"{place} arrow": tuple(r.uniform(-2, 2) for _ in assignment.OPTIONS) for place in COMPARED
    }


def _check_bounds(weights: dict[str, tuple[float, ...]]) -> None:
    """Check that no words add more than their bound, and that looking at them only within it changes no choice."""
    model = assignment.PieceWeights(weights)
    none = (0.0,) * len(assignment.OPTIONS)

    def added(place: str, counts: tuple[int, ...]) -> list[int]:
        rows = [weights.get(name, none) for name in names(("overlap", place, *counts))]
        return [sum(round(w[n] * UNITS) for w in rows) for n in range(len(assignment.OPTIONS))]

    for place in COMPARED:
        sums = [added(place, counts) for counts in _ALL_WORDS]
        most = model._most_gained(place)
        for (i, one), (j, other) in product(enumerate(assignment.OPTIONS), repeat=2):
            assert max(s[j] - s[i] for s in sums) == most[one, other]
        first = weights.get(f"{place} arrow", none)
        for counts, s in zip(_ALL_WORDS, sums, strict=True):
            totals = [(round(w * UNITS) + x, o) for w, x, o in zip(first, s, assignment.OPTIONS, strict=True)]
            group = ("overlap", place, *counts)
            best = model.best(assignment.OPTIONS, [("word", place, "arrow")], place, partial(tuple, group))
            assert best == max(totals)[1]


@pytest.mark.parametrize("seed", range(8))
def test_bounds_hold_for_all_words(seed: int) -> None:
    _check_bounds(_drawn_weights(seed) if seed else _piece_weights())


@pytest.mark.parametrize("left_out", range(3))
def test_a_wrong_bound_does_not_pass(left_out: int) -> None:
    def shorter(place: str) -> tuple[tuple[str, ...], ...]:
        rows = overlap_names(place)
        return (*rows[:left_out], *rows[left_out + 1 :])

    with patch.object(assignment, "overlap_names", shorter), pytest.raises(AssertionError):
        _check_bounds(_piece_weights())


@settings(max_examples=200, deadline=None)
@given(_CAPTIONS)
def test_words_are_counted_as_the_bounds_expect(text: str) -> None:
    markers = choose_markers(text, ())
    if not markers:
        return
    layout = lay_out(text, markers, rule_spans(text, markers))
    words = PanelWords(layout)
    for piece in layout.pieces:
        if piece.place in COMPARED:
            group = words.compared(piece)
            assert group[2:] in _ALL_WORDS
            listed = overlap_names(piece.place)
            assert all(name in row for name, row in zip(names(group), listed, strict=True))


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ("The shoots have some length.", (2, 1, 1, 0)),
        ("The roots have some length.", (1, 2, 0, 1)),
        ("Length, shoots, soil, and more of the dark and wet rest.", (3, 1, 2, 0)),
        ("Roots, leaves, stems and bark.", (0, 3, 0, 3)),
        ("This is it.", (0, 0, 0, 0)),
    ],
)
def test_words_of_a_piece_are_compared_with_those_of_its_panel_and_of_others(
    said: str, counts: tuple[int, ...]
) -> None:
    text = "Length of roots, leaves, stems, bark. Length of shoots in soil. " + said
    a, b = (0, text.index(".")), (text.index("Length of s"), text.index("soil") + 4)
    marker = Marker(0, 0, ("A",), "bracket")
    piece = Piece(len(text) - len(said), len(text), 1, 2, "behind", "A", 1)
    words = PanelWords(Layout(text, (marker,) * 2, (a, b), (0, 1), (), (piece,)))
    assert words.compared(piece) == ("overlap", "behind", *counts)


def test_all_words_of_the_model_are_shorter_than_words_are_cut() -> None:
    said = [x for name in _piece_weights() if " word" in name for x in name.split(" word", 1)[1].split()]
    assert len(said) > 100 and max(map(len, said)) < 24


def test_no_label_at_the_begin_is_two_letters_of_a_word() -> None:
    words = [a + b for a, b in product(ascii_letters, repeat=2) if b not in "ivxIVX"]
    for word, said in product(words, (". Cells", ", Cells", " Cells", " – cells", "–C, cells", ", B, Cells")):
        assert not any(first.match(word + said) for first, _, _ in markers._LOOSE)
    assert all(any(first.match(x) for first, _, _ in markers._LOOSE) for x in ("A. Cells", "ii, Cells", "A–C, Cells"))


def test_words_that_a_letter_names_end_as_the_shortcut_expects() -> None:
    words = "vitamin Figs fig fig. Fig. eq eq. Eqs. eqſ. eqs cells cells. types step ( figure( cases".split()
    found = 0
    for word, mark in product(("", *words), ("", *",.;:!?(")):
        named = series_features._of_last_word(word + mark) & (series_features._ONE["named"] * 1023)
        assert bool(named) == bool(series_features._NAMED.search(f"{word}{mark} "))
        found += bool(named)
    assert found > 15


@pytest.mark.real
def test_real_captions_are_split_as_without_shortcuts(real_data: Path) -> None:
    figures = [f for e in extractions(real_data, 60) for f in e.figures if f.caption]
    quick = [split_caption(f.caption, f.caption_emphasis) for f in figures]
    assert sum(bool(s.panels) for s in quick) > 50
    with _no_shortcut():
        assert [split_caption(f.caption, f.caption_emphasis) for f in figures] == quick


def test_spans_outside_of_the_text_emphasise_nothing() -> None:
    assert emphasised_labels("A, B", [(-9, -1), (7, 9), (-3, 0), (4, 8)]) == []
