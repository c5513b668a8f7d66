"""Kinds of images as columns of the `figures` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from PIL import Image

from classifiers.images.features import view
from classifiers.images.kinds import KINDS, MODEL_FILE, shipped
from schemas.figure import Figure, ImageKindScores

SWITCH = "image_kinds"


def prepare(config: Any) -> None:
    """Load the model.

    Raises:
        PmcmineError: where it is missing or damaged.
    """
    shipped()


def info(config: Any) -> list[dict[str, str]]:
    """Name, hash and training data of the model."""
    digest = sha256(MODEL_FILE.read_bytes()).hexdigest()
    return [{"name": "image_kinds", "sha256": digest, "trained_on": shipped().trained_on}]


def enrich(figures: Sequence[Figure], views: Sequence[Any], config: Any) -> list[Figure]:
    """The figures with the kinds of their images."""
    seen = [i for i, v in enumerate(views) if v is not None]
    if not seen:
        return list(figures)
    model = shipped()
    captions = [f"{figures[i].label or ''} {figures[i].caption or ''}" for i in seen]
    scores = model.scores([view(Image.fromarray(views[i])) for i in seen], captions)
    out = list(figures)
    for i, row in zip(seen, scores, strict=True):
        named = ImageKindScores(**dict(zip(KINDS, row.tolist(), strict=True)))
        out[i] = replace(out[i], image_kinds=model.named(row), image_kind_scores=named)
    return out
