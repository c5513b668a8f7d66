"""The former article packages: `PMC<id>.tar.gz` with XML and media, anywhere below a folder.

An `oa_file_list.csv` or `.txt` in the folder states licences; without one the XML decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from pmcmine.config import MineConfig
from pmcmine.errors import SourceError
from pmcmine.images.names import is_image_name
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.archives import read_member, stream_members
from pmcmine.sources.base import Address, Asset, Entry, VersionMeta, broken_entry
from pmcmine.sources.filelist import open_filelist
from pmcmine.text.bounds import IDENTIFIER, PMCID, clean

NAME = re.compile(rf"({PMCID})\.tar\.gz")
_HELD_BYTES = 128 << 20  # media of one package kept in memory; more is streamed again when requested


def meta_of(entry: Entry) -> VersionMeta:
    """Return the metadata from the note that came with a file list; all unknown without one."""
    note = json.loads(entry.note) if entry.note else {}
    return VersionMeta(
        pmcid=entry.pmcid,
        version=entry.version,
        pmid=note.get("pmid") or None,
        license_code=note.get("license") if note else None,
        is_retracted=note.get("retracted") in ("yes", "y", "true", "1"),
        xml_ref=entry.ref,
    )


def note_of(row: dict[str, str] | None) -> str:
    """Build the note of an entry from its row of a file list."""
    if row is None:
        return ""
    return json.dumps({k: row[k] for k in ("license", "pmid", "retracted")}, sort_keys=True)


@dataclass(frozen=True)
class PackagesSource:
    """A folder of packages.

    Attributes:
        url: the folder.
        pmcids: only these.
        max_bytes: bound on the unpacked size of a package.
    """

    url: str
    pmcids: tuple[str, ...]
    max_bytes: int
    kind: ClassVar[str] = "packages"
    remote: ClassVar[bool] = False

    def entries(self, work: Folder | None) -> Iterator[Entry]:
        """List all packages below the folder."""
        folder = Folder(self.url)
        names = folder.walk()
        listed: dict[str, dict[str, str]] = {}
        for name in names:
            if PurePosixPath(name).name in ("oa_file_list.csv", "oa_file_list.txt"):
                listed.update(open_filelist(folder, name))
        wanted = set(self.pmcids)
        found = False
        for name in names:
            match = NAME.fullmatch(PurePosixPath(name).name)
            if not match:
                continue
            found = True
            if wanted and match[1] not in wanted:
                continue
            note = note_of(listed.get(match[1]))
            try:
                yield Entry(match[1], 1, name, str(folder.size(name)), note)
            except OSError as error:  # a link to nowhere
                yield broken_entry(match[1], 1, Reason.XML_MISSING, f"{name}: {error.strerror or error}", note)
        if not found:
            raise SourceError(f"{self.url}: no PMC*.tar.gz in it")

    def open(self, share: float) -> PackagesReader:
        """Open for one worker."""
        return PackagesReader(Folder(self.url), self.max_bytes)


class PackagesReader:
    """A folder of packages, opened by one worker."""

    def __init__(self, folder: Folder, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def metadata(self, entry: Entry) -> VersionMeta:
        """Return the metadata of the file list, if there is one."""
        return meta_of(entry)

    def bundle(self, meta: VersionMeta) -> PackageBundle:
        """Open the package; it is read on first use."""
        return PackageBundle(meta, self._folder, self._max_bytes)

    def close(self) -> None:
        """Do nothing: no file is held open."""


class PackageBundle:
    """One package: streamed once for the XML and its images, once more for images beyond the memory bound."""

    def __init__(self, meta: VersionMeta, folder: Folder, max_bytes: int) -> None:
        self.meta = meta
        self._folder = folder
        self._max_bytes = max_bytes
        self._held: dict[str, bytes] = {}

    def read_xml(self, max_bytes: int) -> bytes:
        """Read the bytes of the XML; finds the package's media on the way."""
        xml: bytes | None = None
        assets: dict[str, Asset] = {}
        held = 0
        try:
            with self._folder.open(str(self.meta.xml_ref)) as packed:
                for member, stream in stream_members(packed, self._max_bytes):
                    if stream is None:
                        raise Rejected(Reason.PACKAGE_UNSAFE, f"{member.name}: {member.problem}")
                    name = clean(PurePosixPath(member.name).name)
                    if name.lower().endswith((".nxml", ".xml")) and xml is None:
                        xml = read_member(stream, member.size, max_bytes)
                        if xml is None:
                            raise Rejected(Reason.XML_TOO_LARGE, f"{member.size} bytes, the bound is {max_bytes}")
                    elif is_image_name(name) and len(name) <= IDENTIFIER:
                        assets.setdefault(name, Asset(name, member.name))
                        if held + member.size <= _HELD_BYTES and name not in self._held:
                            data = read_member(stream, member.size, _HELD_BYTES)
                            if data is not None:
                                self._held[name] = data
                                held += len(data)
        except Rejected as error:
            if error.reason != Reason.PACKAGE_DAMAGED or xml is None:
                raise
            # The end is lost; the members before it are complete.
        except OSError as error:
            raise Rejected(Reason.XML_MISSING, f"{self.meta.xml_ref}: {error}") from None
        if xml is None:
            raise Rejected(Reason.XML_MISSING, "the package holds no XML")
        self.meta = VersionMeta(
            pmcid=self.meta.pmcid,
            version=self.meta.version,
            pmid=self.meta.pmid,
            license_code=self.meta.license_code,
            xml_ref=self.meta.xml_ref,
            assets=tuple(assets[n] for n in sorted(assets)),
        )
        return xml

    def read_pdf(self, max_bytes: int) -> bytes | None:
        """Return None: the PDF of a package is not read."""
        return None

    def read_assets(self, assets: Sequence[Asset], max_bytes: int) -> Iterator[tuple[Asset, bytes | Rejected]]:
        """Read the bytes of media files; see `ArticleBundle`."""
        missing = {a.ref: a for a in assets if a.name not in self._held}
        for asset in assets:
            data = self._held.get(asset.name)
            if data is not None:
                large = len(data) > max_bytes
                yield (
                    asset,
                    Rejected(Reason.MEDIA_TOO_LARGE, f"{asset.name}: {len(data)} bytes") if large else data,
                )
        if not missing:
            return
        problem = Rejected(Reason.MEDIA_MISSING, "not in the package when it was read again")
        try:
            with self._folder.open(str(self.meta.xml_ref)) as packed:
                for member, stream in stream_members(packed, self._max_bytes):
                    wanted = missing.get(member.name)
                    if wanted is None or stream is None:
                        continue
                    data = read_member(stream, member.size, max_bytes)
                    del missing[member.name]  # not before: the package may end here
                    yield (
                        wanted,
                        Rejected(Reason.MEDIA_TOO_LARGE, f"{wanted.name}: {member.size} bytes")
                        if data is None
                        else data,
                    )
        except Rejected as error:
            problem = error
        except OSError as error:
            problem = Rejected(Reason.MEDIA_MISSING, f"{self.meta.xml_ref}: {error.strerror or error}")
        for asset in missing.values():
            yield asset, problem


class Packages:
    """Folders of article packages (`PMC<digits>.tar.gz`)."""

    kind = "packages"

    def recognises(self, address: Address) -> bool:
        """Return whether a folder holds packages, at its top or below."""
        if "metadata" in address.names:
            return False
        return any(map(NAME.fullmatch, address.names)) or any(map(NAME.fullmatch, address.below))

    def open(self, config: MineConfig) -> PackagesSource:
        """Return the packages."""
        return PackagesSource(config.source, config.pmcid, config.max_package_bytes)
