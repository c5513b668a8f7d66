"""Painters of drawings as textbooks and reviews have them: organs, cells, membranes, circuits, trees; molecules in space."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from classifiers.images.generate.marks import INK, Size, random_word

Point = tuple[float, float]
Colour = tuple[int, int, int]
_FLESH: Final = ((244, 200, 180), (230, 150, 140), (250, 225, 170), (200, 120, 110), (245, 180, 190), (215, 190, 225))
_CALM: Final = ((190, 220, 235), (205, 230, 200), (250, 240, 200), (225, 210, 235), (170, 200, 225), (235, 235, 235))
_ATOMS: Final = ((40, 40, 40), (200, 30, 30), (40, 60, 200), (235, 235, 235), (230, 200, 40), (140, 140, 140))


def sketch(r: random.Random, size: Size) -> Image.Image:
    """Draw one of the kinds of drawings, at twice the size and then reduced."""
    big = (size[0] * 2, size[1] * 2)
    back = r.choice(["white"] * 5 + ["#fdf6ec", "#eef4fa", "#f3f3f3"])
    image = Image.new("RGB", big, back)
    kind = r.choice(["organ", "organ", "cell", "membrane", "circuit", "geometry", "tree", "steps"])
    painter = {
        "organ": _organ, "cell": _cell, "membrane": _membrane, "circuit": _circuit, "geometry": _geometry,
        "tree": _tree, "steps": _steps,
    }[kind]  # fmt: skip
    painter(r, image)
    return image.resize(size, Image.Resampling.LANCZOS)


def molecule(r: random.Random, size: Size) -> Image.Image:
    """Draw atoms as letters or balls with bonds, a ribbon of a protein, or a surface in colours."""
    big = (size[0] * 2, size[1] * 2)
    image = Image.new("RGB", big, r.choice(["white"] * 6 + ["#fdeedd", "black"]))
    r.choice([_letters, _letters, _balls, _ribbon, _surface])(r, image)
    return image.resize(size, Image.Resampling.LANCZOS)


def blob(r: random.Random, centre: Point, radii: Point, rough: float = 0.25, n: int = 90) -> list[Point]:
    """Return a smooth closed curve around a centre."""
    waves = [(k, r.uniform(-1, 1) * rough / k, r.uniform(0, 6.3)) for k in range(1, 6)]
    out = []
    for i in range(n):
        a = 2 * math.pi * i / n
        reach = 1 + sum(s * math.sin(k * a + p) for k, s, p in waves)
        out.append((centre[0] + radii[0] * reach * math.cos(a), centre[1] + radii[1] * reach * math.sin(a)))
    return out


def _filled(image: Image.Image, points: Sequence[Point], colour: Colour, line: str | None, width: int = 3) -> None:
    """Fill an area, lighter at its upper left, as artists shade."""
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).polygon(list(points), 255)
    light = Image.linear_gradient("L").resize(image.size).rotate(30)
    dark = Image.new("RGB", image.size, tuple(int(c * 0.82) for c in colour))
    image.paste(Image.composite(dark, Image.new("RGB", image.size, colour), light), mask=mask)
    if line:
        ImageDraw.Draw(image).line([*points, points[0]], line, width, joint="curve")


def _labels(r: random.Random, image: Image.Image, n: int) -> None:
    """Write words at the sides, each with a line to a place in the middle."""
    d = ImageDraw.Draw(image)
    w, h = image.size
    ink = r.choice(["black", "black", "#333333", "#777777"])
    for i in range(n):
        left = i % 2 == 0
        y = h * (0.08 + 0.84 * (i + 0.5) / n)
        x = w * (0.02 if left else 0.8)
        d.text((x, y), f"{random_word(r)}", ink, font_size=r.choice([16, 20, 22]))
        start = (w * 0.16 if left else w * 0.79, y + 10)
        d.line([start, (w * r.uniform(0.3, 0.7), h * r.uniform(0.25, 0.75))], ink, 2)


def _organ(r: random.Random, image: Image.Image) -> None:
    """Draw parts within parts in tones of flesh, with vessels."""
    w, h = image.size
    tones = r.choice([_FLESH, _FLESH, _CALM])
    centre = (w * r.uniform(0.4, 0.6), h * r.uniform(0.4, 0.6))
    _filled(image, blob(r, centre, (w * 0.27, h * 0.38), 0.3), r.choice(tones), r.choice(["#703030", "#222222", None]))
    for _ in range(r.randint(2, 12)):
        at = (centre[0] + r.uniform(-0.17, 0.17) * w, centre[1] + r.uniform(-0.24, 0.24) * h)
        s = r.uniform(0.03, 0.13)
        _filled(image, blob(r, at, (w * s, h * s), 0.4), r.choice(tones), r.choice(["#602020", "#333333", None]), 2)
    d = ImageDraw.Draw(image)
    for _ in range(r.randint(0, 8)):
        path = [centre]
        for _ in range(r.randint(4, 9)):
            path.append((path[-1][0] + r.uniform(-0.09, 0.09) * w, path[-1][1] + r.uniform(-0.12, 0.12) * h))
        d.line(path, r.choice(["#c02020", "#3050b0", "#e0b040", "#884422"]), r.choice([3, 6, 10, 16]), joint="curve")
    _labels(r, image, r.randint(0, 12))


def _cell(r: random.Random, image: Image.Image) -> None:
    """Draw cells with nuclei and grains, in a row, a ring, or one alone; some with arrows between them."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    n = r.choice([1, 1, 3, 5, 8])
    tone, core = r.choice(_FLESH + _CALM), r.choice([(150, 110, 180), (120, 80, 150), (90, 130, 190), (230, 160, 80)])
    for i in range(n):
        a = 2 * math.pi * i / n
        at = (w / 2, h / 2) if n == 1 else (w * (0.5 + 0.32 * math.cos(a)), h * (0.5 + 0.34 * math.sin(a)))
        s = (w * 0.28, h * 0.36) if n == 1 else (w * 0.1, h * 0.12)
        _filled(image, blob(r, at, s, 0.15), tone, r.choice(["#555555", "#7a4a2a"]))
        _filled(image, blob(r, (at[0] + s[0] * 0.1, at[1]), (s[0] * 0.4, s[1] * 0.4), 0.1), core, "#443355", 2)
        for _ in range(r.randint(0, 24)):
            x, y, q = at[0] + r.uniform(-0.7, 0.7) * s[0], at[1] + r.uniform(-0.7, 0.7) * s[1], r.uniform(2, 9)
            d.ellipse((x - q, y - q * 0.6, x + q, y + q * 0.6), r.choice(INK))
        if n > 1:
            _arrow(d, (w * (0.5 + 0.32 * math.cos(a + 0.35 * 6 / n)), h * (0.5 + 0.34 * math.sin(a + 0.35 * 6 / n))),
                   (w * (0.5 + 0.32 * math.cos(a + 0.6 * 6 / n)), h * (0.5 + 0.34 * math.sin(a + 0.6 * 6 / n))), r.choice(["black", "#c02020"]))  # fmt: skip
    _labels(r, image, r.randint(0, 9))


def _arrow(d: ImageDraw.ImageDraw, start: Point, end: Point, ink: str, width: int = 4) -> None:
    d.line([start, end], ink, width)
    a = math.atan2(end[1] - start[1], end[0] - start[0])
    d.polygon([end, *((end[0] - 16 * math.cos(a + t), end[1] - 16 * math.sin(a + t)) for t in (-0.45, 0.45))], ink)


def _membrane(r: random.Random, image: Image.Image) -> None:
    """Draw two rows of heads with tails, proteins through them, and ions above and below."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    d.rectangle((0, 0, w, h * 0.4), r.choice(["white", "#dff0fa", "#fdf6dd"]))
    head, step = r.choice(["#e08040", "#d04040", "#6090c0", "#e0b050"]), r.choice([14, 20, 26])
    bend = r.uniform(0, 0.08) * h
    for at_x in range(0, w, step):
        x = float(at_x)
        lift = bend * math.sin(x / w * 6)
        for y, turn in ((h * 0.42, 1), (h * 0.6, -1)):
            d.line([(x, y + lift), (x - 3, y + lift + turn * h * 0.08)], "#a0803a", 2)
            d.line([(x + 5, y + lift), (x + 6, y + lift + turn * h * 0.08)], "#a0803a", 2)
            d.ellipse(
                (x - step * 0.45, y + lift - step * 0.45, x + step * 0.45, y + lift + step * 0.45), head, "#555555"
            )
    for i in range(r.randint(1, 6)):
        at = (w * (i + r.uniform(0.3, 0.7)) / 6, h * 0.51)
        _filled(image, blob(r, at, (w * 0.035, h * r.uniform(0.12, 0.18)), 0.2), r.choice(_FLESH + _CALM), "#444444")
    for _ in range(r.randint(5, 50)):
        x, y, q = r.uniform(0, w), r.choice([r.uniform(0.05, 0.35), r.uniform(0.7, 0.95)]) * h, r.choice([5, 8, 12])
        d.ellipse((x - q, y - q, x + q, y + q), r.choice(INK))
    for _ in range(r.randint(0, 4)):
        x = r.uniform(0.1, 0.9) * w
        _arrow(d, (x, h * 0.2), (x, h * 0.85), r.choice(["black", "#2060b0"]))
    for _ in range(r.randint(1, 9)):
        d.text((r.uniform(0, 0.85) * w, r.uniform(0, 0.95) * h), random_word(r), "black", font_size=20)


def _circuit(r: random.Random, image: Image.Image) -> None:
    """Draw boxes with right-angled wires, and shapes of apparatus."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    ink, width = r.choice(["black", "black", "#204080"]), r.choice([2, 3, 4])
    spots = [(w * r.uniform(0.08, 0.9), h * r.uniform(0.08, 0.9)) for _ in range(r.randint(4, 14))]
    for i, (x, y) in enumerate(spots[:-1]):
        nx, ny = spots[i + 1]
        d.line([(x, y), (nx, y), (nx, ny)], ink, width)
    for x, y in spots:
        s, t = w * r.uniform(0.02, 0.08), h * r.uniform(0.02, 0.07)
        shape = r.choice(["box", "circle", "triangle", "house"])
        fill = r.choice(["white", "white", "white", "#dddddd", "#cfe2f3", "#f9cb9c"])
        if shape == "box":
            d.rectangle((x - s, y - t, x + s, y + t), fill, ink, width)
        elif shape == "circle":
            d.ellipse((x - s, y - s, x + s, y + s), fill, ink, width)
        else:
            d.polygon([(x, y - 2 * t), (x + s, y + t), (x - s, y + t)], fill, ink, width)
        if r.random() < 0.6:
            d.text((x - s + 4, y - 8), random_word(r), ink, font_size=r.choice([14, 18, 24]))


def _geometry(r: random.Random, image: Image.Image) -> None:
    """Draw solids and angles in thin lines, with arrows and letters."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    for _ in range(r.randint(1, 4)):
        x, y, a, b = w * r.uniform(0.1, 0.6), h * r.uniform(0.2, 0.7), w * r.uniform(0.1, 0.3), h * r.uniform(0.1, 0.25)
        kind = r.choice(["prism", "ring", "cylinder", "triangle"])
        tint = r.choice(["white", "white", "#e8e8e8", "#cde4f7", "#d8ecc8", "#f6d9a8"])
        if kind == "prism":
            k = a * 0.4
            d.polygon([(x, y), (x + k, y - k), (x + a + k, y - k), (x + a, y)], tint, "black")
            d.rectangle((x, y, x + a, y + b), tint, "black", 2)
            d.line([(x + a, y + b), (x + a + k, y + b - k), (x + a + k, y - k)], "black", 2)
        elif kind == "cylinder":
            d.rectangle((x, y, x + a, y + b), tint, "black", 2)
            d.ellipse((x, y + b - a * 0.15, x + a, y + b + a * 0.15), tint, "black", 2)
            d.ellipse((x, y - a * 0.15, x + a, y + a * 0.15), tint, "black", 2)
        elif kind == "ring":
            for k in range(r.randint(1, 4)):
                d.ellipse(
                    (x + a * 0.1 * k, y + a * 0.1 * k, x + a * (1 - 0.1 * k), y + a * (1 - 0.1 * k)), tint, "black", 2
                )
        else:
            d.polygon([(x, y + b), (x + a, y + b), (x + a * r.random(), y)], tint, "black", 2)
    for _ in range(r.randint(2, 9)):
        _arrow(
            d,
            (w * r.random(), h * r.random()),
            (w * r.random(), h * r.random()),
            r.choice(["black", "#c02020", "#2050b0"]),
            2,
        )
    for _ in range(r.randint(2, 10)):
        d.text((w * r.uniform(0, 0.9), h * r.uniform(0, 0.9)), r.choice(["θ", "x₁", "α", "d", "r", "F", "A", "mm", random_word(r)]), "black", font_size=r.choice([18, 24, 30]))  # fmt: skip


def _tree(r: random.Random, image: Image.Image) -> None:
    """Draw a dendrogram or a pedigree of clades with right angles; some with an axis of similarity."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    n, ink = r.randint(4, 22), r.choice(["black", "black", "#206040", "#203080"])
    across = r.random() < 0.35  # leaves below
    nodes = [(h * (i + 0.7) / (n + 0.5) if not across else w * (i + 0.7) / (n + 0.5), 0.0) for i in range(n)]
    reach, end = (h if across else w) * 0.7, (h * 0.88 if across else w * r.uniform(0.6, 0.85))

    def at(place: float, depth: float) -> Point:
        return (place, end - depth * reach) if across else (end - depth * reach, place)

    for place, _ in nodes:
        x, y = at(place, 0)
        d.text((x - 12, y + 4) if across else (x + 6, y - 10), random_word(r), ink, font_size=r.choice([14, 16, 18]))
    depth = 0.0
    while len(nodes) > 1:
        i = r.randrange(len(nodes) - 1)
        depth = min(depth + r.uniform(0.01, 2.0 / n), 1.15)
        for place, since in nodes[i : i + 2]:
            d.line([at(place, since), at(place, depth)], ink, 3)
        d.line([at(nodes[i][0], depth), at(nodes[i + 1][0], depth)], ink, 3)
        nodes[i : i + 2] = [((nodes[i][0] + nodes[i + 1][0]) / 2, depth)]


def _steps(r: random.Random, image: Image.Image) -> None:
    """Draw small pictures or words in a row or a ring, joined by arrows, without boxes or with light ones."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    n = r.randint(3, 8)
    ring = r.random() < 0.4
    spots = [(w * (0.5 + 0.36 * math.cos(6.28 * i / n)), h * (0.5 + 0.38 * math.sin(6.28 * i / n))) for i in range(n)] if ring \
        else [(w * (0.12 + 0.76 * (i % 4) / 3), h * (0.2 + 0.3 * (i // 4) + 0.1)) for i in range(n)]  # fmt: skip
    for i, (x, y) in enumerate(spots):
        if i or ring:
            px, py = spots[i - 1]
            _arrow(d, (px * 0.65 + x * 0.35, py * 0.65 + y * 0.35), (px * 0.35 + x * 0.65, py * 0.35 + y * 0.65), r.choice(["black", "#d02020", "#888888"]), r.choice([3, 8]))  # fmt: skip
    for x, y in spots:
        if r.random() < 0.6:
            _filled(image, blob(r, (x, y), (w * 0.06, h * 0.07), 0.3), r.choice(_FLESH + _CALM), "#333333", 2)
        d.text((x - w * 0.06, y + h * 0.07), f"{random_word(r)}\n{random_word(r)}", "black", font_size=18)


def _letters(r: random.Random, image: Image.Image) -> None:
    """Draw chains of letters with bonds between them, as structural formulas show every atom, some on coloured fields."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    ink = "black" if image.getpixel((0, 0)) != (0, 0, 0) else "white"
    for c in range(columns := r.randint(1, 4)):
        n, upright = r.randint(2, 9), r.random() < 0.6
        step = r.uniform(0.7, 1) * (
            min(h / (n * 1.2 + 1), w / columns / 3.5) if upright else min(h / 4, w / columns / (n * 1.2 + 1))
        )
        x, y = w * (c + 0.5) / columns, h * 0.1
        if not upright:
            x, y = w * (c + 0.15) / columns, h * r.uniform(0.3, 0.7)
        for i in range(n):
            px, py = (x, y + i * step * 1.15) if upright else (x + i * step * 1.15, y)
            if r.random() < 0.1:
                d.rectangle(
                    (px - step, py - step * 0.5, px + step, py + step * 0.5),
                    r.choice(["#f4b183", "#c5e0b4", "#bdd7ee"]),
                )
            for dx, dy in ((1, 0), (-1, 0)) if upright else ((0, 1), (0, -1)):
                qx, qy = px + dx * step, py + dy * step
                d.line(
                    [(px + dx * step * 0.3, py + dy * step * 0.3), (qx - dx * step * 0.3, qy - dy * step * 0.3)], ink, 3
                )
                d.text((qx, qy), r.choice(["H", "H", "OH", "HO", "O", "R"]), ink, font_size=step * 0.55, anchor="mm")
            if i:
                bx, by = (px, py - step * 1.15) if upright else (px - step * 1.15, py)
                for k in (-3, 3) if r.random() < 0.2 else (0,):
                    d.line([(bx * 0.72 + px * 0.28 + k, by * 0.72 + py * 0.28 + k), (bx * 0.28 + px * 0.72 + k, by * 0.28 + py * 0.72 + k)], ink, 3)  # fmt: skip
            d.text((px, py), r.choice(["C", "C", "C", "N", "O", "P"]), ink, font_size=step * 0.6, anchor="mm")


def _balls(r: random.Random, image: Image.Image) -> None:
    """Draw atoms as shaded balls, joined by sticks."""
    w, h = image.size
    s = min(w, h) * r.uniform(0.03, 0.09)
    spots: list[Point] = [(w / 2, h / 2)]
    bonds = []
    for _ in range(r.randint(2, 40)):
        x, y = r.choice(spots)
        a = r.choice([0.52, 1.57, 2.62, 3.67, 4.71, 5.76]) + r.uniform(-0.2, 0.2)
        new = (x + 2.6 * s * math.cos(a), y + 2.6 * s * math.sin(a))
        if all(math.dist(new, p) > 1.5 * s for p in spots) and 0 < new[0] < w and 0 < new[1] < h:
            bonds.append(((x, y), new))
            spots.append(new)
    d = ImageDraw.Draw(image)
    for start, end in bonds:
        d.line([start, end], (150, 150, 150), max(int(s * 0.5), 2))
    for x, y in spots:
        base = r.choice(_ATOMS)
        for k in range(8):
            q, t = s * (1 - k / 9), k / 9
            shade = tuple(int(c * (0.7 + 0.3 * t) + 120 * t * t) for c in base)
            d.ellipse((x - q - s * 0.2 * t, y - q - s * 0.25 * t, x + q - s * 0.2 * t, y + q - s * 0.25 * t), shade)


def _ribbon(r: random.Random, image: Image.Image) -> None:
    """Draw helices, strands and loops of a protein in bright colours."""
    w, h = image.size
    d = ImageDraw.Draw(image)
    inks = r.sample(INK, 5)
    x, y, a = w / 2, h / 2, r.uniform(0, 6.3)
    for part in range(r.randint(8, 30)):
        ink, kind = inks[part % 5 if r.random() < 0.7 else 0], r.choice(["helix", "helix", "strand", "loop"])
        n = r.randint(10, 26)
        for i in range(n):
            px, py = x, y
            x, y = x + 0.012 * w * math.cos(a), y + 0.012 * w * math.sin(a)
            if kind == "helix":
                side = 0.035 * w * math.sin(i * 1.1)
                q = (x - side * math.sin(a), y + side * math.cos(a))
                d.line([(px + side * math.sin(a), py - side * math.cos(a)), q], ink, 12)
                d.line([(px + side * math.sin(a), py - side * math.cos(a)), q], "#333333" if i % 2 else ink, 3)
            else:
                d.line([(px, py), (x, y)], ink, 16 if kind == "strand" else 5)
                a += r.uniform(-0.35, 0.35) if kind == "loop" else 0
        a = (
            math.atan2(h / 2 - y, w / 2 - x) + r.uniform(-1, 1)
            if math.dist((x, y), (w / 2, h / 2)) > 0.3 * min(w, h)
            else a + r.uniform(1.5, 4)
        )


def _surface(r: random.Random, image: Image.Image) -> None:
    """Draw a lumpy surface in colours of charge, shaded."""
    w, h = image.size
    mask = Image.new("L", image.size)
    d = ImageDraw.Draw(mask)
    spots = [
        (r.gauss(w / 2, w / 8), r.gauss(h / 2, h / 8), min(w, h) * r.uniform(0.06, 0.16))
        for _ in range(r.randint(8, 40))
    ]
    y, x = np.mgrid[0:h, 0:w]
    charge, light = np.zeros((h, w)), np.zeros((h, w))
    for cx, cy, s in spots:
        d.ellipse((cx - s, cy - s, cx + s, cy + s), 255)
        bump = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * (s * 1.2) ** 2))
        charge += bump * r.uniform(-1, 1)
        light = np.maximum(light, np.exp(-((x - cx + s * 0.3) ** 2 + (y - cy + s * 0.4) ** 2) / s**2))
    t = np.clip(charge, -1, 1)[..., None]
    white = np.array(r.choice([(240, 240, 240), (90, 220, 110)]))
    rgb = np.where(t > 0, white * (1 - t) + np.array([30, 60, 220]) * t, white * (1 + t) - np.array([220, 30, 30]) * t)
    shaded = np.clip(rgb * (0.55 + 0.5 * light[..., None]), 0, 255).astype(np.uint8)
    image.paste(Image.fromarray(shaded), mask=mask.filter(ImageFilter.GaussianBlur(1)))
