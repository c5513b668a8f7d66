"""Totals of confidence against what is right."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from classifiers.panels import calibration
from classifiers.panels.calibration import Judged, drawn, inked, labelled, main, report
from classifiers.panels.compounds import Compound
from pmcmine.errors import GoldError
from pmcmine.evaluation.intervals import share_interval
from pmcmine.panels.geometry import Box

LEFT, RIGHT = (10, 10, 190, 190), (210, 10, 390, 190)
BOXES = [[10, 10, 180, 180], [210, 10, 180, 180]]
PLAIN: dict[str, Any] = {"image": "two.png", "boxes": BOXES, "n": 2}
LETTERED: dict[str, Any] = {
    "image": "letters.png",
    "boxes": [[4 * v for v in b] for b in BOXES],
    "labels": ["A", "B"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a figure of two pictures, and with one of more pixels than are looked at, which has letters."""
    image = Image.new("RGB", (400, 200), "white")
    for box in (LEFT, RIGHT):
        image.paste(Image.effect_noise((180, 180), 60).convert("RGB"), box[:2])
    image.save(tmp_path / "two.png")
    large = image.resize((1600, 800))
    pen = ImageDraw.Draw(large)
    for text, (x, y, _, _) in zip("AB", (LEFT, RIGHT), strict=True):
        pen.rectangle((4 * x, 4 * y, 4 * x + 110, 4 * y + 110), fill="white")
        pen.text((4 * x + 20, 4 * y + 5), text, "black", font=ImageFont.load_default(90))
    large.save(tmp_path / "letters.png")
    return tmp_path


def judge(folder: Path, *rows: dict[str, Any], held: bool = False, unread: bool = False) -> list[Judged]:
    (folder / "set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return list(labelled(folder / "set.jsonl", folder, held, unread))


def test_a_set_is_judged_with_its_held_figures_or_without_them(folder: Path) -> None:
    other = {**PLAIN, "boxes": [[0, 0, 400, 90], [0, 110, 400, 90]]}
    rows = [PLAIN, {**PLAIN, "held": True}, other]
    found = judge(folder, *rows)
    assert [x.right for x in found] == [True, False] and not any(x.lettered for x in found)
    assert all(x.panels and 0.5 < x.confidence <= 1 for x in found)
    assert [x.right for x in judge(folder, *rows, held=True)] == [True]


def test_letters_are_looked_for_where_labels_are_letters_and_are_not_left_unread(folder: Path) -> None:
    words = {**LETTERED, "labels": ["left", "right"]}
    found = judge(folder, LETTERED, words)
    assert [x.lettered for x in found] == [True, False] and all(x.right for x in found)
    (unread,) = judge(folder, LETTERED, unread=True)
    assert not unread.lettered and unread.right and unread.confidence == found[1].confidence != found[0].confidence


def test_boxes_that_are_too_few_have_no_confidence(folder: Path) -> None:
    Image.effect_noise((400, 12), 60).convert("RGB").save(folder / "two.png")  # too low to be cut
    (found,) = judge(folder, PLAIN)
    assert found == Judged(False, True, 0.0, False)


def test_figures_without_panels_are_never_right_and_those_without_a_count_are_skipped(folder: Path) -> None:
    nothing, unasked = {**PLAIN, "boxes": []}, {"image": "two.png", "boxes": BOXES}
    (found,) = judge(folder, nothing, unasked)
    assert not found.panels and not found.right and found.confidence > 0.5


def test_shares_are_of_figures_with_panels_and_of_all_of_a_group() -> None:
    lines = report(
        [
            Judged(True, True, 0.9, True),
            Judged(True, True, 0.6, False),  # a confidence that is the threshold counts
            Judged(True, True, 0.2, True),
            Judged(True, True, 0.0, False),  # not cut, so no layout
            Judged(False, False, 0.95, False),
        ]
    )
    assert lines[0] == "letters sought: 4 figures; of layouts, mean confidence 0.567, right 0.667"
    assert lines[9] == "no letters sought: 1 figures; of layouts, mean confidence 0.950, right 0.000"
    low, high = share_interval([1.0, 0.0, 0.0, 0.0])
    right = f"right 0.250 ({low:.2f} to {high:.2f})"
    assert lines[1:9] == [
        *(f"  from {t}: {right}, wrong 0.250 ({low:.2f} to {high:.2f})" for t in ("0.50", "0.55", "0.60")),
        *(f"  from {t}: {right}, wrong 0.000 (0.00 to 0.00)" for t in ("0.65", "0.70", "0.75", "0.80", "0.90")),
    ]
    assert lines[10] == "  from 0.50: right 0.000 (0.00 to 0.00), wrong 1.000 (1.00 to 1.00)" and len(lines) == 18


def test_boxes_of_drawn_figures_end_at_their_ink() -> None:
    canvas = np.full((200, 400, 3), 255, np.uint8)
    canvas[40:100, 30:120] = 0
    figure = Compound(Image.fromarray(canvas), (LEFT, RIGHT), ())
    assert inked(figure) == [Box(30, 40, 90, 60), Box(210, 10, 180, 180)]  # the second one has none


def sources(folder: Path, terms: str, labels: str) -> tuple[Path, Path]:
    """Write a layout of two panels with these labels, and a table of one picture with these terms."""
    (folder / "SOURCES.tsv").write_text(f"file\tkind\tterms\ntwo.png\tmicroscopy\t{terms}\n")
    rows = ["set\tfigure\tx0\ty0\tx1\ty1\tlabel\tlx0\tly0\tlx1\tly1"]
    for label, (x0, y0, x1, y1) in zip(labels, (LEFT, RIGHT), strict=True):
        rows.append(f"s\tf\t{x0}\t{y0}\t{x1}\t{y1}\t{label}\t{x0 + 5}\t{y0 + 5}\t{x0 + 20}\t{y0 + 22}")
    layouts = folder / "layouts.tsv.gz"
    layouts.write_bytes(gzip.compress("\n".join(rows).encode()))
    return layouts, folder


def test_drawn_figures_have_a_letter_for_each_panel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "_GENERATED", 1)
    found = list(drawn(*sources(folder, "research", "AB"), folder, figures=3, seed=0))
    assert len(found) == 3 and all(x.panels and x.lettered for x in found) and any(x.right for x in found)


@pytest.mark.parametrize(
    ("terms", "labels", "why"), [("open", "AB", "no picture that is not open"), ("research", "AA", "too few layouts")]
)
def test_drawing_ends_where_no_figure_can_be_judged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, terms: str, labels: str, why: str
) -> None:
    monkeypatch.setattr(calibration, "_GENERATED", 1)
    monkeypatch.setattr(calibration, "_TRIES", 2)
    with pytest.raises(GoldError, match=why):
        list(drawn(*sources(folder, terms, labels), folder, figures=2, seed=0))


def test_held_figures_are_not_judged_unread(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["calibration", "set", "--images", ".", "--held", "--unread"])
    with pytest.raises(SystemExit):
        main()
    assert "not allowed with argument" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--held"], "are of `set`"),
        (["--unread"], "are of `set`"),
        (["--figures", "0"], "0 is no number of figures"),
        (["--figures", "-3"], "-3 is no number of figures"),
    ],
)
def test_options_that_drawing_does_not_have_end_with_one_line(
    given: list[str], why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing = ["calibration", "drawn", "--images", ".", "--layouts", "l.tsv.gz", "--fonts", "."]
    monkeypatch.setattr(sys, "argv", [*drawing, *given])
    with pytest.raises(SystemExit):
        main()
    assert why in capsys.readouterr().err.splitlines()[-1]
