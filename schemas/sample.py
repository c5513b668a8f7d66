"""The JSON member of a WebDataset sample. Every key is always there and never null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from schemas.mention import Mention
from schemas.record import col
from schemas.values import FIGURE_KINDS, FORMATS, GROUPS, IMAGE_KINDS, LICENSES, SECTION_KINDS, SPLITS

MOST_MENTIONS: Final = 50  # sentences in the JSON of a sample; the table has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMention:
    """A sentence that names the figure."""

    context_id: str = col("Paragraph, figure or table that holds the sentence.")
    section_kind: str = col("Kind of the section.", values=SECTION_KINDS)
    panels: str = col("Panel letters as written; empty for the whole figure.")
    sentence: str = col("The sentence.")


def sample_mentions(mentions: Sequence[Mention]) -> tuple[SampleMention, ...]:
    """The first mentions, as they travel with a figure or a panel."""
    return tuple(
        SampleMention(context_id=m.context_id, section_kind=m.section_kind, panels=m.panels or "", sentence=m.sentence)
        for m in mentions[:MOST_MENTIONS]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleConcept:
    """A concept that the caption names."""

    cui: str = col("UMLS concept; empty where the vocabulary's term states none.")
    source_id: str = col("Term of the source vocabulary.")
    name: str = col("Preferred name; empty where the vocabulary's licence bars it.")
    text: str = col("The words as they stand.")
    start: int = col("First code point in the caption.", unit="code points")
    end: int = col("One past the last one.", unit="code points")
    semantic_types: tuple[str, ...] = col("UMLS semantic types.", unit="TUI")
    score: float = col("Probability that the link is right.", unit="0 to 1")
    how: str = col("exact, variant, abbreviation or fuzzy.")
    negated: bool = col("The caption says that it is not there.")
    uncertain: bool = col("The caption says that it is possible only.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePanel:
    """A panel of the figure."""

    label: str = col("Label as the caption writes it.")
    start: int = col("First code point of its words in the caption.", unit="code points")
    end: int = col("One past the last one.", unit="code points")
    confidence: float = col("How sure label and words are.", unit="0 to 1")
    x: int = col("Left edge of its box; 0 with a width of 0 where no box is sure.", unit="px")
    y: int = col("Top edge.", unit="px")
    width: int = col("Width; 0 where no box is sure.", unit="px")
    height: int = col("Height; 0 where no box is sure.", unit="px")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What travels with each image. Empty text and 0 stand for what is unknown."""

    figure_id: str = col("Figure, as in the tables.")
    article_id: str = col("Article version.")
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
    concepts: tuple[SampleConcept, ...] = col("Concepts that the caption names.")
    article_title: str = col("Title of the article.")
    article_type: str = col("Type of the article.")
    journal: str = col("Journal.")
    year: int = col("Year of publication; 0 where unknown.", arrow=pa.int64())
    language: str = col("Language of the article.")
    keywords: tuple[str, ...] = col("Keywords of the article.")
    license: str = col("Licence of the figure.", values=LICENSES)
    license_group: str = col("commercial, noncommercial or other.", values=GROUPS)
    derivatives_ok: bool = col("False where crops may not be published.")
    attribution: str = col("Attribution line, ready to print.")
    source_url: str = col("Page of the article in PMC.")
    media: str = col("File name of the image in PMC.")
    format: str = col("True format of the bytes in the .jpg member: JPEG or PNG.", values=FORMATS)
    width: int = col("Width.", unit="px")
    height: int = col("Height.", unit="px")
    orientation: int = col("EXIF orientation; 0 where none is stated.")
    sha256: str = col("SHA-256 of the file in PMC.")
    phash: str = col("64-bit perceptual hash.", unit="16 hex digits")
    image_kinds: tuple[str, ...] = col(
        "Kinds of image with a score of at least 0.5, likeliest first.", values=IMAGE_KINDS
    )
    caption_language: str = col("Language of the caption; empty where unknown.")
    caption_quality: float = col("Educational quality of the caption, 1 to 5; 0 where unknown.")
    privacy: tuple[str, ...] = col("Kinds of places that may tell who a patient is, in caption and image.")
    benchmarks: tuple[str, ...] = col("Benchmark sets that hold nearly the same image or caption.")
    # The fields below are known only when all of the corpus is; the assembler writes them last.
    split: str = col("train, validation or test.", default="", values=SPLITS)
    duplicate_of: str = col("Figure with the same bytes that stands for all of them.", default="")


ASSEMBLED = ("split", "duplicate_of")
