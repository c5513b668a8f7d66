"""Charts as papers print them, drawn from a seed."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_INK: Final = ("#1b4965", "#ca6702", "#2a9d8f", "#9b2226", "#6a4c93")
_GROUPS: Final = (
    ("Control", "Low", "Mid", "High", "Wash"),
    ("WT", "KO", "KO+A", "KO+B", "Sham"),
    ("0 h", "6 h", "12 h", "24 h", "48 h"),
)
_VALUES: Final = ("Relative level", "Cells (%)", "Area (mm)", "Score", "Volume (ml)")
_TIMES: Final = ("Time (h)", "Time (days)", "Dose (mg/kg)", "Follow-up (months)")

_Frame = tuple[int, int, int, int]


def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(height // 26, 9))


def _canvas(rng: np.random.Generator, width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw, _Frame]:
    """Return a white picture with axes, ticks and the name of the values; the frame is left, top, right, bottom."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    font = _font(height)
    left, top, right, bottom = int(width * 0.17), int(height * 0.1), int(width * 0.96), int(height * 0.82)
    pen.line((left, top, left, bottom, right, bottom), fill="black", width=2)
    most = int(rng.choice((4, 8, 20, 100, 200)))
    for step in range(5):
        y = bottom - step * (bottom - top) // 4
        pen.line((left - 5, y, left, y), fill="black", width=2)
        words = f"{most * step / 4:g}"
        pen.text((left - 10 - pen.textlength(words, font), y - height // 52), words, fill="black", font=font)
    name = str(rng.choice(_VALUES))
    label = Image.new("L", (int(pen.textlength(name, font)) + 4, height // 16), 0)
    ImageDraw.Draw(label).text((2, 0), name, fill=255, font=font)
    turned = label.rotate(90, expand=True)
    image.paste("black", (width // 60, (top + bottom - turned.height) // 2), turned)
    return image, pen, (left, top, right, bottom)


def bars(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw means of five groups with error bars; two of them are compared."""
    image, pen, (left, top, right, bottom) = _canvas(rng, width, height)
    font = _font(height)
    step = (right - left) / 5
    names = _GROUPS[int(rng.integers(len(_GROUPS)))]
    tops = []
    for i in range(5):
        middle = left + (i + 0.5) * step
        level = bottom - rng.uniform(0.15, 0.78) * (bottom - top)
        error = rng.uniform(0.02, 0.09) * (bottom - top)
        pen.rectangle((middle - step * 0.3, level, middle + step * 0.3, bottom), fill=_INK[i], outline="black")
        pen.line((middle, level - error, middle, level + error), fill="black", width=2)
        pen.line((middle - 5, level - error, middle + 5, level - error), fill="black", width=2)
        pen.text((middle - pen.textlength(names[i], font) / 2, bottom + 6), names[i], fill="black", font=font)
        tops.append((middle, level - error))
    first, second = sorted(int(i) for i in rng.choice(5, 2, replace=False))
    y = min(t for _, t in tops[first : second + 1]) - 10
    pen.line(
        (tops[first][0], y + 5, tops[first][0], y, tops[second][0], y, tops[second][0], y + 5), fill="black", width=1
    )
    stars = "*" * int(rng.integers(1, 4))
    pen.text(
        ((tops[first][0] + tops[second][0] - pen.textlength(stars, font)) / 2, y - height // 22),
        stars,
        fill="black",
        font=font,
    )
    return image


def lines(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw three courses with marks and a legend."""
    image, pen, (left, top, right, bottom) = _canvas(rng, width, height)
    font = _font(height)
    n = int(rng.integers(6, 13))
    xs = np.linspace(0.03, 0.97, n)
    for k, colour in enumerate(_INK[:3]):
        shape = rng.uniform(-1.5, 2.5)
        level = 0.15 + 0.7 * np.clip(
            rng.uniform(0.1, 0.7) + 0.5 * np.tanh(shape * (xs - rng.uniform(0.2, 0.8)) * 3) + rng.normal(0, 0.05, n),
            0,
            1,
        )
        points = [
            (left + a * (right - left), bottom - b * (bottom - top))
            for a, b in zip(xs.tolist(), level.tolist(), strict=True)
        ]
        pen.line(points, fill=colour, width=3)
        for u, v in points:
            pen.ellipse((u - 4, v - 4, u + 4, v + 4), fill=colour if k != 1 else "white", outline=colour, width=2)
        v = top + k * height // 18
        pen.line((right - width * 0.22, v, right - width * 0.16, v), fill=colour, width=3)
        pen.text(
            (right - width * 0.15, v - height // 52), ("Control", "Treated", "Untreated")[k], fill="black", font=font
        )
    for step in range(5):
        x = left + step * (right - left) / 4
        pen.line((x, bottom, x, bottom + 5), fill="black", width=2)
        pen.text((x - 6, bottom + 6), f"{step * 6}", fill="black", font=font)
    name = str(rng.choice(_TIMES))
    pen.text(((left + right - pen.textlength(name, font)) / 2, height - height // 14), name, fill="black", font=font)
    return image
