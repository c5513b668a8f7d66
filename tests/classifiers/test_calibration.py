"""Totals of confidence against what is right."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifiers.panels.calibration import Judged, inked, labelled, report
from classifiers.panels.compounds import Compound
from pmcmine.panels.geometry import Box

LEFT, RIGHT = (10, 10, 190, 190), (210, 10, 390, 190)


@pytest.fixture
def figure(tmp_path: Path) -> Path:
    """A folder with a figure of two pictures, which a set has three times."""
    image = Image.new("RGB", (400, 200), "white")
    for box in (LEFT, RIGHT):
        image.paste(Image.effect_noise((180, 180), 60).convert("RGB"), box[:2])
    image.save(tmp_path / "two.png")
    row = {"image": "two.png", "boxes": [[10, 10, 180, 180], [210, 10, 180, 180]], "n": 2}
    rows = [row, {**row, "held": True}, {"image": "two.png", "boxes": [[0, 0, 400, 90], [0, 110, 400, 90]], "n": 2}]
    (tmp_path / "set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def test_a_set_is_judged_with_its_held_figures_or_without_them(figure: Path) -> None:
    found = list(labelled(figure / "set.jsonl", figure, held=False, unread=False))
    assert [x.right for x in found] == [True, False] and not any(x.lettered for x in found)
    assert [x.right for x in labelled(figure / "set.jsonl", figure, held=True, unread=False)] == [True]


def test_shares_are_of_figures_with_panels_and_of_all() -> None:
    lines = report(
        [
            Judged(True, True, 0.9, True),
            Judged(True, True, 0.6, False),
            Judged(True, True, 0.2, True),
            Judged(False, False, 0.95, False),
        ]
    )
    assert lines[:2] == [
        "letters sought: 3 figures; of layouts, mean confidence 0.567, right 0.667",
        "no letters sought: 1 figures; of layouts, mean confidence 0.950, right 0.000",
    ]
    assert "from 0.50: right 0.333, wrong 0.500" in lines and "from 0.65: right 0.333, wrong 0.250" in lines


def test_boxes_of_drawn_figures_end_at_their_ink() -> None:
    canvas = np.full((200, 400, 3), 255, np.uint8)
    canvas[40:100, 30:120] = 0
    drawn = Compound(Image.fromarray(canvas), (LEFT, RIGHT), ())
    assert inked(drawn) == [Box(30, 40, 90, 60), Box(210, 10, 180, 180)]  # the second one has none
