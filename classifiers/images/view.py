"""The view of a picture that models of kinds look at."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE: Final = 256  # pixels of the view's longer side


def view(image: Image.Image) -> NDArray[np.uint8]:
    """Scale an image to RGB, height × width × 3, with a longer side of at most 256 pixels."""
    small = image.convert("RGB")
    factor = max(small.size) // (2 * SIDE)
    if factor > 1:
        small = small.reduce(factor)
    small.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small)
