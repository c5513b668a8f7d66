"""The view of a picture that models of kinds look at: that of a run, so that they learn from what they will see."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pmcmine.images.pyramid import Pyramid

SIDE: Final = 256  # pixels of the view's longer side


def view(image: Image.Image) -> NDArray[np.uint8]:
    """Scale an image to RGB, height × width × 3, with a longer side of at most 256 pixels."""
    return Pyramid.of(image.convert("RGB")).rgb(SIDE)
