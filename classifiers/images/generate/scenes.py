"""Painters of what cameras see: tissue and cells, plates and organisms."""

from __future__ import annotations

import math
import random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from classifiers.images.generate.marks import Size, coloured_image, noise, numpy_rng, random_word, unit_grid
from classifiers.images.generate.sketches import blob

_GLOW: Final = (
    (40, 60, 240),
    (30, 220, 60),
    (240, 40, 40),
    (220, 220, 50),
    (230, 60, 230),
    (60, 220, 220),
    (255, 150, 40),
)
_STAINS: Final = (  # ground, nuclei, a part that is marked
    ((236, 238, 244), (110, 140, 200), (110, 60, 25)),  # brown and blue
    ((244, 240, 236), (130, 150, 190), (150, 85, 40)),
    ((246, 226, 238), (90, 50, 130), (225, 130, 170)),  # purple and pink
    ((250, 240, 246), (130, 60, 150), (240, 160, 190)),
    ((235, 215, 225), (70, 50, 120), (200, 80, 120)),
    ((226, 238, 214), (60, 90, 120), (80, 150, 90)),
)


def tissue(r: random.Random, size: Size) -> Image.Image:
    """Draw stained cells, glowing ones, smears, and electron micrographs, grey or in false colours; some with words beside."""
    big = (size[0] * 2, size[1] * 2)
    kind = r.choice(["stained", "stained", "glowing", "glowing", "neuron", "smear", "scanned", "sections"])
    painter = {
        "stained": _stained, "glowing": _glowing, "neuron": _neuron, "smear": _smear, "scanned": _scanned, "sections": _sections,
    }[kind]  # fmt: skip
    image = painter(r, big)
    if r.random() < 0.25:  # a margin at the side, with words and lines
        image = image.resize((int(big[0] * 0.8), big[1]))
        page = Image.new("RGB", big, "white")
        page.paste(image, (0, 0) if r.random() < 0.7 else (big[0] - image.width, 0))
        d = ImageDraw.Draw(page)
        for _ in range(r.randint(1, 4)):
            y = r.uniform(0.05, 0.9) * big[1]
            d.text((big[0] * 0.83, y), random_word(r), "black", font_size=20)
            d.line((big[0] * 0.82, y + 10, big[0] * r.uniform(0.3, 0.7), r.uniform(0.2, 0.8) * big[1]), "black", 2)
        image = page
    d = ImageDraw.Draw(image)
    if r.random() < 0.5:
        x, ink = big[0] * 0.72, r.choice(["white", "black"])
        d.rectangle((x, big[1] * 0.92, x + big[0] * r.uniform(0.06, 0.2), big[1] * 0.935), ink)
        if r.random() < 0.6:
            d.text(
                (x, big[1] * 0.85),
                f"{r.choice([1, 2, 5, 10, 20, 50, 100, 200])} {r.choice(['µm', 'nm', 'µm'])}",
                ink,
                font_size=22,
            )
    if r.random() < 0.2:
        d.text((8, 6), r.choice("ABCDEabcde"), r.choice(["white", "black", "yellow"]), font_size=40)
    return image.resize(size, Image.Resampling.LANCZOS)


def _spots(r: random.Random, size: Size, apart: float) -> list[tuple[float, float]]:
    """Return places about `apart` pixels from each other."""
    w, h = size
    return [(x + r.uniform(-0.4, 0.4) * apart, y + r.uniform(-0.4, 0.4) * apart)
            for x in np.arange(0, w, apart) for y in np.arange(0, h, apart)]  # fmt: skip


def _stained(r: random.Random, size: Size) -> Image.Image:
    ground, nuclei, marked = r.choice(_STAINS)
    w, h = size
    grain = 0.6 * noise(r, size, r.choice([10, 30, 60])) + 0.25 * noise(r, size, 6) + 0.15 * numpy_rng(r).random((h, w))
    image = coloured_image(grain * r.uniform(0.8, 1.3), marked if r.random() < 0.5 else ground, ground)
    d = ImageDraw.Draw(image)
    apart = r.uniform(16, 60)
    holes = noise(r, size, r.choice([60, 120])) > r.uniform(0.55, 1)
    for x, y in _spots(r, size, apart):
        if not (0 <= x < w and 0 <= y < h) or holes[int(y), int(x)]:
            continue
        s = apart * r.uniform(0.18, 0.42)
        base = marked if r.random() < 0.25 else nuclei
        shade = tuple(int(np.clip(c + r.randint(-25, 25), 0, 255)) for c in base)
        d.polygon(blob(r, (x, y), (s, s * r.uniform(0.5, 1)), 0.2, 16), shade, tuple(int(c * 0.8) for c in shade))
    if r.random() < 0.6:
        lumen = Image.fromarray((holes * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2))
        image.paste(Image.new("RGB", size, (245, 243, 245)), mask=lumen)
    return image.filter(ImageFilter.GaussianBlur(r.uniform(0.8, 2)))


def _glowing(r: random.Random, size: Size) -> Image.Image:
    """Draw few or many cells that glow in one to three colours."""
    w, h = size
    plane = np.zeros((h, w, 3))
    apart = r.choice([50, 90, 160, 300])
    spots = _spots(r, size, apart)
    for ink in r.sample(_GLOW, r.randint(1, 3)):
        layer = Image.new("L", size)
        d = ImageDraw.Draw(layer)
        shape = r.choice(["nucleus", "body", "dots"])
        for x, y in (
            spots if shape != "dots" else [(r.uniform(0, w), r.uniform(0, h)) for _ in range(r.randint(40, 300))]
        ):
            if shape == "dots":
                s = r.uniform(1, 5)
                d.ellipse((x - s, y - s, x + s, y + s), r.randint(80, 255))
            elif r.random() < 0.7:
                s = apart * (0.25 if shape == "nucleus" else 0.5) * r.uniform(0.7, 1.2)
                d.polygon(blob(r, (x, y), (s, s * r.uniform(0.6, 1)), 0.3, 24), r.randint(70, 255))
        glow = np.asarray(layer.filter(ImageFilter.GaussianBlur(r.uniform(1, 8))), float) / 255
        glow *= 0.5 + noise(r, size, r.choice([6, 14, 30]))
        plane = np.maximum(plane, glow[..., None] * np.array(ink))
    plane += r.uniform(0, 25) + numpy_rng(r).random((h, w, 1)) * r.uniform(0, 25)
    return Image.fromarray(np.clip(plane, 0, 255).astype(np.uint8))


def _neuron(r: random.Random, size: Size) -> Image.Image:
    """Draw cells with branches that glow."""
    w, h = size
    image = Image.new("RGB", size, (r.randint(0, 20),) * 3)
    d = ImageDraw.Draw(image)
    for _ in range(r.randint(1, 5)):
        x, y = r.uniform(0.2, 0.8) * w, r.uniform(0.2, 0.8) * h
        ink = r.choice(_GLOW)
        d.polygon(blob(r, (x, y), (w * 0.05, h * 0.06), 0.4), ink)
        for _ in range(r.randint(3, 7)):
            px, py, a, width = x, y, r.uniform(0, 6.3), r.randint(3, 9)
            for _ in range(r.randint(8, 30)):
                a += r.uniform(-0.4, 0.4)
                nx, ny = px + 0.025 * w * math.cos(a), py + 0.025 * w * math.sin(a)
                d.line([(px, py), (nx, ny)], ink, max(width, 2))
                px, py, width = nx, ny, width - (r.random() < 0.2)
    for _ in range(r.randint(0, 400)):
        x, y = r.uniform(0, w), r.uniform(0, h)
        d.ellipse((x, y, x + 4, y + 4), r.choice(_GLOW[:4]))
    return image.filter(ImageFilter.GaussianBlur(r.uniform(1, 3)))


def _smear(r: random.Random, size: Size) -> Image.Image:
    """Draw blood cells, rods or chains of cocci on a light ground; some in a round field."""
    w, h = size
    ground = r.choice([(250, 235, 225), (235, 240, 250), (252, 222, 235), (245, 245, 235), (190, 210, 240)])
    image = coloured_image(noise(r, size, 90) * 0.5 + 0.5, tuple(c - 25 for c in ground), ground)  # type: ignore[arg-type]
    d = ImageDraw.Draw(image)
    ink = r.choice([(200, 40, 90), (110, 40, 140), (60, 40, 130), (225, 150, 150), (210, 120, 130)])
    what, s = r.choice(["cells", "rods", "chains", "chromosomes"]), r.uniform(6, 30)
    for _ in range(r.randint(15, 160)):
        x, y, a = r.uniform(0, w), r.uniform(0, h), r.uniform(0, 6.3)
        if what == "cells":
            d.ellipse((x - s, y - s, x + s, y + s), ink, tuple(int(c * 0.8) for c in ink))
            d.ellipse((x - s * 0.4, y - s * 0.4, x + s * 0.4, y + s * 0.4), ground if ink[1] > 100 else ink)
        elif what == "chains":
            for k in range(r.randint(1, 9)):
                cx, cy = x + k * s * math.cos(a), y + k * s * math.sin(a)
                d.ellipse((cx - s / 2, cy - s / 2, cx + s / 2, cy + s / 2), ink)
                a += r.uniform(-0.5, 0.5)
        else:
            bend = [(x + k * s * math.cos(a + k * r.uniform(-0.2, 0.2)), y + k * s * math.sin(a)) for k in range(3)]
            d.line(bend, ink, int(s * 0.4) + 2, joint="curve")
    image = image.filter(ImageFilter.GaussianBlur(1.5))
    if r.random() < 0.25:
        x2, y2 = unit_grid(size)
        rgb = np.asarray(image) * (np.hypot(x2, y2) < 0.95)[..., None]
        image = Image.fromarray(rgb.astype(np.uint8))
    return image


def _relief(r: random.Random, size: Size, coarse: int) -> NDArray[np.float64]:
    """Return a surface lit from the side, as a scanning electron microscope shows it."""
    height = 0.7 * noise(r, size, coarse) + 0.25 * noise(r, size, max(coarse // 3, 4)) + 0.05 * noise(r, size, 4)
    slope = np.gradient(height)[1] * coarse
    found: NDArray[np.float64] = np.clip(0.45 + slope * r.uniform(0.4, 0.9) + height * 0.2, 0, 1)
    return found


def _scanned(r: random.Random, size: Size) -> Image.Image:
    """Draw a scanning electron micrograph: a surface with grains, rods or hairs, grey or in false colours."""
    w, h = size
    plane = _relief(r, size, r.choice([14, 40, 90]))
    tint = r.random() < 0.45
    image = coloured_image(
        plane,
        (10, 20, 40) if tint else (0, 0, 0),
        r.choice([(120, 160, 190), (190, 190, 90), (200, 170, 150)]) if tint else (245, 245, 245),
    )
    d = ImageDraw.Draw(image)
    ink = r.choice([(200, 50, 60), (220, 180, 60), (80, 180, 90), (210, 90, 160)]) if tint else (190, 190, 190)
    rods = r.random() < 0.5
    for _ in range(r.randint(0, 90)):
        x, y, a, s = r.uniform(0, w), r.uniform(0, h), r.uniform(0, 6.3), r.uniform(8, 34)
        for k in range(6):
            q, shade = s * (1 - k / 7), tuple(int(c * (0.5 + 0.5 * k / 6)) for c in ink)
            if rods:
                d.line([(x, y), (x + 3 * s * math.cos(a), y + 3 * s * math.sin(a))], shade, max(int(q), 1))
            else:
                d.ellipse((x - q, y - q, x + q, y + q), shade)
    if r.random() < 0.4:
        d.rectangle((0, h * 0.93, w, h), "black")
        d.text(
            (10, h * 0.935),
            f"{r.randint(5, 30)} kV  x{r.randint(1, 50)},000  {r.randint(1, 20)} µm",
            "white",
            font_size=int(h * 0.04) + 8,
        )
    return image


def _sections(r: random.Random, size: Size) -> Image.Image:
    """Draw a transmission electron micrograph: grey organelles with dark membranes."""
    w, h = size
    image = coloured_image(
        noise(r, size, 8) * 0.35 + numpy_rng(r).random((h, w)) * 0.2 + 0.4, (60, 60, 60), (235, 235, 235)
    )
    d = ImageDraw.Draw(image)
    for _ in range(r.randint(3, 22)):
        x, y, s = r.uniform(0, w), r.uniform(0, h), r.uniform(0.03, 0.22) * w
        curve = blob(r, (x, y), (s, s * r.uniform(0.4, 1)), 0.3)
        d.polygon(curve, (r.randint(90, 220),) * 3)
        d.line([*curve, curve[0]], (r.randint(10, 70),) * 3, r.choice([2, 4, 7]), joint="curve")
        for _ in range(r.randint(0, 7)):
            d.line([(x + r.uniform(-0.6, 0.6) * s, y + r.uniform(-0.4, 0.4) * s) for _ in range(3)], (60, 60, 60), 3)
    rough = np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)), float) + numpy_rng(r).normal(0, 14, (h, w, 1))
    return Image.fromarray(np.clip(rough, 0, 255).astype(np.uint8))


def specimen(r: random.Random, size: Size) -> Image.Image:
    """Draw plates with colonies, wells, things on a plain ground, and scenery."""
    big = (size[0] * 2, size[1] * 2)
    kind = r.choice(["plate", "plate", "wells", "thing", "thing", "scenery"])
    image = {"plate": _plate, "wells": _wells, "thing": _thing, "scenery": _scenery}[kind](r, big)
    return image.resize(size, Image.Resampling.LANCZOS)


def _plate(r: random.Random, size: Size) -> Image.Image:
    w, h = size
    back = r.choice(["white", "black", "#303030", "#c0b8a8"])
    image = Image.new("RGB", size, back)
    d = ImageDraw.Draw(image)
    s, agar = (
        min(w, h) * r.uniform(0.44, 0.75),
        r.choice([(200, 30, 30), (225, 205, 160), (240, 150, 110), (120, 140, 100), (230, 225, 190), (245, 170, 60)]),
    )
    for k in range(4):
        q = s - k * s * 0.02
        d.ellipse(
            (w / 2 - q, h / 2 - q, w / 2 + q, h / 2 + q), tuple(min(int(c * (0.75 + 0.08 * k)), 255) for c in agar)
        )
    ink = r.choice([(245, 240, 220), (250, 250, 250), (200, 60, 130), (60, 130, 130), (230, 200, 90), (140, 40, 40)])
    for _ in range(r.randint(4, 220)):
        a, far, q = r.uniform(0, 6.3), s * math.sqrt(r.random()) * 0.88, r.choice([2, 4, 9, 22]) * r.uniform(0.7, 1.3)
        x, y = w / 2 + far * math.cos(a), h / 2 + far * math.sin(a)
        d.ellipse((x - q, y - q, x + q, y + q), ink)
    for _ in range(r.choice([0, 0, 3])):
        d.line(
            [(w / 2 + r.uniform(-0.6, 0.6) * s, h / 2 + r.uniform(-0.6, 0.6) * s) for _ in range(9)],
            ink,
            9,
            joint="curve",
        )
    return image.filter(ImageFilter.GaussianBlur(2))


def _wells(r: random.Random, size: Size) -> Image.Image:
    w, h = size
    image = coloured_image(
        noise(r, size, 80),
        r.choice([(150, 160, 190), (30, 30, 40), (220, 220, 225)]),
        r.choice([(200, 205, 220), (60, 60, 80), (240, 240, 240)]),
    )
    d = ImageDraw.Draw(image)
    columns, tones = (
        r.choice([3, 6, 12]),
        r.sample([(60, 90, 200), (220, 220, 230), (230, 180, 60), (200, 60, 90), (30, 40, 110), (140, 90, 60)], 2),
    )
    step = w / (columns + 1)
    for i in range(columns):
        for j in range(max(int(h / step) - 1, 1)):
            x, y, q = step * (i + 1), step * (j + 1), step * 0.42
            d.ellipse(
                (x - q, y - q, x + q, y + q), tones[int(r.random() < i / columns)], r.choice(["black", "#555555"]), 3
            )
    return image.filter(ImageFilter.GaussianBlur(2))


def _thing(r: random.Random, size: Size) -> Image.Image:
    """Draw seeds, fish, instruments or stones on a plain ground, with shadows and sometimes a ruler."""
    w, h = size
    back = r.choice([(255, 255, 255), (10, 10, 10), (30, 60, 130), (180, 180, 175), (90, 120, 90), (225, 215, 200)])
    image = coloured_image(noise(r, size, 120) * 0.4 + 0.6, tuple(int(c * 0.85) for c in back), back)  # type: ignore[arg-type]
    n, tone = (
        r.choice([1, 1, 3, 12]),
        r.choice([(190, 160, 90), (120, 90, 60), (150, 150, 155), (90, 130, 60), (200, 90, 60), (110, 130, 150)]),
    )
    for _ in range(n):
        at = (w / 2, h / 2) if n == 1 else (r.uniform(0.1, 0.9) * w, r.uniform(0.1, 0.9) * h)
        reach = (0.36 if n == 1 else 0.1) * r.uniform(0.7, 1.1)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon(blob(r, at, (w * reach, h * reach * r.uniform(0.35, 1)), 0.4), 255)
        lit = np.clip(0.5 + 0.8 * noise(r, size, 50) * noise(r, size, 8) + 0.3 * noise(r, size, 14), 0, 1.4)
        image.paste(
            Image.fromarray(np.clip(np.array(tone) * lit[..., None] * 1.1, 0, 255).astype(np.uint8)),
            mask=mask.filter(ImageFilter.GaussianBlur(1)),
        )
    if r.random() < 0.25:
        d = ImageDraw.Draw(image)
        d.rectangle((w * 0.1, h * 0.88, w * 0.9, h * 0.97), "white", "black")
        for i in range(40):
            d.line((w * (0.1 + 0.02 * i), h * 0.88, w * (0.1 + 0.02 * i), h * (0.91 + 0.02 * (i % 5 == 0))), "black", 2)
    return image


def _scenery(r: random.Random, size: Size) -> Image.Image:
    """Draw ground, walls, leaves or rocks out of many scales of noise."""
    w, h = size
    grain = sum(noise(r, size, k) * s for k, s in ((200, 0.35), (60, 0.3), (18, 0.25), (5, 0.2)))
    low, high = r.choice(
        [
            ((20, 40, 10), (170, 190, 90)),
            ((50, 40, 30), (220, 200, 170)),
            ((20, 40, 70), (200, 220, 235)),
            ((30, 30, 30), (230, 230, 230)),
        ]
    )
    image = coloured_image(np.asarray(grain), low, high)
    d = ImageDraw.Draw(image)
    for _ in range(r.choice([0, 60, 300])):
        x, y, a, s = r.uniform(0, w), r.uniform(0, h), r.uniform(0, 6.3), r.uniform(10, 70)
        d.line(
            [(x, y), (x + s * math.cos(a), y + s * math.sin(a))],
            tuple(int(np.clip(c + r.randint(-60, 60), 0, 255)) for c in high),
            r.randint(1, 8),
        )
    return image
