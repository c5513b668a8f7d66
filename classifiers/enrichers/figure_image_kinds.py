"""Kinds of images as columns of the `figures` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

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


class FigureImageKinds(ImageKindModel):
    """Kinds of the images of figures."""

    table = "figures"
    columns = columns_of(Figure, "image_kinds", "image_kind_scores")

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Classify the image of each figure, from its pixels, label and caption."""
        seen = [i for i, f in enumerate(rows) if f.figure_id in context.pyramids]
        out: list[dict[str, Any]] = [{} for _ in rows]
        if not seen:
            return out
        model = shipped()
        captions = [f"{rows[i].label or ''} {rows[i].caption or ''}" for i in seen]
        images = [context.pyramids[rows[i].figure_id].rgb(SIDE) for i in seen]
        for i, row in zip(seen, model.scores(images, captions), strict=True):
            named = ImageKindScores(**dict(zip(KINDS, row.tolist(), strict=True)))
            out[i] = {"image_kinds": model.named(row), "image_kind_scores": named}
        return out
