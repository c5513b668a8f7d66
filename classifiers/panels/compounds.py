"""Draw compound figures from the layouts of real ones: real boxes and letter positions, other people's open pictures.

A layout says where panels and letters lie, in pixels of a figure that is not at hand. Its boxes are filled with openly
licensed pictures and generated charts: of one kind or mixed, stitched without a gap where the layout has none, some
panels made of several pictures, with insets, titles in the gutters, JPEG noise. None of it is published.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from classifiers.images.generate import PAINTERS
from classifiers.images.generate.marks import random_word
from classifiers.panels.contents import DRAWN, Pictures, Rect, beside_letter, fill, lines, surrounded
from pmcmine.errors import GoldError

_CORNERS: Final = (("left", "top"),) * 13 + (("left", "bottom"),) * 3 + (("middle", "bottom"), ("right", "bottom"))
_STYLES: Final = ("{}",) * 12 + ("({})",) * 4 + ("{})",) * 2 + ("{}.",)


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes of a real figure's panels, in its pixels; boxes of their letters if known."""

    boxes: tuple[Rect, ...]
    labels: tuple[str, ...]
    letters: tuple[Rect | None, ...]


@dataclass(frozen=True, slots=True)
class Compound:
    """A drawn figure, the boxes of its panels, and its letters: text and box of each."""

    image: Image.Image
    boxes: tuple[Rect, ...]
    letters: tuple[tuple[str, Rect], ...]


def read_layouts(path: Path) -> list[Layout]:
    """Read a gzipped table of `set`, `figure`, box, `label` and letter's box; figures of up to 30 panels.

    Raises:
        GoldError: if the table lacks a column.
    """
    found: dict[tuple[str, str], list[tuple[Rect, str, Rect | None]]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as opened:
        try:
            for row in csv.DictReader(opened, delimiter="\t"):
                box = (int(row["x0"]), int(row["y0"]), int(row["x1"]), int(row["y1"]))
                letter = None
                if row["lx0"]:
                    letter = (int(row["lx0"]), int(row["ly0"]), int(row["lx1"]), int(row["ly1"]))
                if min(box[2] - box[0], box[3] - box[1]) >= 20:
                    found.setdefault((row["set"], row["figure"]), []).append((box, row["label"], letter))
        except (KeyError, TypeError, ValueError) as e:
            raise GoldError(f"{path}: no table of layouts: {e}") from None
    return [
        Layout(tuple(b for b, _, _ in rows), tuple(t for _, t, _ in rows), tuple(x for _, _, x in rows))
        for rows in found.values()
        if len(rows) <= 30
    ]


def fonts_of(folder: Path | None) -> list[Path]:
    """List the TrueType fonts below a folder that look like those of figures."""
    found = sorted(folder.rglob("*.ttf")) if folder is not None else []
    return [
        f for f in found if ("Sans" in f.name or "Serif" in f.name) and "Light" not in f.name and "Math" not in f.name
    ]


@dataclass(frozen=True, slots=True)
class _Style:
    """How letters of one figure look: font, brackets, colour (`auto` by their ground), and colour of a box behind."""

    font: Path | None
    pattern: str
    colour: str
    back: str | None


def _style(r: random.Random, fonts: Sequence[Path]) -> _Style:
    bold = [f for f in fonts if "Bold" in f.name and "Oblique" not in f.name and "Italic" not in f.name]
    plain = [f for f in fonts if f not in bold]
    font = r.choice(bold if bold and r.random() < 0.6 else plain) if plain else None
    pattern = r.choice(_STYLES)
    if r.random() < 0.35:
        back, colour = r.choice([("white", "black")] * 3 + [("black", "white")])
        return _Style(font, pattern, colour, back)
    return _Style(font, pattern, r.choice(["auto"] * 8 + ["yellow", "red"]), None)


def _font(path: Path | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(str(path), size) if path is not None else ImageFont.load_default(size)


def draw(r: random.Random, layout: Layout, pictures: Pictures, fonts: Sequence[Path], side: int = 640) -> Compound:
    """Draw a compound figure of this layout whose longer side has at most `side` pixels."""
    right, bottom = max(b[2] for b in layout.boxes), max(b[3] for b in layout.boxes)
    left, top = min(b[0] for b in layout.boxes), min(b[1] for b in layout.boxes)
    margin = r.choice([0, 0, 2, 8, 20])
    scale = side * r.uniform(0.75, 1.0) / (max(right - left, bottom - top) + 2 * margin)
    flip = r.random() < 0.08  # across the diagonal: rows become columns

    def placed(box: Rect) -> Rect:
        x0, y0, x1, y1 = (round((v - o + margin) * scale) for v, o in zip(box, (left, top, left, top), strict=True))
        return (y0, x0, y1, x1) if flip else (x0, y0, x1, y1)

    boxes = tuple(placed(b) for b in layout.boxes)
    extra = round(margin * scale)
    width, height = max(b[2] for b in boxes) + extra, max(b[3] for b in boxes) + extra
    ground = r.choice(["white"] * 15 + ["black"] * 2 + ["#e8e8e8"])
    image = Image.new("RGB", (width, height), ground)
    touching = _touching(boxes)
    kinds = list(PAINTERS)
    photos = [k for k in kinds if k not in DRAWN]
    common = ["microscopy"] * 4 + ["gel"] * 2
    base = r.choice([*common, *photos]) if touching and r.random() < 0.6 else r.choice(["chart"] * 10 + common + kinds)
    mixed = r.random() < 0.35
    parts = r.choice([0.0] * 4 + [0.15, 0.3, 0.6, 1.0])  # share of panels that are made of several pictures
    spots = [] if flip else [placed(x) for x in layout.letters if x is not None]
    seen = []
    for i, box in enumerate(boxes):
        kind = r.choice(kinds if ground == "white" and not touching else photos) if mixed and r.random() < 0.5 else base
        if ground != "white" and kind in DRAWN:
            kind = r.choice(photos)
        spot = spots[i] if len(spots) == len(boxes) else None
        inner = beside_letter(r, box, spot) if kind in DRAWN else box
        fill(r, image, inner, pictures, kind, r.random() < parts)
        seen.append(inner if spot is None else _around(inner, spot, box))
    boxes = tuple(seen)
    lines(r, image, boxes)
    if r.random() < 0.25:
        _titles(r, image, boxes, fonts)
    letters = _letters(r, image, boxes, layout.labels, spots, fonts)
    if ground == "white":
        image, down = surrounded(r, image, boxes, _font(r.choice(fonts) if fonts else None, r.randint(9, 15)))
        boxes = tuple((a, b + down, c, d + down) for a, b, c, d in boxes)
        letters = [(t, (a, b + down, c, d + down)) for t, (a, b, c, d) in letters]
    return Compound(_noisy(r, image), boxes, tuple(letters))


def _around(inner: Rect, letter: Rect, box: Rect) -> Rect:
    """Return the part of a box that holds a picture and its letter."""
    x0, y0, x1, y1 = (
        min(inner[0], letter[0]),
        min(inner[1], letter[1]),
        max(inner[2], letter[2]),
        max(inner[3], letter[3]),
    )
    return (max(x0, box[0]), max(y0, box[1]), min(x1, box[2]), min(y1, box[3]))


def _touching(boxes: Sequence[Rect]) -> bool:
    """Check whether most neighbours lie closer than 1 % of the figure."""
    near = 0.01 * max(b[2] for b in boxes)
    gaps = [
        c[a] - b[a + 2]
        for a in (0, 1)
        for b in boxes
        for c in boxes
        if c[a] > b[a] and min(b[3 - a], c[3 - a]) - max(b[1 - a], c[1 - a]) > 5
    ]
    close = [g for g in gaps if g > -4 * near]
    return bool(close) and sum(g < near for g in close) * 2 > len(boxes) - 1 and min(close) < near


def _titles(r: random.Random, image: Image.Image, boxes: Sequence[Rect], fonts: Sequence[Path]) -> None:
    """Write words above panels, or beside them, in the gutters."""
    pen = ImageDraw.Draw(image)
    size = r.randint(9, 16)
    font = _font(r.choice(fonts) if fonts else None, size)
    where = r.choice(["above", "below", "inside"])
    for x0, y0, x1, y1 in boxes:
        if r.random() < 0.7:
            y = {"above": y0 - size - 2, "below": y1 + 1, "inside": y0 + 2}[where]
            words = f"{random_word(r)} {random_word(r)}"[:14]
            pen.text(((x0 + x1) // 2 - 3 * size, y), words, r.choice(["black"] * 3 + ["white"]), font=font)


def _letters(
    r: random.Random,
    image: Image.Image,
    boxes: Sequence[Rect],
    labels: Sequence[str],
    spots: Sequence[Rect],
    fonts: Sequence[Path],
) -> list[tuple[str, Rect]]:
    """Draw the letters where the real figure has them, or in one corner of all panels; return text and ink of each."""
    known = len(spots) == len(boxes) and all(len(t) == 1 for t in labels)
    if not known and r.random() < 0.35:
        return []
    style = _style(r, fonts)
    order = sorted(range(len(boxes)), key=lambda i: (boxes[i][1] // 40, boxes[i][0]))
    name = "abcdefghijklmnopqrstuvwxyzABCD" if r.random() < 0.4 else "ABCDEFGHIJKLMNOPQRSTUVWXYZabcd"
    corner = r.choice(_CORNERS)
    tall = r.randint(11, 30)
    pad = r.randint(1, 8)
    out = []
    for place, i in enumerate(order):
        text = labels[i] if known else name[place]
        if known:
            x0, y0, x1, y1 = spots[i]
            size, at = min(max(round((y1 - y0) * 1.15), 10), 48), ((x0 + x1) // 2, (y0 + y1) // 2)
        else:
            size = tall
            x0, y0, x1, y1 = boxes[i]
            half = size // 2 + pad
            x = {"left": x0 + half, "right": x1 - half, "middle": (x0 + x1) // 2}[corner[0]]
            at = (x, y0 + half if corner[1] == "top" else y1 - half)
        out.append((text, _letter(image, style, text, at, size)))
    return out


def _letter(image: Image.Image, style: _Style, text: str, at: tuple[int, int], size: int) -> Rect:
    """Draw a letter around a point; return the box of its own ink, without brackets."""
    pen = ImageDraw.Draw(image)
    font = _font(style.font, size)
    written = style.pattern.format(text)
    le, t, rt, b = pen.textbbox((0, 0), written, font=font)
    x = min(max(at[0] - (le + rt) / 2, -le), image.width - rt)
    y = min(max(at[1] - (t + b) / 2, -t), image.height - b)
    if style.back is not None:
        pen.rectangle((x + le - 3, y + t - 3, x + rt + 3, y + b + 3), fill=style.back)
    colour = style.colour
    if colour == "auto":
        px = image.crop((int(x + le), int(y + t), max(int(x + rt), int(x + le) + 1), max(int(y + b), int(y + t) + 1)))
        colour = "black" if float(np.asarray(px.convert("L")).mean()) > 110 else "white"
    pen.text((x, y), written, fill=colour, font=font)
    before = pen.textlength(written[: written.index(text)], font=font)
    le, t, rt, b = pen.textbbox((x + before, y), text, font=font)
    return (int(le), int(t), int(rt), int(b))


def _noisy(r: random.Random, image: Image.Image) -> Image.Image:
    """Blur a little and compress, as figures on the web are."""
    if r.random() < 0.3:
        f = r.uniform(0.6, 0.95)
        small = image.resize((max(int(image.width * f), 8), max(int(image.height * f), 8)), Image.Resampling.BILINEAR)
        image = small.resize(image.size, Image.Resampling.BILINEAR)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=r.randint(45, 95))
    with Image.open(out) as opened:
        return opened.convert("RGB")
