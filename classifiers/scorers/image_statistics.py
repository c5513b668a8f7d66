"""Statistics of images: sharpness, entropy, share of writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers.privacy.networks import WRITING
from classifiers.privacy.writing import lines
from classifiers.scorers.pictures import pyramid
from pmcmine.images.networks import network
from pmcmine.images.opencv import opencv
from pmcmine.images.pyramid import Pyramid
from pmcmine.plugins.scorer import Item, Model, ScoreColumn

_Row = tuple[float | None, float | None, float | None]
_SIDE: Final = 512  # pixels of the longer side, for sharpness and entropy
_TEXT_SIDE: Final = 768  # for writing


class ImageStatistics:
    """What can be said of an image without knowing what it shows."""

    name = "image-statistics"
    meaning = "sharpness, entropy and share of writing"
    tables = ("figures", "panels")
    images = True
    options: Mapping[str, str] = {}

    columns = (
        ScoreColumn(
            "sharpness",
            pa.float32(),
            "Variance of the Laplacian of grey levels (Pech-Pacheco et al. 2000); low in blurred and empty images.",
            "log10 of one more",
        ),
        ScoreColumn("entropy", pa.float32(), "Shannon entropy of the histogram of 256 grey levels.", "bits, 0 to 8"),
        ScoreColumn("text_share", pa.float32(), "Share of the area that rows of writing cover.", "0 to 1"),
    )
    preprocessing = f"grey levels, longer side at most {_SIDE} pixels, {_TEXT_SIDE} for writing"
    model = Model(
        "image_statistics", "rules; writing by a network", version="1", license="Apache-2.0", sha256=WRITING.sha256
    )

    def open(self, options: Mapping[str, str]) -> ImageStatistics:
        """Load the network that reads writing."""
        network(WRITING)
        return self

    def score(self, items: Sequence[Item]) -> list[_Row]:
        """Measure the image of each item."""
        seen = [pyramid(item.image) for item in items]
        return [(None, None, None) if s is None else statistics(s) for s in seen]


def statistics(seen: Pyramid) -> tuple[float, float, float]:
    """Return sharpness, entropy and share of writing of an image, rounded to 4 places."""
    grey = seen.grey(_SIDE)
    cv2 = opencv()
    edges = cv2.Laplacian(grey, cv2.CV_64F)
    sharpness = float(np.log10(1 + edges.var()))
    share = np.bincount(grey.ravel(), minlength=256) / grey.size
    held = share[share > 0]
    entropy = float(-(held * np.log2(held)).sum())
    return round(sharpness, 4), round(abs(entropy), 4), round(_text_share(seen.grey(_TEXT_SIDE)), 4)


def _text_share(grey: NDArray[np.uint8]) -> float:
    """Return the share of pixels that lie in a row of writing; rows may overlap."""
    covered = np.zeros(grey.shape, bool)
    for line in lines(grey):
        covered[line.y : line.y + line.height, line.x : line.x + line.width] = True
    return float(covered.mean())
