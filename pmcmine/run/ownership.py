"""Decide which files of a release folder belong to a run; only those are replaced or removed.

A run starts in an empty folder. Once it is planned, the names of all files that it will write are known; a file of such
a name without a record in the work folder belongs to the run if it has the same bytes (its writer was killed before the
record). Files that vary between attempts, such as the report, are announced by hash before they are written. An update
writes into its work folder, and then replaces only files that `release.json` or `state.json` of the release list.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import TypeAdapter

from pmcmine.describe.datasheet import CITATION, DATASHEET
from pmcmine.describe.training_content import TRAINING_CONTENT
from pmcmine.errors import ReleaseError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.hashed import CHUNK, HashedReader
from pmcmine.release.facts import UpdateFacts
from pmcmine.release.hierarchy import HIERARCHY
from pmcmine.release.layout import ARTEFACT, JOURNAL, LISTED, OURS, RELEASE, WORK, FileEntry
from pmcmine.release.mark import MARK, find_mark, parse_mark
from pmcmine.release.metrics import METRICS
from pmcmine.release.plan import PANEL_SHARDS, PARQUET, SHARDS, Plan, file_name, read_plan
from pmcmine.release.record import ReleaseRecord
from pmcmine.rights.attribution import ATTRIBUTION
from pmcmine.work.exclusions import KEPT
from pmcmine.work.leaks import kept_leaks_file
from pmcmine.work.state import part_file
from pmcmine.work.state_file import STATE_FILE

ANNOUNCED: Final = "announced.json"  # in the work folder: file → hashes of the contents to be written
REPORTS: Final = ("report.html", METRICS)
_DESCRIPTIONS: Final = ("README.md", "schema.json", "croissant.json", DATASHEET, CITATION, TRAINING_CONTENT)
_KINDS: Final = ("ledger", "index", "near", "bin", "pairs")
_SHOWN: Final = 3
_LISTED: Final = TypeAdapter(dict[str, list[str]])


def foreign(out: Folder, names: Collection[str], why: str) -> ReleaseError:
    """Return the error for files that do not belong to the run."""
    shown = ", ".join(sorted(names)[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return ReleaseError(f"{out.url}: holds files that {why} ({shown}); move them, or use another --out")


def planned_names(plan: Plan) -> set[str]:
    """List the names of all files that a run with this plan writes, except `release.json`."""
    names = {f"{shard.dataset}/{shard.path}" for shard in plan.shard_paths()}
    left = {f"{shard.dataset}/{shard.path}" for shard in plan.left_out_paths()}
    names |= left | {f"{name}.json" for name in left}
    names |= {f"{file.dataset}/{file.path}" for file in plan.parquet_paths()}
    names |= {
        f"tables/{file_name(table, group, split, i, n)}"
        for (table, group, split), n in plan.files.items()
        for i in range(n)
    }
    names |= {part_file(kind, block) for block in range(plan.n_blocks) for kind in _KINDS}
    names |= {kept_leaks_file(block) for block in range(plan.n_blocks)}
    names |= {f"{top}/{name}" for top in (SHARDS, "tables", PANEL_SHARDS, PARQUET) for name in _DESCRIPTIONS}
    return names | {f"{SHARDS}/{ATTRIBUTION}", HIERARCHY, STATE_FILE, KEPT, *REPORTS}


def _present(out: Folder) -> list[str]:
    """Return the files of a release folder under names used by releases, without the work folder."""
    return [f for top in sorted(OURS - {WORK, RELEASE}) if out.exists(top) for f in out.walk(top)]


def others_of(out: Folder, work: Folder, artefact: bool = False) -> list[str]:
    """Return the files under names used by releases that the run of this work folder did not write.

    Args:
        out: the release folder.
        work: the work folder.
        artefact: whether the run writes a file of benchmark sets.
    """
    plan = read_plan(work)
    allowed = (planned_names(plan) if plan is not None else set()) | ({ARTEFACT} if artefact else set())
    return [name for name in _present(out) if name not in allowed]


def check_begun(out: Folder, work: Folder, artefact: bool = False) -> None:
    """Check that the folder of a started run holds no one else's files under names used by releases.

    Raises:
        ReleaseError: one line that names such files.
    """
    others = others_of(out, work, artefact)
    if others:
        raise foreign(out, others, "this run did not write")


def check_empty_work(work: Folder) -> None:
    """Check that a work folder is empty before a run starts in it, except for the lock.

    Raises:
        ReleaseError: one line that names its contents.
    """
    others = sorted(set(work.names()) - {"lock"})
    if others:
        raise foreign(work, others, "no run of pmcmine wrote")


def is_work(work: Folder) -> bool:
    """Check whether a folder has the mark of a run, so that its contents are temporary."""
    if work.exists(JOURNAL):
        return True
    return find_mark(work) is not None


def remove_work(work: Folder) -> None:
    """Remove a work folder. Its marks are removed last, so that an interrupted removal can be repeated."""
    if not is_work(work):
        return
    for name in sorted(set(work.names()) - {MARK, JOURNAL, "lock"}):
        work.remove_tree(name)
    for name in (MARK, JOURNAL):
        work.remove(name)
    work.remove_tree()


def clear_ended_update(work: Folder, updates: Iterable[UpdateFacts]) -> bool:
    """Remove the remains of a finished update from its work folder (`keep_work`), so that the next one starts fresh.

    Args:
        work: the work folder, locked; the lock stays.
        updates: the updates of the release.

    Returns:
        Whether there was such an update.
    """
    try:
        mark = parse_mark(work.read(MARK), f"{work.url}/{MARK}", sealed.work_way_out(work))
    except OSError:
        return False  # the next update reports it
    if mark.update is None or not any(update.tag == mark.update.tag for update in updates):
        return False
    for name in sorted(set(work.names()) - {MARK, "lock"}):
        work.remove_tree(name)
    work.remove(MARK)
    return True


def remove_listed(out: Folder, names: Iterable[str]) -> None:
    """Remove files of a release, and on a local disk the folders that become empty."""
    for name in names:
        out.remove(name)
    if out.is_local:
        for top in sorted(OURS - {WORK}):
            _prune(Path(out.path(top)))


def _prune(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in folder.iterdir():
        _prune(path)
    if not any(folder.iterdir()):
        folder.rmdir()


def write_announced(out: Folder, work: Folder, files: Mapping[str, bytes], listed: Collection[str] = ()) -> None:
    """Write whole files, replacing those of an earlier attempt or listed in the release.

    Args:
        out: the release folder.
        work: the run's work folder.
        files: name → content.
        listed: names that may be replaced whatever their content.

    Raises:
        ReleaseError: if one of them exists from neither of these; nothing is written then.
    """
    announced = _announced(work)
    others = []
    for name, data in files.items():
        known = announced.setdefault(name, [])
        if name not in listed and out.exists(name):
            there = sha256(out.read(name)).hexdigest()
            if there not in known and there != sha256(data).hexdigest():
                others.append(name)
    if others:
        raise foreign(out, others, "this run did not write")
    for name, data in files.items():
        announced[name] = sorted({*announced[name], sha256(data).hexdigest()})
    work.write(ANNOUNCED, sealed.to_bytes(announced), replace=True)
    for name, data in files.items():
        out.write(name, data, replace=True)


def _announced(work: Folder) -> dict[str, list[str]]:
    """Return the SHA-256 hashes of all contents written under each name by this run or an earlier attempt."""
    try:
        return sealed.record(work, ANNOUNCED, _LISTED.validate_python)
    except FileNotFoundError:
        return {}


def write_announced_stream(out: Folder, work: Folder, name: str, data: BinaryIO) -> FileEntry:
    """Write a file that may not fit into memory, as `write_announced` does; return its entry.

    Args:
        out: the release folder.
        work: the run's work folder.
        name: the file.
        data: its content, from the beginning; it can be read twice.

    Raises:
        ReleaseError: if it exists and no attempt of this run wrote it; nothing is written then.
    """
    announced = _announced(work)
    digest, size = _hashed(data)
    known = announced.setdefault(name, [])
    if out.exists(name):
        with out.open(name) as there:
            if _hashed(there)[0] not in {*known, digest}:
                raise foreign(out, [name], "this run did not write")
    announced[name] = sorted({*known, digest})
    work.write(ANNOUNCED, sealed.to_bytes(announced), replace=True)
    data.seek(0)
    with out.create(name, replace=True) as (stream, _):
        shutil.copyfileobj(data, stream, CHUNK)
    return FileEntry(name, size, digest)


def _hashed(stream: BinaryIO) -> tuple[str, int]:
    """Return the SHA-256 of a stream, and its size."""
    stream.seek(0)
    reader = HashedReader(stream)
    reader.drain()
    return reader.hexdigest(), reader.size


def listed_names(release: ReleaseRecord, state: Iterable[FileEntry]) -> set[str]:
    """Return the names of all files that a release lists, including `release.json` and its state."""
    names = {f.name for f in (*release.files, *release.run.files, *state)}
    return names | {RELEASE, STATE_FILE, *REPORTS}


def write_listed(work: Folder, names: Iterable[str]) -> None:
    """Save the names of the files that an update may replace or remove."""
    work.write(LISTED, sealed.to_bytes({"names": sorted(names)}), replace=True)


def read_listed(work: Folder) -> list[str]:
    """Return the names saved by `write_listed`; none outside updates."""
    try:
        return sealed.record(work, LISTED, _LISTED.validate_python)["names"]
    except FileNotFoundError:
        return []


def check_landing(out: Folder, gathered: Iterable[str], listed: Collection[str]) -> None:
    """Check that an update replaces only files that the release lists.

    Raises:
        ReleaseError: one line that names other files in the place of new ones.
    """
    others = [name for name in gathered if name not in listed and out.exists(name)]
    if others:
        raise foreign(out, others, "the release does not list")
