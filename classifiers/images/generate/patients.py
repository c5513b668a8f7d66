"""Painters of clinical photographs: limbs with sores, operations, mouths, lesions through a dermatoscope."""

from __future__ import annotations

import random
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from classifiers.images.generate.marks import Size, coloured_image, noise, unit_grid
from classifiers.images.generate.sketches import blob

_SKIN: Final = ((236, 190, 165), (222, 165, 140), (205, 150, 120), (150, 100, 75), (110, 74, 54), (245, 205, 190))


def patient(r: random.Random, size: Size) -> Image.Image:
    """Draw a limb with a sore before cloth, an open body with instruments, a mouth, a lesion through a dermatoscope."""
    big = (size[0] * 2, size[1] * 2)
    kind = r.choice(["limb", "limb", "operation", "mouth", "lesion"])
    image = {"limb": _limb, "operation": _operation, "mouth": _mouth, "lesion": _lesion}[kind](r, big)
    if r.random() < 0.12:
        image = image.convert("L").convert("RGB")
    return image.resize(size, Image.Resampling.LANCZOS)


def _lit(r: random.Random, size: Size, tone: tuple[int, int, int], soft: int = 140) -> Image.Image:
    light = 0.7 + 0.4 * noise(r, size, soft) + 0.06 * noise(r, size, 6)
    return Image.fromarray(np.clip(np.array(tone) * light[..., None], 0, 255).astype(np.uint8))


def _limb(r: random.Random, size: Size) -> Image.Image:
    w, h = size
    image = _lit(
        r, size, r.choice([(200, 215, 225), (90, 120, 150), (225, 225, 220), (60, 60, 65), (150, 170, 150)]), 60
    )
    mask = Image.new("L", size)
    d = ImageDraw.Draw(mask)
    lean = r.uniform(-0.2, 0.2) * w
    d.line([(w * 0.5 + lean, -h * 0.1), (w * 0.5, h * 0.5)], 255, int(w * r.uniform(0.3, 0.5)))
    d.polygon(blob(r, (w * 0.5, h * 0.6), (w * r.uniform(0.2, 0.32), h * r.uniform(0.25, 0.4)), 0.2), 255)
    for i in range(r.choice([0, 5])):
        x, y, q = w * (0.32 + 0.09 * i), h * (0.9 - 0.02 * i), w * 0.05
        d.ellipse((x - q, y - q * 1.6, x + q, y + q * 1.6), 255)
    image.paste(_lit(r, size, r.choice(_SKIN)), mask=mask.filter(ImageFilter.GaussianBlur(3)))
    for tone, s in (((200, 90, 80), 0.16), (r.choice([(140, 20, 25), (70, 40, 25), (210, 180, 90)]), 0.1)):
        sore = Image.new("L", size)
        ImageDraw.Draw(sore).polygon(
            blob(r, (w * r.uniform(0.45, 0.55), h * r.uniform(0.5, 0.65)), (w * s, h * s * 0.8), 0.5), 220
        )
        image.paste(_lit(r, size, tone, 20), mask=sore.filter(ImageFilter.GaussianBlur(4)))
    return image


def _operation(r: random.Random, size: Size) -> Image.Image:
    """Draw red wet tissue with highlights and instruments; some in a round view."""
    w, h = size
    grain = 0.5 * noise(r, size, 70) + 0.3 * noise(r, size, 20) + 0.2 * noise(r, size, 7)
    image = coloured_image(grain, (70, 8, 8), r.choice([(235, 130, 110), (230, 170, 150), (240, 190, 120)]))
    shine = Image.fromarray(((noise(r, size, 12) > 0.86) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2))
    image.paste(Image.new("RGB", size, (255, 245, 240)), mask=shine)
    d = ImageDraw.Draw(image)
    for _ in range(r.randint(0, 3)):
        x = r.choice([0, w])
        end = (w * r.uniform(0.35, 0.65), h * r.uniform(0.35, 0.65))
        start = (x, h * r.random())
        for k, shade in ((r.randint(18, 44), (110, 115, 120)), (9, (215, 218, 222))):
            d.line([start, end], shade, k)
    if r.random() < 0.35:
        x2, y2 = unit_grid(size)
        image = Image.fromarray((np.asarray(image) * (np.hypot(x2, y2 * h / w) < 0.85)[..., None]).astype(np.uint8))
    return image


def _mouth(r: random.Random, size: Size) -> Image.Image:
    w, h = size
    image = _lit(r, size, r.choice(_SKIN))
    d = ImageDraw.Draw(image)
    d.polygon(blob(r, (w / 2, h / 2), (w * 0.42, h * 0.38), 0.1), (190, 90, 90))
    d.polygon(blob(r, (w / 2, h / 2), (w * 0.34, h * 0.28), 0.1), r.choice([(60, 10, 15), (150, 50, 55)]))
    for row, y in ((8, h * 0.36), (8, h * 0.56)):
        for i in range(row) if r.random() < 0.8 else []:
            x, q = w * (0.2 + 0.6 * i / row), w * 0.07
            d.rounded_rectangle((x, y, x + q, y + h * 0.14), 10, (240, 232, 210), (200, 180, 150))
    for _ in range(r.randint(0, 12)):
        x, y, q = w * r.uniform(0.2, 0.8), h * r.uniform(0.3, 0.7), r.uniform(5, 22)
        d.ellipse((x - q, y - q, x + q, y + q), r.choice([(245, 240, 220), (200, 20, 30)]))
    return image.filter(ImageFilter.GaussianBlur(3))


def _lesion(r: random.Random, size: Size) -> Image.Image:
    w, h = size
    image = _lit(r, size, r.choice([(225, 170, 170), (230, 190, 185), (215, 160, 190), (235, 200, 170)]))
    shape = Image.new("L", size)
    ImageDraw.Draw(shape).polygon(
        blob(r, (w / 2, h / 2), (w * r.uniform(0.15, 0.4), h * r.uniform(0.15, 0.4)), 0.5), 230
    )
    net = Image.fromarray((np.asarray(shape) * (0.5 + 0.5 * (noise(r, size, 9) > 0.45))).astype(np.uint8))
    image.paste(
        _lit(r, size, r.choice([(110, 65, 45), (150, 80, 70), (70, 40, 35)]), 30),
        mask=net.filter(ImageFilter.GaussianBlur(5)),
    )
    d = ImageDraw.Draw(image)
    for _ in range(r.choice([0, 0, 12])):
        x, y = r.uniform(0, w), r.uniform(0, h)
        d.line([(x, y), (x + r.uniform(-200, 200), y + r.uniform(-200, 200))], (40, 25, 20), 3)
    if r.random() < 0.25:
        x2, y2 = unit_grid(size)
        image = Image.fromarray((np.asarray(image) * (np.hypot(x2, y2) < 1.1)[..., None]).astype(np.uint8))
    return image
