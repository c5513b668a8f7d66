"""Faces and burned-in writing in images, as flags with a box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.privacy import faces as face_networks
from classifiers.privacy import writing
from classifiers.privacy.networks import FACES_FAR, FACES_NEAR, WRITING
from pmcmine.images.networks import network

_MOST: Final = 50  # flags of an image


@dataclass(frozen=True, slots=True)
class ImageFlag:
    """A box in an image.

    Attributes:
        kind: face or burned_in_text.
        x: left edge, as a share of the width.
        y: top edge, as a share of the height.
        width: as a share of the width.
        height: as a share of the height.
        score: of the network, 0 to 1; not calibrated.
    """

    kind: str
    x: float
    y: float
    width: float
    height: float
    score: float


def prepare() -> None:
    """Load what is needed.

    Raises:
        PmcmineError: if OpenCV, ONNX Runtime or a network is missing.
    """
    for file in (FACES_NEAR, FACES_FAR, WRITING):
        network(file)


def faces(rgb: NDArray[np.uint8]) -> list[ImageFlag]:
    """Return the human faces of an image (height × width × 3), the surest first."""
    return _flags("face", face_networks.faces(rgb), rgb)


def burned_in(grey: NDArray[np.uint8]) -> list[ImageFlag]:
    """Return the rows of writing of an image (height × width), the surest first."""
    return _flags("burned_in_text", writing.lines(grey), grey)


def _flags(
    kind: str, boxes: Sequence[face_networks.Face] | Sequence[writing.Line], image: NDArray[np.uint8]
) -> list[ImageFlag]:
    h, w = image.shape[:2]
    return [
        ImageFlag(kind, float(b.x / w), float(b.y / h), float(b.width / w), float(b.height / h), round(b.score, 2))
        for b in boxes[:_MOST]
    ]
