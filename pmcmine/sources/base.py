"""Protocols of sources: snapshot entries, version metadata and article bundles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final, Protocol

from pmcmine.config import MineConfig
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import clean

ABSENT: Final = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One article version of a snapshot.

    Attributes:
        pmcid: PMCID.
        version: version number; `ABSENT` if the PMCID was requested and the source does not have it.
        ref: where the source finds it: a key, a path, or a place in a staged pack.
        etag: what changes when the article changes; part of the snapshot's hash.
        note: further metadata that came with the listing, as JSON; empty if there is none.
    """

    pmcid: str
    version: int
    ref: str
    etag: str
    note: str = ""

    @property
    def problem(self) -> Rejected | None:
        """Why a broken entry can't be read, None for any other."""
        if '"reason"' not in self.note:
            return None
        note = json.loads(self.note)
        return Rejected(Reason(note["reason"]), note["detail"]) if "reason" in note else None


def broken_entry(pmcid: str, version: int, reason: Reason, detail: str, note: str = "") -> Entry:
    """Make an entry for what is listed but can't be read: it becomes a ledger row when its block is mined."""
    said = (json.loads(note) if note else {}) | {"reason": reason.value, "detail": clean(detail)}
    return Entry(pmcid, version, "", reason.value, json.dumps(said, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Asset:
    """A media file of an article.

    Attributes:
        name: file name without folders.
        ref: where the source finds it.
        md5: stated MD5 in hex, None if the source states none.
        place: page (from 1) and box in points of a picture that was cut out of a PDF.
    """

    name: str
    ref: str
    md5: str | None = None
    place: tuple[int, tuple[float, float, float, float]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMeta:
    """Metadata of one article version, as far as the source has it.

    `license_code` is None if the source states nothing at all and the XML has to decide.
    """

    pmcid: str
    version: int
    pmid: str | None = None
    doi: str | None = None
    license_code: str | None = None
    is_open_access: bool = True
    is_manuscript: bool = False
    is_historical_ocr: bool = False
    is_retracted: bool = False
    xml_ref: str | None = None
    xml_md5: str | None = None
    pdf_ref: str | None = None
    pdf_md5: str | None = None
    assets: tuple[Asset, ...] = ()
    has_media: bool = True


class ArticleBundle(Protocol):
    """One article version, ready to be read."""

    meta: VersionMeta

    def read_xml(self, max_bytes: int) -> bytes:
        """Read the bytes of the XML.

        Raises:
            Rejected: where they can't be read.
        """

    def read_pdf(self, max_bytes: int) -> bytes | None:
        """Read the bytes of the article's PDF, None if the source has none beside the XML.

        Raises:
            Rejected: where they can't be read.
        """

    def read_assets(self, assets: Sequence[Asset], max_bytes: int) -> Iterator[tuple[Asset, bytes | Rejected]]:
        """Read the bytes of media files, or why they can't be read; each asset requested comes exactly once."""


class Reader(Protocol):
    """A source opened by one worker. Safe to use from several threads."""

    def metadata(self, entry: Entry) -> VersionMeta:
        """Return the metadata of one entry.

        Raises:
            Rejected: where it can't be read.
        """

    def bundle(self, meta: VersionMeta) -> ArticleBundle:
        """Open the bundle of a chosen version."""

    def close(self) -> None:
        """Release connections and files."""


class Source(Protocol):
    """A source of articles. Small and picklable."""

    @property
    def kind(self) -> str:
        """Name of the kind."""

    @property
    def remote(self) -> bool:
        """Return whether it is a host with a request budget."""

    def entries(self, work: Folder | None) -> Iterable[Entry]:
        """List all article versions, in any order.

        Args:
            work: folder for what has to be staged to be read in blocks; None only lists.

        Raises:
            SourceError: if the source as a whole can't be read.
        """

    def open(self, share: float) -> Reader:
        """Open for one worker that may use the given share (0 to 1] of the request budget."""


class Address:
    """A URL or path that is to be recognised as a source; lists what is there once, and only if a kind asks.

    Attributes:
        text: the URL or path.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def names(self) -> list[str]:
        """Names at the top of a folder; none if there is no such folder."""
        folder = Folder(self.text)
        return folder.names() if folder.exists() else []

    @cached_property
    def below(self) -> list[str]:
        """File names in a folder at any depth, without their folders."""
        return [PurePosixPath(n).name for n in Folder(self.text).walk()] if self.names else []


class SourceKind(Protocol):
    """A kind of source. Registered as an entry point of the group `pmcmine.sources`, by its kind.

    Attributes:
        kind: what `--source-kind` calls it; a source's own `kind` is the same.
    """

    @property
    def kind(self) -> str: ...

    def recognises(self, address: Address) -> bool:
        """Return whether a URL or path is a source of this kind; kinds of other packages are asked first."""

    def open(self, config: MineConfig) -> Source:
        """Return the source at `config.source`.

        Raises:
            SourceError: if it can't be read as this kind.
        """
