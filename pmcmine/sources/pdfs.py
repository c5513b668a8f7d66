"""A folder of PDFs, for articles that exist in no other form."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, ClassVar

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError, SourceError
from pmcmine.ids import parse_pmcid
from pmcmine.io.folder import Folder
from pmcmine.pdf.convert import PdfPicture, need_pymupdf, read_pdf, to_jats
from pmcmine.pdf.extract import Limits
from pmcmine.pdf.limits import pdf_limits
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.base import Address, Asset, Entry, VersionMeta, broken_entry
from pmcmine.sources.layout import MAX_METADATA_BYTES, read_metadata
from pmcmine.text.bounds import PMCID, VERSION, clean

log = logging.getLogger(__name__)
NAME = re.compile(rf"({PMCID})(?:\.({VERSION}))?\.pdf", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class PdfSource:
    """A folder of PDFs, on any fsspec file system.

    `<name>.json` beside `<name>.pdf` is its sidecar: an object with `pmcid` and, as in PMC's metadata, `version`,
    `license_code`, `doi`, `pmid`, `is_retracted`. Without one the PMCID is the file's name and the licence unknown.

    Attributes:
        url: the folder.
        pmcids: only these.
        max_bytes: most bytes of a PDF.
        limits: bounds on reading one.
    """

    url: str
    pmcids: tuple[str, ...]
    max_bytes: int
    limits: Limits
    kind: ClassVar[str] = "pdf"
    remote: ClassVar[bool] = False

    def entries(self, work: Folder | None) -> Iterator[Entry]:
        """List all PDFs below the folder."""
        need_pymupdf()
        folder = Folder(self.url)
        wanted = set(self.pmcids)
        n, nameless = 0, []
        for name in folder.walk():
            if not name.lower().endswith(".pdf"):
                continue
            sidecar = _sidecar(folder, name)
            identity = _identity(name, sidecar)
            if identity is None:
                nameless.append(name)
                continue
            n += 1
            if wanted and identity[0] not in wanted:
                continue
            try:
                data = folder.read(name, self.max_bytes + 1)
            except OSError as error:
                yield broken_entry(*identity, Reason.XML_MISSING, f"{name}: {error.strerror or error}")
                continue
            etag = hashlib.md5(data + (sidecar or b""), usedforsecurity=False).hexdigest()
            yield Entry(*identity, name, etag)
        if not n and not nameless:
            raise SourceError(f"{self.url}: no PDF in it")
        if nameless:
            name = clean(nameless[0])
            how = f"{name}: no PMCID; name it PMC<digits>.pdf, or put one into {name[:-4]}.json"
            if not n:
                raise SourceError(f"{folder.url}: {how}")
            log.warning("%s: %d PDFs are skipped: %s", folder.url, len(nameless), how)

    def open(self, share: float) -> PdfReader:
        """Open for one worker."""
        return PdfReader(Folder(self.url), self.max_bytes, self.limits)


def _sidecar(folder: Folder, name: str) -> bytes | None:
    path = str(PurePosixPath(name).with_suffix(".json"))
    try:
        if not folder.exists(path) or folder.size(path) > MAX_METADATA_BYTES:
            return None
        return folder.read(path, MAX_METADATA_BYTES)
    except OSError as error:
        log.warning("%s: can't be read (%s)", path, error.strerror or error)
        return None


def _identity(name: str, sidecar: bytes | None) -> tuple[str, int] | None:
    """Return PMCID and version, by the name of the file or the sidecar; None if neither says it."""
    match = NAME.fullmatch(PurePosixPath(name).name)
    if match:
        return match[1].upper(), int(match[2] or 1)
    stated: Any = None
    if sidecar is not None:
        try:
            stated = json.loads(sidecar)
            pmcid, version = parse_pmcid(str(stated["pmcid"]))
            number = str(stated.get("version") or version or 1)
            return (pmcid, int(number)) if re.fullmatch(VERSION, number) else None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, PmcmineError):
            pass
    return None


class PdfReader:
    """A folder of PDFs, opened by one worker."""

    def __init__(self, folder: Folder, max_bytes: int, limits: Limits) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._limits = limits

    def metadata(self, entry: Entry) -> VersionMeta:
        """Return the metadata of the sidecar; without one the licence is unknown."""
        sidecar = _sidecar(self._folder, entry.ref)
        if sidecar is None:
            return VersionMeta(pmcid=entry.pmcid, version=entry.version, license_code="", xml_ref=entry.ref)
        try:
            stated: Any = json.loads(sidecar) if sidecar.strip() else {}
        except (ValueError, RecursionError) as error:
            raise Rejected(Reason.METADATA_INVALID, f"the sidecar of {entry.ref}: {error}") from None
        if isinstance(stated, dict):  # a user's sidecar need not repeat the PMCID of the file name
            stated = {"is_pmc_openaccess": True, "pmcid": entry.pmcid, "version": entry.version} | stated
        meta = read_metadata(json.dumps(stated).encode(), entry)
        return replace(meta, xml_ref=entry.ref, xml_md5=None, assets=(), has_media=True)

    def bundle(self, meta: VersionMeta) -> PdfBundle:
        """Open the bundle of a chosen version."""
        return PdfBundle(meta, self._folder, self._max_bytes, self._limits)

    def close(self) -> None:
        """Do nothing: no file is held open."""


class PdfBundle:
    """One PDF: it is read when its text is requested; its figures are then the media."""

    def __init__(self, meta: VersionMeta, folder: Folder, max_bytes: int, limits: Limits) -> None:
        self.meta = meta
        self._folder = folder
        self._max_bytes = max_bytes
        self._limits = limits
        self._pictures: dict[str, PdfPicture] = {}

    def read_xml(self, max_bytes: int) -> bytes:
        """Read JATS made of the PDF; see `ArticleBundle`."""
        assert self.meta.xml_ref is not None
        try:
            if self._folder.size(self.meta.xml_ref) > self._max_bytes:
                raise Rejected(Reason.PDF_TOO_LARGE, f"more than {self._max_bytes} bytes")
            data = self._folder.read(self.meta.xml_ref, self._max_bytes)
        except FileNotFoundError:
            raise Rejected(Reason.XML_MISSING, f"{self.meta.xml_ref}: not there") from None
        except OSError as error:
            raise Rejected(Reason.FETCH_FAILED, f"{self.meta.xml_ref}: {error.strerror or error}") from None
        content, pictures = read_pdf(data, self._limits)
        self._pictures = {p.name: p for p in pictures}
        assets = tuple(Asset(p.name, p.name, place=(p.page, p.box)) for p in pictures)
        self.meta = replace(self.meta, assets=assets)
        return to_jats(content, self.meta.pmcid, self.meta.doi)

    def read_pdf(self, max_bytes: int) -> bytes | None:
        """Return None: the PDF is the article itself."""
        return None

    def read_assets(self, assets: Sequence[Asset], max_bytes: int) -> Iterator[tuple[Asset, bytes | Rejected]]:
        """Read figures that were cut out; see `ArticleBundle`."""
        for asset in assets:
            data = self._pictures[asset.name].data
            large = len(data) > max_bytes
            yield asset, Rejected(Reason.MEDIA_TOO_LARGE, f"more than {max_bytes} bytes") if large else data


class Pdfs:
    """Folders of PDFs."""

    kind = "pdf"

    def recognises(self, address: Address) -> bool:
        """Return whether a folder holds PDFs and no XML."""
        names = [n.lower() for n in address.below]
        return any(n.endswith(".pdf") for n in names) and not any(n.endswith((".xml", ".nxml")) for n in names)

    def open(self, config: MineConfig) -> PdfSource:
        """Return the PDFs."""
        return PdfSource(config.source, config.pmcid, config.max_pdf_bytes, pdf_limits(config))
