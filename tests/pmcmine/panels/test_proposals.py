"""The network's own boxes beside the layout that was cut, and how sure each is."""

from __future__ import annotations

import numpy as np
import pytest

from pmcmine.panels.boxes import SURE
from pmcmine.panels.confidence import confidence
from pmcmine.panels.evidence import Evidence
from pmcmine.panels.layouts import Search
from pmcmine.panels.proposals import better_seen
from pmcmine.panels.sight import seen
from pmcmine.panels.trees import Layout
from tests.pmcmine.panels.test_sight import HEIGHT, WIDTH, said

Share = tuple[float, float, float, float]
HALVES: list[Share] = [(0.04, 0.08, 0.46, 0.92), (0.54, 0.08, 0.96, 0.92)]


def search_of(drawn: list[Share], told: list[Share]) -> Search:
    """A figure of grey pictures, of which a network that is asked for so many panels says what is told."""
    canvas = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for x0, y0, x1, y1 in drawn:
        canvas[round(y0 * HEIGHT) : round(y1 * HEIGHT), round(x0 * WIDTH) : round(x1 * WIDTH)] = 120
    return Search(Evidence(canvas), len(told), sight=seen(said(told), (HEIGHT, WIDTH), len(told)))


def cut_at(line: int) -> Layout:
    return Layout(1.0, ((0, HEIGHT, 0, line), (0, HEIGHT, line, WIDTH)), (2.0,), ((1, line, 0, HEIGHT),))


@pytest.mark.parametrize("layout", [cut_at(100), None])
def test_boxes_that_the_network_sees_are_taken_where_cuts_go_through_them(layout: Layout | None) -> None:
    found = better_seen(layout, search_of(HALVES, HALVES))
    assert found is not None and found is not layout
    assert np.abs(np.array(sorted(c[2:] for c in found.cells)) - [(16, 184), (216, 384)]).max() <= 8


def test_a_layout_that_the_network_sees_alike_stays() -> None:
    assert better_seen(cut_at(200), search_of(HALVES, HALVES)) == cut_at(200)


@pytest.mark.parametrize(
    ("drawn", "told"),
    [
        (
            [(0.04, 0.08, 0.96, 0.92)],
            [(0.04, 0.08, 0.25, 0.92), (0.75, 0.08, 0.96, 0.92)],
        ),  # much of the figure is in no box
        (HALVES, [(0.04, 0.08, 0.96, 0.92), (0.54, 0.2, 0.9, 0.8)]),  # one is inside of the other
        (HALVES, [(0, 0, 1, 1)] * 2),  # it sees fewer
    ],
)
def test_boxes_that_cannot_be_the_panels_are_not_taken(drawn: list[Share], told: list[Share]) -> None:
    assert better_seen(cut_at(100), search_of(drawn, told)) == cut_at(100)


def test_a_cut_through_what_the_network_sees_as_one_panel_is_not_sure() -> None:
    search = search_of(HALVES, HALVES)
    assert confidence(cut_at(200), search) >= SURE > confidence(cut_at(100), search)


def test_letters_that_cannot_be_read_are_no_doubt_where_no_label_is_a_letter() -> None:
    search = search_of(HALVES, HALVES)
    assert confidence(cut_at(200), search, lettered=False) > confidence(cut_at(200), search, lettered=True)
    assert confidence(cut_at(60), search, lettered=False) < SURE


def test_more_panels_are_a_doubt_where_no_label_is_a_letter() -> None:
    quarters: list[Share] = [(x, y, x + 0.42, y + 0.37) for y in (0.08, 0.55) for x in (0.04, 0.54)]
    rows = [(0, HEIGHT // 2), (HEIGHT // 2, HEIGHT)]
    columns = [(0, WIDTH // 2), (WIDTH // 2, WIDTH)]
    four = Layout(1.0, tuple((*row, *column) for row in rows for column in columns), (2.0, 2.0, 2.0))
    two, many = search_of(HALVES, HALVES), search_of(quarters, quarters)
    fits = [
        x.sight.fits(np.array([x.evidence.tight(c) for c in y.cells])).min()
        for x, y in ((two, cut_at(200)), (many, four))
        if x.sight
    ]
    assert fits[1] >= fits[0] - 0.01  # what else counts is alike
    assert confidence(four, many, lettered=False) < confidence(cut_at(200), two, lettered=False)
