"""PMC's article-version bucket over HTTP(S): the newest whole inventory is the list."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import logging
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Protocol
from urllib.parse import quote

from lxml import etree

from pmcmine.config import MineConfig
from pmcmine.errors import SourceError
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.base import Address, Entry, VersionMeta
from pmcmine.sources.filelist import bounded_lines, csv_rows
from pmcmine.sources.http import HttpClient, HttpLimits
from pmcmine.sources.layout import MAX_METADATA_BYTES, StoreBundle, metadata_entry, of_metadata, read_metadata
from pmcmine.text.bounds import IDENTIFIER

log = logging.getLogger(__name__)
INVENTORIES = "inventory-reports/pmc-oa-opendata/metadata/"
SCHEMA = "Bucket, Key, LastModifiedDate, ETag"
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9]{2}-[0-9]{2}Z/?")
_RETENTION_DAYS = 30  # inventories are kept so long
_MAX_INVENTORY_BYTES = 2 << 30  # of all shards
_MAX_SHARD_TEXT = 16 << 30
_MAX_LISTED = 1_000_000  # keys and prefixes of one listing
_MAX_TOKEN = 4096  # characters of a continuation token, which becomes part of a URL
_TRIES = 3  # for answers whose damage no checksum shows


@dataclass(frozen=True)
class BucketSource:
    """The layout behind a base URL.

    Attributes:
        base: base URL, below which the keys lie.
        limits: how the host is treated.
        pmcids: only these; found by listing if the server can list and no inventory is named, else in the inventory.
        inventory: date of the inventory; the newest whole one if None.
    """

    base: str
    limits: HttpLimits
    pmcids: tuple[str, ...] = ()
    inventory: str | None = None
    kind: ClassVar[str] = "bucket"
    remote: ClassVar[bool] = True

    def entries(self, work: Folder | None) -> Iterator[Entry]:
        """List all article versions of the newest whole inventory, or of the PMCIDs requested."""
        client = HttpClient(self.base, self.limits)
        try:
            listed = self._listed(client) if self.pmcids and self.inventory is None else None
            wanted = set(self.pmcids)
            for entry in listed if listed is not None else self._inventoried(client):
                if not wanted or entry.pmcid in wanted:
                    yield entry
        finally:
            client.close()

    def ask(self, seconds: float) -> None:
        """Ask the host for the smallest listing, once; see `HttpClient.touch`."""
        client = HttpClient(self.base, self.limits)
        try:
            client.touch(seconds, "list-type=2&max-keys=1&prefix=metadata%2F")
        finally:
            client.close()

    def open(self, share: float) -> BucketReader:
        """Open for one worker with a share of the request budget."""
        limits = self.limits
        rate = max(limits.requests_per_second * share, 0.1)
        return BucketReader(HttpClient(self.base, replace(limits, requests_per_second=rate)))

    def _listed(self, client: HttpClient) -> list[Entry] | None:
        """Return versions of the PMCIDs by listing their prefixes; None if the server can't list."""
        found: list[Entry] = []
        for pmcid in self.pmcids:
            contents = _list(client, f"metadata/{pmcid}.", delimiter="")
            if contents is None:
                return None
            found += [e for key, etag in contents[1] if (e := metadata_entry(key, etag))]
        return found

    def _inventoried(self, client: HttpClient) -> Iterator[Entry]:
        problems: list[str] = []
        for day in self._days(client):
            for _ in range(_TRIES):
                try:
                    shards = _whole_inventory(client, day)
                except Rejected as error:
                    problem = f"{day.rstrip('/')}: {_why(error)}"
                    if error.reason == Reason.XML_MISSING:
                        break  # retrying will not help
                    continue
                for shard in shards:
                    yield from _rows(shard)
                return
            problems.append(problem)
        tried = "; ".join(problems[:4]) or "no inventory was found"
        if self.inventory is not None:
            way_out = f"Give --inventory another date than {self.inventory}, or leave it out for the newest"
        elif self.pmcids:
            way_out = "The server can't list PMCIDs either; give the base URL of the bucket layout"
        else:
            way_out = "Give the base URL of the bucket layout, or PMCIDs with --pmcid"
        raise SourceError(f"{self.base}: no complete inventory ({tried}). {way_out}")

    def _days(self, client: HttpClient) -> Iterable[str]:
        """Return folders of inventories, newest first."""
        if self.inventory is not None:
            return [f"{self.inventory}T01-00Z/"]
        listing = _list(client, INVENTORIES, delimiter="/")
        names = [p.removeprefix(INVENTORIES) for p in listing[0]] if listing else []
        if not names:
            # Plain file servers answer with an HTML index of the folder.
            try:
                page = client.get(INVENTORIES, max_bytes=4 << 20).decode("utf-8", "replace")
                names = [m[0] for m in _DAY.finditer(page)]
            except Rejected:
                names = []
        days = sorted({n.rstrip("/") + "/" for n in names if _DAY.fullmatch(n)}, reverse=True)
        if days:
            return days
        today = datetime.now(UTC).date()
        return [f"{_iso(today, back)}T01-00Z/" for back in range(_RETENTION_DAYS)]


def _whole_inventory(client: HttpClient, day: str) -> list[bytes]:
    """Return all shards of one day's inventory, each with the MD5 that the manifest states: half an inventory is none.

    Raises:
        Rejected: where a part is missing or damaged.
        SourceError: if the layout is another one.
    """
    try:
        manifest = json.loads(client.get(f"{INVENTORIES}{day}manifest.json", max_bytes=16 << 20))
    except (ValueError, RecursionError):
        raise Rejected(Reason.METADATA_INVALID, "the manifest is no JSON") from None
    shards: list[bytes] = []
    left = _MAX_INVENTORY_BYTES
    for shard in _check_manifest(manifest):
        shards.append(client.get(shard["key"], max_bytes=left, md5=shard["MD5checksum"].lower()))
        left -= len(shards[-1])
    return shards


def _iso(day: date, back: int) -> str:
    return (day - timedelta(days=back)).isoformat()


def _why(error: Rejected) -> str:
    return f"incomplete ({error.detail})" if error.reason == Reason.XML_MISSING else error.detail


def _listing(client: HttpClient, query: str) -> Any:
    """Parse one page of an S3 listing; None if the answer is not one."""
    try:
        data = client.get("", max_bytes=16 << 20, query=query)
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except (Rejected, etree.XMLSyntaxError, ValueError):
        return None
    return root if root is not None and str(root.tag).endswith("ListBucketResult") else None


def _list(client: HttpClient, prefix: str, delimiter: str) -> tuple[list[str], list[tuple[str, str]]] | None:
    """List (common prefixes, (key, ETag) of objects) below a prefix; None if the server has no S3 listing."""
    prefixes: list[str] = []
    objects: list[tuple[str, str]] = []
    token = ""
    for _ in range(10_000):
        query = f"list-type=2&prefix={quote(prefix, safe='')}"
        query += f"&delimiter={quote(delimiter, safe='')}" if delimiter else ""
        query += f"&continuation-token={quote(token, safe='')}" if token else ""
        root = next((r for _ in range(_TRIES) if (r := _listing(client, query)) is not None), None)
        if root is None:
            return None
        space = root.tag.removesuffix("ListBucketResult")
        names = [p.text or "" for p in root.iterfind(f"{space}CommonPrefixes/{space}Prefix")]
        found = [
            (c.findtext(f"{space}Key") or "", (c.findtext(f"{space}ETag") or "").strip('"'))
            for c in root.iterfind(f"{space}Contents")
        ]
        # What was not requested is not taken.
        prefixes += [name for name in names if name.startswith(prefix)]
        objects += [(key, etag) for key, etag in found if key.startswith(prefix)]
        last, token = token, root.findtext(f"{space}NextContinuationToken") or ""
        if not token:
            break
        if token == last or len(token) > _MAX_TOKEN or len(prefixes) + len(objects) > _MAX_LISTED:
            return None  # a listing without end
    return prefixes, objects


def _check_manifest(manifest: Any) -> list[dict[str, str]]:
    """Return the shards that a manifest lists.

    Raises:
        SourceError: if the layout is not the one that this adapter was written for.
        Rejected: where the manifest is incomplete.
    """
    if not isinstance(manifest, dict):
        raise Rejected(Reason.METADATA_INVALID, "the manifest is no JSON object")
    schema, file_format = manifest.get("fileSchema"), manifest.get("fileFormat")
    if schema != SCHEMA or file_format != "CSV":
        raise SourceError(
            f"the inventory has the schema {schema!r} ({file_format}), this version of pmcmine reads {SCHEMA!r} (CSV): "
            "PMC changed its layout; install a newer pmcmine"
        )
    files = manifest.get("files")
    if not isinstance(files, list) or not files:
        raise Rejected(Reason.METADATA_INVALID, "the manifest names no files")
    for file in files:
        if not (
            isinstance(file, dict)
            and all(isinstance(file.get(name), str) for name in ("key", "MD5checksum"))
            and len(file["key"]) <= 4 * IDENTIFIER
            and re.fullmatch("[0-9a-fA-F]{32}", file["MD5checksum"])
        ):
            raise Rejected(Reason.METADATA_INVALID, "the manifest names a file without key or MD5")
    return files


def _rows(shard: bytes) -> Iterator[Entry]:
    try:
        with gzip.open(io.BytesIO(shard)) as raw:
            lines = io.TextIOWrapper(io.BufferedReader(_Bounded(raw)), encoding="utf-8", errors="replace", newline="")
            right = wrong = 0
            for row in csv_rows(bounded_lines(lines)):
                if len(row) != 4:
                    wrong += bool(row)
                    continue
                right += 1
                entry = metadata_entry(row[1], row[3])
                if entry is not None:
                    yield entry
            if wrong > right:  # no damaged rows, but another layout
                raise SourceError(f"{wrong} of {wrong + right} inventory rows have not 4 fields as {SCHEMA!r} has")
            if wrong:
                log.warning("%d rows of the inventory are left out: they have not 4 fields", wrong)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"an inventory shard can't be read ({error})") from None


class _Bounded(io.RawIOBase):
    """A stream that ends in an error where it unpacks to more than an inventory can hold."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = _MAX_SHARD_TEXT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n = int(self._stream.readinto(buffer))
        self._left -= n
        if self._left < 0:
            raise OSError("it unpacks beyond all bounds")
        return n


class Client(Protocol):
    """Gets objects by key, as `HttpClient` does."""

    def get(self, key: str, *, max_bytes: int, md5: str | None = None, query: str = "") -> bytes:
        """Return the bytes of an object; see `HttpClient.get`."""

    def close(self) -> None:
        """Close connections."""


class BucketReader:
    """The bucket, opened by one worker."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, key: str, max_bytes: int, md5: str | None) -> bytes:
        """Return the bytes of an object; see `Store`."""
        return self._client.get(key, max_bytes=max_bytes, md5=md5)

    def metadata(self, entry: Entry) -> VersionMeta:
        """Return the metadata of one version, checked against the snapshot's ETag where that is an MD5."""
        etag = entry.etag if re.fullmatch(r"[0-9a-f]{32}", entry.etag) else None
        try:
            data = self.get(entry.ref, MAX_METADATA_BYTES, etag)
        except Rejected as error:
            if error.reason != Reason.CHECKSUM_MISMATCH:
                raise of_metadata(error) from None
            data = self._changed(entry, error)
        return read_metadata(data, entry)

    def _changed(self, entry: Entry, error: Rejected) -> bytes:
        """Reject an object that differs from its ETag after all tries.

        If two answers agree, it changed since the snapshot; if not, it was damaged in transfer.
        """
        first, second = (self.get(entry.ref, MAX_METADATA_BYTES, None) for _ in range(2))
        if first != second or hashlib.md5(first, usedforsecurity=False).hexdigest() == entry.etag:
            raise error
        return first

    def bundle(self, meta: VersionMeta) -> StoreBundle:
        """Open the bundle of a chosen version."""
        return StoreBundle(meta, self)

    def close(self) -> None:
        """Close connections."""
        self._client.close()


class Bucket:
    """Buckets of the PMC Open Access Subset over HTTP."""

    kind = "bucket"

    def recognises(self, address: Address) -> bool:
        """Return whether the address is a URL."""
        return address.text.startswith(("http://", "https://"))

    def open(self, config: MineConfig) -> BucketSource:
        """Return the bucket."""
        limits = HttpLimits(
            retries=config.retries,
            retry_seconds=config.retry_seconds,
            timeout=config.timeout,
            connections=config.concurrency,
            requests_per_second=config.requests_per_second,
            contact=config.contact,
        )
        return BucketSource(config.source, limits, config.pmcid, config.inventory)
