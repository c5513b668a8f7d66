"""The registry of source kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.errors import SourceError
from pmcmine.io.contact import reach
from pmcmine.io.folder import Folder
from pmcmine.pdf.limits import pdf_limits
from pmcmine.release.layout import WORK
from pmcmine.sources import bulk, packages
from pmcmine.sources.base import Source
from pmcmine.sources.bucket import BucketSource
from pmcmine.sources.bulk import BulkSource
from pmcmine.sources.folder import FolderSource
from pmcmine.sources.http import HttpLimits
from pmcmine.sources.packages import PackagesSource
from pmcmine.sources.pdfs import PdfSource


def _bucket(config: MineConfig) -> Source:
    limits = HttpLimits(
        retries=config.retries,
        retry_seconds=config.retry_seconds,
        timeout=config.timeout,
        connections=config.concurrency,
        requests_per_second=config.requests_per_second,
        contact=config.contact,
    )
    return BucketSource(config.source, limits, config.pmcid, config.inventory)


def _folder(config: MineConfig) -> Source:
    return FolderSource(config.source, config.pmcid)


def _packages(config: MineConfig) -> Source:
    return PackagesSource(config.source, config.pmcid, config.max_package_bytes)


def _bulk(config: MineConfig) -> Source:
    work = Folder(config.out).child(WORK)
    return BulkSource(config.source, work.url, config.pmcid, config.max_xml_bytes)


def _pdf(config: MineConfig) -> Source:
    return PdfSource(config.source, config.pmcid, config.max_pdf_bytes, pdf_limits(config))


KINDS: Final[dict[str, Callable[[MineConfig], Source]]] = {
    "bucket": _bucket,
    "folder": _folder,
    "packages": _packages,
    "bulk": _bulk,
    "pdf": _pdf,
}


def recognise(address: str) -> str:
    """The kind of source that a URL or path means.

    Raises:
        SourceError: where nothing is there, or nothing that is known.
    """
    if address.startswith(("http://", "https://")):
        return "bucket"
    if address.startswith("s3://pmc-oa-opendata"):
        raise SourceError(f"{address}: this bucket is read over HTTPS; leave --source away, or give its https:// URL")
    folder = Folder(address)
    if not folder.exists():
        raise SourceError(f"{address}: no such folder; give a folder of articles or the base URL of a bucket")
    names = folder.names()
    if not names:
        raise SourceError(f"{address}: is no folder, or an empty one; give a folder of articles")
    if "metadata" in names:
        return "folder"
    below = [PurePosixPath(n).name for n in (folder.walk() if not any(map(_telling, names)) else names)]
    if any(bulk.NAME.fullmatch(n) for n in below):
        return "bulk"
    if any(packages.NAME.fullmatch(n) for n in below):
        return "packages"
    if any(n.lower().endswith(".pdf") for n in below) and not any(n.lower().endswith((".xml", ".nxml")) for n in below):
        return "pdf"
    return "folder"


def _telling(name: str) -> bool:
    """Whether a name at the top already tells the kind, so that nothing below needs to be listed."""
    return bool(bulk.NAME.fullmatch(name) or packages.NAME.fullmatch(name))


def open_source(config: MineConfig) -> Source:
    """The source that a configuration names.

    Raises:
        SourceError: where it can't be recognised.
    """
    kind = config.source_kind or recognise(config.source)
    if kind not in KINDS:
        raise SourceError(f"--source-kind: choose from {', '.join(KINDS)}")
    return KINDS[kind](config)


def first_contact(source: Source, config: MineConfig, outcome: str, say: Callable[[str], None]) -> None:
    """Ask the host of a remote source for a sign of life, within a short budget; see `reach`.

    Raises:
        PmcmineError: one line, if the host does not answer.
    """
    if isinstance(source, BucketSource):
        reach(source.base, source.ask, config.first_contact_seconds, outcome, say)
