"""The `article_tables` table: one row for each table of an article, with its caption."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFlag:
    """A place in the caption or the notes of a table that may identify a patient."""

    kind: str = col("name, record_number, age_over_89, date, phone or email.")
    place: str = col("caption or footnotes.", values=("caption", "footnotes"))
    start: int = col("First code point in that text.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    score: float = col("Confidence of the rule; not calibrated.", unit="0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTable:
    """One table of an article."""

    table_id: str = col("Id of the table.", unit="<article_id>/<xml id or t<ordinal>>")
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    ordinal: int = col("Position among the article's tables, from 0.", arrow=pa.int32())
    xml_id: str | None = col("`id` in the XML.", null="the element has none")
    label: str | None = col("Label as printed.", null="there is none")
    caption_title: str | None = col("Title of the caption.", null="there is none", text=True)
    caption: str | None = col("Title and paragraphs joined by one space.", null="the table has no caption", text=True)
    footnotes: str | None = col("Notes below the table, joined by one space.", null="there is none", text=True)
    section_path: tuple[str, ...] = col("Section titles from the root.")
    section_kind: str = col("Kind of the section, as in `paragraphs`.")
    n_rows: int = col("Number of rows of the marked-up table, with its header; 0 if it is an image.", arrow=pa.int32())
    image_figure_id: str | None = col(
        "Id of the row of `figures` with the image of the table.", null="the table is not an image"
    )
    privacy: tuple[TableFlag, ...] = col("Places in caption and notes that may identify a patient.", default=())
    license: str = col("Licence of the article.")
    attribution: str = col("Attribution line, ready to print.")
    split: str = col("train, validation or test.", default="")
    withheld: str | None = withheld()


ARTICLE_TABLES = Table("article_tables", ArticleTable, "One table of an article, with its caption.", "table_id")
