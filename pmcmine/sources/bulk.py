"""The former bulk packages: `*_xml.*.tar.gz` with `*.filelist.csv`, baseline and increments; XML only.

A tar.gz can't be read at random, so each is streamed once and its XMLs are staged, compressed one by one, in
packs of the work folder, which blocks then read where they need to.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO, ClassVar

import pyarrow as pa

from pmcmine.config import MineConfig
from pmcmine.errors import SourceError
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason, Rejected
from pmcmine.release.layout import WORK
from pmcmine.sources.archives import read_member, stream_members
from pmcmine.sources.base import Address, Asset, Entry, VersionMeta, broken_entry
from pmcmine.sources.filelist import open_filelist
from pmcmine.sources.packages import NAME as PACKAGE
from pmcmine.sources.packages import meta_of, note_of
from pmcmine.text.bounds import PMCID

log = logging.getLogger(__name__)
NAME = re.compile(r".+_xml\..*tar\.gz")
_MEMBER = re.compile(rf"({PMCID})\.n?xml")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_UNPACKED = 1 << 42
_CODEC = "zstd"


@dataclass(frozen=True)
class BulkSource:
    """A folder of bulk packages.

    Attributes:
        url: the folder.
        work: URL of the work folder, where the staged XMLs lie.
        pmcids: only these.
        max_xml_bytes: larger XMLs are not staged.
    """

    url: str
    work: str
    pmcids: tuple[str, ...]
    max_xml_bytes: int
    kind: ClassVar[str] = "bulk"
    remote: ClassVar[bool] = False

    def entries(self, work: Folder | None) -> Iterator[Entry]:
        """List all articles of all packages; where one occurs again, the later package wins."""
        folder = Folder(self.url)
        tars = sorted((n for n in folder.walk() if NAME.fullmatch(PurePosixPath(n).name)), key=_age)
        if not tars:
            raise SourceError(f"{self.url}: no *_xml.*.tar.gz in it")
        wanted = set(self.pmcids)
        latest: dict[str, Entry] = {}
        for n, tar in enumerate(tars):
            for entry in self._one(folder, tar, n, work, len(tars) > 1):
                if wanted and entry.pmcid not in wanted:
                    continue
                if entry.pmcid in latest:
                    log.info("%s: the copy in %s replaces an earlier one", entry.pmcid, tar)
                latest[entry.pmcid] = entry
        yield from latest.values()

    def open(self, share: float) -> BulkReader:
        """Open for one worker."""
        return BulkReader(Folder(self.work))

    def _one(self, folder: Folder, tar: str, n: int, work: Folder | None, others: bool) -> Iterator[Entry]:
        """Yield the entries of one package: what it holds, and what its list names but it does not hold."""
        list_name = re.sub(r"\.tar\.gz$", ".filelist.csv", tar)
        listed: dict[str, dict[str, str]] = {}
        if folder.exists(list_name):
            listed = open_filelist(folder, list_name)
        if work is None and listed:  # a dry run lists only
            for pmcid, row in listed.items():
                yield Entry(pmcid, 1, "", "", note_of(row))
            return
        held: set[str] = set()
        try:
            for entry in self._stage(folder, tar, n, work, listed):
                held.add(entry.pmcid)
                yield entry
            reason = Reason.XML_MISSING
            detail = f"{tar}: listed, but not in the package"
        except Rejected as error:
            reason, detail = error.reason, f"{tar}: {error.detail}"
            log.error("%s; %d articles were read before", detail, len(held))
            if not held and not listed and not others:
                raise SourceError(f"{folder.url}/{detail}") from None
        for pmcid, row in listed.items():
            if pmcid not in held:
                yield broken_entry(pmcid, 1, reason, detail, note_of(row))

    def _stage(
        self, folder: Folder, tar: str, n: int, work: Folder | None, listed: dict[str, dict[str, str]]
    ) -> Iterator[Entry]:
        """Stream a package once; its XMLs go into a pack of the work folder, if there is one."""
        if work is None:
            raise SourceError(f"{folder.url}/{tar}: a dry run needs its .filelist.csv")
        pack = f"snapshot/xml-{n:05d}.pack"
        problem: Rejected | None = None
        entries: list[Entry] = []
        try:
            opened = folder.open(tar)
        except OSError as error:
            raise Rejected(Reason.PACKAGE_DAMAGED, error.strerror or str(error)) from None
        with opened as packed, work.create(pack, replace=True) as (stream, _):
            try:
                entries.extend(self._members(packed, listed, stream, pack))
            except _Cut as cut:
                entries, problem = cut.entries, cut.problem
        yield from entries
        if problem is not None:
            raise problem

    def _members(self, packed: BinaryIO, listed: dict[str, dict[str, str]], sink: BinaryIO, pack: str) -> list[Entry]:
        """Return the entries of a package's members, whose XMLs are appended to the sink.

        Raises:
            _Cut: where the package ends early, with the entries up to there.
        """
        entries: list[Entry] = []
        offset = 0
        try:
            for member, stream in stream_members(packed, _MAX_UNPACKED):
                match = _MEMBER.fullmatch(PurePosixPath(member.name).name)
                if not match:
                    continue
                row = listed.get(match[1])
                if stream is None:
                    detail = f"{member.name}: {member.problem}"
                    entries.append(broken_entry(match[1], 1, Reason.PACKAGE_UNSAFE, detail, note_of(row)))
                    continue
                data = read_member(stream, member.size, self.max_xml_bytes)
                if data is None:
                    detail = f"{member.size} bytes"
                    entries.append(broken_entry(match[1], 1, Reason.XML_TOO_LARGE, detail, note_of(row)))
                    continue
                small = pa.compress(data, _CODEC, asbytes=True)
                sink.write(small)
                ref = f"{pack}:{offset}:{len(small)}:{len(data)}"
                offset += len(small)
                etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
                entries.append(Entry(match[1], 1, ref, etag, note_of(row)))
        except Rejected as error:
            raise _Cut(entries, error) from None
        return entries


class _Cut(Exception):
    """A package that ends early."""

    def __init__(self, entries: list[Entry], problem: Rejected) -> None:
        super().__init__(str(problem))
        self.entries = entries
        self.problem = problem


def _age(name: str) -> tuple[bool, str, str]:
    """Order of packages: baselines, then increments by date."""
    base = PurePosixPath(name).name
    dates = _DATE.findall(base)
    return ".incr." in base, dates[-1] if dates else "", name


class BulkReader:
    """Staged XMLs, opened by one worker."""

    def __init__(self, work: Folder) -> None:
        self._work = work

    def metadata(self, entry: Entry) -> VersionMeta:
        """Return the metadata of the file list."""
        meta = meta_of(entry)
        known = bool(entry.note)
        return replace(meta, license_code=meta.license_code if known else None, has_media=False)

    def bundle(self, meta: VersionMeta) -> BulkBundle:
        """Open the staged XML of an article."""
        return BulkBundle(meta, self._work)

    def close(self) -> None:
        """Do nothing: no file is held open."""


class BulkBundle:
    """An article without media."""

    def __init__(self, meta: VersionMeta, work: Folder) -> None:
        self.meta = meta
        self._work = work

    def read_xml(self, max_bytes: int) -> bytes:
        """Read the bytes of the XML from its pack."""
        pack, offset, size, raw = str(self.meta.xml_ref).rsplit(":", 3)
        with self._work.open(pack) as stream:
            stream.seek(int(offset))
            small = stream.read(int(size))
        data: bytes = pa.decompress(small, int(raw), _CODEC, asbytes=True)
        return data

    def read_pdf(self, max_bytes: int) -> bytes | None:
        """Return None: bulk packages contain only XML."""
        return None

    def read_assets(self, assets: Sequence[Asset], max_bytes: int) -> Iterator[tuple[Asset, bytes | Rejected]]:
        """Yield nothing: bulk packages have no media."""
        for asset in assets:
            yield asset, Rejected(Reason.MEDIA_NOT_IN_SOURCE, asset.name)


class Bulk:
    """Folders of PMC's bulk archives."""

    kind = "bulk"

    def recognises(self, address: Address) -> bool:
        """Return whether a folder holds bulk archives, at its top or, if nothing there tells, below."""
        if "metadata" in address.names:
            return False
        top = any(NAME.fullmatch(n) or PACKAGE.fullmatch(n) for n in address.names)
        return any(NAME.fullmatch(PurePosixPath(n).name) for n in (address.names if top else address.below))

    def open(self, config: MineConfig) -> BulkSource:
        """Return the archives; they are staged in the run's work folder."""
        work = Folder(config.out).child(WORK)
        return BulkSource(config.source, work.url, config.pmcid, config.max_xml_bytes)
