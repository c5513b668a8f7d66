"""Language of captions as columns of the `figures` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from classifiers.enrichers.paragraph_language import info, prepare
from classifiers.text import language
from schemas.figure import Figure

SWITCH = "languages"
__all__ = ["SWITCH", "enrich", "info", "prepare"]


def enrich(figures: Sequence[Figure], views: Sequence[Any], config: Any) -> list[Figure]:
    """The figures with the language of their captions."""
    found = language.identify([f.caption or "" for f in figures], [None] * len(figures))
    return [
        replace(f, caption_language=x.code, caption_language_score=x.score) if f.caption else f
        for f, x in zip(figures, found, strict=True)
    ]
