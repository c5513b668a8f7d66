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
        "Role: primary, alternative (same picture), panel (further picture) or thumbnail.",
        values=("primary", "alternative", "panel", "thumbnail"),
    )
    href: str = col("`xlink:href` as given.")
    media: str | None = col("Media file that it resolves to.", null="no file matches")
    rule: str = col("How it was matched: exact, case, extension, stem, or missing.")
    caption: str | None = col(
        "Label and caption of this graphic only.", null="the graphic has none, or the row is a pointer", default=None
    )
    alt_text: str | None = col(
        "Alternative text of this graphic only.", null="the graphic has none, or the row is a pointer", default=None
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
    """A place in caption or image that may identify a patient."""

    place: str = col("caption or image.")
    kind: str = col("name, record_number, age_over_89, date, phone, email; face, burned_in_text.")
    start: int | None = col(
        "First code point in `caption`.", unit="code points", null="in the image", arrow=pa.int32(), default=None
    )
    end: int | None = col(
        "One past the last code point.", unit="code points", null="in the image", arrow=pa.int32(), default=None
    )
    x: float | None = col("Left edge, as a share of the width.", unit="0 to 1", null="in the caption", default=None)
    y: float | None = col("Top edge, as a share of the height.", unit="0 to 1", null="in the caption", default=None)
    width: float | None = col(
        "Width, as a share of the image's width.", unit="0 to 1", null="in the caption", default=None
    )
    height: float | None = col(
        "Height, as a share of the image's height.", unit="0 to 1", null="in the caption", default=None
    )
    score: float = col("Confidence of the rule; not calibrated.", unit="0 to 1")


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
    """One figure: label, caption, rights, image and the location of its sample."""

    figure_id: str = col("Id of the figure.", unit="PMC<digits>.<version>/<xml id or f<ordinal>>")
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    version: int = col("Version of the PMCID.", arrow=pa.int32())
    key: str = col("WebDataset key of the sample; contains no dot.")
    ordinal: int = col("Position among the article's figures in document order, from 0.", arrow=pa.int32())
    xml_id: str | None = col("`id` in the XML.", null="the element has none")
    kind: str = col(
        "Kind: figure, supplement, scheme, graphical_abstract, boxed, appendix, table_image or author_portrait.",
        values=FIGURE_KINDS,
    )
    parent_figure_id: str | None = col("Id of the figure or figure group that contains this one.", null="not nested")
    label: str | None = col("Label as printed, such as Figure 2.", null="there is none")
    caption_title: str | None = col("Title of the caption.", null="there is none", text=True)
    caption_paragraphs: tuple[str, ...] = col("Paragraphs of the caption.", text=True)
    caption: str | None = col("Title and paragraphs joined by one space.", null="the figure has no caption", text=True)
    alt_text: str | None = col(
        "Alternative text given by the publisher: the figure's, else those of its graphics, one per line.",
        null="there is none",
        text=True,
    )
    long_description: str | None = col(
        "Long description (`long-desc`) given by the publisher: the figure's, else its graphics', one per line.",
        null="there is none",
        text=True,
    )
    section_path: tuple[str, ...] = col(
        "Section titles from the root to the figure; for a figure among the floats, those of its first mention."
    )
    section_kind: str = col("Kind of the section, as in `paragraphs`.", values=SECTION_KINDS)
    graphics: tuple[Graphic, ...] = col("All graphics of the figure, ranked.")
    media: str | None = col("Media file of the sample.", null="no graphic resolves to a file")
    media_rule: str | None = col(
        "Rule by which the figure's reference matched that file: exact, case, extension or stem.",
        null="no graphic resolves to a file",
    )
    license: str = col("Licence of the figure: its own statement, else the article's.", values=LICENSES)
    license_group: str = col("Licence group: commercial, noncommercial or other.", values=GROUPS)
    license_override: bool = col("True if the figure's own statement differs from the article's licence.")
    derivatives_ok: bool = col("False if crops and panels may not be published.")
    permissions: str | None = col(
        "Permissions and attributions of the figure and of the elements that contain it.", null="there is none"
    )
    third_party: bool = col("True if text in or around the figure says that a third party holds the rights.")
    third_party_matches: tuple[str, ...] = col("The words that say so.")
    adapted: bool = col("True if the text says that the figure is adapted or modified from another work.")
    attribution: str = col("Attribution line, ready to print.")
    article_type: str | None = col("`article-type` of the article.", null="none stated")
    journal: str | None = col("Journal title.", null="none stated")
    year: int | None = col("Year of publication.", null="no date stated", arrow=pa.int32())
    n_mentions: int = col("Number of mentions of the figure in its article.", arrow=pa.int32())
    width: int | None = col("Width as stored.", unit="px", null="no valid image", arrow=pa.int32())
    height: int | None = col("Height as stored.", unit="px", null="no valid image", arrow=pa.int32())
    format: str | None = col("Format of the sample's bytes: JPEG or PNG.", null="no valid image", values=FORMATS)
    source_format: str | None = col("Format of the file that was read.", null="no valid image")
    mode: str | None = col("Pixel mode as decoded by Pillow, such as RGB or L.", null="no valid image")
    frames: int | None = col("Number of frames or pages of the file.", null="no valid image", arrow=pa.int32())
    orientation: int | None = col("EXIF orientation, 1 to 8.", null="none stated", arrow=pa.int32())
    image_bytes: int | None = col("Size of the sample's image.", unit="bytes", null="no valid image")
    sha256: str | None = col("SHA-256 of the file that was read.", null="no valid image")
    pdf: PdfPlace | None = col(
        "Location in the article's PDF that the picture was taken from.",
        null="the picture is a media file",
        default=None,
    )
    phash: str | None = col("64-bit perceptual hash (DCT).", unit="16 hex digits", null="no valid image")
    no_sample: str | None = col("Reason why there is no sample, as in `rejects`.", null="there is a sample")
    image_kinds: tuple[str, ...] = col(
        "Kinds of image whose score reaches their threshold (0.5 in the shipped model), most likely first; empty if "
        "there is none or no valid image, or if image kinds are turned off.",
        default=(),
        values=IMAGE_KINDS,
    )
    image_kind_scores: ImageKindScores | None = col(
        "Probability of each kind, from pixels and caption.",
        null="no valid image, or image kinds are turned off",
        default=None,
    )
    image_kind_pixels: ImageKindScores | None = col(
        "Probability of each kind, from pixels alone.",
        null="no valid image, or image kinds are turned off",
        default=None,
    )
    image_kind_caption: ImageKindScores | None = col(
        "Probability of each kind, from words of the caption alone; its words are counted, not understood.",
        null="no valid image, or image kinds are turned off",
        default=None,
    )
    image_unknown: bool | None = col(
        "Whether the pixels are like no kind: their highest score is below that of 95 % of pictures of known kinds.",
        null="no valid image, or image kinds are turned off",
        default=None,
    )
    caption_language: str | None = col(
        "Language of the caption, with English as prior; `und` if it can't be determined.",
        unit="ISO 639",
        null="no caption, or language detection is turned off",
        default=None,
    )
    caption_language_score: float | None = col(
        "Probability of that language.",
        unit="0 to 1",
        null="no caption, or language detection is turned off",
        default=None,
    )
    caption_quality: float | None = col(
        "Educational quality of the caption.",
        unit="1 to 5",
        null="no caption, or classifiers are turned off",
        default=None,
    )
    privacy: tuple[FigureFlag, ...] = col("Places in caption and image that may identify a patient.", default=())
    benchmarks: tuple[str, ...] = col(
        "Benchmark sets of `--decontaminate` that contain a near-duplicate of the image, or 13 "
        "consecutive words of the caption.",
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
        "Id of the figure that represents all figures with the same image bytes.",
        null="unique, or itself the representative",
        default=None,
    )
    leaks_into: str | None = col(
        "For a figure left out of train: split that has the same image, or a near-duplicate image or caption.",
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
