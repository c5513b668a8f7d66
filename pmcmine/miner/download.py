"""Download the files that mining would read, into a folder that can be mined offline."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from pmcmine.config import MineConfig
from pmcmine.errors import SourceError, StorageError
from pmcmine.io.background import in_order
from pmcmine.io.folder import Folder
from pmcmine.miner.article import mine_pmcid
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.base import Asset, Entry, Source, VersionMeta
from pmcmine.sources.bucket import BucketReader, BucketSource
from pmcmine.sources.http import HttpClient
from pmcmine.sources.layout import StoreBundle
from pmcmine.text.redact import redact

_SHOWN = 20  # failed files that are named

# Options that determine which files are read are kept; those for derived data are off.
_READING_ONLY = {
    "vocab": None,
    "vocab_sha256": None,
    "classify": False,
    "languages": False,
    "image_kinds": False,
    "privacy": False,
    "drop_privacy_flagged": False,
    "near_duplicates": False,
    "link_paragraphs": False,
    "pdf_figures": False,
    "decontaminate": (),
    "decontaminate_sha256": None,
    "exclude": (),
    "exclude_sha256": None,
}


@dataclass
class Downloaded:
    """The progress of a download; threads add to it.

    Attributes:
        articles: PMCIDs that are done.
        files: downloaded files.
        size: bytes of these.
        kept: files that existed already, with the stated MD5.
        unusable: files that the source names but does not have, or has with another MD5 than stated.
        failed: names of the files that could not be downloaded, with reasons, the first twenty.
        n_failed: number of all of these.
    """

    articles: int = 0
    files: int = 0
    size: int = 0
    kept: int = 0
    unusable: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    n_failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, articles: int = 0, files: int = 0, size: int = 0, kept: int = 0) -> None:
        """Add to the counts."""
        with self._lock:
            self.articles += articles
            self.files += files
            self.size += size
            self.kept += kept

    def fail(self, key: str, error: Rejected) -> None:
        """Count a file that can't be downloaded."""
        with self._lock:
            if error.reason in (Reason.XML_MISSING, Reason.CHECKSUM_MISMATCH):  # the first stands for any file
                self.unusable += 1
            elif error.reason != Reason.MEDIA_TOO_LARGE:  # mining skips files that are too large, too
                self.n_failed += 1
                if len(self.failed) < _SHOWN:
                    self.failed.append((key, error.detail or error.reason.value))


class _KeepingClient:
    """A client that saves each object in a folder under its key, and does not request objects already there."""

    def __init__(self, client: HttpClient, folder: Folder, done: Downloaded) -> None:
        self._client = client
        self._folder = folder
        self._done = done
        self.broken: StorageError | None = None

    def get(self, key: str, *, max_bytes: int, md5: str | None = None, query: str = "") -> bytes:
        """Return the bytes of an object; see `HttpClient.get`."""
        held = self._held(key, max_bytes, md5)
        if held is not None:
            self._done.add(kept=1)
            return held
        try:
            data = self._client.get(key, max_bytes=max_bytes, md5=md5, query=query)
        except Rejected as error:
            self._done.fail(key, error)
            raise
        try:
            self._folder.write(key, data, replace=True)
        except StorageError as error:
            self.broken = error
            raise
        self._done.add(files=1, size=len(data))
        return data

    def _held(self, key: str, max_bytes: int, md5: str | None) -> bytes | None:
        """Return the folder's copy if it has the stated MD5; only this excludes an older or damaged file."""
        if md5 is None:
            return None
        try:
            data = self._folder.read(key, max_bytes + 1)
        except OSError:
            return None
        return data if hashlib.md5(data, usedforsecurity=False).hexdigest() == md5 else None

    def close(self) -> None:
        """Close connections."""
        self._client.close()


class _Bundle(StoreBundle):
    """An article with media that are downloaded on reading, and not decoded."""

    def __init__(self, meta: VersionMeta, reader: BucketReader, config: MineConfig) -> None:
        super().__init__(meta, reader)
        self._config = config

    def read_assets(self, assets: Sequence[Asset], max_bytes: int) -> Iterator[tuple[Asset, bytes | Rejected]]:
        """Download media files, and the PDF if figures may come from it."""
        for asset, _ in super().read_assets(assets, max_bytes):
            yield asset, Rejected(Reason.MEDIA_MISSING, "")
        if self._config.pdf_figures and assets:
            with suppress(Rejected):  # the client has counted it
                self.read_pdf(self._config.max_pdf_bytes)


class _Reader:
    """A bucket with articles that are downloaded while they are read."""

    def __init__(self, reader: BucketReader, config: MineConfig) -> None:
        self._reader = reader
        self._config = config

    def metadata(self, entry: Entry) -> VersionMeta:
        """Return the metadata of one entry; see `Reader`."""
        return self._reader.metadata(entry)

    def bundle(self, meta: VersionMeta) -> _Bundle:
        """Open the bundle of a chosen version."""
        return _Bundle(meta, self._reader, self._config)

    def close(self) -> None:
        """Close connections."""
        self._reader.close()


def check_source(source: Source, config: MineConfig) -> BucketSource:
    """Check that the source is a bucket, and return it.

    Raises:
        SourceError: if it is another kind, whose files are local already.
    """
    if not isinstance(source, BucketSource):
        raise SourceError(
            f"{redact(config.source)}: is a source of the kind {source.kind}, which is mined as it is; "
            "only a bucket, read over HTTP, is downloaded"
        )
    return source


def download(
    groups: Iterable[Sequence[Entry]],
    source: BucketSource,
    config: MineConfig,
    folder: Folder,
    done: Downloaded,
    as_of: str | None = None,
) -> None:
    """Download all files that mining would read of each PMCID: metadata, the XML of the chosen version, figure images.

    Args:
        groups: entries of each PMCID, as in a snapshot.
        source: the bucket.
        config: determines the files to read, as in a run.
        folder: destination; files are saved under their keys, and existing ones with the stated MD5 are kept.
        done: counts the results, including files that can't be downloaded.
        as_of: day of the snapshot; see `mine_pmcid`.

    Raises:
        StorageError: if the folder can't be written.
    """
    client = _KeepingClient(HttpClient(source.base, source.limits), folder, done)
    reader = _Reader(BucketReader(client), config)
    light = config.model_copy(update=_READING_ONLY)

    def one(group: Sequence[Entry]) -> None:
        if client.broken is None:
            mine_pmcid(group, reader, light, as_of)
            done.add(articles=1)

    try:
        for _ in in_order(one, groups, config.concurrency):
            if client.broken is not None:
                raise client.broken
    finally:
        reader.close()


def progress_line(done: Downloaded, n_pmcids: int, started: float) -> str:
    """Return one line on the progress of a download."""
    seconds = max(time.monotonic() - started, 1e-3)
    rate = done.articles / seconds
    left = f", {(n_pmcids - done.articles) / rate / 60:.0f} min left" if rate and done.articles < n_pmcids else ""
    return (
        f"{done.articles:,} of {n_pmcids:,} articles, {done.files:,} files, {done.size / 1e6:,.0f} MB, "
        f"{done.kept:,} were there, {rate:.1f} articles/s{left}"
    )
