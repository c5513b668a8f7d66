"""Painters of maps: coloured areas, outlines in a frame with degrees, fields of a quantity, aerial pictures."""

from __future__ import annotations

import random
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from classifiers.images.generate.charts import map_ as outlines
from classifiers.images.generate.marks import Size, blurred, noise, numpy_rng, random_word

_WATER: Final = ("#ffffff", "#ffffff", "#aecbe8", "#d5e8f5")
_LAND: Final = ("#ffffff", "#eeeeee", "#f5eeda", "#d9d9d9", "#e3efd0")
_SCALES: Final = (
    ((0, 0, 140), (0, 160, 255), (90, 240, 130), (255, 220, 0), (200, 0, 0)),
    ((255, 255, 230), (250, 200, 120), (230, 90, 50), (120, 0, 30)),
    ((240, 250, 255), (120, 180, 220), (20, 60, 140)),
    ((120, 60, 10), (245, 245, 240), (10, 100, 90)),
)


def map_(r: random.Random, size: Size) -> Image.Image:
    """Draw one of the kinds of maps."""
    chosen = r.random()
    if chosen < 0.35:
        return outlines(r, size)
    if chosen < 0.85:
        return _framed(r, size)
    return _aerial(r, size)


def _framed(r: random.Random, size: Size) -> Image.Image:
    """Draw coasts as lines or areas, with a field over them in some, in a frame with degrees."""
    w, h = size
    image = Image.new("RGB", size, "white")
    left, top, right, bottom = 24, 10, w - r.choice([8, 40]), h - 22
    inner = (right - left, bottom - top)
    height = 0.6 * noise(r, inner, r.randint(24, 70)) + 0.3 * noise(r, inner, 14) + 0.1 * noise(r, inner, 5)
    land = height > np.quantile(height, r.uniform(0.3, 0.8))
    parts = np.where(land[..., None], _rgb(r.choice(_LAND)), _rgb(r.choice(_WATER))).astype(np.uint8)
    scale = np.array(r.choice(_SCALES), float)
    if r.random() < 0.5:
        v = noise(r, inner, r.randint(3, 40)) if r.random() < 0.5 else height
        field = np.stack([np.interp(v, np.linspace(0, 1, len(scale)), scale[:, i]) for i in range(3)], -1)
        parts = np.where((land | (r.random() < 0.5))[..., None], field, parts).astype(np.uint8)
    edge = (land[1:, 1:] != land[:-1, 1:]) | (land[1:, 1:] != land[1:, :-1])
    parts[1:, 1:][edge] = r.choice([(0, 0, 0), (0, 0, 0), (110, 110, 110)])
    image.paste(Image.fromarray(parts), (left, top))
    d = ImageDraw.Draw(image)
    d.rectangle((left, top, right, bottom), outline="black")
    for i in range(5):
        px, py = left + i * inner[0] // 5, top + i * inner[1] // 5
        d.text((px, bottom + 4), f"{20 * i}°{r.choice('EW')}", "black")
        d.text((1, py), f"{10 * i}°{r.choice('NS')}", "black")
        if r.random() < 0.4:
            d.line((px, top, px, bottom), "#999999")
    for _ in range(r.choice([0, 4, 15])):
        px, py = r.randint(left, right - 4), r.randint(top, bottom - 4)
        d.ellipse((px, py, px + 4, py + 4), r.choice(["red", "black", "blue"]))
        if r.random() < 0.4:
            d.text((px + 5, py), random_word(r), "black")
    if right < w - 20:
        for i in range(40):
            k = scale[min(i * len(scale) // 40, len(scale) - 1)].astype(int).tolist()
            d.rectangle(
                (right + 6, bottom - i * inner[1] // 40, right + 14, bottom - (i - 1) * inner[1] // 40), tuple(k)
            )
    return image


def _aerial(r: random.Random, size: Size) -> Image.Image:
    """Draw fields, woods and a river from above."""
    grain = 0.5 * noise(r, size, 22) + 0.3 * noise(r, size, 6) + 0.2 * numpy_rng(r).random(size[::-1])
    tone = blurred(grain)[..., None]
    picture = np.array([40, 60, 30]) * (1 - tone) + np.array(r.choice([(150, 160, 110), (180, 160, 130)])) * tone
    image = Image.fromarray(picture.astype(np.uint8))
    d = ImageDraw.Draw(image)
    for _ in range(r.randint(3, 14)):
        px, py = r.randint(0, size[0]), r.randint(0, size[1])
        d.line((px, py, px + r.randint(-150, 150), py + r.randint(-150, 150)), (200, 195, 180), 1)
    path = [(i * size[0] // 8, size[1] // 2 + r.randint(-30, 30)) for i in range(9)]
    d.line(path, (60, 90, 110), r.randint(3, 9), joint="curve")
    if r.random() < 0.6:
        d.rectangle((6, size[1] - 14, 60, size[1] - 10), "white", "black")
        d.text((8, 4), random_word(r), "white")
    return image


def _rgb(colour: str) -> tuple[int, int, int]:
    """Return the parts of a colour such as #aecbe8."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
