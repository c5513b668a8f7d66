"""The `cases` table: one row for each patient whom a case report or case series describes."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSpan:
    """Where a part of a case is stated."""

    part: str = col("presentation, findings, diagnosis, treatment or outcome.")
    paragraph_id: str = col("Row of `paragraphs`.")
    start: int = col("First code point in its `text`.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One patient."""

    case_id: str = col("Case.", unit="<article_id>/case<ordinal>")
    article_id: str = col("Article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC ID.", unit="PMC<digits>")
    ordinal: int = col("Place among the cases of the article, from 0.", arrow=pa.int32())
    age: float | None = col("Age.", unit="years", null="not stated")
    sex: str | None = col("female or male.", null="not stated")
    text: str = col("The case: its paragraphs, joined by a line break.", text=True)
    spans: tuple[CaseSpan, ...] = col("Where its parts are stated.")
    figure_ids: tuple[str, ...] = col("Rows of `figures` that belong to the case.")
    panel_ids: tuple[str, ...] = col("Rows of `panels` that belong to the case.")
    license: str = col("Licence of the article.")
    attribution: str = col("Attribution line, ready to print.")
    split: str = col("train, validation or test.", default="")
    withheld: str | None = withheld()


CASES = Table("cases", Case, "One patient of a case report or case series.", "case_id", row_group=2_000)
