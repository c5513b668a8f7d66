"""Check a release in a folder or on the Hub against its `release.json`."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError, ReleaseError, StorageError, UnsafeNameError
from pmcmine.io.contact import SECONDS
from pmcmine.io.folder import Folder
from pmcmine.io.hashed import CHUNK, HashedReader
from pmcmine.io.safe_names import inside, open_inside, release_name
from pmcmine.io.tar import BLOCK, member_size
from pmcmine.publish.repos import CARD, repo_name, repos_of
from pmcmine.publish.retry import SECONDS as SECONDS_OF_A_QUESTION
from pmcmine.publish.retry import hub_errors, patiently
from pmcmine.publish.session import guarded, within
from pmcmine.publish.target import id_of, remote_files
from pmcmine.publish.upload import reach_hub
from pmcmine.publish.withdrawn import outdated_repos
from pmcmine.release.layout import JOURNAL, RELEASE, WORK, FileEntry, is_shard
from pmcmine.release.old_names import file_today
from pmcmine.release.record import ReleaseRecord, load_release, parse_release
from pmcmine.work.state_file import STATE_FILE, read_state

_TRIES: Final = 4  # readings of one file


@dataclass
class Verified:
    """Result of a check: what was checked, and the problems."""

    files: int = 0
    bytes: int = 0
    rows: int = 0
    problems: list[str] = field(default_factory=list)


def _rows_of_tar(stream: HashedReader) -> int:
    """Count the samples of a shard whose members have plain ustar headers.

    Raises:
        ValueError: if it is no such tar.
    """
    held, n = io.BufferedReader(stream, CHUNK), 0
    while (head := held.read(BLOCK)) != bytes(BLOCK):
        if len(head) != BLOCK or head[257:262] != b"ustar" or head[156:157] != b"0":
            raise ValueError("no header of a file" if head else "cut off")
        size = head[124:135]
        if not (size.isdigit() and head[148:154].isdigit()):  # a sign would ask for all of the rest at once
            raise ValueError("a damaged header")
        if sum(head) - sum(head[148:156]) + 8 * 0x20 != int(head[148:154], 8):
            raise ValueError("a damaged header")
        left = member_size(int(size, 8)) - BLOCK
        while left:
            data = held.read(min(left, CHUNK))
            if not data:
                raise ValueError("cut off")
            left -= len(data)
        n += head[:100].rstrip(b"\0").endswith(b".jpg")
    while held.read(CHUNK):
        pass
    return n


def _check(name: str, wanted: FileEntry, opened: Callable[[], BinaryIO], found: Verified) -> None:
    """Return size, SHA-256 and rows of one file."""
    rows: int | None = None
    with opened() as raw:
        stream = HashedReader(raw)
        try:
            if name.endswith(".tar"):
                rows = _rows_of_tar(stream)
            else:
                stream.drain()
        except ValueError as error:
            found.problems.append(f"{name}: no whole tar ({error})")
            return
    if (stream.size, stream.hexdigest()) != (wanted.bytes, wanted.sha256):
        found.problems.append(f"{name}: {stream.size} bytes with another SHA-256 than {RELEASE} says")
        return
    if name.endswith(".parquet"):
        try:
            with opened() as raw:
                rows = pq.ParquetFile(raw).metadata.num_rows
        except (pa.ArrowException, ValueError, LookupError) as error:
            found.problems.append(f"{name}: no whole table ({type(error).__name__})")
            return
    if wanted.rows is not None and rows is not None and rows != wanted.rows:
        found.problems.append(f"{name}: {rows} rows, {RELEASE} says {wanted.rows}")
    found.files += 1
    found.bytes += stream.size
    found.rows += rows or 0


def verify_folder(folder: Path) -> Verified:
    """Check a release on this machine: its files, their number, what it says of itself, and what lies beside them.

    Report, metrics and state are checked if they are there; they are not published.

    Raises:
        ReleaseError: if there is none.
        DamagedError: if `release.json` can't be read.
    """
    release = load_release(Folder(str(folder)))
    found = Verified()
    found.problems += _said(release)
    known = {RELEASE}
    if (folder / WORK / JOURNAL).exists():
        found.problems.append(f"{WORK}/{JOURNAL}: an update was killed before it finished; run `pmcmine update` again")
    freed = release.run.free_published
    for file in release.files:
        if file.name in known:
            found.problems.append(f"{file.name}: listed twice")
        known.add(file.name)
        _check_local(folder, file, found, may_be_missing=freed and is_shard(file.name))
    for file in release.run.files:
        known.add(file.name)
        _check_local(folder, file, found, may_be_missing=True)
    state: tuple[FileEntry, ...] = ()
    if (folder / STATE_FILE).exists():
        try:
            state = read_state(Folder(str(folder))).files
        except (ReleaseError, StorageError) as error:
            found.problems.append(str(error))
    for file in state:
        known.add(file.name)
        _check_local(folder, file, found)
    found.problems += [f"{name}: not in {RELEASE}" for name in _others(folder, known)]
    return found


def _check_local(folder: Path, file: FileEntry, found: Verified, *, may_be_missing: bool = False) -> None:
    """Check a file of a release on this machine, whose name is checked even if it may be missing."""
    name = file.name
    try:
        inside(folder, name)
        _check(name, file, lambda: open_inside(folder, name), found)
    except UnsafeNameError as error:
        found.problems.append(str(error))
    except FileNotFoundError:
        if not may_be_missing:
            found.problems.append(f"{name}: missing")
    except OSError as error:
        found.problems.append(f"{name}: can't be read ({error.strerror or error})")


def _others(folder: Path, known: set[str]) -> Iterator[str]:
    """List files in the dataset folders and the state that a release does not name.

    Readers find shards by pattern, so such files would be read.
    """
    for top in ("shards", "shards-panels", "shards-parquet", "tables", "scores", "written", "index", "state"):
        for name in Folder(str(folder)).walk(top):
            if name not in known and name != STATE_FILE and not any(p.startswith(".") for p in name.split("/")):
                yield name


def _said(release: ReleaseRecord) -> Iterator[str]:
    """List contradictions in the facts that a release states."""
    if release.intact is False:
        yield f"{RELEASE}: is damaged or was edited (its checksum differs)"
    if not release.files:
        yield f"{RELEASE}: names no files"
    for top, key, counted in (
        ("shards", "samples", release.counts.samples),
        ("shards-panels", "panels", release.counts.panels),
        ("shards-parquet", "parquet", release.counts.parquet or {}),
    ):
        rows = sum(f.rows or 0 for f in release.files_of(top) if is_shard(f.name))
        if (said := sum(counted.values())) != rows:
            yield f"{RELEASE}: counts {said} {key}, its files of {top}/ hold {rows}"
    said_of, held = Counter[str](), Counter[str]()
    for place, n in release.counts.rows.items():
        said_of[place.split("/")[0]] += n
    for file in release.files_of("tables"):
        held[file_today(file.name).split("/")[1]] += file.rows or 0
    for table, n in said_of.items():
        if n != held[table]:
            yield f"{RELEASE}: counts {n} rows of {table}, its files hold {held[table]}"


def _unsafe(names: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with names that no file of a release may have."""
    for name in names:
        try:
            release_name(name)
        except UnsafeNameError as error:
            yield str(error)


def verify_hub(
    name: str,
    *,
    endpoint: str | None = None,
    first_contact_seconds: float = SECONDS,
    say: Callable[[str], None] = lambda line: None,
) -> Verified:
    """Read a published release back and check every file of all its repos.

    Raises:
        PmcmineError: if it can't be read.
    """
    with guarded(endpoint):
        return _verify_hub(name, endpoint, first_contact_seconds, say)


def _verify_hub(name: str, endpoint: str | None, first_contact_seconds: float, say: Callable[[str], None]) -> Verified:
    from huggingface_hub import HfApi, HfFileSystem

    repo_name(name, "shards")
    reach_hub(endpoint, first_contact_seconds, "nothing was checked", say)
    api = HfApi(endpoint=endpoint, library_name="pmcmine")
    fs = HfFileSystem(endpoint=endpoint, skip_instance_cache=True)

    commits: dict[str, str] = {}  # check a single commit of each repo

    def opened(repo_id: str, path: str) -> BinaryIO:
        with within(SECONDS_OF_A_QUESTION, f"looking for {repo_id}/{path}"):
            stream: BinaryIO = fs.open(f"datasets/{repo_id}@{commits[repo_id]}/{path}", "rb", block_size=CHUNK)
        return stream

    def read_release(repo_id: str) -> bytes:
        def read() -> bytes:
            commits[repo_id] = str(api.repo_info(repo_id, repo_type="dataset").sha)
            with opened(repo_id, RELEASE) as stream:
                return stream.read()

        try:
            return patiently(read, f"reading {repo_id}")
        except FileNotFoundError:
            raise PmcmineError(
                f"{repo_id}: no {RELEASE} in it; nothing was published there, or not all of it yet"
            ) from None

    data = read_release(name)
    release = parse_release(data, f"{name}/{RELEASE}")
    found = Verified()
    found.problems += _said(release)
    known = {file.name: file for file in release.files}
    found.problems += _unsafe(known)
    repos = repos_of(release, name)
    if name not in {repo.id for repo in repos}:
        found.problems.append(f"{name}: {RELEASE} names no shards")
    for repo in repos:
        if repo.id != name and read_release(repo.id) != data:
            found.problems.append(f"{repo.id}/{RELEASE}: is of another release than that of {name}")
        there = patiently(partial(remote_files, api, repo.id, commits[repo.id]), f"listing {repo.id}")
        found.problems += _missing(repo.files, there, repo.id)
        for path in sorted(set(repo.files) & set(there)):
            wanted = known[f"{repo.folder}/{path}"]
            _check_again(f"{repo.id}/{path}", wanted, partial(opened, repo.id, path), found)
        say(f"{repo.id}: {len(repo.files)} files read")
    try:
        outdated = outdated_repos(api, name, repos, id_of(release))
    except ValueError:  # not a release of pmcmine, which the problems above say
        outdated = []
    for repo_id in outdated:
        found.problems.append(f"{repo_id}: holds files of an earlier state of this release; publish it again")
    return found


def _check_again(name: str, wanted: FileEntry, opened: Callable[[], BinaryIO], found: Verified) -> None:
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
