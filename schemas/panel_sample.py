"""The JSON member of a sample of `shards-panels`: one panel. Every key is always present and never null."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.context import SampleContext
from schemas.record import col
from schemas.sample import SampleMention
from schemas.values import FORMATS, GROUPS, IMAGE_KINDS, LICENSES, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSample:
    """The metadata of a panel's sample. Unknown values are an empty string or 0."""

    panel_id: str = col("Id of the panel, as in the tables.")
    figure_id: str = col("Id of the figure that it is part of.")
    article_id: str = col("Id of the article version.")
    pmcid: str = col("PMC id.")
    pmid: str = col("PubMed id.")
    doi: str = col("DOI.")
    label: str = col("Label as written in the caption.")
    text: str = col("Part of the caption about this panel.")
    shared_text: str = col("Parts of the caption about all panels, or about some of which it is one.")
    caption: str = col("Whole caption.")
    caption_title: str = col("Title of the caption.")
    confidence: float = col("Confidence in the label and its text; not calibrated.", unit="0 to 1")
    x: int = col("Left edge in the figure's image; 0 if the panel has a file of its own.", unit="px", arrow=pa.int64())
    y: int = col("Top edge.", unit="px", arrow=pa.int64())
    width: int = col("Width.", unit="px", arrow=pa.int64())
    height: int = col("Height.", unit="px", arrow=pa.int64())
    box_confidence: float = col("Confidence in the box; not calibrated.", unit="0 to 1")
    kinds: tuple[str, ...] = col("Kinds of image with a score of at least 0.5, most likely first.", values=IMAGE_KINDS)
    mentions: tuple[SampleMention, ...] = col("Sentences of the article that name this panel.")
    context: tuple[SampleContext, ...] = col("What else the article says of the panel, in order of use.")
    article_title: str = col("Title of the article.")
    journal: str = col("Journal.")
    year: int = col("Year of publication; 0 if unknown.", arrow=pa.int64())
    license: str = col("Licence of the figure.", values=LICENSES)
    license_group: str = col("Licence group: commercial, noncommercial or other.", values=GROUPS)
    attribution: str = col("Attribution line, ready to print.")
    source_url: str = col("URL of the article's page in PMC.")
    media: str = col("File in PMC that it was cropped from.")
    format: str = col("True format of the bytes in the .jpg member: JPEG or PNG.", values=FORMATS)
    sha256: str = col("SHA-256 of the crop's bytes.")
    split: str = col("train, validation or test.", default="", values=SPLITS)


PANEL_ASSEMBLED = ("split",)
