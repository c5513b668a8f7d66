"""Educational quality of captions as a column of the `figures` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from classifiers.enrichers.paragraph_labels import info, prepare
from classifiers.text.features import Passage
from classifiers.text.heads import QUALITY
from classifiers.text.tiers import text_model
from schemas.figure import Figure

SWITCH = "classify"
__all__ = ["SWITCH", "enrich", "info", "prepare"]


def enrich(figures: Sequence[Figure], views: Sequence[Any], config: Any) -> list[Figure]:
    """The figures with the quality of their captions."""
    captioned = [f for f in figures if f.caption]
    if not captioned:
        return list(figures)
    scores = text_model(config.text_model).scores(QUALITY, [Passage(f.caption or "") for f in captioned])
    found = dict(zip((f.figure_id for f in captioned), scores[:, 0].tolist(), strict=True))
    return [replace(f, caption_quality=found[f.figure_id]) if f.figure_id in found else f for f in figures]
