"""Educational quality of captions as a column of the `figures` table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.enrichers.paragraph_labels import TextModel
from classifiers.text.features import Passage
from classifiers.text.heads import QUALITY
from classifiers.text.tiers import text_model
from pmcmine.plugins.enricher import Context, columns_of
from schemas.figure import Figure


class CaptionQuality(TextModel):
    """Educational quality of captions, by the model of paragraphs."""

    table = "figures"
    columns = columns_of(Figure, "caption_quality")

    def enrich(self, rows: Sequence[Figure], context: Context) -> list[dict[str, Any]]:
        """Rate each caption."""
        captioned = [f for f in rows if f.caption]
        if not captioned:
            return [{} for _ in rows]
        model = text_model(context.options["text_model"])
        scores = model.scores(QUALITY, [Passage(f.caption or "") for f in captioned])
        found = dict(zip((f.figure_id for f in captioned), scores[:, 0].tolist(), strict=True))
        return [{"caption_quality": found[f.figure_id]} if f.figure_id in found else {} for f in rows]
