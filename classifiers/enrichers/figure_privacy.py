"""Privacy flags of captions and images as a column of the `figures` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classifiers.enrichers.figure_image_kinds import ImageKindModel, as_record, judge_images
from classifiers.enrichers.paragraph_privacy import VERSION
from classifiers.images.kinds import RADIOLOGY
from classifiers.privacy import images
from classifiers.privacy.text import flags
from pmcmine.images.pyramid import BASE, Pyramid
from pmcmine.plugins.enricher import OUR_LICENSE, Context, Model, Option, columns_of
from schemas.figure import Figure, FigureFlag, ImageKindScores

_LOOK = 0.2  # score of a kind from which its images are looked at

# The network for writing is ours; BlazeFace is Google's, as its MediaPipe ships it.
_TRAINED_ON = "faces: as MediaPipe ships it; writing: drawn lines over openly licensed images"
_LICENSE = f"{OUR_LICENSE}; BlazeFace of MediaPipe: Apache-2.0"


class FigurePrivacy:
    """Flags of captions and images that may identify patients."""

    table = "figures"
    columns = columns_of(Figure, "privacy")
    switch = "privacy"
    options: Sequence[Option] = ()
    pixels = True

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Load the networks.

        Raises:
            PmcmineError: if OpenCV or one of them is missing.
        """
        images.prepare()
        ImageKindModel().prepare(options)

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the networks for images, and the model of image kinds, which tells where to look."""
        return [Model("privacy_images", _TRAINED_ON, VERSION, _LICENSE), *ImageKindModel().models(options)]

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Flag the caption and the image of each figure."""
        scores = {f.figure_id: f.image_kind_scores for f in rows if f.image_kind_scores is not None}
        if not context.options["image_kinds"]:
            judged, place = judge_images(rows, context)
            scores = {name: as_record(judged.scores[i]) for name, i in place.items()}
        found = [
            (*_in_caption(f), *_in_image(scores.get(f.figure_id), context.pyramids.get(f.figure_id))) for f in rows
        ]
        return [{"privacy": flagged} if flagged else {} for flagged in found]


def _in_caption(figure: Figure) -> list[FigureFlag]:
    return [
        FigureFlag(place="caption", kind=f.kind, start=f.start, end=f.end, score=f.score)
        for f in flags(figure.caption or "")
    ]


def _in_image(scores: ImageKindScores | None, pyramid: Pyramid | None) -> list[FigureFlag]:
    """Flag faces in clinical and other photographs, and writing in radiology and clinical photographs."""
    if pyramid is None or scores is None:
        return []
    boxes = images.faces(pyramid.rgb(BASE)) if max(scores.clinical_photo, scores.other) >= _LOOK else []
    if max(scores.clinical_photo, *(getattr(scores, k) for k in RADIOLOGY)) >= _LOOK:
        boxes += images.burned_in(pyramid.grey(BASE))
    return [
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
