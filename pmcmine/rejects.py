"""Reasons why an item is not in the release, and the ledger rows that record them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pmcmine.text.bounds import IDENTIFIER, clean, shorten
from schemas.ledger import Reject

DETAIL_LIMIT = 300  # characters of `detail`; a ledger row is a note, not a log


class Stage(StrEnum):
    """Stages that can drop an item, in the order of the run."""

    SELECT = "select"
    READ = "read"
    EXTRACT = "extract"
    IMAGE = "image"
    ASSEMBLE = "assemble"


class Unit(StrEnum):
    """Kinds of items that a reject counts."""

    VERSION = "version"
    ARTICLE = "article"
    SUB_ARTICLE = "sub_article"
    FIGURE = "figure"
    GRAPHIC = "graphic"
    PARAGRAPH = "paragraph"
    MENTION = "mention"
    TABLE = "table"
    GRID = "grid"
    TABLE_MENTION = "table_mention"
    CASE_REPORT = "case_report"
    CASE = "case"


class Reason(StrEnum):
    """Reason codes. `MEANINGS` explains each; `FAULTS` are those that count towards the reject threshold."""

    NOT_IN_SOURCE = "not_in_source"
    SUPERSEDED_VERSION = "superseded_version"
    RETRACTED = "retracted"
    NOT_OPEN_ACCESS = "not_open_access"
    LICENSE_NOT_SELECTED = "license_not_selected"
    LICENSE_TDM = "license_tdm"
    MANUSCRIPT = "manuscript"
    HISTORICAL_OCR = "historical_ocr"
    METADATA_MISSING = "metadata_missing"
    METADATA_INVALID = "metadata_invalid"
    XML_MISSING = "xml_missing"
    XML_TOO_LARGE = "xml_too_large"
    XML_MALFORMED = "xml_malformed"
    XML_NOT_AN_ARTICLE = "xml_not_an_article"
    XML_OF_ANOTHER_ARTICLE = "xml_of_another_article"
    PDF_DAMAGED = "pdf_damaged"
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_SCANNED = "pdf_scanned"
    PDF_TOO_MANY_PAGES = "pdf_too_many_pages"
    PDF_TOO_LARGE = "pdf_too_large"
    PDF_TIMEOUT = "pdf_timeout"
    PACKAGE_UNSAFE = "package_unsafe"
    PACKAGE_DAMAGED = "package_damaged"
    CHECKSUM_MISMATCH = "checksum_mismatch"
    FETCH_FAILED = "fetch_failed"
    WORKER_KILLED = "worker_killed"
    ARTICLE_TIMEOUT = "article_timeout"
    INTERNAL_ERROR = "internal_error"
    SUB_ARTICLE = "sub_article"
    OTHER_ARTICLE = "other_article"
    EMPTY_TEXT = "empty_text"
    MENTION_UNRESOLVED = "mention_unresolved"
    MENTION_OUTSIDE_TEXT = "mention_outside_text"
    MENTION_LIMIT = "mention_limit"
    GRID_TOO_LARGE = "grid_too_large"
    NO_PATIENT = "no_patient"
    CASE_OF_ANIMAL = "case_of_animal"
    PARAGRAPH_DROPPED = "paragraph_dropped"
    THIRD_PARTY = "third_party"
    WITHHELD = "withheld"
    EXCLUDED = "excluded"
    FIGURE_LICENSE_NOT_SELECTED = "figure_license_not_selected"
    PRIVACY_FLAGGED = "privacy_flagged"
    IN_BENCHMARK = "in_benchmark"
    NO_GRAPHIC = "no_graphic"
    NO_CAPTION = "no_caption"
    AUTHOR_PORTRAIT = "author_portrait"
    MEDIA_NOT_IN_SOURCE = "media_not_in_source"
    MEDIA_MISSING = "media_missing"
    MEDIA_TOO_LARGE = "media_too_large"
    MEDIA_NOT_NAMED = "media_not_named"
    EXTRA_GRAPHIC = "extra_graphic"
    IMAGE_EMPTY = "image_empty"
    IMAGE_UNKNOWN_FORMAT = "image_unknown_format"
    IMAGE_VECTOR = "image_vector"
    IMAGE_CORRUPT = "image_corrupt"
    IMAGE_TOO_MANY_PIXELS = "image_too_many_pixels"
    IMAGE_TINY = "image_tiny"
    IMAGE_BLANK = "image_blank"
    IMAGE_REPEATED = "image_repeated"
    LEAKS_INTO_EVALUATION = "leaks_into_evaluation"


MEANINGS: dict[Reason, str] = {
    Reason.NOT_IN_SOURCE: "listed in `--pmcid`, but missing from the source",
    Reason.SUPERSEDED_VERSION: "another version of the article, or another copy of this version, was chosen",
    Reason.RETRACTED: "a version is marked as retracted, so all versions of the PMCID are dropped",
    Reason.NOT_OPEN_ACCESS: "the metadata says that this version is not in the open-access subset",
    Reason.LICENSE_NOT_SELECTED: "the licence is not in a selected group",
    Reason.LICENSE_TDM: "the licence allows text and data mining but no redistribution",
    Reason.MANUSCRIPT: "an author manuscript, and manuscripts are turned off",
    Reason.HISTORICAL_OCR: "a scanned article whose text is OCR",
    Reason.METADATA_MISSING: "the metadata file was in the snapshot but is now missing",
    Reason.METADATA_INVALID: "the metadata file does not have the expected structure",
    Reason.XML_MISSING: "the article has no XML, or the file is missing",
    Reason.XML_TOO_LARGE: "the XML, its number of elements, or the size of its rows exceeds the limit",
    Reason.XML_MALFORMED: "the XML can't be parsed within the parser's limits",
    Reason.XML_NOT_AN_ARTICLE: "the XML has no article element",
    Reason.XML_OF_ANOTHER_ARTICLE: "the XML states the PMCID of another article",
    Reason.PDF_DAMAGED: "the PDF can't be read",
    Reason.PDF_ENCRYPTED: "the PDF needs a password",
    Reason.PDF_SCANNED: "the PDF contains scanned pages and hardly any text",
    Reason.PDF_TOO_MANY_PAGES: "the PDF has more pages than the limit",
    Reason.PDF_TOO_LARGE: "the PDF, or the memory needed to read it, exceeds the limit",
    Reason.PDF_TIMEOUT: "reading the PDF took longer than the limit",
    Reason.PACKAGE_UNSAFE: "the package has a link or a path outside its folder, or unpacks to more than the limit",
    Reason.PACKAGE_DAMAGED: "the package is truncated or not a tar.gz",
    Reason.CHECKSUM_MISMATCH: "the MD5 differs from the stated one after all retries",
    Reason.FETCH_FAILED: "the file could not be downloaded after all retries",
    Reason.WORKER_KILLED: "the process that mined the article was killed",
    Reason.ARTICLE_TIMEOUT: "the article took more CPU time than the limit",
    Reason.INTERNAL_ERROR: "a bug in pmcmine, or in an extension that the detail names; report it with the detail",
    Reason.SUB_ARTICLE: "part of a sub-article or response, which is not mined",
    Reason.OTHER_ARTICLE: "part of another article in the same XML file, which is mined under its own id",
    Reason.EMPTY_TEXT: "a paragraph without text",
    Reason.MENTION_UNRESOLVED: "the cross-reference points to a figure or table that the article does not have",
    Reason.MENTION_OUTSIDE_TEXT: "the cross-reference is in a part of the article that no row contains",
    Reason.MENTION_LIMIT: "the article has more mentions than the limit",
    Reason.GRID_TOO_LARGE: "the tables of the article have more cells, or more text, than the limit",
    Reason.NO_PATIENT: "a case report whose text introduces no single patient",
    Reason.CASE_OF_ANIMAL: "a case report whose patient is an animal",
    Reason.PARAGRAPH_DROPPED: "a case with a paragraph that was dropped",
    Reason.WITHHELD: "the licence forbids redistribution; the row is a pointer without text",
    Reason.EXCLUDED: "it is on the release's exclusion list (`--exclude`): somebody asked for its removal",
    Reason.THIRD_PARTY: "the figure's own text says that a third party holds the rights",
    Reason.FIGURE_LICENSE_NOT_SELECTED: "the figure's own licence is not in a selected group",
    Reason.PRIVACY_FLAGGED: "it may identify a patient, and flagged items are dropped (`--drop-privacy-flagged`)",
    Reason.IN_BENCHMARK: "it is in a `--decontaminate` benchmark set, and such items are dropped (`--drop-benchmarks`)",
    Reason.NO_GRAPHIC: "the figure refers to no image",
    Reason.NO_CAPTION: "the figure has no caption; it has a row but no sample",
    Reason.AUTHOR_PORTRAIT: "a picture of an author in a biography; it has a row but no sample",
    Reason.MEDIA_NOT_IN_SOURCE: "the source has no media files for this article",
    Reason.MEDIA_MISSING: "no media file matches the figure's reference, or the file is missing",
    Reason.MEDIA_TOO_LARGE: "the media file is larger than the limit",
    Reason.MEDIA_NOT_NAMED: "an image file of the article that no figure refers to",
    Reason.EXTRA_GRAPHIC: "an additional graphic of a figure; its sample shows another one",
    Reason.IMAGE_EMPTY: "the image file has no bytes",
    Reason.IMAGE_UNKNOWN_FORMAT: "the first bytes match no known image format",
    Reason.IMAGE_VECTOR: "a vector drawing or document (SVG, EPS, PDF, WMF, EMF), which is not rendered",
    Reason.IMAGE_CORRUPT: "the image can't be decoded completely",
    Reason.IMAGE_TOO_MANY_PIXELS: "the image has more pixels than the limit",
    Reason.IMAGE_TINY: "a side is shorter than the limit",
    Reason.IMAGE_BLANK: "all pixels have the same value",
    Reason.IMAGE_REPEATED: "the same file is the image of too many figures of the article",
    Reason.LEAKS_INTO_EVALUATION: "the same image, or a near-duplicate image or caption, is in validation or test",
}

FAULTS: frozenset[Reason] = frozenset(
    {
        Reason.METADATA_MISSING,
        Reason.METADATA_INVALID,
        Reason.XML_MISSING,
        Reason.XML_TOO_LARGE,
        Reason.XML_MALFORMED,
        Reason.XML_NOT_AN_ARTICLE,
        Reason.XML_OF_ANOTHER_ARTICLE,
        Reason.PDF_DAMAGED,
        Reason.PDF_TOO_LARGE,
        Reason.PDF_TIMEOUT,
        Reason.PACKAGE_UNSAFE,
        Reason.PACKAGE_DAMAGED,
        Reason.CHECKSUM_MISMATCH,
        Reason.FETCH_FAILED,
        Reason.WORKER_KILLED,
        Reason.ARTICLE_TIMEOUT,
        Reason.INTERNAL_ERROR,
        Reason.MEDIA_MISSING,
        Reason.MEDIA_TOO_LARGE,
        Reason.IMAGE_EMPTY,
        Reason.IMAGE_UNKNOWN_FORMAT,
        Reason.IMAGE_CORRUPT,
        Reason.IMAGE_TOO_MANY_PIXELS,
    }
)


class Rejected(Exception):
    """Raised by a stage to drop the current item; the caller turns it into a ledger row."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[Rejected], tuple[Reason, str]]:
        return Rejected, (self.reason, self.detail)


@dataclass
class Ledger:
    """Collects the rejects of one PMCID, numbered in order."""

    pmcid: str
    rows: list[Reject] = field(default_factory=list)

    def add(
        self,
        stage: Stage,
        unit: Unit,
        reason: Reason,
        article_id: str,
        detail: str = "",
        figure_id: str | None = None,
    ) -> None:
        """Append one row."""
        self.rows.append(
            Reject(
                reject_id=f"{self.pmcid}/r{len(self.rows):05d}",
                stage=stage.value,
                unit=unit.value,
                reason=reason.value,
                pmcid=self.pmcid,
                article_id=article_id,
                figure_id=None if figure_id is None else clean(shorten(figure_id, 2 * IDENTIFIER)),
                detail=clean(shorten(" ".join(detail[: 4 * DETAIL_LIMIT].split()), DETAIL_LIMIT)),
            )
        )


def count_key(stage: str, unit: str, reason: str) -> str:
    """Return the key under which manifests and ledgers count rejects."""
    return f"{stage}/{unit}/{reason}"


def parse_count_key(key: str) -> tuple[str, str, str]:
    """Return stage, unit and reason of a key of `count_key`.

    Raises:
        ValueError: if it is none.
    """
    stage, unit, reason = key.split("/")
    return stage, unit, reason
