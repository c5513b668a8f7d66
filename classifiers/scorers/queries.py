"""Vectors of queries, by the models that the vectors of an index were made with."""

from __future__ import annotations

from typing import Any, Final

from classifiers.enrichers.figure_image_embedding import embedding_model
from classifiers.images.kinds import of_picture
from classifiers.scorers.image_embedding import TowerImages, open_tower
from classifiers.scorers.pictures import pyramid
from classifiers.scorers.text_embedding import TextEncoder, open_text_encoder
from pmcmine.errors import PmcmineError
from pmcmine.find.layout import VectorFacts
from pmcmine.find.query import Encoders
from pmcmine.release.scores import NAME


def encoders(text_model: str | None = None, image_model: str | None = None) -> Encoders:
    """Return what turns texts and images of queries into vectors. Models are loaded when they are first used.

    Args:
        text_model: folder of the encoder of texts, if it is not where it was when the release was scored.
        image_model: the model that `image-embedding` was given, if it was; an index does not say what is loaded here.
    """
    return {"text": _Texts(text_model), "image": image_vector if image_model is None else _Images(image_model)}


class _Texts:
    """Embeds texts of queries."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._open: TextEncoder | None = None

    def __call__(self, facts: VectorFacts, text: str) -> Any:
        """Return the vector of a text.

        Raises:
            PmcmineError: if the encoder is missing, or another one than that of the vectors.
        """
        if self._open is None:
            self._open = open_text_encoder(self._folder or facts.options.get("model"))
        _check(facts, self._open.model.sha256, "--text-model")
        return self._open.embed_query(text)


class _Images:
    """Embeds images of queries by a model."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._open: TowerImages | None = None

    def __call__(self, facts: VectorFacts, image: bytes) -> Any:
        """Return the vector of an image.

        Raises:
            PmcmineError: if it can't be decoded, or the model is missing or another one than that of the vectors.
        """
        if self._open is None:
            self._open = open_tower({"model": self._model, "batch": "1"})
        _check(facts, self._open.model.sha256, "--image-model")
        prepared = self._open.prepared(image)
        if prepared is None:
            raise PmcmineError(_UNDECODED)
        return self._open.embed([prepared])[0]


_UNDECODED: Final = "--image: can't be decoded; give a JPEG or PNG"


def image_vector(facts: VectorFacts, image: bytes) -> Any:
    """Return the vector of an image.

    Raises:
        PmcmineError: if it can't be decoded, or the vectors are of another network.
    """
    seen = pyramid(image)
    if seen is None:
        raise PmcmineError(_UNDECODED)
    _check(facts, embedding_model().sha256, "--image", _way_out(facts))
    return of_picture(seen)


_SHOWN: Final = 12


def _way_out(facts: VectorFacts) -> str:
    if "model" in facts.options:
        return "give the model that the images were scored with as --image-model"
    # A score is replaced; beside a column of the table, whose name no score has, there will be one.
    name = f"{facts.source} --overwrite" if NAME.fullmatch(facts.source) else "image-embedding-2"
    return f"run `pmcmine score RELEASE --with image-embedding --name {name}`, then `pmcmine index RELEASE`"


def _check(facts: VectorFacts, sha256: str, option: str, way_out: str = "") -> None:
    wanted = facts.model.get("sha256", "")
    if not wanted:
        raise PmcmineError(
            f"{option}: the index does not say which model the vectors of {facts.source} are of; "
            "run `pmcmine index` again"
            + (f", and if the release does not state it either, {way_out}" if way_out else "")
        )
    if wanted != sha256:
        raise PmcmineError(
            f"{option}: the vectors of {facts.source} are of another model ({wanted[:_SHOWN]}, not {sha256[:_SHOWN]})"
            + (f"; {way_out}" if way_out else "")
        )
