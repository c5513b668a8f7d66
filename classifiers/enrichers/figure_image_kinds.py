"""Kinds of images as columns of the `figures` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.images.features import SIDE
from classifiers.images.kinds import KINDS, MODEL_FILE, shipped
from pmcmine.plugins.enricher import OUR_LICENSE, Context, Model, Option, columns_of
from schemas.figure import Figure, ImageKindScores


class ImageKindModel:
    """Switch and model, shared by figures and panels."""

    switch = "image_kinds"
    options: Sequence[Option] = ()
    pixels = True

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Load the model.

        Raises:
            PmcmineError: if it is missing or damaged.
        """
        shipped()

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the model of image kinds."""
        digest = sha256(MODEL_FILE.read_bytes()).hexdigest()
        return [Model("image_kinds", shipped().trained_on, license=OUR_LICENSE, sha256=digest)]


def score_images(rows: Sequence[Figure], context: Context) -> dict[str, NDArray[np.float64]]:
    """Return the probability of each of `KINDS` by figure, for figures with an image."""
    seen = [f for f in rows if f.figure_id in context.pyramids]
    if not seen:
        return {}
    captions = [f"{f.label or ''} {f.caption or ''}" for f in seen]
    scores = shipped().scores([context.pyramids[f.figure_id].rgb(SIDE) for f in seen], captions)
    return {f.figure_id: row for f, row in zip(seen, scores, strict=True)}


def as_record(scores: NDArray[np.float64]) -> ImageKindScores:
    """Name the probabilities of `KINDS`."""
    return ImageKindScores(**dict(zip(KINDS, scores.tolist(), strict=True)))


class FigureImageKinds(ImageKindModel):
    """Kinds of the images of figures."""

    table = "figures"
    columns = columns_of(Figure, "image_kinds", "image_kind_scores")

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Classify the image of each figure, from its pixels, label and caption."""
        found = score_images(rows, context)
        return [
            {"image_kinds": shipped().named(found[f.figure_id]), "image_kind_scores": as_record(found[f.figure_id])}
            if f.figure_id in found
            else {}
            for f in rows
        ]
