"""The `table_mentions` table: one row for each place in a text that names a table."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld
from schemas.values import SECTION_KINDS, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMention:
    """One table named at one place."""

    mention_id: str = col("Mention.", unit="<article_id>/tm<ordinal>")
    table_id: str = col("Row of `article_tables` that is named.")
    article_id: str = col("Article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    context_id: str = col("Paragraph, figure or table whose text holds the mention.")
    context_kind: str = col("paragraph, figure_caption, table_caption, table_note or section_title.")
    start: int = col("First code point in the context's text.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    text: str = col("The exact words of the mention.", text=True)
    how: str = col("xref, range (a table between the two ends of a range) or plain (text without a link).")
    sentence: str = col("The sentence around it.", text=True)
    sentence_start: int = col(
        "First code point of the sentence in the context's text.", unit="code points", arrow=pa.int32()
    )
    sentence_end: int = col("One past its last code point.", unit="code points", arrow=pa.int32())
    section_kind: str = col("Kind of the section, as in `paragraphs`.", values=SECTION_KINDS)
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()


TABLE_MENTIONS = Table("table_mentions", TableMention, "One table named at one place in a text.", "mention_id")
