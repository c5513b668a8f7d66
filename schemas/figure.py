"""The `figures` table: one row for each figure of a mined article, with or without an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from schemas.context import ContextPart
from schemas.record import Table, col, extra, withheld
from schemas.values import FIGURE_KINDS, FORMATS, GROUPS, IMAGE_KINDS, LICENSES, SECTION_KINDS, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphic:
    """One graphic of a figure."""

    rank: int = col("Order of preference, 0 first.", arrow=pa.int32())
    role: str = col(
        "primary, alternative (same picture), panel (further picture) or thumbnail.",
        values=("primary", "alternative", "panel", "thumbnail"),
    )
    href: str = col("`xlink:href` as given.")
    media: str | None = col("Media file it resolves to.", null="no file matches")
    rule: str = col("What matched: exact, case, extension, stem, or missing.")
    caption: str | None = col(
        "Label and caption of this graphic alone.", null="the graphic has none, or the row is a pointer", default=None
    )
    alt_text: str | None = col(
        "Alternative text of this graphic alone.", null="the graphic has none, or the row is a pointer", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageKindScores:
    """Probability of each kind of image; a compound figure has several."""

    xray: float = col("Radiograph, mammogram, angiogram.", unit="0 to 1")
    ct: float = col("Computed tomography.", unit="0 to 1")
    mri: float = col("Magnetic resonance imaging.", unit="0 to 1")
    ultrasound: float = col("Ultrasound, echocardiogram.", unit="0 to 1")
    nuclear: float = col("Scintigraphy, SPECT, PET.", unit="0 to 1")
    microscopy: float = col("Histopathology, fluorescence, electron microscopy.", unit="0 to 1")
    clinical_photo: float = col("Skin, endoscopy, fundus, surgery, specimen.", unit="0 to 1")
    chart: float = col("Chart or plot.", unit="0 to 1")
    diagram: float = col("Diagram, flow chart, tree.", unit="0 to 1")
    gel: float = col("Gel or blot.", unit="0 to 1")
    molecular_structure: float = col("Chemical structure or reaction.", unit="0 to 1")
    table: float = col("Table, alignment, text.", unit="0 to 1")
    map: float = col("Geographic map.", unit="0 to 1")
    other: float = col("Other photographs and pictures.", unit="0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFlag:
    """A place in caption or image that may tell who a patient is."""

    place: str = col("caption or image.")
    kind: str = col("name, record_number, age_over_89, date, phone, email; face, eyes, burned_in_text.")
    start: int | None = col(
        "First code point in `caption`.", unit="code points", null="in the image", arrow=pa.int32(), default=None
    )
    end: int | None = col(
        "One past the last code point.", unit="code points", null="in the image", arrow=pa.int32(), default=None
    )
    x: float | None = col("Left edge, of the width.", unit="0 to 1", null="in the caption", default=None)
    y: float | None = col("Top edge, of the height.", unit="0 to 1", null="in the caption", default=None)
    width: float | None = col("Width, of the image's.", unit="0 to 1", null="in the caption", default=None)
    height: float | None = col("Height, of the image's.", unit="0 to 1", null="in the caption", default=None)
    score: float = col("How sure the rule is; not calibrated.", unit="0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfPlace:
    """Location of a picture in the article's PDF."""

    page: int = col("Page, from 1.", arrow=pa.int32())
    x: float = col("Left edge.", unit="pt")
    y: float = col("Top edge, from the top of the page.", unit="pt")
    width: float = col("Width.", unit="pt")
    height: float = col("Height.", unit="pt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: label, caption, rights, image and where its sample lies."""

    figure_id: str = col("Figure.", unit="PMC<digits>.<version>/<xml id or f<ordinal>>")
    article_id: str = col("Article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    version: int = col("Version of the PMCID.", arrow=pa.int32())
    key: str = col("WebDataset key of the sample; holds no dot.")
    ordinal: int = col("Place among the article's figures in document order, from 0.", arrow=pa.int32())
    xml_id: str | None = col("`id` in the XML.", null="the element has none")
    kind: str = col(
        "figure, supplement, scheme, graphical_abstract, boxed, appendix or table_image.", values=FIGURE_KINDS
    )
    parent_figure_id: str | None = col(
        "Figure that this one is nested in, or the row of the figure group that it is part of.", null="not nested"
    )
    label: str | None = col("Label as printed, such as Figure 2.", null="none")
    caption_title: str | None = col("Title of the caption.", null="none", text=True)
    caption_paragraphs: tuple[str, ...] = col("Paragraphs of the caption.", text=True)
    caption: str | None = col("Title and paragraphs joined by one space.", null="the figure has no caption", text=True)
    alt_text: str | None = col(
        "Alternative text given by the publisher: the figure's, else those of its graphics, one a line.",
        null="none",
        text=True,
    )
    long_description: str | None = col(
        "Long description (`long-desc`) given by the publisher: the figure's, else those of its graphics, one a line.",
        null="none",
        text=True,
    )
    section_path: tuple[str, ...] = col(
        "Section titles from the root to the figure; for one among the floats, those of its first mention."
    )
    section_kind: str = col("Kind of the section, as in `paragraphs`.", values=SECTION_KINDS)
    graphics: tuple[Graphic, ...] = col("All graphics of the figure, ranked.")
    media: str | None = col("Media file of the sample.", null="no graphic resolves to a file")
    media_rule: str | None = col("Rule that resolved it.", null="no graphic resolves to a file")
    license: str = col("Licence of the figure: its own statement, else the article's.", values=LICENSES)
    license_group: str = col("commercial, noncommercial or other.", values=GROUPS)
    license_override: bool = col("True where the figure's own statement differs from the article's licence.")
    derivatives_ok: bool = col("False where crops and panels may not be published.")
    permissions: str | None = col("Permissions and attributions of the figure and of what encloses it.", null="none")
    third_party: bool = col("True where words in or around the figure say that others hold the rights.")
    third_party_matches: tuple[str, ...] = col("The words that say so.")
    adapted: bool = col("True where it is said to be adapted or modified from another work.")
    attribution: str = col("Attribution line, ready to print.")
    article_type: str | None = col("`article-type` of the article.", null="none stated")
    journal: str | None = col("Journal title.", null="none stated")
    year: int | None = col("Year of publication.", null="no date stated", arrow=pa.int32())
    n_mentions: int = col("Mentions of the figure in its article.", arrow=pa.int32())
    width: int | None = col("Width as stored.", unit="px", null="no valid image", arrow=pa.int32())
    height: int | None = col("Height as stored.", unit="px", null="no valid image", arrow=pa.int32())
    format: str | None = col("Format of the sample's bytes: JPEG or PNG.", null="no valid image", values=FORMATS)
    source_format: str | None = col("Format of the file that was read.", null="no valid image")
    mode: str | None = col("Pixel mode as decoded by Pillow, such as RGB or L.", null="no valid image")
    frames: int | None = col("Frames or pages of the file.", null="no valid image", arrow=pa.int32())
    orientation: int | None = col("EXIF orientation, 1 to 8.", null="none stated", arrow=pa.int32())
    image_bytes: int | None = col("Size of the sample's image.", unit="bytes", null="no valid image")
    sha256: str | None = col("SHA-256 of the file that was read.", null="no valid image")
    pdf: PdfPlace | None = col(
        "Place in the article's PDF that the picture was cut out of.", null="the picture is a media file", default=None
    )
    phash: str | None = col("64-bit perceptual hash (DCT).", unit="16 hex digits", null="no valid image")
    no_sample: str | None = col("Reason why there is no sample, as in `rejects`.", null="there is a sample")
    image_kinds: tuple[str, ...] = col(
        "Kinds of image with a score of at least 0.5, likeliest first; empty if none has, without a valid image, or if "
        "image kinds are turned off.",
        default=(),
        values=IMAGE_KINDS,
    )
    image_kind_scores: ImageKindScores | None = col(
        "Probability of each kind, from pixels and caption.",
        null="no valid image, or kinds were left away",
        default=None,
    )
    caption_language: str | None = col(
        "Language of the caption, English more likely than others; `und` if the caption says too little.",
        unit="ISO 639",
        null="no caption, or languages were not identified",
        default=None,
    )
    caption_language_score: float | None = col(
        "Probability of that language.",
        unit="0 to 1",
        null="no caption, or languages were not identified",
        default=None,
    )
    caption_quality: float | None = col(
        "Educational quality of the caption.",
        unit="1 to 5",
        null="no caption, or classifiers were left away",
        default=None,
    )
    privacy: tuple[FigureFlag, ...] = col("Places in caption and image that may tell who a patient is.", default=())
    benchmarks: tuple[str, ...] = col(
        "Benchmark sets of `--decontaminate` that hold nearly the same image, or 13 words in a row of the caption.",
        default=(),
    )
    context: tuple[ContextPart, ...] = col(
        "What the article says of the figure beside its caption, in order of use, without repetition: abbreviations "
        "that the caption uses, sentences that mention it, title of its section.",
        default=(),
        text=True,
    )
    split: str = col("train, validation or test.", default="", values=SPLITS)
    withheld: str | None = withheld()
    duplicate_of: str | None = col(
        "Figure with the same bytes that stands for all of them.",
        null="unique, or itself the one",
        default=None,
    )
    leaks_into: str | None = col(
        "Split that the same image also occurs in, for a figure left out of train.",
        null="no leak",
        default=None,
        values=SPLITS,
    )
    shard: str | None = col("Shard, relative to `shards/`.", null="there is no sample", default=None)
    image_offset: int | None = col(
        "Offset of the image's bytes in the shard.", unit="bytes", null="there is no sample", default=None
    )
    sample_offset: int | None = col(
        "Offset of the sample's first tar header.", unit="bytes", null="there is no sample", default=None
    )
    sample_size: int | None = col(
        "Size of the sample in the shard, headers and padding included.",
        unit="bytes",
        null="there is no sample",
        default=None,
    )
    extra: Mapping[str, Any] = extra()


FIGURES = Table("figures", Figure, "One figure of a mined article.", "figure_id", row_group=5_000)
