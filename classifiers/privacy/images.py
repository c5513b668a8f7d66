"""Faces and eyes in clinical photographs, and writing burned into radiology images.

Faces and eyes are found by OpenCV's cascades (Viola and Jones 2001; Lienhart and Maydt 2002), which come with the
package. Writing is found by shape: rows of small bright components on a dark ground, as scanners overlay it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pmcmine.errors import PmcmineError
from pmcmine.images.opencv import opencv

SIDE: Final = 768  # pixels of the longer side that are looked at
_WRITING_GAP: Final = 1.6  # of a letter's height, between letters of a word
_EYES: Final = 0.4  # round things look like eyes: of four found in 385 looked-at figures none was one
_LETTERS: Final = 3  # in a row that counts as writing


@dataclass(frozen=True, slots=True)
class ImageFlag:
    """A box in an image.

    Attributes:
        kind: face, eyes or burned_in_text.
        x: left edge, as a share of the width.
        y: top edge, as a share of the height.
        width: as a share of the width.
        height: as a share of the height.
        score: how sure the rule is, 0 to 1; set by hand, not calibrated.
    """

    kind: str
    x: float
    y: float
    width: float
    height: float
    score: float


_THREAD = threading.local()


def _cascades() -> tuple[Any, Any]:
    """Load the cascades of this thread, because OpenCV's can't be used by two threads at once."""
    held: tuple[Any, Any] | None = getattr(_THREAD, "cascades", None)
    if held is not None:
        return held
    try:
        cv2 = opencv()
    except ImportError:
        raise PmcmineError(
            "privacy: OpenCV is missing; pip install opencv-python-headless, or use --set privacy=false"
        ) from None
    cv2.setNumThreads(1)  # workers share the machine; results do not depend on it
    found = []
    for name in ("haarcascade_frontalface_alt2.xml", "haarcascade_eye.xml"):
        cascade = cv2.CascadeClassifier(cv2.data.haarcascades + name)
        if cascade.empty():
            raise PmcmineError(f"privacy: {name} is missing from OpenCV; install opencv-python-headless again")
        found.append(cascade)
    _THREAD.cascades = (found[0], found[1])
    return found[0], found[1]


def prepare() -> None:
    """Load what is needed.

    Raises:
        PmcmineError: if OpenCV or its cascades are missing.
    """
    _cascades()


def faces(grey: NDArray[np.uint8]) -> list[ImageFlag]:
    """Return faces, and pairs of eyes outside of them.

    Args:
        grey: height × width.
    """
    face, eye = _cascades()
    h, w = grey.shape
    least = max(min(h, w) // 12, 24)
    out, boxes = [], []
    found, _, weights = face.detectMultiScale3(grey, 1.1, 4, minSize=(least, least), outputRejectLevels=True)
    for (x, y, a, b), weight in zip(np.array(found).reshape(-1, 4).tolist(), np.ravel(weights).tolist(), strict=True):
        boxes.append((x, y, a, b))
        inside = len(eye.detectMultiScale(grey[y : y + b, x : x + a], 1.1, 5))
        score = min(0.45 + 0.04 * max(weight, 0) + 0.15 * min(inside, 2), 0.98)
        out.append(ImageFlag("face", x / w, y / h, a / w, b / h, round(score, 2)))
    for x, y, a, b in np.array(eye.detectMultiScale(grey, 1.1, 12, minSize=(least, least))).reshape(-1, 4).tolist():
        if not any(x >= fx and y >= fy and x + a <= fx + fa and y + b <= fy + fb for fx, fy, fa, fb in boxes):
            out.append(ImageFlag("eyes", x / w, y / h, a / w, b / h, _EYES))
    return sorted(out, key=lambda f: (-f.score, f.y, f.x))


def burned_in(grey: NDArray[np.uint8]) -> list[ImageFlag]:
    """Return the rows of writing on a dark ground.

    Args:
        grey: height × width.
    """
    cv2 = opencv()
    h, w = grey.shape
    ground = cv2.medianBlur(grey, 15)
    bright = ((grey.astype(np.int16) - ground > 60) & (grey > 120)).astype(np.uint8)
    n, _, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=8)
    letters = []
    for x, y, a, b, area in stats[1:].tolist():
        if 5 <= b <= max(h // 12, 14) and 1 <= a <= 2.2 * b and area >= 0.12 * a * b and area >= 5:
            letters.append((x, y, a, b))
    letters.sort()
    used: set[int] = set()
    out = []
    for i, first in enumerate(letters):
        if i in used:
            continue
        row, last = [i], first
        for j in range(i + 1, len(letters)):
            x, y, a, b = letters[j]
            if x - (last[0] + last[2]) > _WRITING_GAP * last[3] + 2:
                if x - (last[0] + last[2]) > 4 * last[3]:
                    break
                continue
            level = abs((y + b) - (last[1] + last[3])) <= 0.35 * last[3] + 1
            if j not in used and level and 0.5 <= b / last[3] <= 2 and x >= last[0] + last[2] - 2:
                row.append(j)
                last = letters[j]
        if len(row) >= _LETTERS:
            used.update(row)
            x0 = min(letters[j][0] for j in row)
            y0 = min(letters[j][1] for j in row)
            x1 = max(letters[j][0] + letters[j][2] for j in row)
            y1 = max(letters[j][1] + letters[j][3] for j in row)
            score = min(0.4 + 0.07 * len(row), 0.95)
            out.append(ImageFlag("burned_in_text", x0 / w, y0 / h, (x1 - x0) / w, (y1 - y0) / h, round(score, 2)))
    return out[:50] if n < 20_000 else []


def array(image: Image.Image) -> NDArray[np.uint8]:
    """Return the grey levels, height × width, of an image of mode L."""
    return np.asarray(image, np.uint8)
