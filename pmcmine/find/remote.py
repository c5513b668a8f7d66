"""Search a remote release by ranges: only the parts of index and tables that a query needs are read.

The server may be hostile: its answers are limited by the request and by `release.json`, in size and in time.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, BinaryIO, Final, TypeVar, cast

import pyarrow as pa

from pmcmine.errors import PmcmineError
from pmcmine.find.layout import IndexFile
from pmcmine.ids import article_place, range_index
from pmcmine.io.duck import sandboxed
from pmcmine.io.safe_names import check_names
from pmcmine.release.hierarchy import HIERARCHY, prepare
from pmcmine.release.layout import RELEASE
from pmcmine.release.record import parse_release
from pmcmine.release.scores import with_scores
from pmcmine.stream.datasets import dataset_of
from pmcmine.stream.document_rows import concept_files
from pmcmine.stream.locate import locate, reading_tables, side_root, unreachable
from pmcmine.stream.ranges import AnyRanges, Busy, NoRanges, ranges_of
from pmcmine.stream.score_rows import score_rows

_T = TypeVar("_T")
_MOST_LISTING: Final = 1 << 30  # bytes of a release.json
_MOST_FILE: Final = 1 << 40  # bytes of a table or an index file
_TRIES: Final = 5
_WAIT: Final = 0.5  # seconds before the second attempt; doubles
_READ_AHEAD: Final = 1 << 16  # bytes
_WORD: Final = re.compile(r"\w+")
_KEYS: Final = {"articles": "article_id", "paragraphs": "paragraph_id"}  # of all other tables, figure_id


class RangeFile(io.RawIOBase):
    """A file read by ranges.

    Args:
        ranges: reads ranges.
        name: the file, below the root of `ranges`.
        size: its size in bytes.
        said: its location, for messages.
    """

    def __init__(self, ranges: AnyRanges, name: str, size: int, said: str) -> None:
        self._ranges, self._name, self._size, self._said, self._at = ranges, name, size, said, 0
        self._held, self._held_at = b"", 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read as much as fits into a buffer.

        Raises:
            OSError: if it can't be read after retries.
        """
        wanted = min(len(buffer), max(self._size - self._at, 0))
        data = self._range(self._at, self._at + wanted) if wanted else b""
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _range(self, start: int, end: int) -> bytes:
        """Return a range, from the last read if that contains it."""
        first = self._held_at
        if not (first <= start and end <= first + len(self._held)):
            until = min(max(end, start + _READ_AHEAD), self._size)
            self._held, self._held_at = _tried(lambda: self._whole(start, until), f"{self._said}/{self._name}"), start
        return self._held[start - self._held_at : end - self._held_at]

    def _whole(self, start: int, end: int) -> bytes:
        data = self._ranges.read(self._name, start, end)
        if len(data) != end - start:
            raise EOFError(f"{len(data)} of {end - start} bytes")
        return data


def _tried(read: Callable[[], _T], said: str) -> _T:
    """Retry temporary failures.

    Raises:
        FileNotFoundError: if there is no such file.
        PmcmineError: if the server does not support ranges.
        OSError: if the last attempt fails.
    """
    for attempt in range(_TRIES):
        try:
            return read()
        except (FileNotFoundError, NoRanges):
            raise
        except Busy as error:
            problem, wait = str(error), max(error.retry_after, _WAIT * 2**attempt)
        except Exception as error:  # noqa: BLE001 - each file system has errors of its own
            problem, wait = f"{type(error).__name__}: {str(error)[:200]}", _WAIT * 2**attempt
        if attempt + 1 < _TRIES:
            time.sleep(wait)
    raise OSError(f"{said}: can't be read ({problem})")


class RemoteRelease:
    """A remote release: any fsspec URL of one, or ORG/NAME on the Hub, with a repo for each of its folders.

    Raises:
        PmcmineError: one line, if it is not a release, or can't be reached.
    """

    def __init__(self, release: str) -> None:
        self.said = release
        self._fs, _, self._tables, listing = locate(release)
        try:
            data = _tried(lambda: cast("bytes", self._fs.cat_file(listing)), release)
        except FileNotFoundError:
            raise PmcmineError(f"{release}: no {RELEASE}; this is not a release, or it is not complete yet") from None
        except OSError as error:
            raise unreachable(release, error) from None
        if len(data) > _MOST_LISTING:
            raise PmcmineError(f"{release}: its {RELEASE} is too large")
        self._digest = sha256(data).hexdigest()
        self._record = parse_release(data, f"{release}/{RELEASE}")
        self._files = {f.name: f for f in self._record.files}
        check_names(self._files, None, "file")
        self.tables = frozenset(n.split("/")[1] for n in self._files if n.startswith("tables/") and n.count("/") > 1)
        self._roots = {"tables": self._tables}
        self._opened: dict[str, IndexFile] = {}
        self._registered: set[str] = set()
        self.sql = sandboxed(threads=1)

    def _of(self, table: str) -> list[str]:
        return sorted(n for n in self._files if n.startswith(f"tables/{table}/") and n.endswith(".parquet"))

    def _dataset(self, names: Sequence[str]) -> Any:
        return dataset_of([f"{self._tables}/{name.removeprefix('tables/')}" for name in names], self._fs)

    def open(self, name: str) -> BinaryIO:
        """Open a file of the index or of a table.

        Raises:
            FileNotFoundError: if the release does not list it.
            PmcmineError: if the repo of the index is of another release.
        """
        entry = self._files.get(name)
        if entry is None or not 0 <= entry.bytes < _MOST_FILE:
            raise FileNotFoundError(name)
        top, _, rest = name.partition("/")
        if top not in self._roots:
            self._roots[top] = side_root(self._fs, self._tables, self.said, self._digest, top)
        ranges = ranges_of(self._fs, self._roots[top])
        return cast("BinaryIO", RangeFile(ranges, rest, entry.bytes, self.said))

    def stated(self) -> Mapping[str, str]:
        """Return the SHA-256 of each file, according to `release.json`."""
        return {name: entry.sha256 for name, entry in self._files.items()}

    def config(self) -> Mapping[str, Any]:
        """Return the configuration that `release.json` states."""
        return self._record.config

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table."""
        return self._table_file(self._of(table)[0]).schema

    def condition(self, where: str, table: str) -> str:
        """Convert a condition for `sql`.

        Raises:
            PmcmineError: one line, for names that the release does not have, and files that can't be read.
        """
        named = {table, *_WORD.findall(where)} & self.tables - self._registered
        with reading_tables(self.said, "a table"):
            for name in sorted(named):
                self.sql.register(name, self._dataset(self._of(name)))
            self._registered |= named
            concepts = concept_files(self._tables, self._files, self._fs, where)
            changed = prepare(self.sql, where, table, *concepts)
        opened = partial(score_rows, self._fs, self._tables, self.said, self._digest)
        return with_scores(self.sql, changed, where, table, self._record.scores, opened)

    def parents(self) -> bool:
        """Register the hierarchy of concepts in `sql`; return whether there is one."""
        if HIERARCHY not in self._files:
            return False
        self.sql.register("concept_parents", self._table_file(HIERARCHY).all())
        return True

    def view(self, table: str, ids: Sequence[str], columns: Sequence[str]) -> str:
        """Return the name of a view with the rows of some figures, paragraphs or articles.

        Files are partitioned by the article's position, and sorted, so that a few row groups are enough.
        """
        key = _KEYS.get(table, "figure_id")
        by_file: dict[str, list[str]] = {}
        names = self._of(table)
        for one in dict.fromkeys(ids):
            for name in _holders(names, one):
                by_file.setdefault(name, []).append(one)
        parts = []
        for name, wanted in sorted(by_file.items()):
            rows = self._table_file(name).matching(key, wanted, (key, *columns))
            if len(rows):
                parts.append(rows)
        found = (
            pa.concat_tables(parts, promote_options="permissive")
            if parts
            else pa.schema([self.schema(table).field(c) for c in (key, *columns)]).empty_table()
        )
        self.sql.register(f"{table}_found", found)
        return f"{table}_found"

    def _table_file(self, name: str) -> IndexFile:
        if name not in self._opened:
            self._opened[name] = IndexFile(self, name, way_out="is the copy complete?")
        return self._opened[name]

    def vector(self, table: str, source: str, key: str, row_id: str) -> list[float] | None:
        """Return None: original vectors are large, and are not read over the network."""
        return None

    def close(self) -> None:
        """Close all files."""
        self.sql.close()
        for file in self._opened.values():
            file.close()


def _holders(names: Sequence[str], one: str) -> list[str]:
    """Return the files of a table that may hold the rows of an article: one per group and split."""
    series: dict[str, list[str]] = {}
    for name in names:
        series.setdefault(name.rpartition("-of-")[0].rpartition("-")[0], []).append(name)
    place = article_place(one.partition("/")[0].partition(".")[0])
    return [held[range_index(place, len(held))] for held in series.values()]
