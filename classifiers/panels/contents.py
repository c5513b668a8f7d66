"""What drawn panels hold: one picture, several that belong together, room for a letter; lines and a key around them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from classifiers.images.generate import PAINTERS
from classifiers.images.generate.marks import random_word

Rect = tuple[int, int, int, int]  # left, top, right, bottom
Rect3 = tuple[int, int, int]  # left, top, width
DRAWN: Final = ("chart", "diagram", "table", "molecular_structure")  # kinds whose ground is the figure's
_LEAST: Final = 24  # pixels of a part's side
_INKS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "black", "grey")


class Pictures:
    """Pictures to fill panels with, by kind: files of a folder, and generated ones."""

    def __init__(self, files: Mapping[str, Sequence[Path]], generated: int, seed: int) -> None:
        """Load files and draw pictures of each kind.

        Args:
            files: by kind of image.
            generated: how many pictures of each drawn kind are generated.
            seed: of the generator.
        """
        r = random.Random(seed)
        self.by_kind: dict[str, list[Image.Image]] = {}
        for kind, paths in files.items():
            for path in paths:
                with Image.open(path) as opened:
                    picture = opened.convert("RGB")
                picture.thumbnail((448, 448))
                self.by_kind.setdefault(kind, []).append(picture)
        for kind, painter in PAINTERS.items():
            for _ in range(generated * (6 if kind == "chart" else 1)):
                size = (r.randint(160, 420), r.randint(140, 380))
                self.by_kind.setdefault(kind, []).append(painter(r, size))

    def pick(self, r: random.Random, kind: str, size: tuple[int, int]) -> Image.Image:
        """Fill a size with a picture: a crop of a photograph, a drawing of about this shape."""
        w, h = size
        pool = self.by_kind[kind]
        if kind in DRAWN:
            picture = min(r.sample(pool, min(6, len(pool))), key=lambda p: abs(p.width / p.height - w / h))
            return picture.resize(size, Image.Resampling.BILINEAR)
        picture = r.choice(pool)
        zoom = r.uniform(0.45, 1.0)
        cw = picture.width * zoom
        ch = min(cw * h / w, picture.height)
        cw = min(ch * w / h, picture.width)
        x, y = r.uniform(0, picture.width - cw), r.uniform(0, picture.height - ch)
        part = picture.resize(size, Image.Resampling.BILINEAR, (x, y, x + cw, y + ch))
        return ImageOps.mirror(part) if r.random() < 0.5 else part


def beside_letter(r: random.Random, box: Rect, letter: Rect | None) -> Rect:
    """Leave room for the letter of a chart above it, beside it or both, and a little on the other sides."""
    x0, y0, x1, y1 = box
    w, h = x1 - x0, y1 - y0
    if letter is not None:
        down, aside = letter[3] - y0, letter[2] - x0
        if r.random() < 0.6 and 0 < down < 0.25 * h:
            y0 += down
        if r.random() < 0.4 and 0 < aside < 0.2 * w:
            x0 += aside
    if r.random() < 0.3:
        x0, x1 = x0 + round(w * r.uniform(0, 0.06)), x1 - round(w * r.uniform(0, 0.06))
        y0, y1 = y0 + round(h * r.uniform(0, 0.04)), y1 - round(h * r.uniform(0, 0.04))
    return (x0, y0, max(x1, x0 + 4), max(y1, y0 + 4))


def fill(r: random.Random, image: Image.Image, box: Rect, pictures: Pictures, kind: str, several: bool) -> None:
    """Fill a box with a picture, or with several that belong together."""
    x0, y0, x1, y1 = box
    w, h = max(x1 - x0, 4), max(y1 - y0, 4)
    if several and min(w, h) > 60:
        parts = _parts(r, box, kind)
        if parts:
            other = r.choice([k for k in pictures.by_kind if k in DRAWN or kind not in DRAWN])
            for part in parts:
                of = other if r.random() < 0.15 else kind
                image.paste(pictures.pick(r, of, (part[2] - part[0], part[3] - part[1])), part[:2])
            return
    image.paste(pictures.pick(r, kind, (w, h)), (x0, y0))
    if r.random() < 0.06 and min(w, h) > 80:
        iw, ih = round(w * r.uniform(0.2, 0.4)), round(h * r.uniform(0.2, 0.4))
        inset = pictures.pick(r, kind, (iw, ih))
        at = (r.choice([x0, x1 - iw]), r.choice([y0, y1 - ih]))
        image.paste(inset, at)
        ImageDraw.Draw(image).rectangle((*at, at[0] + iw, at[1] + ih), outline=r.choice(["white", "black", "red"]))


def _parts(r: random.Random, box: Rect, kind: str) -> list[Rect]:
    """Divide a box into rows and columns, of one size or not; an empty list if it is too small."""
    x0, y0, x1, y1 = box
    w, h = x1 - x0, y1 - y0
    long = max(1, min(round(w / h * 2), 4))
    rows, columns = r.choice([(1, max(long, 2)), (2, long), (1, 2), (max(round(h / w * 2), 2), 1), (2, 2), (3, long)])
    gap = r.choice([0, 1, 2, 3, 6] + ([8, 14] if kind in DRAWN else []))
    uneven = r.random() < 0.35
    across, down = _steps(r, x0, w, columns, gap, uneven), _steps(r, y0, h, rows, gap, uneven)
    found = [(a, c, b, d) for c, d in down for a, b in across]
    if min(min(b - a, d - c) for a, c, b, d in found) < _LEAST:
        return []
    if rows * columns > 3 and r.random() < 0.2:  # a last row that is not full, or a hole
        found.pop(r.choice([-1, -1, 0]))
    return found


def _steps(r: random.Random, first: int, size: int, n: int, gap: int, uneven: bool) -> list[tuple[int, int]]:
    shares = [r.uniform(0.6, 1.6) if uneven else 1.0 for _ in range(n)]
    free, at, out = size - gap * (n - 1), float(first), []
    for share in shares:
        step = free * share / sum(shares)
        out.append((round(at), round(at + step)))
        at += step + gap
    return out


def lines(r: random.Random, image: Image.Image, boxes: Sequence[Rect]) -> None:
    """Draw lines around panels, or around the figure, in some figures."""
    pen = ImageDraw.Draw(image)
    which = r.random()
    if which < 0.07:
        colour = r.choice(["black", "black", "grey", "#c0c0c0"])
        for x0, y0, x1, y1 in boxes:
            pen.rectangle((x0, y0, x1 - 1, y1 - 1), outline=colour, width=r.choice([1, 1, 2]))
    elif which < 0.1:
        pen.rectangle((0, 0, image.width - 1, image.height - 1), outline="black", width=r.choice([1, 2]))


Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def surrounded(r: random.Random, image: Image.Image, boxes: Sequence[Rect], font: Font) -> tuple[Image.Image, int]:
    """Put what is no panel around some figures: a title, a key, a caption; return how far all moved down.

    Args:
        r: source of randomness.
        image: the figure.
        boxes: of its panels.
        font: of the words.
    """
    if r.random() < 0.3:
        _key_inside(r, image, boxes, font)
    above = r.randint(16, 50) if r.random() < 0.08 else 0
    lines_below = r.choice([1, 1, 2, 3, 4]) if r.random() < 0.1 else 0
    below = max(lines_below * 15 + 8 if lines_below else 0, r.randint(18, 44) if r.random() < 0.1 else 0)
    aside = r.randint(60, 130) if r.random() < 0.06 else 0
    out = Image.new("RGB", (image.width + aside, image.height + above + below), "white")
    out.paste(image, (0, above))
    pen = ImageDraw.Draw(out)
    if above:
        words = r.choice(["Figure {}", "Fig. {}", "FIGURE {}", "{}"]).format(r.randint(1, 750))
        x = r.choice([4, 4, image.width // 2, max(image.width - 60, 0)])
        pen.text((x, r.randint(1, max(above - 16, 1))), words, "black", font=font)
    if aside:
        _key(r, pen, (image.width + 4, r.randint(0, image.height // 2), aside), font, 1)
    if lines_below:
        for k in range(lines_below):
            text = " ".join(random_word(r) for _ in range(max(image.width // 45, 2)))
            share = 1.0 if k < lines_below - 1 else r.uniform(0.3, 1.0)
            pen.text((4, above + image.height + 4 + 15 * k), text[: round(len(text) * share)], "black", font=font)
    elif below:
        _key(r, pen, (r.randint(4, max(image.width // 2, 5)), above + image.height + 4, image.width), font, 4)
    return out, above


def _key_inside(r: random.Random, image: Image.Image, boxes: Sequence[Rect], font: Font) -> None:
    """Put a key where no panel is, if there is room."""
    for _ in range(20):
        w, h = r.randint(70, 150), r.randint(40, 140)
        if w >= image.width or h >= image.height:
            continue
        x, y = r.randrange(image.width - w), r.randrange(image.height - h)
        if all(x >= b[2] + 4 or x + w <= b[0] - 4 or y >= b[3] + 4 or y + h <= b[1] - 4 for b in boxes):
            _key(r, ImageDraw.Draw(image), (x, y, w), font, 1, h // 16)
            return


def _key(r: random.Random, pen: ImageDraw.ImageDraw, at: Rect3, font: Font, columns: int, rows: int = 4) -> None:
    """Draw a key of colours: samples with words, in so many columns and rows at most."""
    left, y, wide = at
    for k in range(r.randint(2, max(columns * rows if columns == 1 else columns, 2))):
        x = left + (k % columns) * r.randint(60, 110)
        down = y + (k // columns) * 16
        pen.rectangle((x, down, x + 10, down + 10), fill=r.choice(_INKS))
        pen.text(
            (x + 14, down - 1), f"{random_word(r)} {random_word(r)}"[: max((wide - 16) // 8, 3)], "black", font=font
        )
