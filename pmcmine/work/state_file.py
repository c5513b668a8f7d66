"""`state.json` of a release: the plan and the files of its state."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from pmcmine.errors import DamagedError, ReleaseError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import WAY_OUT, check_entry, load_release, read_checked

STATE_FILE: Final = "state/state.json"


def read_state(release: Folder) -> dict[str, Any]:
    """What `state.json` says: the plan of the release, the number of parts, and all files of the state.

    Raises:
        ReleaseError: where the release has no state.
    """
    try:
        data = release.read(STATE_FILE)
    except FileNotFoundError:
        raise ReleaseError(
            f"{release.url}: no {STATE_FILE}; it was mined without state (keep_state) or published: mine it anew"
        ) from None
    where = f"{release.url}/{STATE_FILE}"
    found = sealed.parse_object(data, where, WAY_OUT)
    if not isinstance(found.get("plan"), dict) or not isinstance(found.get("files"), list):
        raise DamagedError(f"{where}: is damaged (no plan or no files); {WAY_OUT}")
    for file in found["files"]:
        check_entry(file, where)
        if "bytes" not in file or "sha256" not in file:
            raise DamagedError(f"{where}: is damaged (a file without size or SHA-256); {WAY_OUT}")
    return found


def check_state(release: Folder) -> dict[str, Any]:
    """Read `state.json` and compare it with what `release.json` says of it.

    Raises:
        ReleaseError: where the release has no state.
        DamagedError: if it is damaged.
    """
    state = read_state(release)
    for entry in load_release(release).get("run", {}).get("files", ()):
        if entry["name"] == STATE_FILE:
            read_checked(release, entry)
    return state


def state_entries(release: Folder) -> Mapping[str, Mapping[str, Any]]:
    """Entries of all files of the state by name; read once a process and state of `state.json`."""
    try:
        version = release.fs.ukey(release.path(STATE_FILE))
    except (FileNotFoundError, NotImplementedError, AttributeError):
        version = None
    if version is None:
        return {} if not release.exists(STATE_FILE) else {f["name"]: f for f in read_state(release)["files"]}
    return _state_entries(release, str(version))


@lru_cache(maxsize=4)
def _state_entries(release: Folder, version: str) -> Mapping[str, Mapping[str, Any]]:
    return {f["name"]: f for f in read_state(release)["files"]}
