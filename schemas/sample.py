"""The JSON member of a WebDataset sample. Every key is always present and never null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from schemas.context import SampleContext
from schemas.mention import Mention
from schemas.record import col
from schemas.values import FIGURE_KINDS, FORMATS, GROUPS, IMAGE_KINDS, LICENSES, SECTION_KINDS, SPLITS

MOST_MENTIONS: Final = 50  # sentences in the JSON of a sample; the table has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMention:
    """A sentence that names the figure."""

    context_id: str = col("Id of the paragraph, figure or table that contains the sentence.")
    section_kind: str = col("Kind of the section.", values=SECTION_KINDS)
    panels: str = col("Panel letters as written; empty for the whole figure.")
    sentence: str = col("The sentence.")


def sample_mentions(mentions: Sequence[Mention]) -> tuple[SampleMention, ...]:
    """Select the first mentions, in the form that samples of figures and panels hold."""
    return tuple(
        SampleMention(context_id=m.context_id, section_kind=m.section_kind, panels=m.panels or "", sentence=m.sentence)
        for m in mentions[:MOST_MENTIONS]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleConcept:
    """A concept that the caption names."""

    cui: str = col("UMLS concept id (CUI); empty if the vocabulary states none for this term.")
    source_id: str = col("Id of the term in its source vocabulary.")
    name: str = col("Preferred name; empty if the vocabulary's licence forbids publishing it.")
    text: str = col("The exact words.")
    start: int = col("First code point in the caption.", unit="code points")
    end: int = col("One past the last code point.", unit="code points")
    semantic_types: tuple[str, ...] = col("UMLS semantic types.", unit="TUI")
    score: float = col("Probability that the link is right.", unit="0 to 1")
    how: str = col("How the words match a name: exact, variant, abbreviation or fuzzy.")
    negated: bool = col("True if the caption says that it is absent.")
    uncertain: bool = col("True if the caption says that it is only possible.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePanel:
    """A panel of the figure."""

    label: str = col("Label as written in the caption.")
    start: int = col("First code point of its text in the caption.", unit="code points")
    end: int = col("One past the last code point.", unit="code points")
    confidence: float = col("Confidence in the label and its text; not calibrated.", unit="0 to 1")
    x: int = col("Left edge of its box; 0 if no box is reliable (width 0).", unit="px")
    y: int = col("Top edge.", unit="px")
    width: int = col("Width; 0 if no box is reliable.", unit="px")
    height: int = col("Height; 0 if no box is reliable.", unit="px")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The metadata of a sample. Unknown values are an empty string or 0."""

    figure_id: str = col("Id of the figure, as in the tables.")
    article_id: str = col("Id of the article version.")
    pmcid: str = col("PMC id.")
    pmid: str = col("PubMed id.")
    doi: str = col("DOI.")
    kind: str = col("Kind of the figure.", values=FIGURE_KINDS)
    label: str = col("Label as printed.")
    caption_title: str = col("Title of the caption.")
    caption: str = col("Whole caption.")
    alt_text: str = col("Alternative text given by the publisher.", default="")
    section_path: tuple[str, ...] = col("Section titles from the root.")
    section_kind: str = col("Kind of the section.", values=SECTION_KINDS)
    mentions: tuple[SampleMention, ...] = col("Sentences of the article that name the figure.")
    panels: tuple[SamplePanel, ...] = col("Panels that the caption names.")
    context: tuple[SampleContext, ...] = col("What else the article says of the figure, in order of use.")
    concepts: tuple[SampleConcept, ...] = col("Concepts that the caption names.")
    article_title: str = col("Title of the article.")
    article_type: str = col("Type of the article.")
    journal: str = col("Journal.")
    year: int = col("Year of publication; 0 if unknown.", arrow=pa.int64())
    language: str = col("Language of the article.")
    keywords: tuple[str, ...] = col("Keywords of the article.")
    license: str = col("Licence of the figure.", values=LICENSES)
    license_group: str = col("Licence group: commercial, noncommercial or other.", values=GROUPS)
    derivatives_ok: bool = col("False if crops may not be published.")
    attribution: str = col("Attribution line, ready to print.")
    source_url: str = col("URL of the article's page in PMC.")
    media: str = col("File name of the image in PMC.")
    format: str = col("True format of the bytes in the .jpg member: JPEG or PNG.", values=FORMATS)
    width: int = col("Width.", unit="px")
    height: int = col("Height.", unit="px")
    orientation: int = col("EXIF orientation; 0 if none is stated.")
    sha256: str = col("SHA-256 of the file in PMC.")
    phash: str = col("64-bit perceptual hash.", unit="16 hex digits")
    image_kinds: tuple[str, ...] = col(
        "Kinds of image with a score of at least 0.5, most likely first.", values=IMAGE_KINDS
    )
    caption_language: str = col("Language of the caption; empty if unknown.")
    caption_quality: float = col("Educational quality of the caption, 1 to 5; 0 if unknown.")
    privacy: tuple[str, ...] = col("Kinds of privacy flags in caption and image: places that may identify a patient.")
    benchmarks: tuple[str, ...] = col("Benchmark sets that contain a near-duplicate of the image or caption.")
    # These fields depend on the whole corpus; the assembler writes them last.
    split: str = col("train, validation or test.", default="", values=SPLITS)
    duplicate_of: str = col(
        "Id of the figure that represents all figures with the same image bytes; empty if it is this one.",
        default="",
    )


ASSEMBLED = ("split", "duplicate_of")
