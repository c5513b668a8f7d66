"""Generated pictures of each kind, to learn from where openly licensed ones are too few: line art, lanes, tissue, scans.

They are drawn, not copied: none stands for a patient. Each painter takes a random generator and a size and returns
RGB. Compounds put several of them into one picture.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Size = tuple[int, int]
Painter = Callable[[random.Random, Size], Image.Image]
_INK: Final = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#222222", "#777777", "#17becf", "#e377c2")
_WORDS: Final = "Control Treated Group Time Dose Study Total Ratio Cell Index Score Rate Mean Site Risk Day".split()


def _rng(r: random.Random) -> np.random.Generator:
    return np.random.default_rng(r.getrandbits(32))


def noise(r: random.Random, size: Size, coarse: int) -> NDArray[np.float64]:
    """Smooth noise from 0 to 1, height × width, whose grains are about `coarse` pixels."""
    w, h = size
    small = _rng(r).random((max(h // coarse, 2), max(w // coarse, 2)))
    image = Image.fromarray((small * 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image, np.float64) / 255


def _grey(values: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8)).convert("RGB")


def _coloured(values: NDArray[np.float64], low: tuple[int, int, int], high: tuple[int, int, int]) -> Image.Image:
    v = np.clip(values, 0, 1)[..., None]
    return Image.fromarray((np.array(low) * (1 - v) + np.array(high) * v).astype(np.uint8))


def _grid(size: Size) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y from -1 to 1."""
    w, h = size
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    return x, y


def _word(r: random.Random) -> str:
    return f"{r.choice(_WORDS)} {r.randint(1, 99)}" if r.random() < 0.5 else r.choice(_WORDS)


def chart(r: random.Random, size: Size) -> Image.Image:
    """Bars, lines, points, boxes, forest and survival plots, spectra."""
    w, h = size
    dark = r.random() < 0.06
    back, ink = ("black", "white") if dark else (r.choice(["white"] * 6 + ["#f4f4f4", "#eaf2f3"]), "black")
    image = Image.new("RGB", size, back)
    d = ImageDraw.Draw(image)
    left, bottom, top, right = w * 0.12, h * 0.86, h * r.uniform(0.05, 0.15), w * r.uniform(0.85, 0.97)
    d.line([left, top, left, bottom], ink)
    d.line([left, bottom, right, bottom], ink)
    for i in range(6):
        y = bottom - (bottom - top) * i / 5
        d.line([left - 3, y, left, y], ink)
        d.text((left - 24, y - 5), str(i * r.choice([1, 2, 20])), ink)
    inks = r.sample(_INK, 4) if r.random() < 0.65 else ["#222222", "#777777", "#aaaaaa", "#444444"]
    kind = r.choice(["bar", "line", "scatter", "box", "forest", "survival", "spectrum", "heat"])
    n = r.randint(3, 8)
    if kind == "bar":
        series = r.randint(1, 3)
        step = (right - left) / n
        for i in range(n):
            for s in range(series):
                x0 = left + step * (i + 0.15 + 0.7 * s / series)
                y0 = bottom - (bottom - top) * r.uniform(0.1, 0.9)
                d.rectangle([x0, y0, x0 + step * 0.65 / series, bottom], inks[s], ink)
                d.line([x0 + step * 0.3 / series, y0 - 8, x0 + step * 0.3 / series, y0], ink)
            d.text((left + step * i, bottom + 4), _word(r)[:7], ink)
    elif kind in ("line", "spectrum", "survival"):
        for s in range(r.randint(1, 4)):
            steps = 200 if kind == "spectrum" else n + 4
            level, points = r.uniform(0.2, 0.9), []
            for i in range(steps):
                if kind == "survival":
                    level -= r.uniform(0, 0.07)
                elif kind == "spectrum":
                    level = 0.05 + s * 0.2 + (r.uniform(0.3, 0.7) if r.random() < 0.04 else r.uniform(0, 0.02))
                else:
                    level = min(max(level + r.uniform(-0.15, 0.2), 0.02), 0.98)
                x, y = left + (right - left) * i / steps, bottom - (bottom - top) * max(level, 0.02)
                if kind == "survival" and points:
                    points.append((x, points[-1][1]))
                points.append((x, y))
            d.line(points, inks[s], 2 if kind != "spectrum" else 1)
            if kind == "line":
                for x, y in points:
                    d.ellipse([x - 3, y - 3, x + 3, y + 3], inks[s])
    elif kind == "scatter":
        for _ in range(r.randint(15, 120)):
            x, y = r.uniform(left, right), r.uniform(top, bottom)
            d.ellipse([x - 2, y - 2, x + 2, y + 2], r.choice(inks[:2]))
    elif kind == "box":
        for i in range(n):
            x = left + (right - left) * (i + 0.5) / n
            a, b = sorted((r.uniform(top, bottom), r.uniform(top, bottom)))
            d.line([x, a - 10, x, b + 10], ink)
            d.rectangle([x - 9, a, x + 9, b], inks[i % 4], ink)
    elif kind == "heat":
        m = r.randint(4, 12)
        for i in range(m):
            for j in range(m):
                v = int(r.random() * 255)
                cell = [left + (right - left) * i / m, top + (bottom - top) * j / m]
                d.rectangle([*cell, cell[0] + (right - left) / m, cell[1] + (bottom - top) / m], (v, 80, 255 - v))
    else:
        d.rectangle([0, 0, w, h], back)
        middle = w * r.uniform(0.5, 0.65)
        d.line([middle, 10, middle, h - 20], ink)
        rows = r.randint(4, 20)
        for i in range(rows):
            y = 20 + (h - 50) * i / rows
            d.text((6, y - 5), f"{_word(r)} (20{r.randint(10, 22)})", ink)
            d.text((w * 0.78, y - 5), f"{r.random():.2f} ({r.random():.2f}, {1 + r.random():.2f})", ink)
            x = middle + r.uniform(-0.1, 0.1) * w
            d.line([x - w * 0.05, y, x + w * 0.05, y], ink)
            d.rectangle([x - 3, y - 3, x + 3, y + 3], inks[0])
    if r.random() < 0.5:
        for s in range(r.randint(1, 4)):
            d.rectangle([right - 60, top + 12 * s, right - 52, top + 12 * s + 8], inks[s % 4])
            d.text((right - 48, top + 12 * s - 2), _word(r), ink)
    return image


def diagram(r: random.Random, size: Size) -> Image.Image:
    """Boxes or ellipses with words, joined by arrows; trees."""
    w, h = size
    image = Image.new("RGB", size, "white")
    d = ImageDraw.Draw(image)
    fill = r.choice(["white", "white", "white", "#dbe9f6", "#e6f4e1", "#fbe3d6", "#f9f0c9", "#5b9bd5"])
    if r.random() < 0.15:  # a tree
        leaves = r.randint(5, 18)
        ys = [h * (i + 0.7) / (leaves + 0.5) for i in range(leaves)]
        x = w * 0.6
        for y in ys:
            d.text((w * 0.62, y - 5), f"{_word(r)} {_word(r)}", "black")
        while len(ys) > 1:
            i = r.randrange(len(ys) - 1)
            x2 = max(x - w * 0.04, 4)
            d.line([x2, ys[i], x2, ys[i + 1]], "black")
            for y in ys[i : i + 2]:
                d.line([x2, y, w * 0.6 if len(ys) == leaves else x + 8, y], "black")
            ys[i : i + 2] = [(ys[i] + ys[i + 1]) / 2]
            x = x2
        return image
    rows, columns = r.randint(2, 6), r.randint(1, 3)
    bw, bh = w / columns * r.uniform(0.5, 0.8), h / rows * r.uniform(0.35, 0.65)
    centres = []
    for i in range(rows):
        for j in range(columns):
            if r.random() < 0.2 and centres:
                continue
            cx, cy = w * (j + 0.5) / columns, h * (i + 0.5) / rows
            box = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2]
            shade = fill if r.random() < 0.8 else r.choice(_INK)
            if r.random() < 0.8:
                d.rectangle(box, shade, "black")
            else:
                d.ellipse(box, shade, "black")
            for line in range(max(1, int(bh // 26))):
                d.text((cx - bw / 2 + 6, cy - bh / 2 + 4 + 11 * line), " ".join(_word(r) for _ in range(3)), "black")
            centres.append((cx, cy))
    for (x0, y0), (x1, y1) in pairwise(centres):
        d.line([x0, y0 + bh / 2, x1, y1 - bh / 2], "black", r.choice([1, 2]))
        d.polygon([(x1, y1 - bh / 2), (x1 - 4, y1 - bh / 2 - 7), (x1 + 4, y1 - bh / 2 - 7)], "black")
    return image


def gel(r: random.Random, size: Size) -> Image.Image:
    """Blots (dark bands on grey) and gels (bright bands on black)."""
    w, h = size
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    lanes, strips = r.randint(3, 12), r.randint(1, 5)
    bright = r.random() < 0.4
    plane = noise(r, size, 60) * 0.08 + (0.08 if bright else 0.78)
    for strip in range(strips):
        for lane in range(lanes):
            if r.random() < 0.12:
                continue
            cx, cy = w * (lane + 0.5) / lanes, h * (strip + r.uniform(0.4, 0.6)) / strips
            bw, bh = w / lanes * 0.36, max(h / strips * r.uniform(0.05, 0.13), 2)
            band = np.exp(-(((x - cx) / bw) ** 4) - ((y - cy) / bh) ** 2)
            plane += band * r.uniform(0.3, 0.9) * (1 if bright else -0.8)
    image = _grey(plane)
    if bright and r.random() < 0.2:
        image = _coloured(plane, (30, 0, 0), (255, 150, 60))
    d = ImageDraw.Draw(image)
    for strip in range(1, strips):
        d.rectangle([0, h * strip / strips - 4, w, h * strip / strips + 4], "white")
    if r.random() < 0.7:
        for strip in range(strips):
            d.rectangle([w * 0.86, h * strip / strips, w, h * (strip + 1) / strips], "white")
            d.text(
                (w * 0.87, h * (strip + 0.4) / strips), r.choice(["β-actin", "GAPDH", "AKT", "p-AKT", "Bax"]), "black"
            )
    return image


def microscopy(r: random.Random, size: Size) -> Image.Image:
    """Stained tissue, fluorescence, electron micrographs, cultures in bright field."""
    kind = r.choice(["stained", "stained", "fluorescence", "fluorescence", "electron", "bright field"])
    rng = _rng(r)
    w, h = size
    if kind == "electron":
        grain = noise(r, size, r.choice([6, 12, 24])) * 0.6 + rng.random((h, w)) * 0.25
        image = _grey(0.15 + np.abs(grain - 0.4) * 1.6)
    elif kind == "stained":
        low, high = r.choice([((150, 60, 150), (250, 225, 240)), ((90, 60, 140), (240, 200, 220)),
                              ((120, 80, 40), (225, 225, 240)), ((200, 90, 130), (252, 240, 246))])  # fmt: skip
        image = _coloured(noise(r, size, r.choice([8, 16, 30])) * 0.7 + rng.random((h, w)) * 0.3, low, high)
        d = ImageDraw.Draw(image)
        for _ in range(r.randint(60, 350)):
            cx, cy, radius = r.uniform(0, w), r.uniform(0, h), r.uniform(2, 6)
            shade = (r.randint(60, 110), r.randint(30, 70), r.randint(110, 160))
            d.ellipse([cx - radius, cy - radius * r.uniform(0.6, 1), cx + radius, cy + radius], shade)
        image = image.filter(ImageFilter.GaussianBlur(0.8))
    elif kind == "fluorescence":
        image = Image.new("RGB", size, (r.randint(0, 12),) * 3)
        d = ImageDraw.Draw(image)
        inks = r.sample([(40, 60, 230), (30, 210, 60), (230, 40, 40), (200, 200, 40), (180, 180, 180)], r.randint(1, 3))
        for _ in range(r.randint(12, 160)):
            cx, cy, radius = r.uniform(0, w), r.uniform(0, h), r.uniform(3, 16)
            glow = r.uniform(0.4, 1)
            shade = tuple(int(c * glow) for c in r.choice(inks))
            d.ellipse([cx - radius, cy - radius * 0.7, cx + radius, cy + radius * 0.7], shade)
        image = image.filter(ImageFilter.GaussianBlur(r.uniform(0.8, 2.5)))
    else:
        image = _coloured(noise(r, size, 40) * 0.2 + rng.random((h, w)) * 0.15 + 0.5, (70, 75, 70), (215, 220, 205))
        d = ImageDraw.Draw(image)
        for _ in range(r.randint(20, 140)):
            cx, cy, radius = r.uniform(0, w), r.uniform(0, h), r.uniform(3, 9)
            d.ellipse([cx - radius, cy - radius, cx + radius, cy + radius], outline=(60, 60, 70))
    if r.random() < 0.5:
        ImageDraw.Draw(image).rectangle([w * 0.75, h * 0.92, w * 0.93, h * 0.94], "white")
    return image


def xray(r: random.Random, size: Size) -> Image.Image:
    """Chest, limb and tooth radiographs."""
    x, y = _grid(size)
    body = np.exp(-((x / 0.9) ** 4) - (y / 1.3) ** 4)
    plane = 0.1 + 0.45 * body + 0.12 * noise(r, size, 40)
    if r.random() < 0.6:
        for side in (-0.45, 0.45):
            plane -= 0.35 * np.exp(-(((x - side) / 0.28) ** 2) - ((y + 0.05) / 0.55) ** 2)
        for i in range(9):
            plane += 0.06 * np.exp(-(((y - (-0.8 + 0.2 * i) - 0.15 * x**2) / 0.03) ** 2))
        plane += 0.25 * np.exp(-((x / 0.09) ** 2))
    else:
        for _ in range(r.randint(1, 4)):
            cx, tilt = r.uniform(-0.4, 0.4), r.uniform(-0.3, 0.3)
            plane += 0.4 * np.exp(-(((x - cx - tilt * y) / r.uniform(0.06, 0.16)) ** 4))
    return _grey(plane + _rng(r).normal(0, 0.02, x.shape))


def ct(r: random.Random, size: Size) -> Image.Image:
    """An axial slice: a body on black, bright bone, grey organs."""
    x, y = _grid(size)
    rx, ry = r.uniform(0.7, 0.92), r.uniform(0.55, 0.85)
    inside = (x / rx) ** 2 + (y / ry) ** 2 < 1
    plane = np.where(inside, 0.42 + 0.06 * noise(r, size, 12), 0.0)
    for _ in range(r.randint(2, 6)):
        cx, cy, a, b = r.uniform(-0.5, 0.5), r.uniform(-0.4, 0.4), r.uniform(0.08, 0.3), r.uniform(0.08, 0.3)
        organ = ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1
        plane = np.where(organ & inside, r.choice([0.05, 0.3, 0.5, 0.6]), plane)
    bone = ((x / 0.12) ** 2 + ((y - ry * 0.7) / 0.14) ** 2 < 1) & inside
    plane = np.where(bone, 0.95, plane)
    rim = np.abs((x / rx) ** 2 + (y / ry) ** 2 - 0.9) < 0.04
    if r.random() < 0.5:
        plane = np.where(rim, 0.95, plane)
    return _grey(plane + _rng(r).normal(0, 0.025, x.shape) * inside)


def mri(r: random.Random, size: Size) -> Image.Image:
    """A head or joint: smooth tissue on black, no bright bone."""
    x, y = _grid(size)
    radius = (x / r.uniform(0.65, 0.85)) ** 2 + (y / r.uniform(0.75, 0.95)) ** 2
    inside = radius < 1
    folds = np.sin(18 * (noise(r, size, 18) + 0.3 * radius))
    plane = np.where(inside, 0.45 + 0.14 * folds, 0.01)
    plane = np.where((radius > 0.86) & inside, r.choice([0.9, 0.05]), plane)
    core = ((np.abs(x) - 0.12) / 0.08) ** 2 + (y / 0.3) ** 2 < 1
    plane = np.where(core, r.choice([0.05, 0.95]), plane)
    if r.random() < 0.5:
        cx, cy = r.uniform(-0.4, 0.4), r.uniform(-0.4, 0.4)
        plane += 0.4 * np.exp(-(((x - cx) / 0.12) ** 2) - ((y - cy) / 0.12) ** 2)
    return _grey(_blurred(plane) + _rng(r).normal(0, 0.02, x.shape) * inside)


def _blurred(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blur by a pixel."""
    image = Image.fromarray((np.clip(plane, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    return np.asarray(image, np.float64) / 255


def ultrasound(r: random.Random, size: Size) -> Image.Image:
    """Speckle in a fan on black."""
    x, y = _grid(size)
    depth = np.hypot(x, y + 1.15)
    angle = np.abs(np.arctan2(x, y + 1.15))
    fan = (angle < r.uniform(0.45, 0.8)) & (depth < 2.05) & (depth > 0.25)
    if r.random() < 0.3:
        fan = (np.abs(x) < 0.9) & (np.abs(y) < 0.9)
    speckle = _rng(r).rayleigh(0.35, x.shape)
    plane = speckle * (0.25 + 0.6 * noise(r, size, 30)) * fan
    cx, cy = r.uniform(-0.3, 0.3), r.uniform(-0.2, 0.5)
    plane *= 1 - 0.8 * np.exp(-(((x - cx) / 0.22) ** 2) - ((y - cy) / 0.16) ** 2)
    image = _grey(_blurred(plane))
    if r.random() < 0.4:
        ImageDraw.Draw(image).text((6, 6), f"{r.randint(1, 20)} cm  {r.randint(20, 60)} Hz", (200, 200, 120))
    return image


def nuclear(r: random.Random, size: Size) -> Image.Image:
    """Hot spots: scintigraphy in grey, PET in colour."""
    x, y = _grid(size)
    plane = 0.35 * np.exp(-((x / 0.35) ** 2) - (y / 0.9) ** 2) + 0.08 * noise(r, size, 8)
    for _ in range(r.randint(2, 9)):
        cx, cy, s = r.uniform(-0.4, 0.4), r.uniform(-0.8, 0.8), r.uniform(0.04, 0.14)
        plane += r.uniform(0.3, 0.9) * np.exp(-(((x - cx) / s) ** 2) - ((y - cy) / s) ** 2)
    if r.random() < 0.5:
        return _grey(1 - plane)
    v = np.clip(plane, 0, 1)
    rgb = np.stack([np.clip(v * 2.4, 0, 1), np.clip(v * 2 - 0.7, 0, 1), np.clip(v * 3 - 2, 0, 1)], -1)
    return Image.fromarray((rgb * 255).astype(np.uint8))


def clinical_photo(r: random.Random, size: Size) -> Image.Image:
    """Skin with a lesion, an eye's fundus, an endoscope's view, an open wound."""
    x, y = _grid(size)
    tone = r.choice([(236, 190, 165), (205, 150, 120), (150, 100, 75), (95, 62, 45), (245, 210, 190)])
    kind = r.choice(["skin", "skin", "fundus", "endoscopy", "wound"])
    if kind == "fundus":
        disc = np.hypot(x, y) < 0.93
        base = np.stack([0.75 - 0.2 * np.hypot(x, y), 0.34 - 0.1 * np.hypot(x, y), 0.12 + 0 * x], -1)
        cx = r.choice([-0.35, 0.35])
        spot = np.exp(-(((x - cx) / 0.13) ** 2) - (y / 0.13) ** 2)[..., None]
        image = Image.fromarray(
            (np.clip(base + spot * [0.25, 0.4, 0.25], 0, 1) * disc[..., None] * 255).astype(np.uint8)
        )
        d = ImageDraw.Draw(image)
        w, h = size
        for _ in range(8):
            px, py, a = (cx + 1) * w / 2, h / 2, r.uniform(0, 2 * math.pi)
            for _ in range(30):
                a += r.uniform(-0.25, 0.25)
                nx, ny = px + math.cos(a) * w / 50, py + math.sin(a) * h / 50
                if math.hypot(nx / w * 2 - 1, ny / h * 2 - 1) > 0.92:
                    break
                d.line([px, py, nx, ny], (130, 30, 20), 2)
                px, py = nx, ny
        return image
    if kind == "endoscopy":
        base = _coloured(0.3 + 0.7 * noise(r, size, 26), (120, 30, 30), (240, 150, 130))
        tunnel = np.clip(np.hypot(x - r.uniform(-0.3, 0.3), y) * 1.5, 0, 1) * (np.hypot(x, y) < 1)
        return Image.fromarray((np.asarray(base) * tunnel[..., None]).astype(np.uint8))
    light = 0.75 + 0.35 * noise(r, size, 90) + 0.06 * noise(r, size, 5)
    image = Image.fromarray((np.clip(np.array(tone) * light[..., None], 0, 255)).astype(np.uint8))
    lesion = Image.new("L", size, 0)
    d = ImageDraw.Draw(lesion)
    w, h = size
    for _ in range(r.randint(1, 14) if kind == "skin" else 1):
        cx, cy = r.uniform(0.2, 0.8) * w, r.uniform(0.2, 0.8) * h
        s = r.uniform(0.02, 0.16) * w if kind == "skin" else 0.3 * w
        points = [(cx + s * r.uniform(0.7, 1.2) * math.cos(a), cy + s * r.uniform(0.7, 1.2) * math.sin(a))
                  for a in np.linspace(0, 2 * math.pi, 14)]  # fmt: skip
        d.polygon(points, r.randint(120, 230))
    shade = r.choice([(150, 40, 40), (90, 45, 35), (200, 90, 80), (120, 10, 20)])
    image.paste(Image.new("RGB", size, shade), mask=lesion.filter(ImageFilter.GaussianBlur(4)))
    return image


def molecular_structure(r: random.Random, size: Size) -> Image.Image:
    """Skeletal formulas."""
    w, h = size
    image = Image.new("RGB", size, "white")
    d = ImageDraw.Draw(image)
    ink = r.choice(["black", "black", "black", "#1a1a8c"])
    s = min(w, h) * r.uniform(0.06, 0.12)
    for _ in range(r.randint(1, 6)):
        cx, cy = r.uniform(s * 2, w - s * 2), r.uniform(s * 2, h - s * 2)
        for ring in range(r.randint(1, 4)):
            ox = cx + ring * s * math.sqrt(3)
            corners = [(ox + s * math.sin(a), cy - s * math.cos(a)) for a in (i * math.pi / 3 for i in range(6))]
            d.polygon(corners, outline=ink, width=2)
            if r.random() < 0.7:
                for i in (0, 2, 4):
                    (x0, y0), (x1, y1) = corners[i], corners[(i + 1) % 6]
                    d.line([(x0 * 0.85 + ox * 0.15, y0 * 0.85 + cy * 0.15), (x1 * 0.85 + ox * 0.15, y1 * 0.85 + cy * 0.15)], ink, 2)  # fmt: skip
            x0, y0 = r.choice(corners)
            x1, y1 = x0 + r.uniform(-1, 1) * s, y0 + r.choice([-1, 1]) * s
            d.line([x0, y0, x1, y1], ink, 2)
            d.text((x1, y1 - 5), r.choice(["OH", "O", "NH2", "CH3", "HO", "N", "Cl", "COOH"]), ink)
    if r.random() < 0.3:
        d.line([w * 0.4, h * 0.5, w * 0.6, h * 0.5], ink, 2)
    return image


def table(r: random.Random, size: Size) -> Image.Image:
    """Rows and columns of words and numbers; alignments; pages of text."""
    w, h = size
    image = Image.new("RGB", size, "white")
    d = ImageDraw.Draw(image)
    rows, columns = r.randint(5, 18), r.randint(2, 6)
    marks = r.random() < 0.3
    for i in range(rows + 1):
        y = h * i / (rows + 0.2) + 2
        if r.random() < 0.5 or i < 2:
            d.line([4, y, w - 4, y], "black" if i < 2 else "#999999")
        for j in range(columns):
            place = (8 + (w - 10) * j / columns, y + 3)
            if marks and j:
                d.ellipse([*place, place[0] + 11, place[1] + 11], r.choice(["#2aa52a", "#f2d21b", "#d62222"]), "black")
            else:
                d.text(place, f"{r.uniform(0, 100):.1f}" if j and i else _word(r), "black")
    if r.random() < 0.4:
        for j in range(columns + 1):
            d.line([4 + (w - 8) * j / columns, 2, 4 + (w - 8) * j / columns, h - 4], "#999999")
    return image


def map_(r: random.Random, size: Size) -> Image.Image:
    """Regions in colours, with borders and points."""
    w, h = size
    rng = _rng(r)
    n = r.randint(8, 50)
    seeds = rng.random((n, 2)) * [h, w]
    y, x = np.mgrid[0:h, 0:w]
    jitter = (noise(r, size, 20) - 0.5) * 0.25 * min(w, h)
    nearest = np.argmin((y[..., None] + jitter[..., None] - seeds[:, 0]) ** 2
                        + (x[..., None] + jitter[..., None] - seeds[:, 1]) ** 2, -1)  # fmt: skip
    start = np.array(r.choice([(210, 225, 180), (230, 230, 160), (190, 210, 240), (240, 220, 190), (200, 200, 200)]))
    shades = np.clip(start + rng.integers(-50, 30, (n, 1)) * rng.random((1, 3)), 0, 255)
    rgb = shades[nearest]
    edge = (nearest != np.roll(nearest, 1, 0)) | (nearest != np.roll(nearest, 1, 1))
    rgb[edge] = 70
    coast = np.hypot((x / w - 0.5) * 2, (y / h - 0.5) * 2) + (noise(r, size, 30) - 0.5) * 0.8 > r.uniform(0.85, 1.3)
    rgb[coast] = r.choice([(255, 255, 255), (170, 205, 235)])
    image = Image.fromarray(rgb.astype(np.uint8))
    d = ImageDraw.Draw(image)
    for _ in range(r.randint(0, 20)):
        px, py = r.uniform(0, w), r.uniform(0, h)
        d.ellipse([px - 3, py - 3, px + 3, py + 3], r.choice(_INK))
    for _ in range(r.randint(2, 10)):
        d.text((r.uniform(0, w * 0.8), r.uniform(0, h * 0.95)), _word(r), "black")
    return image


def other(r: random.Random, size: Size) -> Image.Image:
    """Outdoor and laboratory photographs."""
    y = _grid(size)[1]
    kind = r.choice(["land", "plant", "plate", "objects"])
    w, h = size
    if kind == "land":
        sky = np.array(r.choice([(140, 180, 225), (200, 210, 220)]))
        land = np.array(r.choice([(70, 110, 50), (120, 110, 60), (60, 90, 60)]))
        ridge = (noise(r, size, 60) - 0.5) * 0.6 + 0.1
        mix = (y > ridge)[..., None]
        rgb = np.where(mix, land * (0.6 + 0.8 * noise(r, size, 4)[..., None]), sky)
        return Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))
    if kind == "plant":
        rgb = np.array((60, 120, 40)) * (0.4 + 1.1 * noise(r, size, 14)[..., None])
        image = Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))
        d = ImageDraw.Draw(image)
        for _ in range(r.randint(10, 40)):
            cx, cy, s = r.uniform(0, w), r.uniform(0, h), r.uniform(8, 40)
            d.ellipse([cx - s, cy - s / 3, cx + s, cy + s / 3], (r.randint(40, 110), r.randint(110, 180), 40))
        return image
    back = r.choice([(60, 90, 150), (190, 190, 185), (30, 30, 30), (225, 220, 210)])
    image = Image.fromarray(
        np.clip(np.array(back) * (0.8 + 0.3 * noise(r, size, 70)[..., None]), 0, 255).astype(np.uint8)
    )
    d = ImageDraw.Draw(image)
    for _ in range(1 if kind == "plate" else r.randint(1, 9)):
        s = 0.42 * min(w, h) if kind == "plate" else r.uniform(0.05, 0.2) * min(w, h)
        cx, cy = (w / 2, h / 2) if kind == "plate" else (r.uniform(s, w - s), r.uniform(s, h - s))
        shade = (215, 215, 195) if kind == "plate" else (r.randint(60, 200), r.randint(40, 130), r.randint(20, 90))
        d.ellipse([cx - s, cy - s, cx + s, cy + s], shade)
        for _ in range(r.randint(3, 6) if kind == "plate" else 0):
            px, py, q = cx + r.uniform(-0.6, 0.6) * s, cy + r.uniform(-0.6, 0.6) * s, s * 0.12
            d.ellipse([px - q, py - q, px + q, py + q], (150, 150, 130))
    return image.filter(ImageFilter.GaussianBlur(1))


PAINTERS: Final[Mapping[str, Painter]] = {
    "xray": xray,
    "ct": ct,
    "mri": mri,
    "ultrasound": ultrasound,
    "nuclear": nuclear,
    "microscopy": microscopy,
    "clinical_photo": clinical_photo,
    "chart": chart,
    "diagram": diagram,
    "gel": gel,
    "molecular_structure": molecular_structure,
    "table": table,
    "map": map_,
    "other": other,
}


def compound(r: random.Random, kinds: list[str], size: Size) -> Image.Image:
    """Pictures of kinds in a grid on white, with letters."""
    columns = min(len(kinds), r.choice([2, 3]))
    rows = -(-len(kinds) // columns)
    w, h = size
    image = Image.new("RGB", size, "white")
    d = ImageDraw.Draw(image)
    for i, kind in enumerate(kinds):
        cw, ch = w // columns, h // rows
        x, y = (i % columns) * cw, (i // columns) * ch
        gap = r.choice([2, 6, 12])
        image.paste(PAINTERS[kind](r, (max(cw - gap, 24), max(ch - gap, 24))), (x + gap // 2, y + gap // 2))
        d.text((x + 2, y), chr(65 + i), r.choice(["black", "red"]))
    return image
