"""Keep the exclusion list of a run: in its work folder during the run, then in `state/` for the next update.

The first line of its file is a salt, so that nobody can find the ids behind the hash in `release.json` by trying.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import fsspec

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import WAY_OUT, WORK, read_checked
from pmcmine.rights.exclusion_list import MAX_BYTES, ExclusionList, Request, parse_exclusions, parse_held
from pmcmine.text.redact import redact
from pmcmine.work.state_file import state_entries

EXCLUSIONS: Final = "exclusions.txt"
KEPT: Final = f"state/{EXCLUSIONS}"
_SALT: Final = re.compile(rb"# salt ([0-9a-f]{32})\n")


def read_requests(paths: Iterable[str]) -> tuple[Request, str]:
    """Read the files of `--exclude`; a later one overrides an earlier one.

    Returns:
        The requests, and the salt of the last list that came from a release; empty if there was none.

    Raises:
        PmcmineError: one line, if one can't be read.
    """
    added, lifted = ExclusionList(), ExclusionList()
    salt = ""
    for path in paths:
        shown = redact(path)
        try:
            if Path(path).is_fifo():  # opening it would wait for a writer
                raise OSError
            with fsspec.open(path, "rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError, ImportError) as error:
            raise PmcmineError(f"--exclude {shown}: can't be read ({type(error).__name__})") from None
        if len(data) > MAX_BYTES:
            raise PmcmineError(f"--exclude {shown}: more than {MAX_BYTES >> 20} MiB")
        asked = parse_exclusions(data, f"--exclude {shown}")
        salt = salt_of(data) or salt
        added, lifted = (added | asked.added) - asked.lifted, (lifted - asked.added) | asked.lifted
    return Request(added, lifted), salt


def salt_of(data: bytes) -> str:
    """Return the salt in the file of a list; empty if it has none."""
    found = _SALT.match(data)
    return found[1].decode() if found else ""


def new_salt() -> str:
    """Draw a salt."""
    return secrets.token_hex(16)


def file_of(held: ExclusionList, salt: str) -> bytes:
    """Return the file of a list: the same for equal lists and salts, and empty for an empty list."""
    head = f"# salt {salt}\n" if salt else ""
    return head.encode() + held.to_bytes() if held else b""


def digest_of(data: bytes) -> str | None:
    """Return the SHA-256 of a list's file for a configuration; None for an empty list."""
    return sha256(data).hexdigest() if data else None


def write_exclusions(work: Folder, data: bytes) -> None:
    """Write the file of a list into the work folder; an empty list needs none."""
    if data:
        work.write(EXCLUSIONS, data, replace=True)


def kept_file(release: Folder) -> bytes | None:
    """Return the file of a release's list, unchecked; None if there is none."""
    try:
        return release.read(KEPT, MAX_BYTES)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def open_exclusions(release: str, digest: str) -> ExclusionList:
    """Read the list of the run in a release folder.

    Raises:
        DamagedError: if it is missing, or differs from the start of the run.
    """
    work = Folder(release).child(WORK)
    where = f"{work.url}/{EXCLUSIONS}"
    try:
        data = work.read(EXCLUSIONS, MAX_BYTES)
    except FileNotFoundError:
        raise DamagedError(f"{where}: is missing; {sealed.work_way_out(work)}") from None
    if sha256(data).hexdigest() != digest:
        raise DamagedError(f"{where}: differs from the list that the run began with; {sealed.work_way_out(work)}")
    return parse_held(data, where)


def kept_exclusions(release: Folder, digest: str | None) -> ExclusionList:
    """Read the list of a release.

    Args:
        release: the release folder.
        digest: its SHA-256 in the release's configuration; None if nothing is excluded.

    Raises:
        DamagedError: if it is missing or damaged.
    """
    if digest is None:
        return ExclusionList()
    entry = state_entries(release).get(KEPT)
    if entry is None or entry.sha256 != digest:
        raise DamagedError(f"{release.url}/{KEPT}: is not what release.json says of it; {WAY_OUT}")
    return parse_held(read_checked(release, entry), f"{release.url}/{KEPT}")


def exclusions_to_keep(work: Folder, digest: str | None) -> dict[str, bytes]:
    """Return the file of the list for the release's state, by its name; none if the list is empty."""
    return {} if digest is None else {KEPT: work.read(EXCLUSIONS, MAX_BYTES)}
