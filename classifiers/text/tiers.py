"""The text model that a configuration names: the shipped student, or an encoder of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from numpy import float64
from numpy.typing import NDArray

from classifiers.text.features import Passage
from classifiers.text.heads import MODEL_FILE, TextLabels, parse, shipped
from pmcmine.errors import PmcmineError
from pmcmine.plugins.enricher import OUR_LICENSE


class Tier(Protocol):
    """Interface of both tiers."""

    @property
    def trained_on(self) -> str:
        """Its training data, in words."""

    def scores(self, task: str, passages: Sequence[Passage]) -> NDArray[float64]:
        """Return scores of one head."""

    def describe(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return all heads."""

    def describe_article(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return all heads of all paragraphs of one article."""


@cache
def text_model(path: str | None) -> Tier:
    """Load a file of `train text` or a folder of `train encoder`; None loads the shipped model.

    Raises:
        PmcmineError: if it is missing or damaged, or needs packages that are not installed.
    """
    if path is None:
        return shipped()
    place = Path(path)
    if place.is_dir():
        from classifiers.text.encoder import load
        from classifiers.text.pair import Pair

        encoder = load(place)
        return Pair(encoder, shipped(), encoder.student_share) if encoder.student_share else encoder
    if not place.is_file():
        raise PmcmineError(f"text_model: {path}: no such file or folder")
    return parse(place.read_bytes(), path)


def models_info(path: str | None) -> list[dict[str, str]]:
    """Return `model_info` of all models that score: an encoder may have the shipped student beside it."""
    beside = [None] if path is not None and getattr(text_model(path), "student", None) is not None else []
    return [model_info(p) for p in (path, *beside)]


def model_info(path: str | None) -> dict[str, str]:
    """Return name, hash and training data of the model, and the licence of the shipped one."""
    place = MODEL_FILE if path is None else Path(path)
    if place.is_dir():
        digest = sha256()
        for file in sorted(place.iterdir()):
            digest.update(file.name.encode() + b"\0" + sha256(file.read_bytes()).digest())
        name, value = "text_encoder", digest.hexdigest()
    else:
        name, value = "text", sha256(place.read_bytes()).hexdigest()
    known = {"license": OUR_LICENSE} if path is None else {}
    return {"name": name, "sha256": value, "trained_on": text_model(path).trained_on, **known}
