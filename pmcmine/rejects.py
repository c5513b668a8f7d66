"""The enum of reasons why something is not in the release, and the ledger rows that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pmcmine.text.bounds import IDENTIFIER, clean, shorten
from schemas.ledger import Reject

DETAIL_LIMIT = 300  # characters of `detail`; a ledger row is a note, not a log


class Stage(StrEnum):
    """Stages that can drop something, in the order of the run."""

    SELECT = "select"
    READ = "read"
    EXTRACT = "extract"
    IMAGE = "image"
    ASSEMBLE = "assemble"


class Unit(StrEnum):
    """What a reject counts."""

    VERSION = "version"
    ARTICLE = "article"
    SUB_ARTICLE = "sub_article"
    FIGURE = "figure"
    GRAPHIC = "graphic"
    PARAGRAPH = "paragraph"
    MENTION = "mention"


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
    THIRD_PARTY = "third_party"
    WITHHELD = "withheld"
    FIGURE_LICENSE_NOT_SELECTED = "figure_license_not_selected"
    PRIVACY_FLAGGED = "privacy_flagged"
    IN_BENCHMARK = "in_benchmark"
    NO_GRAPHIC = "no_graphic"
    NO_CAPTION = "no_caption"
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
    Reason.NOT_IN_SOURCE: "`--pmcid` names the article, but the source does not have it",
    Reason.SUPERSEDED_VERSION: "another version of the same PMCID, or another copy of the version, was chosen",
    Reason.RETRACTED: "a version of the PMCID is marked as retracted, so all of it is dropped",
    Reason.NOT_OPEN_ACCESS: "the metadata says that the version is not in the open-access subset",
    Reason.LICENSE_NOT_SELECTED: "the licence group is not among those asked for",
    Reason.LICENSE_TDM: "the licence allows text and data mining only, never redistribution",
    Reason.MANUSCRIPT: "author manuscripts were not asked for",
    Reason.HISTORICAL_OCR: "scanned article whose text is OCR",
    Reason.METADATA_MISSING: "the metadata file was in the snapshot but is gone",
    Reason.METADATA_INVALID: "the metadata file is not what the layout promises",
    Reason.XML_MISSING: "the article has no XML, or it is gone",
    Reason.XML_TOO_LARGE: "the XML, the number of its parts or what its rows repeat is larger than the bound",
    Reason.XML_MALFORMED: "the XML can't be parsed within the parser's bounds",
    Reason.XML_NOT_AN_ARTICLE: "the XML holds no article element",
    Reason.XML_OF_ANOTHER_ARTICLE: "the XML states the PMCID of another article",
    Reason.PDF_DAMAGED: "the PDF can't be read",
    Reason.PDF_ENCRYPTED: "the PDF opens with a password only",
    Reason.PDF_SCANNED: "the PDF holds pictures of pages and hardly any text",
    Reason.PDF_TOO_MANY_PAGES: "the PDF has more pages than the bound",
    Reason.PDF_TOO_LARGE: "the PDF, or what reading it takes, is larger than the bound",
    Reason.PDF_TIMEOUT: "reading the PDF took longer than the bound",
    Reason.PACKAGE_UNSAFE: "the package has a link, an escaping path or an unpacked size out of bounds",
    Reason.PACKAGE_DAMAGED: "the package is truncated or no tar.gz",
    Reason.CHECKSUM_MISMATCH: "the bytes do not have the stated MD5, after all retries",
    Reason.FETCH_FAILED: "the server did not give the file, after all retries",
    Reason.WORKER_KILLED: "the article ended the process that worked on it",
    Reason.ARTICLE_TIMEOUT: "the article took more time of the processor than the bound",
    Reason.INTERNAL_ERROR: "a defect of pmcmine; please report it with the detail",
    Reason.SUB_ARTICLE: "part of a sub-article or response, which belongs to itself",
    Reason.OTHER_ARTICLE: "another article in the same XML file, which is mined under its own id",
    Reason.EMPTY_TEXT: "a paragraph without text",
    Reason.MENTION_UNRESOLVED: "the cross-reference names a figure that the article does not have",
    Reason.MENTION_OUTSIDE_TEXT: "the cross-reference stands in a place that no row holds the text of",
    Reason.MENTION_LIMIT: "the article has more mentions than the bound",
    Reason.WITHHELD: "the licence bars redistribution; the row is a pointer",
    Reason.THIRD_PARTY: "the figure's own words say that others hold the rights",
    Reason.FIGURE_LICENSE_NOT_SELECTED: "the figure's own licence is not in a group asked for",
    Reason.PRIVACY_FLAGGED: "it may tell who a patient is, and flagged things were not wanted",
    Reason.IN_BENCHMARK: "a benchmark set of `--decontaminate` holds it, and such things were not wanted",
    Reason.NO_GRAPHIC: "the figure names no image",
    Reason.NO_CAPTION: "the figure has no caption; it is a row but no pair",
    Reason.MEDIA_NOT_IN_SOURCE: "the source holds no media at all for this article",
    Reason.MEDIA_MISSING: "no media file matches the figure's reference, or it is gone",
    Reason.MEDIA_TOO_LARGE: "the media file is larger than the bound",
    Reason.MEDIA_NOT_NAMED: "an image file of the article that no figure names",
    Reason.EXTRA_GRAPHIC: "a further graphic of a figure whose sample shows another one",
    Reason.IMAGE_EMPTY: "the image file has no bytes",
    Reason.IMAGE_UNKNOWN_FORMAT: "the first bytes are of no known image format",
    Reason.IMAGE_VECTOR: "the file is a drawing or document (SVG, EPS, PDF, WMF, EMF), which is not rendered",
    Reason.IMAGE_CORRUPT: "the image can't be decoded to its last pixel",
    Reason.IMAGE_TOO_MANY_PIXELS: "the image has more pixels than the bound",
    Reason.IMAGE_TINY: "a side is shorter than the bound",
    Reason.IMAGE_BLANK: "all pixels have the same value",
    Reason.IMAGE_REPEATED: "the file is the image of too many other figures of the article",
    Reason.LEAKS_INTO_EVALUATION: "the same image, or nearly the same image or caption, is in validation or test",
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
    """Raised by a stage to drop what it works on; the caller turns it into a ledger row."""

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
