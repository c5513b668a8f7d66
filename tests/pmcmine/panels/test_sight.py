"""What the network of layouts says, as evidence: how cells fit, where panels go on, and which lines it proposes."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.images.generate import PAINTERS
from pmcmine.images.networks import Network, NetworkFile, network
from pmcmine.panels import networks
from pmcmine.panels.boxes import panel_boxes
from pmcmine.panels.layout_view import GRID, LARGE, VIEW, large_input, network_input, view_of
from pmcmine.panels.sight import Sight, look, seen

HEIGHT, WIDTH = 200, 400


def said(panels: list[tuple[float, float, float, float]]) -> NDArray[np.float32]:
    """What a network that makes no mistake says of panels: left, top, right, bottom as shares of the sides."""
    centres = (np.arange(GRID) + 0.5) / GRID
    out = np.zeros((6, GRID, GRID), np.float32)
    for x0, y0, x1, y1 in panels:
        for i, y in enumerate(centres):
            for j, x in enumerate(centres):
                if x0 <= x < x1 and y0 <= y < y1:
                    out[:, i, j] = (x - x0, y - y0, x1 - x, y1 - y, 1, 1)
    return out


def two_halves() -> Sight:
    return seen(said([(0, 0, 0.48, 1), (0.52, 0, 1, 1)]), (HEIGHT, WIDTH), 2)


def test_a_panel_fits_and_its_parts_and_unions_do_not() -> None:
    cells = np.array([(0, 200, 0, 192), (0, 200, 208, 400), (0, 200, 0, 400), (0, 100, 0, 192), (0, 200, 100, 300)])
    left, right, both, upper, across = two_halves().fits(cells).tolist()
    assert min(left, right) > 0.95
    assert max(both, upper, across) < 0.6


def test_panels_go_on_behind_cuts_through_them_only() -> None:
    sight = two_halves()
    assert sight.crossings([200], 0, HEIGHT, 1)[0] < 0.1
    assert sight.crossings([100], 0, HEIGHT, 1)[0] > 0.7
    assert sight.crossings([100], 0, WIDTH, 0)[0] > 0.7


def test_edges_of_panels_are_proposed_in_their_region() -> None:
    sight = two_halves()
    assert sight.edges((0, 200, 0, 400), 1) == [194, 206]
    assert sight.edges((0, 200, 0, 400), 0) == []
    assert sight.edges((0, 200, 0, 150), 1) == []


def three_pictures() -> NDArray[np.uint8]:
    r = random.Random(3)
    image = np.full((220, 640), 255, np.uint8)
    for i in range(3):
        picture = PAINTERS["microscopy"](r, (200, 200)).convert("L")
        image[10:210, 10 + 210 * i : 210 + 210 * i] = np.asarray(picture)
    return image


@pytest.mark.parametrize("lettered", [True, False])
def test_the_shipped_networks_see_pictures_beside_each_other(lettered: bool) -> None:
    letters = [(0.03 + 0.328 * i, 0.07, 0.05 + 0.328 * i, 0.15) for i in range(3)] if lettered else []
    sight = look(three_pictures(), letters, 3, lettered)
    right = sight.fits(np.array([(10, 210, 10 + 210 * i, 210 + 210 * i) for i in range(3)]))
    wrong = sight.fits(np.array([(10, 210, 10, 420), (10, 110, 10, 210)]))
    assert right.min() > wrong.max() + 0.1


@pytest.mark.parametrize(
    ("labels", "name"), [(["A", "B", "C"], "layouts"), (["left", "middle", "right"], "unlettered")]
)
def test_only_figures_whose_labels_are_no_letters_are_shown_to_the_large_network(
    labels: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def kept(file: NetworkFile) -> Network:
        asked.append(file.path.stem)
        return network(file)

    monkeypatch.setattr(networks, "network", kept)
    assert len(panel_boxes(three_pictures(), 3, labels)) == 3
    assert {"layouts", "unlettered"} & set(asked) == {name}


def test_the_large_network_is_shown_grey_levels_and_the_number_of_panels() -> None:
    view = view_of(three_pictures(), LARGE)
    few, many = large_input(view, 2), large_input(view, 300)
    assert few.shape == (2, LARGE, LARGE) and few[0].max() == 1 and few[0].min() < 0.5
    assert few[1].min() == few[1].max() < many[1, 0, 0] == 1 and large_input(view, 1)[1].max() == 0


def test_the_network_is_shown_letters_and_the_number_of_panels() -> None:
    view = np.full((VIEW, VIEW), 255, np.uint8)
    few, many = network_input(view, [(0.5, 0.5, 0.52, 0.53)], 2), network_input(view, [(-0.1, 0.99, 0.0, 1.2)], 300)
    assert few[0].min() == few[1, 131, 130] == 1 and few[1].sum() < 100
    assert few[2, 0, 0] < many[2, 0, 0] == 1
    assert many[1, -1, 0] == 1
