"""Embeddings of images by the network that tells kinds of images apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from classifiers.enrichers.figure_image_embedding import embedding_model
from classifiers.images import embedding
from classifiers.images.kinds import of_picture
from classifiers.scorers.pictures import pyramid
from pmcmine.images.networks import network
from pmcmine.plugins.scorer import Item, Model, ScoreColumn

_TYPE: Final = pa.list_(pa.float16(), embedding.WIDTH)


class ImageEmbedding:
    """The embedding that `mine --image-embeddings` writes, for a release that was mined without."""

    name = "image-embedding"
    meaning = "1,024 numbers of a small network that knows photographs"
    tables = ("figures", "panels")
    images = True
    options: Mapping[str, str] = {}

    columns = (
        ScoreColumn("", _TYPE, "What a network that knows photographs sees in the image; alike pictures are near."),
    )
    preprocessing = f"longer side at most 256 pixels, then squeezed to {embedding.SIDE} × {embedding.SIDE}"

    def open(self, options: Mapping[str, str]) -> ImageEmbedding:
        """Load the network."""
        network(embedding.NETWORK)
        return self

    @property
    def model(self) -> Model:
        """Return the network."""
        return embedding_model()

    def score(self, items: Sequence[Item]) -> list[tuple[Any]]:
        """Embed the image of each item."""
        seen = [pyramid(item.image) for item in items]
        return [(None if s is None else of_picture(s).astype(np.float16).tolist(),) for s in seen]
