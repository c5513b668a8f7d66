"""Pictures as a camera, a scanner or a microscope takes them, drawn from a seed: no patient, no specimen."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_Plane = NDArray[np.float64]
_BAND_HEIGHTS: Final = (0.12, 0.24, 0.35, 0.5, 0.63, 0.78, 0.9)  # of a gel, from the top


def _grid(width: int, height: int) -> tuple[_Plane, _Plane]:
    """Return x and y, each from −1 to 1."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return x, y


def _cloud(rng: np.random.Generator, width: int, height: int, coarse: int) -> _Plane:
    """Return smooth noise of mean 0 and deviation 1, with spots of `coarse` pixels."""
    small = rng.normal(0, 1, (height // coarse + 3, width // coarse + 3)).astype(np.float32)
    large = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    values = np.asarray(large, dtype=np.float64)
    level: _Plane = (values - values.mean()) / max(float(values.std()), 1e-6)
    return level


def _ellipse(
    x: _Plane, y: _Plane, centre: tuple[float, float], axes: tuple[float, float], soft: float = 0.08
) -> _Plane:
    """Return 1 inside of an ellipse and 0 outside, with a soft border."""
    r = np.hypot((x - centre[0]) / axes[0], (y - centre[1]) / axes[1])
    inside: _Plane = np.clip((1 - r) / soft + 0.5, 0, 1)
    return inside


def _shown(rng: np.random.Generator, values: _Plane, size: tuple[int, int], noise: float) -> Image.Image:
    """Return the picture of values drawn at half of its size, which takes a quarter of the time, with grain."""
    large = Image.fromarray(values.clip(0, 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = rng.normal(0, noise, (size[1], size[0]) + (1,) * (values.ndim - 2)).astype(np.float32)
    return Image.fromarray((np.asarray(large, dtype=np.float32) + grain).clip(0, 255).astype(np.uint8))


def _scale_bar(image: Image.Image, colour: str, words: str) -> Image.Image:
    width, height = image.size
    pen = ImageDraw.Draw(image)
    x, y = int(width * 0.76), int(height * 0.93)
    pen.rectangle((x, y, x + int(width * 0.18), y + 4), fill=colour)
    pen.text((x + 8, y - 20), words, fill=colour, font=ImageFont.load_default(14))
    return image


def micrograph(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw tissue in haematoxylin and eosin: stroma, lumens, nuclei."""
    full = (width, height)
    width, height = width // 2, height // 2
    x, y = _grid(width, height)
    fibres = _cloud(rng, width, height, 24) + 0.7 * np.sin(
        rng.uniform(20, 50) * (x * rng.uniform(-1, 1) + y + 0.1 * _cloud(rng, width, height, 60))
    )
    tissue = np.stack([226 + 7 * fibres, 168 + 16 * fibres, 198 + 9 * fibres], axis=-1)
    lumens = np.zeros_like(x)
    for _ in range(int(rng.integers(2, 7))):
        radius = rng.uniform(0.08, 0.28)
        place = (rng.uniform(-1, 1), rng.uniform(-1, 1))
        lumens = np.maximum(lumens, _ellipse(x, y, place, (radius, radius * rng.uniform(0.6, 1.6))))
    tissue = tissue * (1 - lumens[..., None]) + 243 * lumens[..., None]
    image = _shown(rng, tissue, full, 4)
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(180, 420))):
        u, v = int(rng.integers(0, full[0])), int(rng.integers(0, full[1]))
        if lumens[min(v // 2, height - 1), min(u // 2, width - 1)] > 0.2:
            continue
        a, b = rng.uniform(2.5, 6), rng.uniform(2, 4.5)
        dark = int(rng.integers(0, 50))
        pen.ellipse((u - a, v - b, u + a, v + b), fill=(86 + dark, 52 + dark, 124 + dark), outline=(70, 40, 104))
    return _scale_bar(image.filter(ImageFilter.GaussianBlur(0.8)), "black", "0.1 mm")


def fluorescence(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw cells with blue nuclei and green bodies on black."""
    full = (width, height)
    width, height = width // 2, height // 2
    x, y = _grid(width, height)
    green, blue = np.zeros_like(x), np.zeros_like(x)
    for _ in range(int(rng.integers(10, 24))):
        place, wide = (rng.uniform(-1, 1), rng.uniform(-1, 1)), rng.uniform(0.05, 0.13)
        tall = wide * rng.uniform(1.0, 1.8)
        green = np.maximum(green, rng.uniform(0.4, 1) * _ellipse(x, y, place, (wide * 1.7, tall * 1.7), 0.7))
        blue = np.maximum(blue, rng.uniform(0.6, 1) * _ellipse(x, y, place, (wide * 0.7, tall * 0.7), 0.35))
    green *= 1 + 0.25 * _cloud(rng, width, height, 4)
    field = np.stack([12 * np.ones_like(x), 200 * green * (1 - 0.8 * blue), 40 * green + 230 * blue], axis=-1)
    return _scale_bar(_shown(rng, field, full, 5), "white", "0.02 mm")


def radiograph(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a chest from the front: lungs, heart, spine, ribs, and shadows that differ by patient."""
    full = (width, height)
    width, height = width // 2, height // 2
    x, y = _grid(width, height)
    lean, wide = rng.uniform(-0.12, 0.12), rng.uniform(0.85, 1.05)
    x = (x - lean) / wide
    body = 150 * _ellipse(x, y, (0, 0.25), (0.92, 1.25), 0.25)
    for side in (-1, 1):
        lung = _ellipse(
            x,
            y,
            (side * rng.uniform(0.36, 0.44), rng.uniform(-0.05, 0.12)),
            (rng.uniform(0.24, 0.33), rng.uniform(0.6, 0.78)),
            0.3,
        )
        body -= rng.uniform(85, 115) * lung
        body += 55 * np.exp(-(((y + 0.72 + 0.25 * np.abs(x)) / 0.05) ** 2)) * (np.abs(x) < 0.75)  # clavicles
    ribs = np.sin((y + 0.55 * x * x) * rng.uniform(19, 26)) * (np.abs(x) > 0.1) * (np.abs(x) < 0.78)
    body += 14 * np.clip(ribs, 0, 1)
    body += 70 * np.exp(-((x / 0.09) ** 2)) + 90 * _ellipse(
        x, y, (rng.uniform(0.05, 0.18), 0.32), (rng.uniform(0.22, 0.36), 0.33), 0.4
    )
    body += 80 * np.clip((y - rng.uniform(0.58, 0.72) - 0.25 * x * x) * 6, 0, 1)
    for _ in range(6):
        u, v = rng.uniform(-0.6, 0.6), rng.uniform(-0.7, 0.7)
        body += rng.uniform(-70, 70) * np.exp(
            -(((x - u) / rng.uniform(0.05, 0.3)) ** 2 + ((y - v) / rng.uniform(0.06, 0.4)) ** 2)
        )
    return _shown(rng, body + 5 * _cloud(rng, width, height, 6) + 18, full, 4)


def ct(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw an axial slice of an abdomen: fat, muscle, liver, spine, vessels, bowel with gas."""
    full = (width, height)
    width, height = width // 2, height // 2
    x, y = _grid(width, height)
    x = x * width / height
    wide, tall = rng.uniform(0.95, 1.1), rng.uniform(0.68, 0.82)
    image = 60 * _ellipse(x, y, (0, 0), (wide, tall), 0.03) + 55 * _ellipse(
        x, y, (0, 0), (wide * 0.9, tall * 0.86), 0.05
    )
    image += rng.uniform(35, 60) * _ellipse(x, y, (-0.42, -0.1), (rng.uniform(0.4, 0.5), rng.uniform(0.36, 0.46)), 0.08)
    image += 45 * _ellipse(x, y, (0.55, 0.02), (rng.uniform(0.15, 0.24), 0.2), 0.12)
    image += 130 * _ellipse(x, y, (0, 0.42), (0.14, 0.13), 0.25) - 60 * _ellipse(x, y, (0, 0.56), (0.06, 0.05), 0.3)
    image += 90 * _ellipse(x, y, (rng.uniform(0.02, 0.1), 0.22), (0.07, 0.07), 0.3)
    for _ in range(int(rng.integers(3, 8))):
        u, v, radius = rng.uniform(-0.3, 0.6), rng.uniform(-0.5, 0.2), rng.uniform(0.05, 0.15)
        image += rng.uniform(-110, 50) * _ellipse(x, y, (u, v), (radius, radius * rng.uniform(0.6, 1.4)), 0.3)
    inside = _ellipse(x, y, (0, 0), (wide, tall), 0.03)
    return _shown(rng, image + inside * 5 * _cloud(rng, width, height, 3), full, 4)


def mri(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw an axial slice of a head: scalp, brain with folds, ventricles, a lesion."""
    full = (width, height)
    width, height = width // 2, height // 2
    x, y = _grid(width, height)
    x = x * width / height
    wide, tall = rng.uniform(0.66, 0.78), rng.uniform(0.84, 0.94)
    scalp = _ellipse(x, y, (0, 0), (wide, tall), 0.04) - _ellipse(x, y, (0, 0), (wide * 0.94, tall * 0.95), 0.04)
    brain = _ellipse(x, y, (0, 0), (wide * 0.86, tall * 0.88), 0.04)
    folds = np.clip(_cloud(rng, width, height, 5), -1.4, 1.4) * _ellipse(x, y, (0, 0), (wide * 0.9, tall * 0.92), 0.9)
    image = 210 * scalp + brain * (112 + 20 * np.hypot(x / wide, y / tall) + 16 * folds)
    image -= 70 * brain * np.exp(-((x / 0.015) ** 2))
    for side in (-1, 1):
        image -= 80 * _ellipse(
            x,
            y,
            (side * rng.uniform(0.1, 0.16), rng.uniform(-0.1, 0.08)),
            (rng.uniform(0.05, 0.1), rng.uniform(0.2, 0.34)),
            0.3,
        )
    spot = (rng.uniform(-0.4, 0.4), rng.uniform(-0.5, 0.5))
    radius = rng.uniform(0.06, 0.18)
    image += rng.uniform(40, 90) * _ellipse(x, y, spot, (radius, radius * rng.uniform(0.7, 1.3)), 0.4)
    return _shown(rng, image, full, 4)


def gel(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a blot: a ladder, and lanes whose bands differ in strength."""
    full = (width, height)
    width, height = width // 2, height // 2
    x, y = _grid(width, height)
    image = 214 + 5 * _cloud(rng, width, height, 80)
    lanes = int(rng.integers(6, 10))
    heights = rng.choice(_BAND_HEIGHTS, size=int(rng.integers(2, 5)), replace=False) * 2 - 1
    for lane in range(lanes):
        centre, half = (lane + 0.5) / lanes * 2 - 1, 0.7 / lanes
        across = np.clip((half - np.abs(x[0] - centre)) / (0.25 * half), 0, 1)
        for level in np.array(_BAND_HEIGHTS) * 2 - 1 if lane == 0 else heights:
            thick = rng.uniform(0.016, 0.04) if lane else 0.014
            down = np.exp(-(((y[:, 0] - level - rng.normal(0, 0.012)) / thick) ** 2))
            image -= (90 if lane == 0 else rng.uniform(15, 185)) * np.outer(down, across)
    return _shown(rng, image, full, 3)
