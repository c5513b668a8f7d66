"""Reading a release back, from a folder or the Hub, and checking it against its `release.json`."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow.parquet as pq

from pmcmine.contact import SECONDS
from pmcmine.errors import PmcmineError, ReleaseError, UnsafeNameError
from pmcmine.publish.repos import CARD, repo_name, repos_of
from pmcmine.publish.retry import hub_errors, patiently
from pmcmine.publish.target import remote_files
from pmcmine.publish.upload import reach_hub
from pmcmine.release import RELEASE
from pmcmine.safe_names import inside

_CHUNK: Final = 4 << 20
_TRIES: Final = 4  # readings of one file


@dataclass
class Verified:
    """What was checked, and what is wrong."""

    files: int = 0
    bytes: int = 0
    rows: int = 0
    problems: list[str] = field(default_factory=list)


class _Counted(io.RawIOBase):
    """A stream that is hashed as it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size if size >= 0 else _CHUNK)
        self.digest.update(data)
        self.size += len(data)
        return data

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_CHUNK):
            pass


def _rows_of_tar(stream: _Counted) -> int:
    n = 0
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            n += member.name.endswith(".jpg")
    stream.drain()
    return n


def _check(name: str, wanted: Mapping[str, Any], opened: Callable[[], BinaryIO], found: Verified) -> None:
    """Size, SHA-256 and rows of one file."""
    rows: int | None = None
    with opened() as raw:
        stream = _Counted(raw)
        try:
            if name.endswith(".tar"):
                rows = _rows_of_tar(stream)
            else:
                stream.drain()
        except tarfile.TarError as error:
            found.problems.append(f"{name}: no whole tar ({error})")
            return
    if stream.size != wanted["bytes"] or stream.digest.hexdigest() != wanted["sha256"]:
        found.problems.append(f"{name}: {stream.size} bytes with another SHA-256 than {RELEASE} says")
        return
    if name.endswith(".parquet"):
        with opened() as raw:
            rows = pq.ParquetFile(raw).metadata.num_rows
    if "rows" in wanted and rows is not None and rows != wanted["rows"]:
        found.problems.append(f"{name}: {rows} rows, {RELEASE} says {wanted['rows']}")
    found.files += 1
    found.bytes += stream.size
    found.rows += rows or 0


def verify_folder(folder: Path) -> Verified:
    """Check a release on this machine.

    Raises:
        ReleaseError: where there is none.
    """
    try:
        release = json.loads((folder / RELEASE).read_text("utf-8"))
    except (OSError, ValueError):
        raise ReleaseError(f"{folder}: no {RELEASE}; this is no release, or it is not whole yet") from None
    found = Verified()
    for file in release["files"]:
        try:
            path = inside(folder, file["name"])
        except UnsafeNameError as error:
            found.problems.append(str(error))
            continue
        if not path.is_file():
            found.problems.append(f"{file['name']}: missing")
            continue
        _check(file["name"], file, lambda path=path: path.open("rb"), found)  # type: ignore[misc]
    return found


def verify_hub(
    name: str,
    *,
    endpoint: str | None = None,
    first_contact_seconds: float = SECONDS,
    say: Callable[[str], None] = lambda line: None,
) -> Verified:
    """Read a published release back and check every file of all its repos.

    Raises:
        PmcmineError: where it can't be read.
    """
    from huggingface_hub import HfApi, HfFileSystem

    repo_name(name, "shards")
    reach_hub(endpoint, first_contact_seconds, "nothing was checked", say)
    api = HfApi(endpoint=endpoint, library_name="pmcmine")
    fs = HfFileSystem(endpoint=endpoint, skip_instance_cache=True)

    def opened(repo_id: str, path: str) -> BinaryIO:
        stream: BinaryIO = fs.open(f"datasets/{repo_id}/{path}", "rb", block_size=_CHUNK)
        return stream

    def read_release() -> Any:
        with opened(name, RELEASE) as stream:
            return json.load(stream)

    try:
        release = patiently(read_release, f"reading {name}")
    except (FileNotFoundError, ValueError):
        raise PmcmineError(f"{name}: no {RELEASE} in it; nothing was published there, or not all of it yet") from None
    found = Verified()
    known = {file["name"]: file for file in release["files"]}
    for repo in repos_of(release, name):
        there = patiently(lambda repo=repo: remote_files(api, repo.id), f"listing {repo.id}")  # type: ignore[misc]
        for problem in _missing(repo.files, there, repo.id):
            found.problems.append(problem)
        for path in sorted(set(repo.files) & set(there)):
            wanted = known[f"{repo.folder}/{path}"]
            _check_again(f"{repo.id}/{path}", wanted, lambda r=repo, p=path: opened(r.id, p), found)  # type: ignore[misc]
        say(f"{repo.id}: {len(repo.files)} files read")
    return found


def _check_again(name: str, wanted: Mapping[str, Any], opened: Callable[[], BinaryIO], found: Verified) -> None:
    """Check a file, from its beginning again where the connection broke."""
    broken: tuple[type[Exception], ...] = (*hub_errors(), OSError, EOFError)
    for attempt in range(_TRIES):
        part = Verified()
        try:
            _check(name, wanted, opened, part)
        except broken as error:
            if attempt == _TRIES - 1:
                found.problems.append(f"{name}: can't be read ({type(error).__name__})")
            continue
        found.files += part.files
        found.bytes += part.bytes
        found.rows += part.rows
        found.problems += part.problems
        return


def _missing(wanted: Mapping[str, Any], there: Mapping[str, Any], repo_id: str) -> Iterator[str]:
    for path in sorted(set(wanted) - set(there)):
        yield f"{repo_id}/{path}: missing"
    for path in sorted(set(there) - set(wanted) - {CARD, RELEASE, ".gitattributes"}):
        yield f"{repo_id}/{path}: not in {RELEASE}"
    if CARD not in there:
        yield f"{repo_id}/{CARD}: missing; the upload did not end"
