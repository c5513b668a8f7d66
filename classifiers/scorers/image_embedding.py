"""Embeddings of images: by the network that tells kinds of images apart, or by the image tower of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from classifiers.enrichers.figure_image_embedding import embedding_model
from classifiers.images import embedding
from classifiers.images.kinds import of_picture
from classifiers.scorers.pictures import decoded, pyramid
from classifiers.scorers.two_towers import OPTIONS, TwoTowers, open_two_towers
from pmcmine.errors import PmcmineError
from pmcmine.images.networks import network
from pmcmine.plugins.scorer import Item, Model, ScoreColumn

_TYPE: Final = pa.list_(pa.float16(), embedding.WIDTH)


@dataclass(frozen=True)
class TowerImages:
    """Embeds images by the image tower of a model."""

    towers: TwoTowers
    width: int

    @property
    def columns(self) -> tuple[ScoreColumn, ...]:
        """Return the one column."""
        kind = pa.list_(pa.float16(), self.width)
        return (ScoreColumn("", kind, "Embedding of the image, of length 1; images of like content are near."),)

    @property
    def model(self) -> Model:
        """Return the model."""
        return self.towers.model

    @property
    def preprocessing(self) -> str:
        """Return what is done before it."""
        return self.towers.preprocessing

    def score(self, items: Sequence[Item]) -> list[tuple[Any]]:
        """Embed the image of each item."""
        found: list[tuple[Any]] = [(None,)] * len(items)
        seen = [(at, image) for at, item in enumerate(items) if (image := self.prepared(item.image)) is not None]
        if seen:
            vectors = self.embed([image for _, image in seen])
            for (at, _), vector in zip(seen, vectors, strict=True):
                found[at] = (vector.astype(np.float16).tolist(),)
        return found

    def prepared(self, data: bytes | None) -> Any:
        """Return an image as the model takes it; None if there is none or it can't be decoded."""
        image = decoded(data)
        return None if image is None else self.towers.image(image)

    def embed(self, images: Sequence[Any]) -> NDArray[np.float32]:
        """Return the vectors of prepared images, rounded."""
        return np.asarray(np.round(self.towers.vectors(images, self.towers.of_images).numpy(), 4), np.float32)


def open_tower(options: Mapping[str, str]) -> TowerImages:
    """Load the image tower of a model.

    Raises:
        PmcmineError: if it is missing, or packages are.
    """
    towers = open_two_towers(options, ImageEmbedding.name)
    width = towers.vectors([towers.image(Image.new("RGB", (64, 64)))], towers.of_images).shape[1]
    return TowerImages(towers, int(width))


class ImageEmbedding:
    """The embedding that `mine --image-embeddings` writes, for a release that was mined without."""

    name = "image-embedding"
    meaning = "1,024 numbers of a small network that knows photographs, or the vector of a model such as BiomedCLIP"
    tables = ("figures", "panels")
    images = True
    options: Mapping[str, str] = OPTIONS

    columns = (
        ScoreColumn("", _TYPE, "What a network that knows photographs sees in the image; alike pictures are near."),
    )
    preprocessing = f"longer side at most 256 pixels, then squeezed to {embedding.SIDE} × {embedding.SIDE}"

    def open(self, options: Mapping[str, str]) -> ImageEmbedding | TowerImages:
        """Load the network, or the model that the options name.

        Raises:
            PmcmineError: if it is missing, or an option is without a model.
        """
        if "model" in options:
            return open_tower(options)
        if options:
            raise PmcmineError(f"--option {next(iter(options))}: is of --option model=…")
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
