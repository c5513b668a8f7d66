"""Human faces, found by one network and confirmed by another.

BlazeFace (Bazarevsky et al. 2019) in its two forms that MediaPipe ships: one for faces at some distance looks at the
whole image, one for close faces looks at the whole image and again at each place that either proposes. The first look
fires on many images without a face, the second on next to none (docs/privacy.md).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.privacy.networks import FACES_FAR, FACES_NEAR
from pmcmine.images.networks import network
from pmcmine.images.opencv import opencv

Rgb = NDArray[np.uint8]

_FAR: Final = 192  # pixels of the side that a network reads
_NEAR: Final = 128
_PROPOSED: Final = 0.4  # least score of the first look
_SURE: Final = 0.8  # least score of the second look; on the images it was set on, others had at most .76
_AROUND: Final = 2.2  # of a proposed face's side: what the second look sees
_MOST: Final = 12  # proposals of an image, the likeliest first


class Face(NamedTuple):
    """A face: its box in pixels and the score of the second look, 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    score: float


def faces(rgb: Rgb) -> list[Face]:
    """Find human faces, the surest first.

    Args:
        rgb: height × width × 3.
    """
    h, w = rgb.shape[:2]
    proposed = [*_look(rgb, FACES_FAR, _FAR, _PROPOSED), *_look(rgb, FACES_NEAR, _NEAR, _SURE)]
    found: list[Face] = []
    for face in sorted(proposed, key=lambda f: (-f.score, f.y, f.x))[:_MOST]:
        if any(_overlap(face, f) > 0.3 for f in found):
            continue
        seen = _look(_around(rgb, face), FACES_NEAR, _NEAR, _SURE)
        if seen:
            x, y = max(face.x, 0.0), max(face.y, 0.0)
            right, bottom = min(face.x + face.width, w), min(face.y + face.height, h)
            found.append(Face(x, y, right - x, bottom - y, seen[0].score))
    return sorted(found, key=lambda f: (-f.score, f.y, f.x))


def _look(rgb: Rgb, file: Any, side: int, least: float) -> list[Face]:
    """Return what a network takes for faces, without overlaps."""
    cv2 = opencv()
    h, w = rgb.shape[:2]
    scale = side / max(h, w)
    high, wide = max(round(h * scale), 1), max(round(w * scale), 1)
    top, left = (side - high) // 2, (side - wide) // 2
    canvas = np.zeros((side, side, 3), np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[top : top + high, left : left + wide] = cv2.resize(rgb, (wide, high), interpolation=how)
    seen = network(file)((canvas.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])
    outputs = {o.shape[-1]: o[0] for o in seen}
    scores = 1 / (1 + np.exp(-np.clip(outputs[1][:, 0].astype(np.float64), -50, 50)))
    likely = np.flatnonzero(scores >= least)
    likely = likely[np.argsort(-scores[likely], kind="stable")]
    out: list[Face] = []
    for i in likely.tolist():
        x, y, a, b = outputs[16][i, :4].astype(np.float64).tolist()  # pixels of the canvas, from the anchor
        cx, cy = _anchors(side)[i].tolist()
        x, y = x + cx * side - a / 2 - left, y + cy * side - b / 2 - top
        face = Face(x * w / wide, y * h / high, a * w / wide, b * h / high, round(float(scores[i]), 3))
        if a > 0 and b > 0 and not any(_overlap(face, f) > 0.3 for f in out):
            out.append(face)
    return out


@cache
def _anchors(side: int) -> NDArray[np.float64]:
    """Return the centres of a network's anchors, anchors × (x, y), as shares of its side."""

    def grid(n: int, times: int) -> NDArray[np.float64]:
        centres = (np.arange(n) + 0.5) / n
        return np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2).repeat(times, 0)

    return grid(48, 1) if side == _FAR else np.concatenate([grid(16, 2), grid(8, 6)])


def _around(rgb: Rgb, face: Face) -> Rgb:
    """Return the square around a face, black where it leaves the image."""
    h, w = rgb.shape[:2]
    side = max(int(max(face.width, face.height) * _AROUND), 8)
    x0, y0 = int(face.x + face.width / 2 - side / 2), int(face.y + face.height / 2 - side / 2)
    out = np.zeros((side, side, 3), np.uint8)
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x0 + side, w), min(y0 + side, h)
    if right > left and bottom > top:
        out[top - y0 : bottom - y0, left - x0 : right - x0] = rgb[top:bottom, left:right]
    return out


def _overlap(a: Face, b: Face) -> float:
    """Return the intersection of two boxes over their union."""
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = max(wide, 0.0) * max(high, 0.0)
    return both / max(a.width * a.height + b.width * b.height - both, 1e-9)
