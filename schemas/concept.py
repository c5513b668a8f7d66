"""The `concepts` table: one row for each place in a text that names a concept of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One concept at one place."""

    concept_id: str = col("Id of the row.", unit="<article_id>/k<ordinal>")
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    context_id: str = col("Id of the figure or paragraph that contains it.")
    context_kind: str = col("Kind of that text: figure_caption or paragraph.")
    cui: str | None = col(
        "UMLS concept id (CUI).", unit="C and 7 digits", null="the vocabulary states none for this term"
    )
    source_id: str = col("Id of the term in its source vocabulary, such as UBERON:0000955.")
    name: str | None = col(
        "Preferred name of the concept.", null="the vocabulary's licence forbids publishing its names"
    )
    text: str = col("The exact words in the text.", text=True)
    start: int = col("First code point in the context's text.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    semantic_types: tuple[str, ...] = col("UMLS semantic types of the concept.", unit="TUI")
    vocabulary: str = col("Source vocabulary of the term, such as HPO.")
    vocabulary_version: str = col("Version of that vocabulary.")
    score: float = col("Probability that the link is right.", unit="0 to 1")
    how: str = col(
        "How the words match a name: exact, variant (inflection, spelling, adjective), abbreviation or fuzzy."
    )
    negated: bool = col("True if the text says that it is absent.")
    uncertain: bool = col("True if the text says that it is only possible.")
    historical: bool = col("True if the text refers to an earlier time.")
    hypothetical: bool = col("True if the text refers to a condition that may occur.")
    experiencer: str = col("Whom it concerns: patient, or family if the text refers to relatives.")
    split: str = col("train, validation or test.", default="")
    withheld: str | None = withheld()


CONCEPTS = Table("concepts", Concept, "One concept of the vocabulary named at one place in a text.", "concept_id")
