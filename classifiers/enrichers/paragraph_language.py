"""Language of paragraphs as columns of the `paragraphs` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classifiers.text import language
from pmcmine.plugins.enricher import Context, Model, Option, columns_of
from schemas.paragraph import Paragraph


class LanguageModel:
    """Switch and model, shared by paragraphs and captions."""

    switch = "languages"
    options: Sequence[Option] = ()
    pixels = False

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Load the model.

        Raises:
            PmcmineError: if it is missing or damaged.
        """
        language.identify(["a text that is long enough"], [None])

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the model of languages."""
        return [Model(**language.info())]


class ParagraphLanguage(LanguageModel):
    """Language of paragraphs."""

    table = "paragraphs"
    columns = columns_of(Paragraph, "text_language", "text_language_score")

    def enrich(self, rows: Sequence[Paragraph], context: Context) -> list[dict[str, Any]]:
        """Identify the language of each paragraph, with the stated one or that of the article's long ones as prior."""
        found = language.identify_article([p.text for p in rows], [p.language for p in rows])
        return [{"text_language": x.code, "text_language_score": x.score} for x in found]
