"""Privacy flags of captions and images as a column of the `figures` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PIL import Image

from classifiers.enrichers.paragraph_privacy import VERSION
from classifiers.images.kinds import RADIOLOGY
from classifiers.privacy import images
from classifiers.privacy.text import flags
from schemas.figure import Figure, FigureFlag

SWITCH = "privacy"
_LOOK = 0.2  # score of a kind from which its images are looked at


def prepare(config: Any) -> None:
    """Load OpenCV's cascades.

    Raises:
        PmcmineError: where they are missing.
    """
    images.prepare()


def info(config: Any) -> list[dict[str, str]]:
    """Name and version of the rules."""
    return [{"name": "privacy_images", "version": VERSION, "trained_on": "OpenCV's cascades and rules, no training"}]


def enrich(figures: Sequence[Figure], views: Sequence[Any], config: Any) -> list[Figure]:
    """The figures with their flags.

    Faces are looked for in clinical and other photographs, writing in radiology, by the scores of image kinds; in all
    images where these were left away.
    """
    out = []
    for figure, rgb in zip(figures, views, strict=True):
        found = [
            FigureFlag(place="caption", kind=f.kind, start=f.start, end=f.end, score=f.score)
            for f in flags(figure.caption or "")
        ]
        if rgb is not None:
            scores = figure.image_kind_scores
            photo = scores is None or max(scores.clinical_photo, scores.other) >= _LOOK
            scan = scores is None or max(getattr(scores, k) for k in RADIOLOGY) >= _LOOK
            boxes = []
            if photo or scan:
                image = Image.fromarray(rgb).convert("L")
                image.thumbnail((images.SIDE, images.SIDE))
                grey = images.array(image)
                boxes = (images.faces(grey) if photo else []) + (images.burned_in(grey) if scan else [])
            found += [
                FigureFlag(
                    place="image",
                    kind=b.kind,
                    x=round(b.x, 4),
                    y=round(b.y, 4),
                    width=round(b.width, 4),
                    height=round(b.height, 4),
                    score=b.score,
                )
                for b in boxes
            ]
        out.append(replace(figure, privacy=tuple(found)) if found else figure)
    return out
