"""Type, domain and quality as columns of the `paragraphs` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from classifiers.text.features import Passage
from classifiers.text.heads import TextLabels
from classifiers.text.tiers import model_info, text_model
from schemas.paragraph import Paragraph

SWITCH = "classify"


def prepare(config: Any) -> None:
    """Load the model that the configuration names.

    Raises:
        PmcmineError: where it is missing or damaged.
    """
    text_model(config.text_model)


def info(config: Any) -> list[dict[str, str]]:
    """Name, hash and training data of the model."""
    return [model_info(config.text_model)]


def _score_columns(labels: TextLabels) -> dict[str, Any]:
    """A column a score."""
    types = {f"type_{k}": v for k, v in labels.type_scores.items()}
    return types | {f"domain_{k}": v for k, v in labels.domain_scores.items()}


def enrich(paragraphs: Sequence[Paragraph], config: Any) -> list[Paragraph]:
    """The paragraphs with their labels."""
    if not paragraphs:
        return []
    passages = [Passage(p.text, p.section_kind, p.article_type or "", p.path) for p in paragraphs]
    return [
        replace(
            p,
            type=x.type,
            domain=x.domain,
            quality=x.quality,
            quality_class=x.quality_class,
            **_score_columns(x),
        )
        for p, x in zip(paragraphs, text_model(config.text_model).describe(passages), strict=True)
    ]
