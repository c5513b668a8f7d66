"""The `documents` table: one row for each article, its texts and images in reading order."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlace:
    """What stands at one place of a document."""

    kind: str = col("title, heading, paragraph, formula, table or figure.")
    row_id: str | None = col("Its row in the table of its kind, such as `paragraph_id`.", null="it has none")
    level: int | None = col("Level of a heading, from 1.", null="it is no heading", arrow=pa.int32())


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One article in reading order."""

    article_id: str = col("Article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC ID.", unit="PMC<digits>")
    texts: tuple[str | None, ...] = col("Text at each place; null where an image stands.", text=True)
    images: tuple[str | None, ...] = col("`figure_id` of the image at each place; null where a text stands.")
    places: tuple[DocumentPlace, ...] = col("What stands at each place, parallel to `texts` and `images`.")
    license: str = col("Licence of the article.")
    attribution: str = col("Attribution line, ready to print.")
    split: str = col("train, validation or test.", default="")
    withheld: str | None = withheld()


DOCUMENTS = Table(
    "documents", Document, "One article: its texts and images in reading order.", "article_id", row_group=500
)
