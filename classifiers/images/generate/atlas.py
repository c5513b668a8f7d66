"""Painter of maps from real outlines of countries and states (Natural Earth and US Census, public domain).

The outlines are TopoJSON of the packages `world-atlas` and `us-atlas` (ISC), which are not part of this one.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from classifiers.images.generate.given import UNREADABLE, given, in_a_line
from classifiers.images.generate.marks import INK, Size, noise, random_word
from pmcmine.errors import GoldError

Ring = NDArray[np.float64]
Area = list[Ring]
FILES: Final = (("world-atlas/countries-110m.json", "countries"), ("world-atlas/countries-50m.json", "countries"),
                ("us-atlas/states-10m.json", "states"))  # fmt: skip
MOST_BYTES: Final = 4_000_000  # of a file; the largest of the three has 760 KB
_LEAST: Final = 0.004  # of the picture's longer side: what is smaller is not drawn
_SEEN: Final = 60  # points of outlines in a picture, at least
_RAMPS: Final = (
    ("#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026"),
    ("#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"),
    ("#f7fcf5", "#c7e9c0", "#74c476", "#238b45", "#00441b"),
    ("#2c7bb6", "#abd9e9", "#ffffbf", "#fdae61", "#d7191c"),
    ("#f7f7f7", "#cccccc", "#969696", "#636363", "#252525"),
    ("#e41a1c", "#377eb8", "#4daf4a", "#984ea3", "#ff7f00"),
)
_WATER: Final = ("#ffffff", "#ffffff", "#ffffff", "#d5e8f5", "#a6cee3", "#eef3f7", "#1d1f2b")
_LAND: Final = ("#ffffff", "#ffffff", "#eeeeee", "#d9d9d9", "#f5eeda", "#e3efd0", "#fdf6e3", "#efefdb")


@dataclass(frozen=True)
class Atlas:
    """Outlines in degrees: for each file a list of areas, each with its rings."""

    layers: tuple[tuple[Area, ...], ...]

    def paint(self, r: random.Random, size: Size) -> Image.Image:
        """Draw a map of the world or of a part of it."""
        areas = self.layers[r.choice([0, 0, 1, 1, 1, 2])]
        big = (size[0] * 2, size[1] * 2)
        plain = r.random() < 0.55
        frame = (0, 0, 0, 0) if plain and r.random() < 0.4 else tuple(r.randint(20, 70) for _ in range(4))
        inner = (big[0] - frame[0] - frame[2], big[1] - frame[1] - frame[3])
        drawn = _land(r, areas, inner)
        page = Image.new("RGB", big, "white")
        page.paste(drawn, (frame[0], frame[1]))
        _rim(r, page, (frame[0], frame[1], big[0] - frame[2] - 1, big[1] - frame[3] - 1), any(frame))
        if r.random() < 0.2:  # the whole in a corner, with a box
            part = _land(r, self.layers[0], (inner[0] // 3, inner[1] // 3))
            ImageDraw.Draw(part).rectangle((0, 0, part.width - 1, part.height - 1), outline="black", width=2)
            page.paste(part, (big[0] - frame[2] - part.width, frame[1]))
        return page.resize(size, Image.Resampling.LANCZOS)


def read_atlas(folder: Path) -> Atlas:
    """Read the outlines below a folder.

    Raises:
        GoldError: if a file is missing, larger than any of its kind or no TopoJSON of areas.
    """
    layers = []
    for file, layer in FILES:
        try:
            layers.append(_areas(given(folder, file, MOST_BYTES).read_bytes(), layer))
        except UNREADABLE as error:
            raise GoldError(f"{folder / file}: missing or no outlines ({in_a_line(error)})") from None
    return Atlas(tuple(layers))


def _areas(text: bytes, layer: str) -> tuple[Area, ...]:
    data: dict[str, Any] = json.loads(text)
    scale, shift = (np.array(data["transform"][k], float) for k in ("scale", "translate"))
    with np.errstate(all="ignore"):
        arcs = [np.cumsum(np.array(a, float), axis=0) * scale + shift for a in data["arcs"]]
    shapes = data["objects"][layer]["geometries"]
    groups = [s["arcs"] if s["type"] == "MultiPolygon" else [s["arcs"]] for s in shapes if s.get("arcs")]
    areas = tuple([_joined(arcs, p[0]) for p in polygons] for polygons in groups)
    if not areas or not all(np.isfinite(ring).all() for area in areas for ring in area):
        raise ValueError("no outlines in it")
    return areas


def _joined(arcs: list[Ring], ring: list[int]) -> Ring:
    """Join arcs to a ring; a negative number means the arc turned round."""
    return np.concatenate([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring])


def _land(r: random.Random, areas: tuple[Area, ...], size: Size) -> Image.Image:
    """Draw land and water: plain, in colours of a scale, with a field, or with points."""
    place = next((p for p in (_projection(r, areas, size) for _ in range(6)) if _shows(p, areas, size)), None)
    if place is None:
        place = _projection(r, areas, size)
    lines = r.random() < 0.35  # outlines alone
    water = "#ffffff" if lines else r.choice(_WATER)
    land = "#ffffff" if lines else r.choice(_LAND)
    ramp = r.choice(_RAMPS) if not lines and r.random() < 0.6 else None
    line, width = (
        r.choice(["black", "black", "#555555", "#999999", "#ffffff" if ramp else "#333333"]),
        r.choice([1, 2, 2, 3, 5]),
    )
    image = Image.new("RGB", size, water)
    d = ImageDraw.Draw(image)
    mask = Image.new("L", size)
    on = ImageDraw.Draw(mask)
    known = r.uniform(0.2, 1)
    for area in areas:
        fill = r.choice(ramp) if ramp and r.random() < known else land
        for ring in area:
            points = place(ring)
            if len(points) > 2 and np.ptp(points, 0).max() > _LEAST * max(size):
                flat = [(float(x), float(y)) for x, y in points]
                d.polygon(flat, fill)
                far = abs(flat[0][0] - flat[-1][0]) > max(size) / 2  # a ring around a pole does not close
                d.line(flat if far else [*flat, flat[0]], line, width)
                on.polygon(flat, 255)
    if r.random() < 0.25 and not lines:
        image = _field(r, image, mask if r.random() < 0.6 else None)
    _points(r, image)
    return image


def _shows(place: Any, areas: tuple[Area, ...], size: Size) -> bool:
    """Return whether enough of a coast or border would be in the picture."""
    inside = 0
    for area in areas:
        points = place(area[0])
        inside += int(((points > 0).all(1) & (points < size).all(1)).sum())
    return inside > _SEEN


def _projection(r: random.Random, areas: tuple[Area, ...], size: Size) -> Any:
    """Return what turns degrees to pixels: plate carrée, Mercator, a globe, around a pole, or a cone."""
    ring = max(r.choice(areas), key=len)
    lon, lat = ring.mean(0) if r.random() < 0.8 else (r.uniform(-180, 180), r.uniform(-40, 60))
    kind = r.choice(["plain", "plain", "mercator", "globe", "pole", "oval"])
    whole = r.random() < 0.35
    span = 360.0 if whole else float(np.clip(np.ptp(ring, 0).max() * r.uniform(1.1, 3), 3, 150))
    w, h = size
    scale = (min(w, h) / 2.1 if kind in ("globe", "pole") else w) / (
        1 if kind in ("globe", "pole") and whole else np.radians(span)
    )
    middle = (0.0, r.uniform(-5, 25)) if whole else (lon, lat)
    if kind == "globe":
        middle = (lon, lat * 0.7)
    north = np.radians(middle[1])

    def place(ring: Ring) -> Ring:
        x, y = np.unwrap(np.radians((ring[:, 0] - middle[0] + 180) % 360 - 180)), np.radians(ring[:, 1])
        if kind == "globe":
            front = np.sin(north) * np.sin(y) + np.cos(north) * np.cos(y) * np.cos(x)
            if (front < 0).all():
                return np.zeros((0, 2))
            px, py = np.cos(y) * np.sin(x), np.cos(north) * np.sin(y) - np.sin(north) * np.cos(y) * np.cos(x)
            away = np.where(front < 0, np.maximum(np.hypot(px, py), 1e-6), 1.0)
            px, py = px / away, py / away
        elif kind == "pole":
            far = (np.pi / 2 - y) * 0.6
            px, py = far * np.sin(x), -far * np.cos(x)
        elif kind == "oval":
            px, py = x * np.cos(y * 0.8), y - north
        elif kind == "mercator":
            px, py = x, np.arcsinh(np.tan(np.clip(y, -1.4, 1.4))) - np.arcsinh(np.tan(np.clip(north, -1.4, 1.4)))
        else:
            px, py = x * (1 if whole else np.cos(north)), y - north
        return np.stack([w / 2 + px * scale, h / 2 - py * scale], 1)

    return place


def _field(r: random.Random, image: Image.Image, mask: Image.Image | None) -> Image.Image:
    """Lay colours of a quantity over land, or over everything, half through."""
    w, h = image.size
    height = 0.7 * noise(r, (w, h), r.randint(60, 140)) + 0.3 * noise(r, (w, h), 14)
    ramp = np.array([tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in r.choice(_RAMPS)], float)
    at = np.clip(height, 0, 0.999) * (len(ramp) - 1)
    low = at.astype(int)
    rgb = ramp[low] + (ramp[low + 1] - ramp[low]) * (at - low)[..., None]
    over = Image.blend(image, Image.fromarray(rgb.astype(np.uint8)), r.uniform(0.5, 1))
    return Image.composite(over, image, mask) if mask else over


def _points(r: random.Random, image: Image.Image) -> None:
    """Put sites, circles of several sizes, ways and names on a map."""
    d = ImageDraw.Draw(image)
    w, h = image.size
    if r.random() < 0.5:
        spread = (r.uniform(0.2, 0.8) * w, r.uniform(0.2, 0.8) * h)
        ink, sizes = r.choice(INK), r.choice([(4, 5), (6, 8), (3, 7), (4, 28)])
        for _ in range(r.randint(2, 60)):
            x, y = r.gauss(spread[0], w / 6), r.gauss(spread[1], h / 6)
            s = r.uniform(*sizes)
            d.ellipse((x - s, y - s, x + s, y + s), ink, r.choice(["black", "white"]))
    for _ in range(r.randint(1, 3) if r.random() < 0.15 else 0):
        d.line([(r.uniform(0, w), r.uniform(0, h)) for _ in range(r.randint(2, 6))], r.choice(INK), 5, joint="curve")
    for _ in range(r.randint(2, 8) if r.random() < 0.35 else 0):
        d.text(
            (r.uniform(0, w * 0.85), r.uniform(0, h * 0.95)), random_word(r), "black", font_size=r.choice([14, 18, 22])
        )


def _rim(r: random.Random, page: Image.Image, box: tuple[int, int, int, int], framed: bool) -> None:
    """Add a frame with degrees, lines of latitude, a bar of kilometres, an arrow to the north, a legend."""
    d = ImageDraw.Draw(page)
    left, top, right, bottom = box
    if framed and r.random() < 0.85:
        d.rectangle(box, outline="black", width=r.choice([1, 2, 4]))
        start, step = r.randint(-150, 100), r.choice([1, 2, 5, 10, 20])
        for i in range(1, r.randint(3, 7)) if r.random() < 0.75 else []:
            x, y = left + (right - left) * i // 7, top + (bottom - top) * i // 7
            d.text((x - 16, bottom + 4), f"{abs(start + i * step)}°{'E' if start > 0 else 'W'}", "black", font_size=16)
            d.text((left - 44, y - 8), f"{80 - i * step % 70}°N", "black", font_size=16)
            if r.random() < 0.7:
                d.line((x, top, x, bottom), "#aaaaaa")
                d.line((left, y, right, y), "#aaaaaa")
    if r.random() < 0.35:
        x, y, n = left + 14, bottom - 24, (right - left) // 6
        d.rectangle((x, y, x + n, y + 8), "black")
        d.rectangle((x + n // 2, y, x + n, y + 8), "white", "black")
        d.text((x + n + 4, y - 8), f"{r.choice([5, 10, 50, 100, 500])} km", "black", font_size=18)
    if r.random() < 0.25:
        x, y = right - 30, top + 40
        d.polygon([(x, y - 30), (x - 12, y + 14), (x, y + 4), (x + 12, y + 14)], "black")
        d.text((x - 7, y + 16), "N", "black", font_size=22)
    if r.random() < 0.3:
        ramp, x, y = r.choice(_RAMPS), left + 10, (top + bottom) // 2
        for i, colour in enumerate(ramp):
            d.rectangle((x, y + 24 * i, x + 26, y + 24 * i + 18), colour, "black")
            d.text((x + 32, y + 24 * i), f"{i * 20}-{i * 20 + 20}", "black", font_size=16)
