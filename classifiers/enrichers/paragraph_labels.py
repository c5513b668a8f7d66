"""Type, domain and quality as columns of the `paragraphs` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classifiers.text.features import Passage
from classifiers.text.tiers import models_info, text_model
from pmcmine.plugins.enricher import Context, Model, Option, columns_of
from schemas.paragraph import Paragraph


class TextModel:
    """Switch and model, shared by paragraphs and captions."""

    switch = "classify"
    options: Sequence[Option] = ()
    pixels = False

    def prepare(self, options: Mapping[str, Any]) -> None:
        """Load the model that the configuration names.

        Raises:
            PmcmineError: if it is missing or damaged.
        """
        text_model(options["text_model"])

    def models(self, options: Mapping[str, Any]) -> list[Model]:
        """Return the text model, and the student where an encoder has it beside."""
        return [Model(**info) for info in models_info(options["text_model"])]


class ParagraphLabels(TextModel):
    """Type, domain and educational quality of paragraphs."""

    table = "paragraphs"
    columns = columns_of(
        Paragraph,
        *("type", "type_clinical_case", "type_study", "type_review", "type_other"),
        *("domain", "domain_clinical", "domain_biomedical", "domain_other"),
        *("quality", "quality_class"),
    )

    def enrich(self, rows: Sequence[Paragraph], context: Context) -> list[dict[str, Any]]:
        """Classify each paragraph of an article, by what the whole article is about."""
        if not rows:
            return []
        passages = [Passage(p.text, p.section_kind, p.article_type or "", p.path) for p in rows]
        return [
            {
                "type": x.type,
                "domain": x.domain,
                "quality": x.quality,
                "quality_class": x.quality_class,
                **{f"type_{k}": v for k, v in x.type_scores.items()},
                **{f"domain_{k}": v for k, v in x.domain_scores.items()},
            }
            for x in text_model(context.options["text_model"]).describe_article(passages)
        ]
