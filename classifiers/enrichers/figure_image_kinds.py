"""Kinds of images as columns of the `figures` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.enrichers.figure_image_embedding import embedding_model
from classifiers.images import embedding
from classifiers.images.kinds import KINDS, MODEL_FILE, Judged, shipped
from pmcmine.images.networks import network
from pmcmine.plugins.enricher import OUR_LICENSE, Context, Model, Option, columns_of
from schemas.figure import Figure, ImageKindScores


class ImageKindModel:
    """Switch and model, shared by figures and panels."""

    switch = "image_kinds"
    options: Sequence[Option] = ()
    pixels = True

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Load model and network.

        Raises:
            PmcmineError: if one is missing or damaged.
        """
        shipped()
        network(embedding.NETWORK)

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the model of image kinds and the network that it sees with."""
        digest = sha256(MODEL_FILE.read_bytes()).hexdigest()
        return [
            Model("image_kinds", shipped().trained_on, license=OUR_LICENSE, sha256=digest),
            embedding_model(),
        ]


def judge_images(rows: Sequence[Figure], context: Context) -> tuple[Judged, dict[str, int]]:
    """Return what the model says of the figures that have an image, and the place of each by its id."""
    seen = [f for f in rows if f.figure_id in context.pyramids]
    captions = [f"{f.label or ''} {f.caption or ''}" for f in seen]
    judged = shipped().judge_pictures([context.pyramids[f.figure_id] for f in seen], captions)
    return judged, {f.figure_id: i for i, f in enumerate(seen)}


def as_record(scores: NDArray[np.float64]) -> ImageKindScores:
    """Name the probabilities of `KINDS`."""
    return ImageKindScores(**dict(zip(KINDS, scores.tolist(), strict=True)))


class FigureImageKinds(ImageKindModel):
    """Kinds of the images of figures."""

    table = "figures"
    columns = columns_of(
        Figure, "image_kinds", "image_kind_scores", "image_kind_pixels", "image_kind_caption", "image_unknown"
    )

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Classify the image of each figure, from its pixels, label and caption."""
        judged, place = judge_images(rows, context)
        model = shipped()
        return [
            {
                "image_kinds": model.named(judged.scores[i]),
                "image_kind_scores": as_record(judged.scores[i]),
                "image_kind_pixels": as_record(judged.pixels[i]),
                "image_kind_caption": as_record(judged.caption[i]),
                "image_unknown": bool(judged.unknown[i]),
            }
            if (i := place.get(f.figure_id)) is not None
            else {}
            for f in rows
        ]
