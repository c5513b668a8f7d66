"""Type, domain and quality as columns of the `paragraphs` table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from classifiers.text.features import Passage
from classifiers.text.heads import MODEL_FILE, shipped
from schemas.paragraph import Paragraph


def prepare() -> None:
    """Load what is needed.

    Raises:
        PmcmineError: where the model is missing or damaged.
    """
    shipped()


def info() -> dict[str, str]:
    """Name, hash and training data of the model."""
    digest = sha256(MODEL_FILE.read_bytes()).hexdigest()
    return {"name": "text", "sha256": digest, "trained_on": shipped().trained_on}


def enrich(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
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
            **{f"type_{k}": v for k, v in x.type_scores.items()},
            **{f"domain_{k}": v for k, v in x.domain_scores.items()},
        )
        for p, x in zip(paragraphs, shipped().describe(passages), strict=True)
    ]
