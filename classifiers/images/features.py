"""Features of a picture: colour, grey levels, edges, straight strokes, blocks of ink, texture, layout.

Global descriptors as surveys of figure classification name them (e.g. García Seco de Herrera et al. 2016, ImageCLEF
subfigure classification); all are computed on a view whose longer side has 256 pixels.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pmcmine.images.pyramid import Pyramid

Plane = NDArray[np.floating]  # float32; the type checker loses the width in sums
SIDE: Final = 256  # pixels of the view's longer side
_LEAST: Final = 16
_CELLS: Final = 4
_EPS: Final = 1e-6


def view(image: Image.Image) -> NDArray[np.uint8]:
    """Scale an image to RGB, height × width × 3, with a longer side of at most 256 pixels."""
    return Pyramid.of(image if image.mode in ("L", "RGB") else image.convert("RGB")).rgb(SIDE)


def features(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute about 150 numbers of a view, height × width × 3."""
    h, w = rgb.shape[:2]
    if min(h, w) < _LEAST:  # a strip: repeat its edge, so that blocks and cells have something in them
        rgb = np.pad(rgb, ((0, max(_LEAST - h, 0)), (0, max(_LEAST - w, 0)), (0, 0)), mode="edge")
    colour = rgb.astype(np.float32) / 255
    r, g, b = colour[..., 0], colour[..., 1], colour[..., 2]
    top, low = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)  # three times as fast as max(-1)
    grey = colour @ np.array([0.299, 0.587, 0.114], np.float32)
    spread = top - low
    h, w = grey.shape
    out: list[float] = [np.log2(w / h), min(w, h) / SIDE]
    # Grey levels and colours.
    out += (_levels(grey, 16) / grey.size).tolist()
    out += (_levels(spread, 6) / grey.size).tolist()
    vivid = spread > 0.15
    out.append(_share(vivid))
    out += _hues(colour, top, spread, vivid)
    coarse = (rgb >> 5).astype(np.int32)
    codes = coarse[..., 0] * 64 + coarse[..., 1] * 8 + coarse[..., 2]
    share = np.sort(np.bincount(codes.ravel(), minlength=512))[::-1] / grey.size
    out += [float(-(share * np.log2(share + _EPS)).sum()) / 9, *share[:4].tolist(), float((share > 0.002).sum()) / 64]
    out += [_share(grey > 0.95), _share(grey < 0.08), float(grey.mean()), float(grey.std())]
    # Edges: how many, how strong, in which directions.
    gx = np.abs(np.diff(grey, axis=1))[:-1, :]
    gy = np.abs(np.diff(grey, axis=0))[:, :-1]
    strength = np.hypot(gx, gy)
    out += [_share(strength > t) for t in (0.02, 0.06, 0.15, 0.4)]
    strong = strength > 0.1
    across, down = gx[strong], gy[strong]
    out += [_share(across > 3 * down), _share(down > 3 * across)]
    out += _strokes(grey)
    # Texture: variation within blocks, at two scales, and how it differs between blocks.
    for size in (4, 16):
        blocks = _blocks(grey, size)
        inner = blocks.std(axis=(1, 3))
        out += [float(inner.mean()), float(inner.std()), _share(inner < 0.01), _share(inner > 0.12)]
    small = _blocks(grey, 2).mean(axis=(1, 3))
    out.append(float(np.abs(np.diff(small, axis=1)).mean() / (np.abs(np.diff(grey, axis=1)).mean() + _EPS)))
    # Layout: what a 4 x 4 grid of cells holds.
    for plane in (grey, spread, np.pad(strength, ((0, 1), (0, 1)))):
        out += _cells(plane)
    border = np.concatenate([grey[:4].ravel(), grey[-4:].ravel(), grey[:, :4].ravel(), grey[:, -4:].ravel()])
    out += [float(border.mean()), float(border.std())]
    return np.array(out, np.float32)


def _share(mask: NDArray[np.bool_]) -> float:
    """Return the share of true values, 0 of none; the same number as their mean, sooner."""
    return int(np.count_nonzero(mask)) / mask.size if mask.size else 0.0


def _levels(values: Plane, bins: int) -> NDArray[np.int64]:
    """Count the float32 values in equal bins of 0 to 1, as `numpy.histogram` does, without its checks."""
    if bins & (bins - 1):
        edges = np.linspace(0, 1, bins + 1, dtype=np.float32)
        above = [int(np.count_nonzero(values >= e)) for e in edges[:-1]]
        return -np.diff([*above, int(np.count_nonzero(values > 1))])
    places = (values * np.float32(bins)).astype(np.intp)  # exact for a power of two
    counts = np.bincount(places.ravel(), minlength=bins + 1)[:bins]
    counts[-1] += np.count_nonzero(values == 1)
    return counts


def _hues(colour: Plane, top: Plane, spread: Plane, vivid: NDArray[np.bool_]) -> list[float]:
    """Return the share of the picture in each of eight hues, and the mean colour of its vivid part."""
    if not vivid.any():
        return [0.0] * 11
    r, g, b = (colour[..., i][vivid] for i in range(3))
    m, s = top[vivid], spread[vivid]
    hue = np.where(m == r, ((g - b) / s) % 6, np.where(m == g, (b - r) / s + 2, (r - g) / s + 4)) / 6
    shares = _levels(hue, 8) / top.size
    return [*shares.tolist(), float(r.mean()), float(g.mean()), float(b.mean())]


def _strokes(grey: Plane) -> list[float]:
    """Return long straight strokes of ink on a light ground, and runs of ink in rows and columns."""
    ink = grey < max(float(np.median(grey)) - 0.25, 0.1)
    out = [_share(ink)]
    for plane in (ink, np.ascontiguousarray(ink.T)):
        n = plane.shape[1]
        # Each line ends in paper, so that no run goes on in the next.
        edges = np.diff(np.pad(plane, ((0, 0), (1, 1))).view(np.int8).ravel())
        runs = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
        out += [
            float((runs > 0.3 * n).sum()) / 20,
            float((runs > 0.6 * n).sum()) / 20,
            _share(runs <= 3),
            len(runs) / plane.size * 10,
        ]
        filled = np.count_nonzero(plane, axis=1) / n
        out += [_share(filled < 0.005), float(np.abs(np.diff(filled)).mean()), float(filled.std())]
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
