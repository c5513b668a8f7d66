"""Define the names and files of a release. `release.json` is written last: a folder with it is complete."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.errors import DamagedError, UnsafeNameError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import open_inside, release_name

RELEASE = "release.json"
WORK = "_work"
RUN = f"{WORK}/run.json"  # mark of the run started in the work folder
ARTEFACT = "decontamination.npz"  # hashes of benchmark sets
NEXT = "next"  # in the work folder: files collected by an update
JOURNAL = "journal.json"  # in the work folder: the future `release.json`, once all files are collected
LISTED = "listed.json"  # in the work folder: names of the files that an update may replace or remove
REMOVED = re.compile(r"shards/removed/inc\d{8}[a-z]?\.txt")
OURS = frozenset(
    {
        RELEASE,
        WORK,
        "shards",
        "shards-panels",
        "shards-parquet",
        "tables",
        "scores",
        "written",
        "index",
        "state",
        "report.html",
        "metrics.json",
        ARTEFACT,
    }
)
_IN_RELEASE = "@"
_MOST_JSON = 1 << 30  # bytes of release.json
_MOST = 1 << 62  # bytes or rows of a file
WAY_OUT = (
    "`pmcmine verify` lists what is damaged; restore it from a copy or from where it was published and run the same "
    "command again, or mine anew into another --out"
)
# Paths that runs write below the dataset folders, and temporary files of a killed writer.
_WRITTEN = re.compile(
    r"(shards|shards-panels|state/left-out(-panels)?)/[a-z]+/[a-z]+/\d{3}/[a-z]+-(inc\d{8}[a-z]?-)?\d{5}-of-\d{5}"
    r"\.tar(\.json)?"
    r"|shards-parquet/[a-z]+/[a-z]+/\d{3}/[a-z]+-(inc\d{8}[a-z]?-)?\d{5}-of-\d{5}\.parquet"
    r"|tables/[a-z_]+/([a-z]+/)?[a-z_]+-\d{5}-of-\d{5}\.parquet"
    r"|scores/[a-z][a-z0-9-]*/([a-z]+/)?[a-z_]+-\d{5}-of-\d{5}\.parquet"
    r"|written/[a-z][a-z0-9-]*/(texts|rejects)/([a-z]+/)?[a-z_]+-\d{5}-of-\d{5}\.parquet"
    r"|index/([a-z_]+\.parquet|index\.json)"
    r"|state/\d{3}/\d{6}\.(ledger\.arrow|index\.arrow|near\.arrow|near\.bin|pairs\.arrow)"
)


UNKNOWN = -1  # size of a file that a list of files does not state


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry of a list of files.

    Attributes:
        name: its path in the release; the code that opens it checks whether it is safe.
        bytes: its size; UNKNOWN if a third party's release does not state it.
        sha256: hash of its bytes; empty likewise.
        rows: rows or samples in it; None if not stated.
    """

    name: str
    bytes: int
    sha256: str
    rows: int | None = None

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        whole = {"name": self.name, "bytes": self.bytes, "sha256": self.sha256, "rows": self.rows}
        return {k: v for k, v in whole.items() if v not in (None, "", UNKNOWN)}

    @classmethod
    def from_object(cls, raw: Any, where: str) -> FileEntry:
        """Parse the result of `to_object`; other keys are ignored.

        Args:
            raw: the entry.
            where: source file of the entry, for the message.

        Raises:
            DamagedError: if it is invalid.
        """
        return cls.listed(raw, where).checked(where)

    @classmethod
    def listed(cls, raw: Any, where: str) -> FileEntry:
        """Parse an entry that may lack size and hash, as in a third party's release.

        Args:
            raw: the entry.
            where: source file of the entry, for the message.

        Raises:
            DamagedError: if a value has a wrong type or is out of range.
        """
        check_entry(raw, where)
        return cls(raw["name"], raw.get("bytes", UNKNOWN), raw.get("sha256", ""), raw.get("rows"))

    def checked(self, where: str) -> FileEntry:
        """Return the entry if it has size and hash.

        Raises:
            DamagedError: if it does not.
        """
        if self.bytes == UNKNOWN or not self.sha256:
            raise DamagedError(f"{where}: is damaged (a file without size or SHA-256); {WAY_OUT}")
        return self


def release_folder(work: Folder) -> Folder:
    """Find the release folder that contains a work folder."""
    return Folder(work.url.rstrip("/").removesuffix(f"/{WORK}"))


def in_release(name: str) -> str:
    """Return the name that row files use for a file of the release; most of their names refer to packs."""
    return _IN_RELEASE + name


def is_in_release(name: str) -> bool:
    """Check whether a name is a result of `in_release`."""
    return name.startswith(_IN_RELEASE)


def locate(work: Folder, name: str) -> tuple[Folder, str]:
    """Return the folder and path of a pack, or of a name from `in_release`."""
    return (release_folder(work), name.removeprefix(_IN_RELEASE)) if name.startswith(_IN_RELEASE) else (work, name)


def read_stated(release: Path) -> dict[str, Any]:
    """Return the `release.json` of a release on this machine as it stands, of which some part is then parsed.

    Raises:
        DamagedError: if it is no JSON object.
    """
    data = (release / RELEASE).read_bytes()[:_MOST_JSON]
    return sealed.parse_object(data, f"{release}/{RELEASE}", WAY_OUT)


def is_untouched(out: Folder) -> bool:
    """Check whether a folder is missing or empty, except for the lock of a run killed at its start."""
    names = out.names()
    return not names or (names == [WORK] and set(out.names(WORK)) <= {"lock"})


def file_entry(name: str, data: bytes) -> FileEntry:
    """Return the entry of a small file in the list of files."""
    return FileEntry(name, len(data), sha256(data).hexdigest())


def is_written(name: str) -> bool:
    """Check whether a path below a release folder is one that runs write shards, tables or state to."""
    return _WRITTEN.fullmatch(name) is not None or REMOVED.fullmatch(name) is not None


def is_shard(name: str) -> bool:
    """Check whether `--free-published` deletes a file of a release once it is on the Hub."""
    return name.endswith(".tar") or (name.startswith("shards-parquet/") and name.endswith(".parquet"))


def check_entry(file: Any, where: str) -> None:
    """Check the types of an entry of a list of files; the code that opens the file checks its name.

    Raises:
        DamagedError: if a value has a wrong type or is out of range.
    """
    if not isinstance(file, dict) or not isinstance(file.get("name"), str):
        raise DamagedError(f"{where}: is damaged (a file without a name); {WAY_OUT}")
    for key in ("bytes", "rows"):
        n = file.get(key, 0)
        if type(n) is not int or not 0 <= n < _MOST:
            raise DamagedError(f"{where}: is damaged ({key} of {file['name'][:80]!r}); {WAY_OUT}")
    if not isinstance(file.get("sha256", ""), str):
        raise DamagedError(f"{where}: is damaged (sha256 of {file['name'][:80]!r}); {WAY_OUT}")


def read_checked(release: Folder, entry: FileEntry) -> bytes:
    """Read a whole file of a release and compare it with its entry.

    Raises:
        DamagedError: one line with its name, if it is missing or differs.
    """
    name = entry.name
    try:
        data = release.read(release_name(name))
    except FileNotFoundError:
        raise DamagedError(f"{release.url}/{name}: is missing; {WAY_OUT}") from None
    except (OSError, UnsafeNameError) as error:
        raise DamagedError(f"{release.url}/{name}: can't be read ({error}); {WAY_OUT}") from None
    if len(data) != entry.bytes or sha256(data).hexdigest() != entry.sha256:
        raise DamagedError(f"{release.url}/{name}: is damaged (its SHA-256 differs from {RELEASE}); {WAY_OUT}")
    return data


def read_old_table(release: Folder, entry: FileEntry, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet file of a release, checked against its entry.

    Raises:
        DamagedError: one line with its name, if it is missing, damaged or not Parquet.
    """
    data = read_checked(release, entry)
    try:
        return pq.ParquetFile(io.BytesIO(data)).read(columns)
    except sealed.UNREADABLE as error:
        said = f"{type(error).__name__}; {WAY_OUT}"
        raise DamagedError(f"{release.url}/{entry.name}: is damaged ({said})") from None


def check_present(release: Folder, files: Iterable[FileEntry]) -> None:
    """Check that files of a release exist with the stated size.

    Raises:
        DamagedError: one line with the name of the first that does not.
    """
    for file in files:
        name = release_name(file.name)
        try:
            size: int | None = release.size(name)
        except FileNotFoundError:
            size = None
        if size != file.bytes:
            said = "is missing" if size is None else f"has {size} bytes instead of {file.bytes}"
            raise DamagedError(f"{release.url}/{name}: {said}; {WAY_OUT}")


def columns_of(release: Folder, name: str) -> frozenset[str]:
    """Return the columns of a Parquet file of a release.

    Raises:
        DamagedError: if it can't be read.
    """
    try:
        with open_file(release, name) as stream:
            return frozenset(pq.read_schema(stream).names)
    except sealed.UNREADABLE as error:
        raise DamagedError(f"{release.url}/{name}: is damaged ({type(error).__name__}); {WAY_OUT}") from None


def lacking_columns(release: Folder, names: Iterable[str], today: Iterable[str]) -> frozenset[str]:
    """Return the current columns that any of some Parquet files lack; the files may be of an earlier version.

    Raises:
        DamagedError: if one can't be read.
    """
    wanted = frozenset(today)
    return frozenset().union(*(wanted - columns_of(release, name) for name in names))


def open_file(release: Folder, name: object) -> BinaryIO:
    """Open a file of a release, perhaps a third party's, by its listed name.

    Raises:
        UnsafeNameError: for an invalid name, and on a local disk for a link that leads out of the release or a path
            that
            is not a regular file.
        OSError: if it can't be opened.
    """
    checked = release_name(name)
    return open_inside(Path(release.path()), checked) if release.is_local else release.open(checked)
