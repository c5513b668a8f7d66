"""Pictures of the kinds that papers hold, drawn from a seed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pmcmine.demo.plots import bars, lines
from pmcmine.demo.scenes import ct, fluorescence, gel, micrograph, mri, radiograph

KINDS: Final[dict[str, Callable[[np.random.Generator, int, int], Image.Image]]] = {
    "micrograph": micrograph,
    "fluorescence": fluorescence,
    "radiograph": radiograph,
    "ct": ct,
    "mri": mri,
    "bars": bars,
    "lines": lines,
    "gel": gel,
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
