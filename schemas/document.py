"""The `documents` table: one row for each article, its texts and images in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from schemas.record import Table, col, withheld
from schemas.values import LICENSES, SECTION_KINDS, SPLITS

PLACE_KINDS: Final = ("title", "heading", "paragraph", "formula", "figure", "caption", "table", "note")
ROW_GROUP: Final = 32  # documents that a reader decodes together


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlace:
    """What stands at one place of a document."""

    kind: str = col(
        "title, heading, paragraph, formula (a displayed one), figure (an image), caption (label and caption of a "
        "figure or table), table (as Markdown) or note (notes below a table).",
        values=PLACE_KINDS,
    )
    row_id: str = col(
        "Row that the text or image is of: `article_id` of a title, `paragraph_id` of a paragraph or formula, "
        "`figure_id` of an image, `figure_id` or `table_id` of a caption, `grid_id` of a table (`table_id` if it has "
        "no grid), `table_id` of a note; of a heading, `<article_id>/<path>` of its section."
    )
    level: int | None = col("Level of a heading, from 1.", null="it is no heading", arrow=pa.int32())
    section_kind: str = col(
        "Kind of the section that it stands in, as in `paragraphs`; that of the title is other.", values=SECTION_KINDS
    )
    type: str | None = col("Likeliest type of the paragraph.", null="no paragraph, or not classified", default=None)
    domain: str | None = col("Likeliest domain of the paragraph.", null="no paragraph, or not classified", default=None)
    quality: float | None = col(
        "Educational quality of the paragraph.", unit="1 to 5", null="no paragraph, or not classified", default=None
    )
    license: str | None = col("Licence of the figure.", null="that of the document", default=None, values=LICENSES)
    attribution: str | None = col("Attribution line of the figure.", null="that of the document", default=None)
    reason: str | None = col(
        "Reason why neither text nor image stands here: that of `rejects`, or other_license_group if the figure is "
        "published in another licence group.",
        null="a text or an image stands here",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One article in reading order."""

    article_id: str = col("Article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    texts: tuple[str | None, ...] = col(
        "Text at each place, null where an image or nothing stands; an empty list in a pointer.", text=True
    )
    images: tuple[str | None, ...] = col("`figure_id` of the image at each place; null where a text or nothing stands.")
    places: tuple[DocumentPlace, ...] = col("What stands at each place, parallel to `texts` and `images`.")
    n_images: int = col("Images.", arrow=pa.int32())
    n_characters: int = col("Characters of all texts.", unit="code points")
    license: str = col("Licence of the article.", values=LICENSES)
    attribution: str = col("Attribution line, ready to print.")
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()


DOCUMENTS = Table(
    "documents", Document, "One article: its texts and images in reading order.", "article_id", row_group=ROW_GROUP
)
