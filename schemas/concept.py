"""The `concepts` table: one row for each place in a text that names a concept of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col, withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One concept at one place."""

    concept_id: str = col("Row.", unit="<article_id>/k<ordinal>")
    article_id: str = col("Article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    context_id: str = col("Figure or paragraph whose text holds it.")
    context_kind: str = col("figure_caption or paragraph.")
    cui: str | None = col("UMLS concept.", unit="C and 7 digits", null="the vocabulary's term states no UMLS concept")
    source_id: str = col("Term of the source vocabulary, such as UBERON:0000955.")
    name: str | None = col("Preferred name of the concept.", null="the vocabulary's licence bars publishing its names")
    text: str = col("The words as they stand in the text.", text=True)
    start: int = col("First code point in the context's text.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    semantic_types: tuple[str, ...] = col("UMLS semantic types.", unit="TUI")
    vocabulary: str = col("Vocabulary of the term.")
    vocabulary_version: str = col("Its version.")
    score: float = col("Probability that the link is right.", unit="0 to 1")
    how: str = col("exact, variant (inflected, other spelling, adjective), abbreviation or fuzzy.")
    negated: bool = col("The text says that it is not there.")
    uncertain: bool = col("The text says that it is possible only.")
    historical: bool = col("The text speaks of an earlier time.")
    hypothetical: bool = col("The text speaks of a condition that may come.")
    experiencer: str = col("patient, or family where the text speaks of relatives.")
    split: str = col("train, validation or test.", default="")
    withheld: str | None = withheld()


CONCEPTS = Table("concepts", Concept, "One concept of the vocabulary named at one place in a text.", "concept_id")
