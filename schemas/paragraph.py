"""The `paragraphs` table: one row for each paragraph of abstract, body and back matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from schemas.record import Table, col, extra, withheld
from schemas.values import LICENSES, SECTION_KINDS, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A reference to the bibliography."""

    start: int = col("First code point in `text`.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    ref_ids: tuple[str, ...] = col("Ids of entries in the article's reference list.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReference:
    """A linked reference to figures."""

    start: int = col("First code point in `text`.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    figure_ids: tuple[str, ...] = col("Ids of the figures that it points to.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFlag:
    """A place in a text that may identify a patient."""

    kind: str = col("name, record_number, age_over_89, date, phone or email.")
    start: int = col("First code point in `text`.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())
    score: float = col("Confidence of the rule; not calibrated.", unit="0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A patient whom the paragraph introduces by age."""

    start: int = col("First code point of the age statement in `text`.", unit="code points", arrow=pa.int32())
    end: int = col("One past its last code point.", unit="code points", arrow=pa.int32())
    age: float = col("Age.", unit="years")
    sex: str | None = col("female or male.", null="not stated")
    diagnosis: str | None = col("Diagnosis as worded in the paragraph.", null="not stated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph."""

    paragraph_id: str = col("Id of the paragraph.", unit="<article_id>/<path>")
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    path: str = col(
        "Path of the paragraph in the article, such as sec[0]/sec[1]/p[3]; siblings of one kind are counted from 0."
    )
    ordinal: int = col("Position among the article's paragraphs in document order, from 0.", arrow=pa.int32())
    section_titles: tuple[str, ...] = col("Section titles from the root.")
    section_kind: str = col(
        "Kind of the section: abstract, introduction, methods, results, discussion, conclusion, case, supplementary, "
        "acknowledgements, funding, ethics, data_availability, conflicts, abbreviations, appendix, back or other.",
        values=SECTION_KINDS,
    )
    text: str = col("Text of the paragraph; inline formulas are converted to text, floats are excluded.", text=True)
    citations: tuple[Citation, ...] = col("References to the bibliography as offsets in `text`.")
    figure_references: tuple[FigureReference, ...] = col("Linked references to figures as offsets in `text`.")
    article_type: str | None = col("`article-type` of the article.", null="none stated")
    language: str | None = col("`xml:lang` nearest to the paragraph.", null="not stated")
    license: str = col("Licence of the article.", values=LICENSES)
    attribution: str = col("Attribution line, ready to print.")
    type: str | None = col(
        "Most likely type: clinical_case, study, review or other.",
        null="classifiers are turned off",
        default=None,
        values=("clinical_case", "study", "review", "other"),
    )
    type_clinical_case: float | None = col(
        "Probability of clinical_case.", unit="0 to 1", null="classifiers are turned off", default=None
    )
    type_study: float | None = col(
        "Probability of study.", unit="0 to 1", null="classifiers are turned off", default=None
    )
    type_review: float | None = col(
        "Probability of review.", unit="0 to 1", null="classifiers are turned off", default=None
    )
    type_other: float | None = col(
        "Probability of other.", unit="0 to 1", null="classifiers are turned off", default=None
    )
    domain: str | None = col(
        "Most likely domain: clinical, biomedical or other.",
        null="classifiers are turned off",
        default=None,
        values=("clinical", "biomedical", "other"),
    )
    domain_clinical: float | None = col(
        "Probability of clinical.", unit="0 to 1", null="classifiers are turned off", default=None
    )
    domain_biomedical: float | None = col(
        "Probability of biomedical.", unit="0 to 1", null="classifiers are turned off", default=None
    )
    domain_other: float | None = col(
        "Probability of other.", unit="0 to 1", null="classifiers are turned off", default=None
    )
    quality: float | None = col("Educational quality.", unit="1 to 5", null="classifiers are turned off", default=None)
    quality_class: int | None = col(
        "`quality`, rounded.", unit="1 to 5", null="classifiers are turned off", default=None
    )
    text_language: str | None = col(
        "Language of the text, with the stated one as prior; `und` if it can't be determined and none is stated.",
        unit="ISO 639",
        null="language detection is turned off",
        default=None,
    )
    text_language_score: float | None = col(
        "Probability of that language.", unit="0 to 1", null="language detection is turned off", default=None
    )
    patients: tuple[Patient, ...] = col("Patients introduced with their age; only in clinical cases.", default=())
    privacy: tuple[TextFlag, ...] = col("Places that may identify a patient.", default=())
    benchmarks: tuple[str, ...] = col(
        "Benchmark sets of `--decontaminate` that contain 13 consecutive words of the text.", default=()
    )
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()
    extra: Mapping[str, Any] = extra()


PARAGRAPHS = Table("paragraphs", Paragraph, "One paragraph of an article.", "paragraph_id", row_group=5_000)
