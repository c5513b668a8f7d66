"""Kinds of images as columns of the `figures` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.images import embedding
from classifiers.images.kinds import KINDS, MODEL_FILE, shipped
from classifiers.images.view import view
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
        embedding.prepare()

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the model of image kinds and the network that it sees with."""
        digest = sha256(MODEL_FILE.read_bytes()).hexdigest()
        return [
            Model("image_kinds", shipped().trained_on, license=OUR_LICENSE, sha256=digest),
            Model("image_embedding", "EfficientNet-lite0, ImageNet", license="Apache-2.0", sha256=embedding.SHA256),
        ]


class FigureImageKinds(ImageKindModel):
    """Kinds of the images of figures."""

    table = "figures"
    columns = columns_of(
        Figure, "image_kinds", "image_kind_scores", "image_kind_pixels", "image_kind_caption", "image_unknown"
    )

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Classify the image of each figure, from its pixels, label and caption."""
        seen = [i for i, f in enumerate(rows) if f.figure_id in context.views]
        out: list[dict[str, Any]] = [{} for _ in rows]
        if not seen:
            return out
        model = shipped()
        captions = [f"{rows[i].label or ''} {rows[i].caption or ''}" for i in seen]
        images = [view(Image.fromarray(context.views[rows[i].figure_id])) for i in seen]
        judged = model.judge(images, captions)
        for place, i in enumerate(seen):
            row = judged.scores[place]
            out[i] = {
                "image_kinds": model.named(row),
                "image_kind_scores": _scores(row),
                "image_kind_pixels": _scores(judged.pixels[place]),
                "image_kind_caption": _scores(judged.caption[place]),
                "image_unknown": bool(judged.unknown[place]),
            }
        return out


def _scores(row: NDArray[np.float64]) -> ImageKindScores:
    return ImageKindScores(**dict(zip(KINDS, row.tolist(), strict=True)))
