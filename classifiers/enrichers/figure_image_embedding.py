"""What the network that tells kinds apart sees in the images of figures, as a column of the `figures` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from classifiers.images import embedding
from classifiers.images.kinds import of_picture
from pmcmine.images.networks import network
from pmcmine.plugins.enricher import Column, Context, Model, Option
from schemas.figure import Figure

# float16 and no whole numbers with a scale: half of float32's size, and every reader knows it. Neighbours are the same.
_TYPE: Final = pa.list_(pa.float16(), embedding.WIDTH)
_MEANING: Final = (
    "What a network that knows photographs (the first blocks of MobileNetV2) sees in the image: means of 512 channels, "
    "then their standard deviations. Pictures that look alike have embeddings alike; bring the numbers to one scale "
    "before they are compared."
)
_EMPTY: Final = "the figure has no valid image; without `image_embeddings` there is no such column"


def embedding_model() -> Model:
    """Return the network."""
    return Model("image_embedding", "MobileNetV2, ImageNet", license="BSD-3-Clause", sha256=embedding.NETWORK.sha256)


class FigureImageEmbedding:
    """Embeddings of the images of figures."""

    table = "figures"
    columns = (Column("image_embedding", _TYPE, _MEANING, empty=_EMPTY, in_samples="image_embeddings_in_samples"),)
    switch = "image_embeddings"
    options: Sequence[Option] = ()
    pixels = True

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Load the network.

        Raises:
            PmcmineError: if it is missing or damaged.
        """
        network(embedding.NETWORK)

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the network."""
        return [embedding_model()]

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Embed the image of each figure; the kinds of images share it."""
        return [
            {"image_embedding": of_picture(context.pyramids[f.figure_id]).astype(np.float16)}
            if f.figure_id in context.pyramids
            else {}
            for f in rows
        ]
