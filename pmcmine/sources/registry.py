"""Find the installed kinds of sources, and recognise the kind of an address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pmcmine.config import MineConfig
from pmcmine.errors import SourceError
from pmcmine.io.beside import meant
from pmcmine.io.contact import reach
from pmcmine.io.folder import Folder
from pmcmine.plugins.load import OWN, SOURCES, plugins
from pmcmine.sources.base import Address, Source, SourceKind
from pmcmine.sources.bucket import BucketSource

_DEFAULT = "folder"  # kind of a folder that no kind recognises


def kinds() -> dict[str, SourceKind]:
    """Return all kinds of source by name.

    Raises:
        PluginError: if one can't be loaded.
    """
    return {p.name: p.target for p in plugins(SOURCES)}


def _recognised(address: Address, own: bool) -> str | None:
    found = (p for p in plugins(SOURCES) if (p.package == OWN) == own)
    return next((p.name for p in found if p.target.recognises(address)), None)


def is_others(config: MineConfig) -> bool:
    """Return whether another package reads the source, whose address may be no URL or path that pmcmine knows."""
    if config.source_kind is not None:
        return config.source_kind in {p.name for p in plugins(SOURCES) if p.package != OWN}
    return _recognised(Address(config.source), own=False) is not None


def recognise(text: str) -> str:
    """Return the kind of source at a URL or path; kinds of other packages are asked first.

    Raises:
        SourceError: if nothing is there, or nothing that is known.
    """
    address = Address(text)
    other = _recognised(address, own=False)
    if other is not None:
        return other
    if text.startswith("s3://pmc-oa-opendata"):
        raise SourceError(f"{text}: this bucket is read over HTTPS; omit --source, or give its https:// URL")
    kind = _recognised(address, own=True)
    if kind is not None:
        return kind
    if not Folder(text).exists():
        hint = meant(Path(text)) or "; give a folder of articles or the base URL of a bucket"
        raise SourceError(f"{text}: no such folder{hint}")
    if not address.names:
        raise SourceError(f"{text}: is not a folder, or is empty; give a folder of articles")
    return _DEFAULT


def open_source(config: MineConfig) -> Source:
    """Return the source that a configuration names.

    Raises:
        SourceError: if it can't be recognised.
    """
    known = kinds()
    kind = config.source_kind or recognise(config.source)
    if kind not in known:
        raise SourceError(f"--source-kind: choose from {', '.join(known)}")
    return known[kind].open(config)


def first_contact(source: Source, config: MineConfig, outcome: str, say: Callable[[str], None]) -> None:
    """Ask the host of a remote source for a sign of life, within a short budget; see `reach`.

    Raises:
        PmcmineError: one line, if the host does not answer.
    """
    if isinstance(source, BucketSource):
        reach(source.base, source.ask, config.first_contact_seconds, outcome, say)
