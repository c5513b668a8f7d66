"""Fingerprints of pictures: copies are found, others are not."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from PIL import Image

from pmcmine.demo.pictures import draw
from pmcmine.duplicates.evaluate import copies, found_images
from pmcmine.images import fingerprint as pictures
from pmcmine.images.check import grey_or_rgb

_KINDS = (("bars",), ("micrograph", "bars"), ("radiograph",), ("lines",), ("gel", "bars", "lines"), ("micrograph",))


def _views(image: Image.Image) -> list[pictures.View]:
    return pictures.views(grey_or_rgb(image).convert("L"))


@pytest.fixture(scope="module")
def drawn() -> list[Image.Image]:
    return [draw(kinds, seed) for seed in range(4) for kinds in _KINDS]


def test_copies_are_found(drawn: list[Image.Image]) -> None:
    rng = random.Random(1)
    missed, made = [], 0
    for n, image in enumerate(drawn):
        original = _views(image)
        for how, copy in copies(image, rng):
            made += 1
            if not found_images([original, _views(copy)]):
                missed.append((n, how))
    assert len(missed) <= 0.03 * made, missed


def test_other_pictures_of_the_same_kind_are_no_copies(drawn: list[Image.Image]) -> None:
    assert found_images([_views(i) for i in drawn]) == {}
    seen = [_views(draw(("bars",), seed)) for seed in range(8)]
    assert max(pictures.similarity(a, b) for a, b in combinations(seen, 2)) < pictures.NEAR


def test_views_travel_as_bytes(drawn: list[Image.Image]) -> None:
    seen = _views(drawn[1])
    again = pictures.unpack(pictures.pack(seen))
    assert [v.bits for v in again] == [v.bits for v in seen]
    assert pictures.tables(again) == pictures.tables(seen) and pictures.similarity(seen, again) == 1.0


@pytest.mark.parametrize("size", [(40, 33), (33, 4000), (2000, 40)])
def test_odd_shapes_have_views_or_none(size: tuple[int, int]) -> None:
    noise = Image.effect_noise(size, 60)
    assert all(v.miniature.shape == (pictures.SIDE, pictures.SIDE) for v in _views(noise))
    assert _views(Image.new("L", size, 7)) == []
