"""Describe the models that link concepts, for `release.json`."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final

from pmcmine.plugins.enricher import OUR_LICENSE, Model

_MODELS: Final = (
    ("abbreviations", "abbreviations.json", "annotated abbreviations of articles"),
    ("concept_linking", "linking.json", "annotated concepts of captions"),
)
NAMES: Final = frozenset(name for name, *_ in _MODELS)


@cache
def models() -> tuple[Model, ...]:
    """Return the models for abbreviations and for links, by name."""
    folder = resources.files("pmcmine.concepts").joinpath("models")
    return tuple(
        Model(name, data, license=OUR_LICENSE, sha256=sha256(folder.joinpath(file).read_bytes()).hexdigest())
        for name, file, data in _MODELS
    )
