"""The `cases` table: one row for each patient whom a case report or case series describes."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld
from schemas.values import LICENSES, SPLITS

PARTS = ("presentation", "findings", "diagnosis", "treatment", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePassage:
    """A piece of a paragraph that tells of the patient."""

    paragraph_id: str = col("Row of `paragraphs`.")
    start: int = col("First code point in its `text`.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSpan:
    """Where a part of a case is stated."""

    part: str = col("presentation, findings, diagnosis, treatment or outcome.", values=PARTS)
    paragraph_id: str = col("Row of `paragraphs`.")
    start: int = col("First code point in its `text`.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDiagnosis:
    """The diagnosis as a concept, and where the text states it."""

    concept_id: str = col("Row of `concepts`.")
    cui: str | None = col("UMLS concept.", unit="C and 7 digits", null="the vocabulary's term states no UMLS concept")
    source_id: str = col("Term of the source vocabulary, such as HP:0001250.")
    name: str | None = col("Preferred name of the concept.", null="the vocabulary's licence bars publishing its names")
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
    label: str | None = col("Number or letter of the case in the article, such as 2 or B.", null="it gives none")
    age: float | None = col("Age at the presentation that the article introduces.", unit="years", null="not stated")
    sex: str | None = col("female or male.", null="not stated", values=("female", "male"))
    text: str = col("The case: its passages, joined by a line break.", text=True)
    passages: tuple[CasePassage, ...] = col("The pieces of paragraphs that tell the case, in their order.")
    spans: tuple[CaseSpan, ...] = col(
        "Where its parts are stated, in their order. A span of diagnosis is the phrase that names the disease."
    )
    diagnosis: CaseDiagnosis | None = col(
        "The diagnosis as a concept.", null="none is stated, the vocabulary does not have it, or there is no vocabulary"
    )
    concept_ids: tuple[str, ...] = col("Rows of `concepts` in its passages and in the captions of its figures.")
    figure_ids: tuple[str, ...] = col("Rows of `figures` that belong to the case.")
    panel_ids: tuple[str, ...] = col("Rows of `panels` that belong to the case.")
    article_type: str | None = col("`article-type` of the article.", null="none stated")
    license: str = col("Licence of the article.", values=LICENSES)
    attribution: str = col("Attribution line, ready to print.")
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()


CASES = Table("cases", Case, "One patient of a case report or case series.", "case_id", row_group=2_000)
