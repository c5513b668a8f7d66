"""Pictures of the kinds that papers hold, drawn from a seed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_INK: Final = ("#1b4965", "#ca6702", "#2a9d8f", "#9b2226", "#6a4c93")


def _micrograph(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    field = rng.normal(222, 6, (height, width, 3))
    field[..., 1] -= 22
    image = Image.fromarray(field.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, r = int(rng.integers(0, width)), int(rng.integers(0, height)), int(rng.integers(4, 12))
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(120 + r * 3, 70, 150), outline=(80, 40, 110))
    return image


def _radiograph(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    cx, cy = width / 2 + rng.integers(-20, 20), height / 2
    wide, tall = rng.uniform(0.28, 0.44), rng.uniform(0.36, 0.52)
    body = 200 * np.exp(-((((x - cx) / (width * wide)) ** 2 + ((y - cy) / (height * tall)) ** 2) ** 2))
    ribs = 18 * np.sin(y / height * rng.uniform(28, 60) + np.abs(x - cx) / width * rng.uniform(3, 12))
    for _ in range(6):  # patients differ: shadows of lungs, heart, nodules
        u, v = cx + rng.uniform(-0.3, 0.3) * width, cy + rng.uniform(-0.3, 0.3) * height
        a, b = rng.uniform(0.03, 0.16) * width, rng.uniform(0.05, 0.3) * height
        body += rng.uniform(-110, 70) * np.exp(-(((x - u) / a) ** 2 + ((y - v) / b) ** 2))
    return Image.fromarray((body + ribs + rng.normal(0, 4, body.shape)).clip(0, 255).astype(np.uint8))


def _axes(draw: ImageDraw.ImageDraw, width: int, height: int) -> tuple[int, int, int, int]:
    box = (int(width * 0.14), int(height * 0.1), int(width * 0.95), int(height * 0.86))
    draw.line((box[0], box[1], box[0], box[3], box[2], box[3]), fill="black", width=2)
    draw.text((box[0] - 24, box[1]), "100", fill="black")
    draw.text((box[0], box[3] + 4), "control   low   high", fill="black")
    return box


def _bars(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = _axes(draw, width, height)
    step = (right - left) / 5
    for i in range(5):
        x = left + i * step + step * 0.2
        draw.rectangle((x, bottom - rng.uniform(0.2, 0.95) * (bottom - top), x + step * 0.6, bottom), fill=_INK[i])
    return image


def _lines(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = _axes(draw, width, height)
    for colour in _INK[:3]:
        level = np.cumsum(rng.normal(0, 1, 40))
        level = (level - level.min()) / max(float(np.ptp(level)), 1e-6)
        points = [(left + i / 39 * (right - left), bottom - v * (bottom - top)) for i, v in enumerate(level.tolist())]
        draw.line(points, fill=colour, width=3)
    return image


def _gel(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    image = Image.new("L", (width, height), 205)
    draw = ImageDraw.Draw(image)
    lanes = 8
    for lane in range(lanes):
        x = int((lane + 0.5) * width / lanes)
        for _ in range(int(rng.integers(2, 6))):
            y = int(rng.integers(int(height * 0.1), int(height * 0.9)))
            draw.rectangle((x - width // 24, y, x + width // 24, y + 6), fill=int(rng.integers(20, 120)))
    return image


KINDS: Final[dict[str, Callable[[np.random.Generator, int, int], Image.Image]]] = {
    "micrograph": _micrograph,
    "radiograph": _radiograph,
    "bars": _bars,
    "lines": _lines,
    "gel": _gel,
}


def draw(kinds: tuple[str, ...], seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Draw one picture, or a compound figure with lettered panels for several kinds."""
    rng = np.random.default_rng(seed)
    if len(kinds) == 1:
        return KINDS[kinds[0]](rng, *size)
    columns = 2
    rows = -(-len(kinds) // columns)
    canvas = Image.new("RGB", (columns * (size[0] + 16), rows * (size[1] + 16)), "white")
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(24)
    for i, kind in enumerate(kinds):
        x, y = (i % columns) * (size[0] + 16) + 8, (i // columns) * (size[1] + 16) + 8
        canvas.paste(KINDS[kind](rng, *size).convert("RGB"), (x, y))
        pen.rectangle((x, y, x + 26, y + 28), fill="white")
        pen.text((x + 5, y), "ABCDEFGH"[i], fill="black", font=font)
    return canvas


def encode(image: Image.Image, form: str) -> bytes:
    """Encode the bytes of an image as JPEG, PNG, TIFF, GIF, or one of the odd forms that papers hold."""
    out = io.BytesIO()
    options: dict[str, Any] = {}
    if form == "cmyk":
        image, form, options = image.convert("CMYK"), "JPEG", {"quality": 85}
    elif form == "rotated":
        exif = Image.Exif()
        exif[0x0112] = 6
        image, form, options = image.convert("RGB"), "JPEG", {"quality": 85, "exif": exif}
    elif form == "png16":
        deep = np.asarray(image.convert("L")).astype(np.uint16) * 257
        image, form = Image.fromarray(deep), "PNG"
    elif form == "JPEG":
        image = image.convert("RGB" if image.mode != "L" else "L")
        options = {"quality": 85}
    elif form == "GIF":
        image = image.convert("P")
    image.save(out, form, **options)
    return out.getvalue()
