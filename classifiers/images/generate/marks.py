"""Helpers of the painters: sizes, ink, words, noise, greys."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Size = tuple[int, int]
Painter = Callable[[random.Random, Size], Image.Image]
INK: Final = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#222222", "#777777", "#17becf", "#e377c2")
_WORDS: Final = "Control Treated Group Time Dose Study Total Ratio Cell Index Score Rate Mean Site Risk Day".split()


def numpy_rng(r: random.Random) -> np.random.Generator:
    """Return a generator of NumPy's, seeded from one of Python's."""
    return np.random.default_rng(r.getrandbits(32))


def noise(r: random.Random, size: Size, coarse: int) -> NDArray[np.float64]:
    """Generate smooth noise from 0 to 1, height × width, with grains of about `coarse` pixels."""
    w, h = size
    small = numpy_rng(r).random((max(h // coarse, 2), max(w // coarse, 2)))
    image = Image.fromarray((small * 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image, np.float64) / 255


def grey_image(values: NDArray[np.float64]) -> Image.Image:
    """Turn values from 0 to 1 into a grey image."""
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8)).convert("RGB")


def coloured_image(values: NDArray[np.float64], low: tuple[int, int, int], high: tuple[int, int, int]) -> Image.Image:
    """Turn values from 0 to 1 into an image of the colours between two."""
    v = np.clip(values, 0, 1)[..., None]
    return Image.fromarray((np.array(low) * (1 - v) + np.array(high) * v).astype(np.uint8))


def unit_grid(size: Size) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return X and y from -1 to 1."""
    w, h = size
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    return x, y


def random_word(r: random.Random) -> str:
    """Choose a word for a label, half of the time with a number."""
    return f"{r.choice(_WORDS)} {r.randint(1, 99)}" if r.random() < 0.5 else r.choice(_WORDS)


def blurred(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blur by a pixel."""
    image = Image.fromarray((np.clip(plane, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    return np.asarray(image, np.float64) / 255
