"""Letters of panels that are read, and the networks' files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv
from pmcmine.panels import networks
from pmcmine.panels.letters import _components, find_bracketed, find_letters, find_shapes


def page(texts: dict[str, tuple[int, int]], size: int = 24) -> np.ndarray:
    image = Image.new("L", (600, 400), 255)
    for text, at in texts.items():
        ImageDraw.Draw(image).text(at, text, 0, font=ImageFont.load_default(size), stroke_width=1)
    return np.asarray(image)


def test_letters_are_found_where_they_stand() -> None:
    grey = page({"A": (10, 10), "B": (310, 10), "D": (10, 210), "population mean": (60, 120)})
    found = {x.label: x for x in find_letters(grey, list("ABCD"))}
    assert found.keys() == {0, 1, 3}
    assert abs(found[1].x - 310) < 8 and abs(found[3].y - 214) < 12


def test_light_letters_are_found_beside_dark_ones_and_alone() -> None:
    places = {"A": (10, 10), "B": (310, 10), "C": (10, 210), "D": (310, 210)}
    dark = page(places)
    assert {x.label for x in find_letters(255 - dark, list("ABCD"))} == {0, 1, 2, 3}
    mixed = dark.copy()
    mixed[200:, 300:] = 255 - dark[200:, 300:]
    assert {x.label for x in find_letters(mixed, list("ABCD"))} == {0, 1, 2, 3}


def test_most_shapes_are_told_at_a_glance_to_be_no_letters() -> None:
    image = Image.fromarray(page({"A": (10, 10), "B": (310, 10), "R": (10, 210)}))
    pen = ImageDraw.Draw(image)
    for k in range(60):  # marks of a plot
        x, y = 60 + 40 * (k % 12), 60 + 28 * (k // 12)
        pen.ellipse((x, y, x + 12, y + 12), fill=0 if k % 3 else None, outline=0)
    shapes = find_shapes(np.asarray(image))
    likely = networks.may_be_letters(shapes.patches)
    read = networks.read_letters(shapes.patches)[:, :-1].max(1) > 0.45
    assert likely[read].all() and read.sum() >= 2 and likely.sum() < 0.5 * len(likely)


def test_words_and_other_labels_are_no_letters() -> None:
    assert find_letters(page({"A bad cab": (10, 10), "Baa": (200, 200)}), list("BDEF")) == []
    assert find_letters(page({"1": (10, 10), "2": (310, 10)}), ["1", "2"]) == []
    assert find_letters(np.full((40, 40), 255, np.uint8), list("AB")) == []


def test_a_network_that_is_not_the_shipped_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "LETTERS", replace(networks.LETTERS, path=tmp_path / "letters.onnx"))
    with pytest.raises(PmcmineError, match=r"letters\.onnx: missing"):
        networks.read_letters(np.zeros((1, 2, 32, 32), np.float32))
    (tmp_path / "letters.onnx").write_bytes(b"other")
    with pytest.raises(PmcmineError, match="not the file that comes with pmcmine"):
        networks.read_letters(np.zeros((1, 2, 32, 32), np.float32))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(1, 40), st.floats(0.05, 0.95), st.integers(0, 9))
def test_shapes_have_the_places_and_sizes_that_opencv_finds(height: int, width: int, share: float, seed: int) -> None:
    mask = (np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8) * 255
    marked, left, top, wide, high, area = _components(mask)
    count, names, stats, _ = opencv().connectedComponentsWithStats(mask, connectivity=8)
    assert len(left) == count and marked.shape == mask.shape
    found = sorted(zip(left[1:], top[1:], wide[1:], high[1:], area[1:], strict=True))
    assert found == sorted(map(tuple, stats[1:].tolist()))
    assert np.array_equal(marked > 0, names > 0)
    for k in range(1, count):  # each name is the one of the shape whose box it has
        y, x = np.nonzero(marked == k)
        assert (x.min(), y.min(), len(x)) == (left[k], top[k], area[k])


@pytest.mark.parametrize("size", [13, 17])
def test_small_letters_in_brackets_are_read(size: int) -> None:
    image = Image.new("L", (600, 400), 255)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for text, at in {"(a)": (40, 20), "(b)": (340, 20), "(c)": (40, 220), "(d)": (340, 220)}.items():
        pen.text(at, text, 60, font=font)
    pen.text((120, 120), "a sad (bad) cab (cd) of f(xy)", 0, font=font)
    found = {x.label: x for x in find_letters(np.asarray(image), list("abcd"))}
    assert found.keys() == {0, 1, 2, 3}
    assert all(abs(found[k].y - (20, 20, 220, 220)[k]) < size for k in found)
    assert all(0 < found[k].x - (40, 340, 40, 340)[k] < size for k in found)


def test_a_shape_between_others_that_are_no_brackets_is_not_told_apart() -> None:
    image = Image.new("L", (200, 60), 255)
    pen = ImageDraw.Draw(image)
    pen.text((20, 20), "(a)", 0, font=ImageFont.load_default(18))
    assert len(find_bracketed(np.asarray(image)).boxes) == 1
    assert len(find_bracketed(np.ascontiguousarray(np.asarray(image)[:, ::-1])).boxes) == 1  # mirrored: still a pair
    pen.rectangle((0, 0, 200, 60), fill=255)
    for x in (20, 46):
        pen.line((x, 20, x, 38), 0, 3)
    pen.text((28, 20), "a", 0, font=ImageFont.load_default(18))
    assert len(find_bracketed(np.asarray(image)).boxes) == 0
