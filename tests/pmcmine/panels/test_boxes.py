"""Boxes of panels: grids, stitched photographs, single charts, the order of letters, and the table."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from classifiers.images import generate
from classifiers.images.generate import charts
from pmcmine.images.opencv import opencv
from pmcmine.panels.boxes import panel_boxes
from pmcmine.panels.evaluate import figure_is_right
from pmcmine.panels.evidence import Evidence
from pmcmine.panels.geometry import Box, iou
from pmcmine.panels.letters import Letter
from pmcmine.panels.trimming import trimmed
from tests.helpers import rows
from tests.test_cli import call

PHOTOS = ("microscopy", "xray", "clinical_photo", "other", "gel", "map")


def grid(r: random.Random, counts: list[int], gap: int, ground: str = "white") -> tuple[Image.Image, list[Box]]:
    """Photographs in rows of so many, with a gap between them."""
    width, height, y = 900, 220, gap
    image = Image.new("RGB", (width, (height + gap) * len(counts) + gap), ground)
    boxes = []
    for n in counts:
        w = (width - gap * (n + 1)) // n
        for i in range(n):
            x = gap + i * (w + gap)
            image.paste(generate.PAINTERS[r.choice(PHOTOS)](r, (w, height)), (x, y))
            boxes.append(Box(x, y, w, height))
        y += height + gap
    return image, boxes


@pytest.mark.parametrize(
    ("counts", "gap"),
    [
        *(([2], 6), ([3], 24), ([2, 2], 6), ([2, 2], 24), ([3, 3], 24)),
        *(([1, 2], 6), ([2, 3], 6), ([2, 3], 24), ([4, 4, 4], 6), ([1, 1, 1], 24)),
    ],
)
def test_photographs_in_rows(counts: list[int], gap: int) -> None:
    right = 0
    for seed in range(4):
        image, gold = grid(random.Random(seed), counts, gap)
        right += figure_is_right(gold, panel_boxes(np.asarray(image), len(gold)))
    assert right >= 3


def test_a_single_chart_is_not_cut_into_its_axes() -> None:
    r = random.Random(1)
    whole = [panel_boxes(np.asarray(charts.chart(r, (700, 500)))) for _ in range(20)]
    assert sum(len(found) == 1 for found in whole) >= 18


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 120), st.integers(1, 120), st.integers(1, 12), st.integers(0, 2))
def test_boxes_lie_inside_of_any_image(width: int, height: int, wanted: int, seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    for box in panel_boxes(rgb, wanted):
        assert box.x >= 0 and box.y >= 0 and box.width > 0 and box.height > 0
        assert box.x + box.width <= width and box.y + box.height <= height and 0 <= box.confidence <= 1


@pytest.mark.parametrize("order", ["ABCD", "ACBD", "DBCA"])
def test_boxes_come_in_the_order_of_the_letters_that_are_read(order: str) -> None:
    canvas = np.full((600, 600, 3), 255, np.uint8)
    gold = {}
    cv2 = opencv()
    for letter, (x, y) in zip(order, [(20, 20), (320, 20), (20, 320), (320, 320)], strict=True):
        cv2.rectangle(canvas, (x, y), (x + 260, y + 260), (120, 120, 120), 2)
        cv2.putText(canvas, letter, (x + 14, y + 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
        gold[letter] = Box(x, y, 260, 260)
    found = panel_boxes(canvas, 4, list("ABCD"))
    assert all(iou(gold[letter], box) > 0.9 for letter, box in zip("ABCD", found, strict=True))


def test_letters_choose_the_layout() -> None:
    """Three strips or three columns would do; the letters stand in the corners of one of the two."""
    cv2 = opencv()
    for across in (False, True):
        canvas = np.full((600, 600, 3), 255, np.uint8)
        gold = []
        for i in range(3):
            for j in range(3):
                cv2.rectangle(canvas, (10 + 200 * i, 10 + 200 * j), (190 + 200 * i, 190 + 200 * j), (90, 90, 90), -1)
            x, y = (10 + 200 * i, 10) if across else (10, 10 + 200 * i)
            gold.append(Box(x, y, 181, 581) if across else Box(x, y, 581, 181))
            cv2.rectangle(canvas, (x + 2, y + 2), (x + 34, y + 40), (255, 255, 255), -1)
            cv2.putText(canvas, "ABC"[i], (x + 6, y + 34), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
        found = panel_boxes(canvas, 3, list("ABC"))
        assert len(found) == 3 and all(iou(a, b) > 0.9 for a, b in zip(found, gold, strict=True))


def test_a_line_around_the_figure_and_a_key_below_it_belong_to_no_panel() -> None:
    cv2 = opencv()
    canvas = np.full((560, 700, 3), 255, np.uint8)
    gold = [Box(40, 60, 280, 300), Box(380, 60, 280, 300)]
    for letter, box in zip("AB", gold, strict=True):
        cv2.rectangle(canvas, (box.x, box.y), (box.x + 279, box.y + 299), (110, 110, 110), -1)
        cv2.rectangle(canvas, (box.x, box.y), (box.x + 44, box.y + 44), (255, 255, 255), -1)
        cv2.putText(canvas, letter, (box.x + 10, box.y + 36), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    cv2.rectangle(canvas, (420, 420), (600, 490), (60, 60, 60), -1)
    cv2.rectangle(canvas, (12, 12), (687, 547), (0, 0, 0), 2)
    found = panel_boxes(canvas, 2, ["A", "B"])
    assert all(iou(a, b) > 0.85 for a, b in zip(gold, found, strict=True))


def charts_with_letters(letters: dict[str, tuple[int, int]]) -> NDArray[np.uint8]:
    """Two charts, 20 to 320 and 330 to 630, over one word for both: axes, and numbers and a title to their left."""
    cv2, canvas = opencv(), np.full((300, 650), 255, np.uint8)
    for x in (20, 330):
        cv2.line(canvas, (x + 80, 60), (x + 80, 230), 0, 2)
        cv2.line(canvas, (x + 80, 230), (x + 300, 230), 0, 2)
        for i in range(3):
            cv2.rectangle(canvas, (x + 110 + 65 * i, 100 + 20 * i), (x + 150 + 65 * i, 230), 90, -1)
        canvas[100:200, x : x + 12] = np.random.default_rng(x).integers(0, 2, (100, 12)).astype(np.uint8) * 255
        for i in range(4):
            cv2.putText(canvas, "50", (x + 40, 75 + 50 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1)
    cv2.putText(canvas, "Treatments", (235, 275), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    for letter, (x, y) in letters.items():
        cv2.putText(canvas, letter, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 3)
    return canvas


def test_letters_over_the_axes_of_charts_are_as_far_from_each_begin() -> None:
    view = charts_with_letters({"A": (92, 40), "B": (402, 40)})
    first, second = panel_boxes(view, 2, "AB")
    assert abs(first.x + first.width - 325) < 15 and abs(second.x - 325) < 15


@pytest.mark.parametrize("title", [True, False])
def test_a_title_above_the_letter_of_one_panel_is_cut_off_and_its_chart_is_not(title: bool) -> None:
    canvas = np.full((400, 600), 255, np.uint8)
    cv2 = opencv()
    for x in (10, 310):
        canvas[80:380, x : x + 270] = 120
        if title:
            canvas[80:110, x : x + 30] = 255  # a letter in the corner, else inside of the picture
    cells = [(0, 400, 0, 295), (0, 400, 295, 600)]
    if title:
        cv2.putText(canvas, "Figure 3", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 3)
    letters = [Letter(i, x, 84, 20, 22, 1.0) for i, x in ((0, 12), (1, 312))]
    tops = [top for top, *_ in trimmed(Evidence(canvas), cells, letters)]
    assert all(abs(top - 80) <= 3 for top in tops)


def test_a_page_number_left_of_a_panel_belongs_to_none() -> None:
    canvas = np.full((300, 700), 255, np.uint8)
    canvas[20:280, 100:380] = canvas[20:280, 400:680] = 120
    opencv().putText(canvas, "703", (2, 60), opencv().FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
    letters = [Letter(i, x, 22, 10, 12, 1.0) for i, x in ((0, 102), (1, 402))]
    found = trimmed(Evidence(canvas), [(0, 300, 0, 390), (0, 300, 390, 700)], letters)
    assert found[0][2] >= 95 and found[1][2] >= 390


@pytest.mark.parametrize(("wide", "belongs"), [(100, False), (270, True)])
def test_a_high_key_below_a_panel_is_narrower_than_the_panel(wide: int, belongs: bool) -> None:
    canvas = np.full((500, 600), 255, np.uint8)
    canvas[10:210, 10:280] = canvas[10:210, 310:580] = 120
    canvas[240:420, 10 : 10 + wide] = np.random.default_rng(1).integers(0, 2, (180, wide)).astype(np.uint8) * 255
    found = trimmed(Evidence(canvas), [(0, 500, 0, 295), (0, 500, 295, 600)])
    assert (found[0][1] >= 400) is belongs


def test_letters_that_are_too_small_are_read_from_finer_grey_levels() -> None:
    fine = np.full((1500, 1500), 255, np.uint8)
    cv2 = opencv()
    places = [(40, 40), (780, 40), (40, 780), (780, 780)]
    for letter, (x, y) in zip("DCBA", places, strict=True):
        cv2.rectangle(fine, (x, y), (x + 660, y + 660), 120, 3)
        cv2.putText(fine, letter, (x + 14, y + 30), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 2)
    base = np.asarray(Image.fromarray(fine).reduce(3))
    found = panel_boxes(base, 4, list("ABCD"), lambda: fine)
    assert all(abs(box.x * 3 - x) < 60 for box, (x, _) in zip(found, places[::-1], strict=True))
    assert all(abs(box.y * 3 - y) < 60 for box, (_, y) in zip(found, places[::-1], strict=True))


def test_intersection_over_union() -> None:
    assert iou(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1.0
    assert iou(Box(0, 0, 10, 10), Box(10, 0, 10, 10)) == 0.0
    assert iou(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)


def test_eval_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, gold = grid(random.Random(0), [2, 2], 20)
    image.save(tmp_path / "a.png")
    row = {"image": "a.png", "boxes": [[b.x, b.y, b.width, b.height] for b in gold], "n": 4}
    (tmp_path / "panels.jsonl").write_text(json.dumps(row) + "\n")
    code, out, err = call(capsys, "eval", "panels", "--gold", str(tmp_path), "--json")
    assert code == 0, err
    assert json.loads(out.splitlines()[-1])["figures_right"] == 1.0
    (tmp_path / "panels.jsonl").write_text(json.dumps({**row, "image": "../a.png"}) + "\n")
    code, _, err = call(capsys, "eval", "panels", "--gold", str(tmp_path))
    assert code == 2 and err.count("\n") == 1


def test_panels_of_a_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "source"
    source.mkdir()
    image, _ = grid(random.Random(3), [2], 20)
    ImageDraw.Draw(image).text((24, 24), "A", "white")
    image.save(source / "PMC78_g1.png")
    (source / "PMC78.xml").write_text(
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article"><front><article-meta>'
        '<article-id pub-id-type="pmcid">PMC78</article-id><title-group><article-title>T</article-title></title-group>'
        '<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>CC BY</license-p></license></permissions>'
        '</article-meta></front><body><sec><title>Results</title><p>Wild type (<xref ref-type="fig" rid="F1">Fig. 1A</xref>) and both '
        '(<xref ref-type="fig" rid="F1">Fig. 1A, B</xref>).</p><fig id="F1"><label>Figure 1</label><caption>'
        '<p>Tissue. (A) Wild type. (B) The mutant.</p></caption><graphic xlink:href="PMC78_g1.png"/></fig></sec></body></article>'
    )
    out = tmp_path / "out"
    code, _, err = call(capsys, "mine", "--source", str(source), "--out", str(out), "--vocab", "none", "-q")
    assert code == 0, err
    first, second = sorted(rows(out, "panels"), key=lambda r: r["ordinal"])
    assert [first["label"], second["label"]] == ["A", "B"]
    assert [first["text"], second["text"]] == ["Wild type", "The mutant"]
    assert [first["n_mentions"], second["n_mentions"]] == [2, 1]
    assert first["x"] < 40 and second["x"] > 400 and first["kinds"]
    assert sorted(m["panel_labels"] for m in rows(out, "mentions")) == [["A"], ["A", "B"]]


def test_a_cut_beside_a_letter_lies_where_pictures_that_touch_meet() -> None:
    canvas = np.full((120, 240), 255, np.uint8)
    canvas[4:116, 4:236] = 100
    canvas[4:28, 120:236] = 130  # so weak a step is no cut by itself
    cuts = Evidence(canvas).cuts((0, 120, 0, 240), 1, [118])
    assert 120 in cuts.start.tolist()
