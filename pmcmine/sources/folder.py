"""A folder on any fsspec file system: the article-version layout, or loose XML with images beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import PurePosixPath
from typing import ClassVar, Final

from pmcmine.config import MineConfig
from pmcmine.errors import SourceError, StorageError
from pmcmine.images.names import is_image_name
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.base import Address, Asset, Entry, VersionMeta, broken_entry
from pmcmine.sources.layout import MAX_METADATA_BYTES, StoreBundle, metadata_entry, of_metadata, read_metadata
from pmcmine.text.bounds import PMCID, VERSION, clean

_MOST_XML: Final = 256 << 20  # bytes in which references are looked for
_HREF: Final = re.compile(r"""href\s*=\s*(?:"([^"<]{1,1000})"|'([^'<]{1,1000})')""")
_LOOSE = re.compile(rf"({PMCID})(?:\.({VERSION}))?\.(?:xml|nxml)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class FolderSource:
    """A folder of articles.

    Attributes:
        url: the folder.
        pmcids: only these.
    """

    url: str
    pmcids: tuple[str, ...] = ()
    kind: ClassVar[str] = "folder"
    remote: ClassVar[bool] = False

    def entries(self, work: Folder | None) -> Iterator[Entry]:
        """List all article versions below the folder."""
        folder = Folder(self.url)
        wanted = set(self.pmcids)
        n = 0
        for entry in self._laid_out(folder) if folder.exists("metadata") else self._loose(folder):
            n += 1
            if not wanted or entry.pmcid in wanted:
                yield entry
        if not n:
            raise SourceError(f"{self.url}: no metadata/PMC*.json and no PMC*.xml or PMC*.nxml in it")

    def open(self, share: float) -> FolderReader:
        """Open for one worker."""
        return FolderReader(Folder(self.url))

    @staticmethod
    def _laid_out(folder: Folder) -> Iterator[Entry]:
        for name in folder.names("metadata"):
            # The MD5 of the metadata equals the bucket's ETag, so both sources freeze the same snapshot.
            entry = metadata_entry(f"metadata/{name}", "")
            if entry is None:
                continue
            try:
                data = folder.read(entry.ref, MAX_METADATA_BYTES + 1)
            except OSError as error:
                detail = f"{entry.ref}: {error.strerror or error}"
                yield broken_entry(entry.pmcid, entry.version, Reason.METADATA_INVALID, detail)
                continue
            etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
            yield Entry(entry.pmcid, entry.version, entry.ref, etag)

    @staticmethod
    def _loose(folder: Folder) -> Iterator[Entry]:
        for name in folder.walk():
            match = _LOOSE.fullmatch(PurePosixPath(name).name)
            if match:
                pmcid, version = match[1].upper(), int(match[2] or 1)
                try:
                    yield Entry(pmcid, version, name, str(folder.size(name)))
                except OSError as error:  # a link to nowhere
                    yield broken_entry(pmcid, version, Reason.XML_MISSING, f"{name}: {error.strerror or error}")


@dataclass(frozen=True)
class _Beside:
    """Files of one folder that holds loose XML.

    Attributes:
        images: names of its images, sorted.
        by_key: the same, by lower-case name and by lower-case stem.
        shared: whether it holds the XML of several articles.
    """

    images: tuple[str, ...]
    by_key: Mapping[str, Sequence[str]]
    shared: bool

    @classmethod
    def of(cls, names: Sequence[str]) -> _Beside:
        images = tuple(name for name in names if is_image_name(name))
        by_key: dict[str, list[str]] = {}
        for name in images:
            for key in {name.lower(), PurePosixPath(name).stem.lower()}:
                by_key.setdefault(key, []).append(name)
        return cls(images, by_key, len({m[1].upper() for m in map(_LOOSE.fullmatch, names) if m}) > 1)

    def named_in(self, xml: bytes) -> list[str]:
        """Return the images that an article's references may mean: by name, in any case, with any suffix."""
        encoding = "utf-16" if xml[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        found: set[str] = set()
        for double, single in _HREF.findall(xml.decode(encoding, "replace")):
            name = PurePosixPath(clean(unescape(double or single))).name.lower()
            found.update(self.by_key.get(name, ()), self.by_key.get(PurePosixPath(name).stem, ()))
        return sorted(found)


class FolderReader:
    """A folder, opened by one worker."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._beside: dict[str, _Beside] = {}

    def get(self, key: str, max_bytes: int, md5: str | None) -> bytes:
        """Return the bytes of a file; see `Store`. A local copy is not requested again: a wrong MD5 is final."""
        try:
            if self._folder.size(key) > max_bytes:
                raise Rejected(Reason.MEDIA_TOO_LARGE, f"{key}: more than {max_bytes} bytes")
            data = self._folder.read(key, max_bytes + 1)
            if len(data) > max_bytes:
                raise Rejected(Reason.MEDIA_TOO_LARGE, f"{key}: more than {max_bytes} bytes")
        except FileNotFoundError:
            raise Rejected(Reason.XML_MISSING, f"{key}: not there") from None
        except StorageError as error:
            raise Rejected(Reason.XML_MISSING, str(error)) from None
        except OSError as error:
            raise Rejected(Reason.FETCH_FAILED, f"{key}: {error.strerror or error}") from None
        if md5 is not None and hashlib.md5(data, usedforsecurity=False).hexdigest() != md5:
            raise Rejected(Reason.CHECKSUM_MISMATCH, f"{key}: the MD5 is never the stated {md5}")
        return data

    def metadata(self, entry: Entry) -> VersionMeta:
        """Return the metadata of one version: the JSON of the layout, or what stands beside a loose XML."""
        if entry.ref.startswith("metadata/"):
            try:
                return read_metadata(self.get(entry.ref, MAX_METADATA_BYTES, None), entry)
            except Rejected as error:
                raise of_metadata(error) from None
        parent = str(PurePosixPath(entry.ref).parent)
        base = "" if parent == "." else parent
        assets = tuple(Asset(clean(n), f"{base}/{n}" if base else n) for n in self._images(base, entry.ref))
        return VersionMeta(
            pmcid=entry.pmcid,
            version=entry.version,
            xml_ref=entry.ref,
            assets=assets,
            has_media=bool(assets),
        )

    def _images(self, base: str, xml: str) -> Sequence[str]:
        """List the images beside a loose XML; if other articles have theirs there, only those that it refers to."""
        beside = self._beside.get(base)
        if beside is None:
            beside = self._beside[base] = _Beside.of(sorted(self._folder.names(base)))
        if not beside.shared or not beside.images:
            return beside.images
        try:
            return beside.named_in(self.get(xml, _MOST_XML, None))
        except Rejected:  # the miner reads it next, and says so
            return ()

    def bundle(self, meta: VersionMeta) -> StoreBundle:
        """Open the bundle of a chosen version."""
        return StoreBundle(meta, self)

    def close(self) -> None:
        """Do nothing: no file is held open."""


class Articles:
    """Folders of articles: XML beside its media. What no other kind recognises is read as one."""

    kind = "folder"

    def recognises(self, address: Address) -> bool:
        """Return whether a folder is laid out as the bucket is."""
        return "metadata" in address.names

    def open(self, config: MineConfig) -> FolderSource:
        """Return the folder."""
        return FolderSource(config.source, config.pmcid)
