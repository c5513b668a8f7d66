"""Page and line numbers in the margin, and letters behind headings of rows and columns."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pmcmine.images.opencv import opencv
from pmcmine.panels.boxes import panel_boxes
from pmcmine.panels.evidence import Evidence
from pmcmine.panels.layouts import Search, best_layouts
from pmcmine.panels.letter_places import PLACES, First, letter_worth, places
from pmcmine.panels.letters import Letter
from pmcmine.panels.margins import without_notes


def pictures() -> NDArray[np.uint8]:
    """Two grey pictures far from the edges of a page."""
    page = np.full((300, 500), 255, np.uint8)
    page[40:260, 70:250] = page[40:260, 270:450] = 120
    return page


def written(page: NDArray[np.uint8], text: str, x: int, y: int) -> NDArray[np.uint8]:
    opencv().putText(page, text, (x, y), opencv().FONT_HERSHEY_SIMPLEX, 0.4, 0, 1)
    return page


@pytest.mark.parametrize(("x", "y"), [(3, 12), (3, 290), (3, 150), (470, 150), (470, 12)])
def test_numbers_in_the_margin_are_painted_over(x: int, y: int) -> None:
    assert (without_notes(written(pictures(), "703", x, y)) == pictures()).all()


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        ([("A", 3, 50)], []),  # narrow: a letter of a panel
        ([("703", 3, 50)], [Letter(0, 3, 42, 8, 8, 1.0)]),  # one was read there
        ([("703", 40, 50)], []),  # next to a panel
        ([(str(n), 3, 60 + 40 * i) for i, n in enumerate(range(10, 14))], []),  # so many are an axis
        ([("title of both", 200, 12)], []),  # in no corner
    ],
)
def test_what_may_belong_to_a_panel_stays(words: list[tuple[str, int, int]], letters: list[Letter]) -> None:
    page = pictures()
    for text, x, y in words:
        page = written(page, text, x, y)
    assert without_notes(page, letters) is page


def test_an_empty_figure_and_one_of_one_line_have_no_margin() -> None:
    for page in (np.full((300, 500), 255, np.uint8), np.zeros((1, 40), np.uint8)):
        assert without_notes(page) is page


def test_a_page_number_does_not_widen_the_panel_beside_it() -> None:
    page = written(pictures(), "703", 3, 12)
    first, second = panel_boxes(page, 2)
    assert abs(first.x - 70) < 12 and abs(second.x - 270) < 12 and first.y > 25


def test_letters_behind_headings_of_rows_are_in_the_corners_of_their_panels() -> None:
    """Rows have headings left of the first column, so that its letters are far from the figure's edge."""
    letters = np.array([(60.0, 12.0, 8.0, 10.0, 1.0), (160.0, 12.0, 8.0, 10.0, 1.0)]).T
    cells = np.array([(10, 100, 0, 150), (10, 100, 158, 300)])
    first = First(10, 0, 2.0, 60.0)
    headed, plain = PLACES.index("top left behind headings"), PLACES.index("top left")
    assert letter_worth(headed, letters, cells, first).min() > 5.5
    assert letter_worth(plain, letters, cells, first).min() < 1
    assert headed in places(first, all_read=True)
    assert headed not in [*places(First(10, 0, 2.0, 3.0), all_read=True), *places(first, all_read=False)]


def test_letters_below_their_pictures_end_panels() -> None:
    """Rows of pictures under one letter each: bands between them are wider than those between panels."""
    page, letters = np.full((460, 300), 255, np.uint8), []
    for i in range(3):
        top = 10 + 150 * i
        for y in (top, top + 36, top + 72):
            page[y : y + 24, 20:280] = 120
        written(page, "abc"[i], 146, top + 130)
        letters.append(Letter(i, 146, top + 122, 8, 9, 1.0))
    search = Search(Evidence(page), 3, letters, 3, low=True)
    found, place = best_layouts(search, 3)
    assert "bottom" in PLACES[place] and search.at_place(place).in_place(found[3]) == 3
    assert sorted(c[0] // 140 for c in found[3].cells) == [0, 1, 2]
    lines = [at for at, _ in search._cuts_of((0, 460, 0, 300), 0, [0, 1, 2])]
    assert lines and not any(x.y - 30 < at < x.y + x.height for at in lines for x in letters)
