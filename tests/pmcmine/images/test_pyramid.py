"""Views of a picture: sizes, what is shared, what pixels they have."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pmcmine.images.check import check_image
from pmcmine.images.pyramid import SIDES, Pyramid
from pmcmine.rejects import Reason, Rejected


def picture(width: int, height: int) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, (x + y) / 2], -1).astype(np.uint8))


@pytest.mark.parametrize(
    ("size", "sides"),
    [
        ((700, 300), (700, 512, 256)),  # never enlarged
        ((100, 90), (100, 100, 100)),
        ((1400, 700), (700, 512, 256)),  # halves: sharp enough
        ((900, 2), (768, 512, 256)),  # halves would be 450
        ((300, 1601), (768, 512, 256)),
        ((1536, 1536), (768, 512, 256)),
    ],
)
def test_sides_are_bounded_and_shapes_keep_their_proportion(size: tuple[int, int], sides: tuple[int, ...]) -> None:
    pyramid = Pyramid.of(picture(*size))
    for side, longer in zip(SIDES, sides, strict=True):
        height, width, bands = pyramid.rgb(side).shape
        assert (max(height, width), bands) == (longer, 3)
        assert abs(height - longer * size[1] / max(size)) <= 1 and abs(width - longer * size[0] / max(size)) <= 1
        assert pyramid.grey(side).shape == (height, width)


def test_each_view_is_made_once_and_nobody_changes_it() -> None:
    pyramid = Pyramid.of(picture(1000, 800))
    for view in (pyramid.rgb, pyramid.grey):
        for side in SIDES:
            assert view(side) is view(side)
            with pytest.raises(ValueError, match="read-only"):
                view(side)[0, 0] = 0
    with pytest.raises(ValueError, match="a view of 300 pixels; the sides are 768, 512, 256"):
        pyramid.rgb(300)


@pytest.mark.parametrize("size", [(800, 600), (1400, 900), (2500, 400), (5000, 3000)])
def test_views_show_the_picture(size: tuple[int, int]) -> None:
    image = picture(*size)
    pyramid = Pyramid.of(image)
    for side in SIDES:
        rgb = pyramid.rgb(side)
        expected = np.asarray(image.resize((rgb.shape[1], rgb.shape[0]), Image.Resampling.BOX), np.int16)
        assert np.abs(rgb.astype(np.int16) - expected).max() <= 3
        assert np.abs(pyramid.grey(side) - expected @ [0.299, 0.587, 0.114]).max() <= 3


@pytest.mark.parametrize("size", [(1350, 862), (1351, 863), (1203, 2), (3, 1300), (1250, 1)])
@pytest.mark.parametrize("shared", [True, False])
def test_halves_are_those_of_pillow(size: tuple[int, int], shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8))
    if not shared:  # as with older versions of Pillow
        monkeypatch.delattr(Image.Image, "__arrow_c_array__", raising=False)
    for image in (noise, noise.convert("L")):
        pyramid = Pyramid.of(image)
        assert np.array_equal(pyramid.rgb(768), np.asarray(image.reduce(2).convert("RGB")))
        assert np.array_equal(pyramid.grey(768), np.asarray(image.convert("L").reduce(2)))


def test_an_image_that_shares_memory_with_an_array_is_reduced() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (700, 1400), np.uint8)
    image = Image.fromarray(grey)  # without a copy; Arrow would take Pillow's memory, of which there is none
    assert np.array_equal(Pyramid.of(image).grey(768), np.asarray(Image.fromarray(grey.copy()).reduce(2)))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16", "CMYK"])
def test_one_pixel_that_differs_is_seen_though_the_sample_is_blank(mode: str) -> None:
    def file(dot: bool) -> bytes:
        pixels = np.full((300, 400), 255, np.uint8)
        pixels[201, 333] = 255 - 255 * dot
        image = Image.fromarray(pixels)
        image = Image.fromarray(pixels.astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
        out = io.BytesIO()
        image.save(out, "TIFF" if mode == "CMYK" else "PNG")
        return out.getvalue()

    assert check_image(file(dot=True), max_pixels=10**6, min_side=16, pyramid=True).view is not None
    with pytest.raises(Rejected) as caught:
        check_image(file(dot=False), max_pixels=10**6, min_side=16)
    assert caught.value.reason is Reason.IMAGE_BLANK


def test_finer_grey_levels_are_kept_where_the_picture_has_more_pixels_than_the_base() -> None:
    assert Pyramid.of(picture(700, 300)).fine() is None
    for size, longer in (((900, 600), 900), ((1600, 20), 1600), ((4000, 50), 1334)):
        fine = Pyramid.of(picture(*size)).fine()
        assert fine is not None and fine.ndim == 2 and max(fine.shape) == longer
