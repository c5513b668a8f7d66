"""Language of paragraphs as columns of the `paragraphs` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from classifiers.text import language
from schemas.paragraph import Paragraph

SWITCH = "languages"


def prepare(config: Any) -> None:
    """Load the model.

    Raises:
        PmcmineError: where it is missing or damaged.
    """
    language.identify(["a text that is long enough"], [None])


def info(config: Any) -> list[dict[str, str]]:
    """Name, hash and training data of the model."""
    return [language.info()]


def enrich(paragraphs: Sequence[Paragraph], config: Any) -> list[Paragraph]:
    """The paragraphs with their language."""
    found = language.identify([p.text for p in paragraphs], [p.language for p in paragraphs])
    return [
        replace(p, text_language=x.code, text_language_score=x.score) for p, x in zip(paragraphs, found, strict=True)
    ]
