"""The `mentions` table: one row for each place in a text that names a figure."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld
from schemas.values import SECTION_KINDS, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One figure named at one place."""

    mention_id: str = col("Id of the mention.", unit="<article_id>/m<ordinal>")
    figure_id: str = col("Id of the figure that is mentioned.")
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    context_id: str = col("Id of the paragraph, figure or table that contains the mention.")
    context_kind: str = col(
        "Kind of that text: paragraph, figure_caption, table_caption, table_note, section_title or abstract."
    )
    start: int = col("First code point in the context's text.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    text: str = col("The exact words of the mention, with panel letters.", text=True)
    panels: str | None = col("Panel letters as written, such as B–D.", null="the mention is of the whole figure")
    panel_labels: tuple[str, ...] = col("Labels of the panels that these letters refer to.", default=())
    how: str = col(
        "How it was found: xref (a link), range (a figure inside a range such as 2–4) or plain (text without a link)."
    )
    sentence: str = col("Sentence that contains the mention.", text=True)
    sentence_start: int = col(
        "First code point of the sentence in the context's text.", unit="code points", arrow=pa.int32()
    )
    sentence_end: int = col("One past its last code point.", unit="code points", arrow=pa.int32())
    section_kind: str = col("Kind of the section, as in `paragraphs`.", values=SECTION_KINDS)
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()


MENTIONS = Table("mentions", Mention, "One figure named at one place in a text.", "mention_id")
