"""Language of captions as columns of the `figures` table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.enrichers.paragraph_language import LanguageModel
from classifiers.text import language
from pmcmine.plugins.enricher import Context, columns_of
from schemas.figure import Figure


class CaptionLanguage(LanguageModel):
    """Language of captions, by the model of paragraphs."""

    table = "figures"
    columns = columns_of(Figure, "caption_language", "caption_language_score")

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Identify the language of each caption."""
        found = language.identify([f.caption or "" for f in rows], [None] * len(rows))
        return [
            {"caption_language": x.code, "caption_language_score": x.score} if f.caption else {}
            for f, x in zip(rows, found, strict=True)
        ]
