"""Features of a picture: colour, grey levels, edges, straight strokes, blocks of ink, texture, layout.

Global descriptors as surveys of figure classification name them (e.g. García Seco de Herrera et al. 2016, ImageCLEF
subfigure classification); all are computed on a view whose longer side has 256 pixels.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.floating]  # float32; the type checker loses the width in sums
SIDE: Final = 256  # pixels of the view's longer side
_LEAST: Final = 16
_CELLS: Final = 4
_EPS: Final = 1e-6


def view(image: Image.Image) -> NDArray[np.uint8]:
    """Scale an image to RGB, height × width × 3, with a longer side of at most 256 pixels."""
    small = image.convert("RGB")
    factor = max(small.size) // (2 * SIDE)
    if factor > 1:
        small = small.reduce(factor)
    small.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small)


def features(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute about 150 numbers of a view, height × width × 3."""
    h, w = rgb.shape[:2]
    if min(h, w) < _LEAST:  # a strip: repeat its edge, so that blocks and cells have something in them
        rgb = np.pad(rgb, ((0, max(_LEAST - h, 0)), (0, max(_LEAST - w, 0)), (0, 0)), mode="edge")
    colour = rgb.astype(np.float32) / 255
    top, low = colour.max(-1), colour.min(-1)
    grey = colour @ np.array([0.299, 0.587, 0.114], np.float32)
    spread = top - low
    h, w = grey.shape
    out: list[float] = [np.log2(w / h), min(w, h) / SIDE]
    # Grey levels and colours.
    levels = np.histogram(grey, 16, (0, 1))[0] / grey.size
    out += levels.tolist()
    out += (np.histogram(spread, 6, (0, 1))[0] / grey.size).tolist()
    vivid = spread > 0.15
    out.append(float(vivid.mean()))
    out += _hues(colour, top, spread, vivid)
    coarse = (rgb >> 5).astype(np.int32)
    codes = coarse[..., 0] * 64 + coarse[..., 1] * 8 + coarse[..., 2]
    share = np.sort(np.bincount(codes.ravel(), minlength=512))[::-1] / grey.size
    out += [float(-(share * np.log2(share + _EPS)).sum()) / 9, *share[:4].tolist(), float((share > 0.002).sum()) / 64]
    out += [float((grey > 0.95).mean()), float((grey < 0.08).mean()), float(grey.mean()), float(grey.std())]
    # Edges: how many, how strong, in which directions.
    gx = np.abs(np.diff(grey, axis=1))[:-1, :]
    gy = np.abs(np.diff(grey, axis=0))[:, :-1]
    strength = np.hypot(gx, gy)
    out += [float((strength > t).mean()) for t in (0.02, 0.06, 0.15, 0.4)]
    strong = strength > 0.1
    out += [float((gx[strong] > 3 * gy[strong]).mean()) if strong.any() else 0.0,
            float((gy[strong] > 3 * gx[strong]).mean()) if strong.any() else 0.0]  # fmt: skip
    out += _strokes(grey)
    # Texture: variation within blocks, at two scales, and how it differs between blocks.
    for size in (4, 16):
        blocks = _blocks(grey, size)
        inner = blocks.std(axis=(1, 3))
        out += [float(inner.mean()), float(inner.std()), float((inner < 0.01).mean()), float((inner > 0.12).mean())]
    small = _blocks(grey, 2).mean(axis=(1, 3))
    out.append(float(np.abs(np.diff(small, axis=1)).mean() / (np.abs(np.diff(grey, axis=1)).mean() + _EPS)))
    # Layout: what a 4 x 4 grid of cells holds.
    for plane in (grey, spread, np.pad(strength, ((0, 1), (0, 1)))):
        out += _cells(plane)
    border = np.concatenate([grey[:4].ravel(), grey[-4:].ravel(), grey[:, :4].ravel(), grey[:, -4:].ravel()])
    out += [float(border.mean()), float(border.std())]
    return np.array(out, np.float32)


def _hues(colour: Plane, top: Plane, spread: Plane, vivid: NDArray[np.bool_]) -> list[float]:
    """Return the share of the picture in each of eight hues, and the mean colour of its vivid part."""
    if not vivid.any():
        return [0.0] * 11
    r, g, b = (colour[..., i][vivid] for i in range(3))
    m, s = top[vivid], spread[vivid]
    hue = np.where(m == r, ((g - b) / s) % 6, np.where(m == g, (b - r) / s + 2, (r - g) / s + 4)) / 6
    shares = np.histogram(hue, 8, (0, 1))[0] / top.size
    return [*shares.tolist(), float(r.mean()), float(g.mean()), float(b.mean())]


def _strokes(grey: Plane) -> list[float]:
    """Return long straight strokes of ink on a light ground, and runs of ink in rows and columns."""
    ink = grey < max(float(np.median(grey)) - 0.25, 0.1)
    out = [float(ink.mean())]
    for plane in (ink, ink.T):
        n = plane.shape[1]
        padded = np.pad(plane, ((0, 0), (1, 1))).astype(np.int8)
        edges = np.diff(padded, axis=1)
        starts, ends = np.nonzero(edges == 1), np.nonzero(edges == -1)
        runs = ends[1] - starts[1]
        out += [
            float((runs > 0.3 * n).sum()) / 20,
            float((runs > 0.6 * n).sum()) / 20,
            float((runs <= 3).mean()) if len(runs) else 0.0,
            len(runs) / plane.size * 10,
        ]
        filled = plane.mean(axis=1)
        out += [float((filled < 0.005).mean()), float(np.abs(np.diff(filled)).mean()), float(filled.std())]
    return out


def _blocks(plane: Plane, size: int) -> Plane:
    h, w = plane.shape
    h, w = max(h // size, 1) * size, max(w // size, 1) * size
    padded = np.pad(plane, ((0, max(h - plane.shape[0], 0)), (0, max(w - plane.shape[1], 0))), mode="edge")[:h, :w]
    return padded.reshape(h // size, size, w // size, size)


def _cells(plane: Plane) -> list[float]:
    """Compute the mean of each cell, the sum over mirrored cells, and how far the cells differ."""
    h, w = plane.shape
    rows = np.linspace(0, h, _CELLS + 1).astype(int)
    columns = np.linspace(0, w, _CELLS + 1).astype(int)
    sums = np.add.reduceat(np.add.reduceat(plane, np.minimum(rows[:-1], h - 1), 0), np.minimum(columns[:-1], w - 1), 1)
    means = sums / max(h * w / _CELLS**2, 1)
    centre = float(means[1:3, 1:3].mean())
    return [*means.ravel().tolist(), centre - float(means.mean()), float(means.std())]
