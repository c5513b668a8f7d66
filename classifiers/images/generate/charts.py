"""Painters of line art: charts, diagrams, tables, maps, structures."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from classifiers.images.generate.marks import INK, Size, noise, numpy_rng, random_word


@dataclass(frozen=True)
class _Axes:
    """Position and colours of a chart."""

    draw: ImageDraw.ImageDraw
    size: Size
    left: float
    bottom: float
    top: float
    right: float
    back: str
    ink: str
    inks: Sequence[str]


def chart(r: random.Random, size: Size) -> Image.Image:
    """Draw bars, lines, points, boxes, forest and survival plots, spectra."""
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
    inks = r.sample(INK, 4) if r.random() < 0.65 else ["#222222", "#777777", "#aaaaaa", "#444444"]
    kind = r.choice(["bar", "line", "scatter", "box", "forest", "survival", "spectrum", "heat"])
    n = r.randint(3, 8)
    axes = _Axes(d, size, left, bottom, top, right, back, ink, inks)
    if kind == "bar":
        _bars(r, axes, n)
    elif kind in ("line", "spectrum", "survival"):
        for s in range(r.randint(1, 4)):
            _curve(r, axes, kind, n, s)
    elif kind == "scatter":
        for _ in range(r.randint(15, 120)):
            x, y = r.uniform(left, right), r.uniform(top, bottom)
            d.ellipse([x - 2, y - 2, x + 2, y + 2], r.choice(inks[:2]))
    elif kind == "box":
        for i in range(n):
            x = left + (right - left) * (i + 0.5) / n
            low, high = sorted((r.uniform(top, bottom), r.uniform(top, bottom)))
            d.line([x, low - 10, x, high + 10], ink)
            d.rectangle([x - 9, low, x + 9, high], inks[i % 4], ink)
    elif kind == "heat":
        _heat(r, axes)
    else:
        _forest(r, axes)
    if r.random() < 0.5:
        for s in range(r.randint(1, 4)):
            d.rectangle([right - 60, top + 12 * s, right - 52, top + 12 * s + 8], inks[s % 4])
            d.text((right - 48, top + 12 * s - 2), random_word(r), ink)
    return image


def _bars(r: random.Random, axes: _Axes, n: int) -> None:
    """Up to three series of bars with whiskers."""
    d, left, bottom = axes.draw, axes.left, axes.bottom
    series = r.randint(1, 3)
    step = (axes.right - left) / n
    for i in range(n):
        for s in range(series):
            x0 = left + step * (i + 0.15 + 0.7 * s / series)
            y0 = bottom - (bottom - axes.top) * r.uniform(0.1, 0.9)
            d.rectangle([x0, y0, x0 + step * 0.65 / series, bottom], axes.inks[s], axes.ink)
            d.line([x0 + step * 0.3 / series, y0 - 8, x0 + step * 0.3 / series, y0], axes.ink)
        d.text((left + step * i, bottom + 4), random_word(r)[:7], axes.ink)


def _curve(r: random.Random, axes: _Axes, kind: str, n: int, series: int) -> None:
    """Draw a line with dots, a spectrum, or a survival curve that falls in steps."""
    d, left, bottom = axes.draw, axes.left, axes.bottom
    steps = 200 if kind == "spectrum" else n + 4
    level = r.uniform(0.2, 0.9)
    points: list[tuple[float, float]] = []
    for i in range(steps):
        if kind == "survival":
            level -= r.uniform(0, 0.07)
        elif kind == "spectrum":
            level = 0.05 + series * 0.2 + (r.uniform(0.3, 0.7) if r.random() < 0.04 else r.uniform(0, 0.02))
        else:
            level = min(max(level + r.uniform(-0.15, 0.2), 0.02), 0.98)
        x, y = left + (axes.right - left) * i / steps, bottom - (bottom - axes.top) * max(level, 0.02)
        if kind == "survival" and points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    d.line(points, axes.inks[series], 2 if kind != "spectrum" else 1)
    if kind == "line":
        for x, y in points:
            d.ellipse([x - 3, y - 3, x + 3, y + 3], axes.inks[series])


def _heat(r: random.Random, axes: _Axes) -> None:
    """Draw a square of coloured cells."""
    m = r.randint(4, 12)
    width, height = axes.right - axes.left, axes.bottom - axes.top
    for i in range(m):
        for j in range(m):
            v = int(r.random() * 255)
            cell = [axes.left + width * i / m, axes.top + height * j / m]
            axes.draw.rectangle([*cell, cell[0] + width / m, cell[1] + height / m], (v, 80, 255 - v))


def _forest(r: random.Random, axes: _Axes) -> None:
    """Studies in rows, each with its interval, around a line of no effect."""
    d, ink = axes.draw, axes.ink
    w, h = axes.size
    d.rectangle([0, 0, w, h], axes.back)
    middle = w * r.uniform(0.5, 0.65)
    d.line([middle, 10, middle, h - 20], ink)
    rows = r.randint(4, 20)
    for i in range(rows):
        y = 20 + (h - 50) * i / rows
        d.text((6, y - 5), f"{random_word(r)} (20{r.randint(10, 22)})", ink)
        d.text((w * 0.78, y - 5), f"{r.random():.2f} ({r.random():.2f}, {1 + r.random():.2f})", ink)
        x = middle + r.uniform(-0.1, 0.1) * w
        d.line([x - w * 0.05, y, x + w * 0.05, y], ink)
        d.rectangle([x - 3, y - 3, x + 3, y + 3], axes.inks[0])


def diagram(r: random.Random, size: Size) -> Image.Image:
    """Draw boxes or ellipses with words, joined by arrows; trees."""
    w, h = size
    image = Image.new("RGB", size, "white")
    d = ImageDraw.Draw(image)
    fill = r.choice(["white", "white", "white", "#dbe9f6", "#e6f4e1", "#fbe3d6", "#f9f0c9", "#5b9bd5"])
    if r.random() < 0.15:  # a tree
        leaves = r.randint(5, 18)
        ys = [h * (i + 0.7) / (leaves + 0.5) for i in range(leaves)]
        x = w * 0.6
        for y in ys:
            d.text((w * 0.62, y - 5), f"{random_word(r)} {random_word(r)}", "black")
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
    centres: list[tuple[float, float]] = []
    for i in range(rows):
        for j in range(columns):
            if r.random() < 0.2 and centres:
                continue
            cx, cy = w * (j + 0.5) / columns, h * (i + 0.5) / rows
            box = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2]
            shade = fill if r.random() < 0.8 else r.choice(INK)
            if r.random() < 0.8:
                d.rectangle(box, shade, "black")
            else:
                d.ellipse(box, shade, "black")
            for line in range(max(1, int(bh // 26))):
                d.text(
                    (cx - bw / 2 + 6, cy - bh / 2 + 4 + 11 * line), " ".join(random_word(r) for _ in range(3)), "black"
                )
            centres.append((cx, cy))
    for (x0, y0), (x1, y1) in pairwise(centres):
        d.line([x0, y0 + bh / 2, x1, y1 - bh / 2], "black", r.choice([1, 2]))
        d.polygon([(x1, y1 - bh / 2), (x1 - 4, y1 - bh / 2 - 7), (x1 + 4, y1 - bh / 2 - 7)], "black")
    return image


def molecular_structure(r: random.Random, size: Size) -> Image.Image:
    """Draw skeletal formulas."""
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
    """Draw rows and columns of words and numbers; alignments; pages of text."""
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
                d.text(place, f"{r.uniform(0, 100):.1f}" if j and i else random_word(r), "black")
    if r.random() < 0.4:
        for j in range(columns + 1):
            d.line([4 + (w - 8) * j / columns, 2, 4 + (w - 8) * j / columns, h - 4], "#999999")
    return image


def map_(r: random.Random, size: Size) -> Image.Image:
    """Return regions in colours, with borders and points."""
    w, h = size
    rng = numpy_rng(r)
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
        d.ellipse([px - 3, py - 3, px + 3, py + 3], r.choice(INK))
    for _ in range(r.randint(2, 10)):
        d.text((r.uniform(0, w * 0.8), r.uniform(0, h * 0.95)), random_word(r), "black")
    return image
