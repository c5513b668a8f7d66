"""Read and write `state.json` of a release: the plan and the files of its state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from pmcmine.errors import DamagedError, ReleaseError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import RELEASE, WAY_OUT, FileEntry, read_checked, release_folder
from pmcmine.release.plan import Plan
from pmcmine.release.record import load_release
from pmcmine.work.delta import DELTA
from pmcmine.work.records import write_file_list

STATE_FILE: Final = "state/state.json"


@dataclass(frozen=True)
class State:
    """Contents of `state.json`.

    Attributes:
        plan: the plan of the release.
        files: all files of the state.
        has_leaks: whether it holds the leaks of near duplicates, which earlier versions did not store.
    """

    plan: Plan
    files: tuple[FileEntry, ...]
    has_leaks: bool = False


def write_state(plan: Plan, files: Iterable[FileEntry]) -> bytes:
    """Return the bytes of `state.json`."""
    listed = sorted((f.to_object() for f in files), key=lambda f: str(f["name"]))
    return json.dumps({"plan": plan.to_object(), "leaks": True, "files": listed}).encode()


def is_subset(release: Folder) -> bool:
    """Tell whether a release is what `subset --shards` made of another one."""
    try:
        return load_release(release).config.get("subset") is not None
    except (FileNotFoundError, ReleaseError):
        return False  # whoever reads it says what is wrong with it


def read_state(release: Folder) -> State:
    """Read `state.json`.

    Raises:
        ReleaseError: if the release has no state.
        DamagedError: if it is damaged.
    """
    try:
        data = release.read(STATE_FILE)
    except FileNotFoundError:
        if is_subset(release):
            raise ReleaseError(
                f"{release.url}: is a part of another release (`subset --shards`), which can't be updated by itself: "
                "update that release and make the part again, or leave articles out of a copy of the part: "
                "`pmcmine subset PART --where \"pmcid != 'PMC…'\" --shards --out NEW`"
            ) from None
        raise ReleaseError(
            f"{release.url}: no {STATE_FILE}; it was mined with keep_state=false, or downloaded; mine a new release"
        ) from None
    where = f"{release.url}/{STATE_FILE}"
    found = sealed.parse_object(data, where, WAY_OUT)
    if not isinstance(found.get("plan"), dict) or not isinstance(found.get("files"), list):
        raise DamagedError(f"{where}: is damaged (no plan or no files); {WAY_OUT}")
    try:
        plan = Plan.from_object(found["plan"])
    except ValueError as error:
        raise DamagedError(f"{where}: is damaged ({error}); {WAY_OUT}") from None
    files = tuple(FileEntry.from_object(file, where) for file in found["files"])
    return State(plan, files, found.get("leaks") is True)


def check_state(release: Folder) -> State:
    """Read `state.json` and compare it with its entry in `release.json`.

    Raises:
        ReleaseError: if the release has no state.
        DamagedError: if it is damaged.
    """
    state = read_state(release)
    for entry in load_release(release).run.files:
        if entry.name == STATE_FILE:
            read_checked(release, entry.checked(f"{release.url}/{RELEASE}"))
    return state


def keep_file(name: str, data: bytes, record: str, work: Folder, out: Folder) -> None:
    """Write a file of the state, unless the updated release has the same file, and record its entry.

    Args:
        name: the file's name in the release.
        data: its bytes.
        record: name of its completion record in the work folder.
        work: the run's work folder.
        out: output folder for files of the release.
    """
    entry = FileEntry(name, len(data), sha256(data).hexdigest())
    updating = work.exists(DELTA)
    if not updating or state_entries(release_folder(work)).get(name) != entry:
        with out.create(name, replace=True, same=not updating) as (stream, _):
            stream.write(data)
    write_file_list(work, record, [entry])


def state_entries(release: Folder) -> Mapping[str, FileEntry]:
    """Return the entries of all files of the state by name; cached per process and version of `state.json`."""
    try:
        version = release.fs.ukey(release.path(STATE_FILE))
    except (FileNotFoundError, NotImplementedError, AttributeError):
        version = None
    if version is None:
        return {} if not release.exists(STATE_FILE) else {f.name: f for f in read_state(release).files}
    return _state_entries(release, str(version))


@lru_cache(maxsize=4)
def _state_entries(release: Folder, version: str) -> Mapping[str, FileEntry]:
    return {f.name: f for f in read_state(release).files}
