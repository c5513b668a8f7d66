"""Drawn figures and labelled ones, as the network of layouts learns from them."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from classifiers.panels.compounds import Layout, draw
from classifiers.panels.contents import Pictures, surrounded
from classifiers.panels.labelled_samples import turned, windows
from classifiers.panels.layout_samples import sample_of
from classifiers.panels.train_first import shape_table, thumbnails
from classifiers.panels.train_layouts import targets, varied
from pmcmine.panels.layout_view import GRID, LARGE, VIEW

ROW = Layout(((0, 0, 300, 200), (310, 0, 610, 200)), ("A", "B"), ((4, 4, 24, 28), (314, 4, 334, 28)))


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    return Pictures({}, 1, 0)


def test_a_drawn_figure_has_its_panels_and_letters_where_it_says(pictures: Pictures) -> None:
    r = random.Random(0)
    for _ in range(12):
        view, boxes, letters = sample_of(draw(r, ROW, pictures, [], 500))
        assert view.shape == (VIEW, VIEW) and len(boxes) == 2
        assert all(0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1 for x0, y0, x1, y1 in boxes)
        for x0, y0, x1, y1 in letters:
            inside = [a <= (x0 + x1) / 2 <= c and b <= (y0 + y1) / 2 <= d for a, b, c, d in boxes]
            assert sum(inside) == 1


def test_the_same_seed_draws_the_same_figure(pictures: Pictures) -> None:
    one, other = (sample_of(draw(random.Random(5), ROW, pictures, [], 500)) for _ in range(2))
    assert np.array_equal(one[0], other[0]) and one[1:] == other[1:]


def test_shapes_that_are_read_as_letters_are_learned_from(pictures: Pictures) -> None:
    x, y = shape_table(lambda r, side: draw(r, ROW, pictures, [], side), 3, 0)
    assert len(x) == len(y) > y.sum() > 0
    patches = np.zeros((2, 2, 32, 32), np.float32)
    patches[1, 0, :4, :4] = 1
    assert thumbnails(patches)[1].nonzero()[0].tolist() == [0] and not thumbnails(patches)[0].any()


def test_what_surrounds_a_figure_does_not_cover_it() -> None:
    r, font = random.Random(2), ImageFont.load_default(12)
    for _ in range(40):
        image = Image.new("RGB", (300, 200), "red")
        out, down = surrounded(r, image, [(0, 0, 300, 200)], font)
        assert np.array_equal(np.asarray(out)[down : down + 200, :300], np.asarray(image))


def test_each_position_belongs_to_the_smallest_panel_around_it() -> None:
    boxes = np.array([(0, 0, 1, 1), (0.5, 0.5, 0.75, 0.75)], np.float32)
    box, counts = targets(boxes)
    inner, outer = (GRID * 5 // 8, GRID * 5 // 8), (2, 2)
    assert box[(slice(None), *inner)].tolist() == boxes[1].tolist()
    assert box[(slice(None), *outer)].tolist() == boxes[0].tolist()
    assert counts[inner] > counts[outer] > 0
    assert targets(np.array([(0, 0, 0.5, 1)], np.float32))[1][:, -1].max() == 0


def test_varied_views_keep_their_size_and_lose_letters() -> None:
    rng, view = np.random.default_rng(0), np.full((VIEW, VIEW), 128, np.uint8)
    found = [varied(rng, view, [(0.1, 0.1, 0.2, 0.2)] * 4) for _ in range(60)]
    assert {x.shape for x, _ in found} == {view.shape}
    assert {0, 4} <= {len(letters) for _, letters in found}


def test_parts_of_a_labelled_figure_cut_no_panel() -> None:
    boxes = [(0, 0, 90, 90), (100, 0, 200, 90), (0, 100, 200, 200)]
    found = windows(boxes, 200, 200)
    assert found[0] == ((0, 0, 200, 200), [0, 1, 2])
    assert [names for _, names in found] == [[0, 1, 2], [0, 1]]
    (x0, y0, x1, y1), _ = found[1]
    assert (x0, y0, x1) == (0, 0, 200) and 90 <= y1 <= 100


def test_only_open_figures_are_learned_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from classifiers.panels import labelled_samples

    for name in ("a.png", "b.png"):
        Image.new("RGB", (200, 100), "white").save(tmp_path / name)
    (tmp_path / "SOURCES.tsv").write_text("file\tterms\na.png\topen\nb.png\tresearch\n")
    rows = [
        f'{{"image": "{n}", "boxes": [[0, 0, 90, 100], [110, 0, 90, 100]], "labels": ["A", "B"]}}'
        for n in ("a.png", "b.png")
    ]
    rows.append(rows[0].replace('"labels"', '"held": true, "labels"'))  # is for evaluation
    (tmp_path / "l.jsonl").write_text("\n".join(rows))
    out = tmp_path / "real.npz"
    labelled_samples.run([tmp_path / "l.jsonl"], [tmp_path], tmp_path, out)
    with np.load(out) as table:
        assert len(table["views"]) == 1 and table["views"].shape[1:] == (VIEW, VIEW)
    labelled_samples.run([tmp_path / "l.jsonl"], [tmp_path], tmp_path, out, LARGE)
    with np.load(out) as table:
        assert table["views"].shape[1:] == (LARGE, LARGE)
    labelled_samples.run([tmp_path / "l.jsonl"], [tmp_path], tmp_path, out, turn=True)
    with np.load(out) as table:
        assert len(table["views"]) == 4


def test_boxes_turn_with_their_view() -> None:
    view = np.zeros((8, 8), np.uint8)
    view[2:4, 1:5] = 1
    found = list(turned(view, [[(0.125, 0.25, 0.625, 0.5)], []]))
    assert len(found) == 4 and len({tuple(boxes[0]) for _, boxes in found}) == 4
    for seen, (((left, top, right, bottom),), letters) in found:
        rows, columns = seen.any(1).nonzero()[0], seen.any(0).nonzero()[0]
        assert (columns[0] / 8, rows[0] / 8, (columns[-1] + 1) / 8, (rows[-1] + 1) / 8) == (left, top, right, bottom)
        assert not letters


def test_figures_of_many_panels_can_be_drawn_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifiers.panels import samples

    trio = Layout((*ROW.boxes, (620, 0, 920, 200)), ("A", "B", "C"), (None, None, None))
    monkeypatch.setattr(samples, "read_layouts", lambda _: [ROW, trio])
    monkeypatch.setattr(samples, "open_pictures", lambda _: {})
    monkeypatch.setattr(samples, "Pictures", lambda files, generated, seed: Pictures({}, 1, seed))
    draw_many = samples.drawer(tmp_path, tmp_path, tmp_path, 0.0, 0, least=3)
    r = random.Random(0)
    assert all(len(draw_many(r, 400).boxes) == 3 for _ in range(6))
