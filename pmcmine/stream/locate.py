"""Find the parts of a release: a folder, a URL or repos on the Hub."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import fsspec
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from pmcmine.errors import PmcmineError, first_line
from pmcmine.io.extras import need_file_system
from pmcmine.io.hub_refusal import refusal
from pmcmine.io.safe_files import read_regular
from pmcmine.io.safe_names import release_name
from pmcmine.release.condition_text import check_length
from pmcmine.release.nearest import choose
from pmcmine.release.scores import SCORES, ScoreFacts, parse_scores
from pmcmine.release.written import WrittenFacts, parse_written
from pmcmine.stream.state import MOST_SHARES, SEED_BITS, shown

SPLITS: Final = ("train", "validation", "test")


def address(release: object) -> str:
    """Return the location of a release, given as a string or a path.

    Raises:
        PmcmineError: for anything else.
    """
    found = os.fspath(release) if isinstance(release, os.PathLike) else release
    if not isinstance(found, str):
        raise PmcmineError(f"release={shown(release)}: give a folder, a URL, or ORG/NAME on the Hub")
    return found


def locate(release: str) -> tuple[Any, str, str, str]:
    """Find file system, roots of shards and tables, and path of `release.json`, for a folder, a URL or a Hub repo.

    On the Hub the two folders are two repos, pinned to their newest commits: the reader is not affected by later
    changes.

    Raises:
        PmcmineError: if the two repos are of two releases, or the client of their file system is not installed.
    """
    is_repo = release.startswith("hf://datasets/") or (
        release.count("/") == 1 and "://" not in release and not Path(release).exists()
    )
    url = f"hf://datasets/{release}" if is_repo and not release.startswith("hf://") else release
    need_file_system(url, f"{release}:")
    fs, root = fsspec.core.url_to_fs(url)
    if is_repo:
        roots = [_pinned(fs, r, release) for r in _repos(root)]
        path, other = (f"{r}/release.json" for r in roots)
        with suppress(FileNotFoundError):  # missing in one of them; the reader reports a missing file
            try:
                same = fs.cat_file(other) == fs.cat_file(path)
            except FileNotFoundError:
                raise
            except Exception as error:  # noqa: BLE001
                raise unreachable(release, error) from None
            if not same:
                raise PmcmineError(f"{release}: its repos belong to two releases; is one being published now?")
        return fs, roots[0], roots[1], path
    return fs, f"{root}/shards", f"{root}/tables", f"{root}/release.json"


def _repos(root: str) -> tuple[str, str]:
    """Return the roots of shards and tables of `datasets/ORG/NAME`, perhaps with `@REVISION`."""
    name, at, revision = root.partition("@")
    return root, f"{name}-tables{at}{revision}"


def _pinned(fs: Any, root: str, release: str) -> str:
    """Pin the root of a repo to the current commit of its revision.

    Raises:
        PmcmineError: if there is no such repo.
    """
    try:
        place = fs.resolve_path(root)
        info = fs._api.repo_info(place.repo_id, repo_type="dataset", revision=place.revision)
    except (OSError, NotImplementedError) as error:
        said = refusal(error) or first_line(error)
        raise PmcmineError(f"{release}: can't be opened ({said})") from None
    return f"datasets/{place.repo_id}@{info.sha}" if info.sha else root


def side_root(fs: Any, tables: str, release: str, digest: str, side: str = SCORES) -> str:
    """Return the root of a release's scores, index or written texts: a folder beside its tables, on the Hub a repo.

    Args:
        fs: file system.
        tables: root of the tables.
        release: location of the release, for messages.
        digest: hash of its `release.json`.
        side: name of the folder.

    Raises:
        PmcmineError: if the repo is missing, or of another release.
    """
    if tables.endswith("/tables"):
        return f"{tables.removesuffix('tables')}{side}"
    name = tables.partition("@")[0].removesuffix("-tables")
    root = _pinned(fs, f"{name}-{side}", release)
    try:
        same = sha256(read_whole(fs, f"{root}/release.json")).hexdigest() == digest
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        raise unreachable(f"{release}: {side}", error) from None
    if not same:
        raise PmcmineError(f"{release}: its {side} belongs to another release; is one being published now?")
    return root


def side_files(
    fs: Any, tables: str, release: str, digest: str, names: Iterable[str], split: str, side: str = SCORES
) -> list[str]:
    """Return the paths of a split's files in a side folder; nothing is looked up if it has none.

    Args:
        fs: file system.
        tables: root of the tables.
        release: location of the release, for messages.
        digest: hash of its `release.json`.
        names: file names of all splits.
        split: the split.
        side: name of the folder.

    Raises:
        PmcmineError: as `side_root`, or for a name that leads out of the folder.
    """
    files = [n for n in names if release_name(n).rsplit("/", 1)[-1].startswith(f"{split}-")]
    root = side_root(fs, tables, release, digest, side) if files else ""
    return [f"{root}/{name.removeprefix(f'{side}/')}" for name in files]


def unreachable(release: str, error: Exception) -> PmcmineError:
    """Make a one-line error from a file system's exception; each file system has its own."""
    said = refusal(error) or first_line(error)
    return PmcmineError(f"{release}: can't be read ({said})")


def read_whole(fs: Any, path: str) -> bytes:
    """Read a file; one of this machine only if it is a regular one: a FIFO would be waited for.

    Raises:
        OSError: if it can't be read; some file systems have errors of their own.
    """
    data: bytes = read_regular(path) if isinstance(fs, LocalFileSystem) else fs.cat_file(path)
    return data


@dataclass(frozen=True, slots=True)
class Listing:
    """The contents of a `release.json`.

    Attributes:
        rows: names of the files, with their numbers of rows; None if none is stated.
        digest: hash of the listing, which holds hashes of all files.
        scores: scores of the release.
        written: side tables of texts written by models.
        config: the stated configuration.
    """

    rows: dict[str, int | None]
    digest: str
    scores: tuple[ScoreFacts, ...] = ()
    written: tuple[WrittenFacts, ...] = ()
    config: object = None

    @property
    def shards(self) -> dict[str, int | None]:
        """Shards of figures, relative to their folder, with their numbers of samples."""
        return {n.removeprefix("shards/"): r for n, r in self.rows.items() if n[:7] == "shards/" and n[-4:] == ".tar"}


def listing_of(path: str, fs: Any, release: str) -> Listing:
    """Read a `release.json`.

    Raises:
        PmcmineError: if it is missing or damaged.
    """
    try:
        data = read_whole(fs, path)
        listing = json.loads(data)
    except FileNotFoundError:
        raise PmcmineError(f"{release}: no release.json; this is not a release, or it is not complete yet") from None
    except (ValueError, RecursionError):
        listing = None
    except Exception as error:  # noqa: BLE001
        raise unreachable(release, error) from None
    files = listing.get("files") if isinstance(listing, dict) else None
    if not isinstance(files, list) or not all(isinstance(f, dict) and isinstance(f.get("name"), str) for f in files):
        raise PmcmineError(f"{release}: release.json is damaged; is the copy complete?")
    rows = {f["name"]: n if type(n := f.get("rows")) is int else None for f in files}
    side = parse_scores(listing.get("scores"), path), parse_written(listing.get("written"), path)
    return Listing(rows, sha256(data).hexdigest(), *side, listing.get("config"))


def check_options(
    split: object,
    where: object,
    seed: object,
    rank: object,
    world_size: object,
    on_error: object,
    where_seconds: object,
) -> None:
    """Check the options common to all readers of a release; they may come from a file or a command line.

    Raises:
        PmcmineError: one line that names the option.
    """
    if where is not None and not isinstance(where, str):
        raise PmcmineError(f"where={shown(where)}: give an SQL condition as a text, such as 'year >= 2020'")
    check_length(where, "where")
    if seed is not None and (type(seed) is not int or seed.bit_length() > SEED_BITS):
        raise PmcmineError(f"seed={shown(seed)}: give a whole number of at most {SEED_BITS} bits, or None")
    if type(rank) is not int or type(world_size) is not int:
        name, value = ("rank", rank) if type(rank) is not int else ("world_size", world_size)
        raise PmcmineError(f"{name}={shown(value)}: give a whole number")
    if not 0 <= rank < world_size <= MOST_SHARES:
        raise PmcmineError(
            f"rank {shown(rank)} of {shown(world_size)}: ranks count from 0 to world_size - 1, "
            f"and world_size is at most {MOST_SHARES:,}"
        )
    if on_error not in ("raise", "warn"):
        raise PmcmineError(f"on_error={shown(on_error)}: {choose(str(on_error), ('raise', 'warn'))}")
    if type(where_seconds) not in (int, float) or not cast("float", where_seconds) > 0:
        raise PmcmineError(f"where_seconds={shown(where_seconds)}: give a number of seconds above 0")
    if split not in SPLITS:
        raise PmcmineError(f"split={split!r}: {choose(str(split), SPLITS)}")


@contextmanager
def reading_tables(release: str, what: str) -> Iterator[None]:
    """Turn failures to read tables into one-line errors.

    Raises:
        PmcmineError: if a table is missing or can't be read.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise PmcmineError(f"{release}: {what} is missing ({error}); is the copy complete?") from None
    except (pa.ArrowException, OSError) as error:
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise PmcmineError(f"{release}: {what} can't be read ({why}); is the copy complete?") from None
    except ValueError as error:  # raised by fsspec if a server sends only whole files
        if "range requests" not in str(error):
            raise
        raise PmcmineError(
            f"{release}: {what} can't be read: the server sends no ranges of files (RFC 9110, 14.2); use one that does"
        ) from None
