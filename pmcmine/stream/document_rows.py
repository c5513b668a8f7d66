"""Find the rows of documents and the locations of their images, for a reader."""

from __future__ import annotations

import os
import random
import re
import time
from array import array
from bisect import bisect, bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, NamedTuple, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.ids import article_place, pmcid_number, range_index
from pmcmine.io.duck import sandboxed
from pmcmine.release.condition_text import quoted
from pmcmine.release.conditions import check_values, explain, known_values, time_limit
from pmcmine.release.hierarchy import HIERARCHY, asked, prepare
from pmcmine.stream.datasets import dataset_of
from pmcmine.text.bounds import PMCID

_T = TypeVar("_T")
_TRIES: Final = 6  # attempts to read a file
_WAIT: Final = 0.1  # seconds before the second attempt; doubles, with jitter
_HELD: Final = 12  # decoded row groups kept in memory
_FILE: Final = re.compile(r"tables/[a-z_]+/([a-z]+)/([a-z]+)-([0-9]{5,9})-of-([0-9]{5,9})\.parquet")
_PMCID: Final = re.compile(PMCID)
_MOST_IMAGE: Final = 1 << 30  # bytes
_WHOLE: Final = "is the copy complete?"
OLDER: Final = "is the copy complete, or was the release begun by an earlier version?"
_PLACE: Final = (
    "kind", "row_id", "level", "section_kind", "type", "domain", "quality", "license", "attribution", "reason",
)  # fmt: skip
_COPIES: Final = {"zero_copy_only": False}
_COLUMNS: Final = ("article_id", "pmcid", "texts", "images", "places", "license", "attribution", "withheld")


class Row(NamedTuple):
    """One document: the file that holds it, its row number there, and its article."""

    shard: str
    offset: int
    article_id: str


class ImagePlace(NamedTuple):
    """Location of an image; `reason` says why there is none."""

    shard: str
    offset: int
    size: int
    format: str
    sha256: str
    reason: str


def concept_names(names: Iterable[str], where: str | None) -> list[str]:
    """Return the files that a condition needs to look up concepts; empty if it uses no concept."""
    return sorted(n for n in names if n == HIERARCHY or n.startswith("tables/concepts/")) if asked(where) else []


def concept_files(root: str, names: Iterable[str], fs: Any, where: str | None) -> tuple[Any, Any]:
    """Return the hierarchy and the concepts of a release as datasets, each None if missing or not needed."""
    used = concept_names(names, where)
    wanted = ([n for n in used if n == HIERARCHY], [n for n in used if n != HIERARCHY])
    parents, concepts = (
        dataset_of([f"{root}/{f.removeprefix('tables/')}" for f in found], fs) if found else None for found in wanted
    )
    return parents, concepts


def files_of(names: Iterable[str], table: str, split: str) -> list[str]:
    """Return a table's files of one split."""
    return [n for n in names if n.startswith(f"tables/{table}/") and n.rsplit("/", 1)[-1].startswith(f"{split}-")]


def document_rows(root: str, names: Sequence[str], fs: Any, split: str, where: str | None, seconds: float) -> list[Row]:
    """List the documents of a split, in file order.

    The position of each article in the files of documents follows from `articles`: both tables are partitioned by the
    same hash and sorted by PMCID. So the texts are not read, and a condition may name any column of `articles`.

    Args:
        root: root of the tables.
        names: files of the release.
        fs: file system.
        split: the split.
        where: condition over `articles`.
        seconds: time limit of the condition.

    Raises:
        PmcmineError: for an invalid condition, or unexpected file names.
    """
    files = files_of(names, "articles", split)
    any_file = files or [n for n in names if n.startswith("tables/articles/")][:1]
    if not any_file:
        return []
    articles = dataset_of([f"{root}/{f.removeprefix('tables/')}" for f in any_file], fs)
    said = f"where={quoted(where)}" if where else f"{root}: listing its articles"
    hierarchy = concept_files(root, names, fs, where)
    with sandboxed() as connection:
        if where:
            check_values(connection, where, known_values(articles.schema), said)
        connection.register("articles", articles)
        try:
            with time_limit(connection, seconds, said):
                chosen = prepare(connection, where, "articles", *hierarchy) if where else ""
                is_chosen = f"coalesce(({chosen}\n), false)" if chosen else "true"
                found = connection.execute(
                    f"SELECT pmcid, article_id, license_group, {is_chosen} FROM articles"
                ).fetchall()
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where or '')}") from None
    return _placed(found, files_of(names, "documents", split)) if files else []


def _placed(articles: Sequence[tuple[str, str, str, bool]], files: Sequence[str]) -> list[Row]:
    """Return the chosen documents with their positions in the files."""
    by_group: dict[str, dict[int, str]] = {}
    for name in files:
        match = _FILE.fullmatch(name)
        if match is None:
            raise PmcmineError(f"{name}: is no file of documents")
        by_group.setdefault(match[1], {})[int(match[3])] = name
    held: dict[str, list[tuple[int, str, bool]]] = {}
    for pmcid, article_id, group, chosen in articles:
        cut = by_group.get(group)
        if _PMCID.fullmatch(pmcid or "") is None:
            raise PmcmineError(f"articles: {str(pmcid)[:100]!r} is no PMCID; {_WHOLE}")
        file = cut.get(range_index(article_place(pmcid), len(cut))) if cut else None
        if file is None:
            raise PmcmineError(f"{article_id}: there is no file of its document; {OLDER}")
        held.setdefault(file, []).append((pmcid_number(pmcid), article_id, chosen))
    return [
        Row(file, at, article_id)
        for file in sorted(held)
        for at, (_, article_id, chosen) in enumerate(sorted(held[file]))
        if chosen
    ]


class Images:
    """Locations of the images of articles.

    Raises:
        PmcmineError: if the figures can't be listed.
    """

    def __init__(self, root: str, names: Sequence[str], fs: Any, split: str, seconds: float) -> None:
        files = files_of(names, "figures", split)
        self._numbers = array("q")
        self._columns: dict[str, Any] = {}
        if not files:
            return
        query = (
            "SELECT CAST(substr(pmcid, 4) AS BIGINT) AS n, figure_id, coalesce(shard, '') AS shard, "
            "coalesce(image_offset, -1) AS image_offset, coalesce(image_bytes, -1) AS image_bytes, "
            "coalesce(format, '') AS format, coalesce(sha256, '') AS sha256, coalesce(no_sample, '') AS no_sample "
            "FROM figures WHERE shard IS NOT NULL OR leaks_into IS NOT NULL ORDER BY n, figure_id"
        )
        said = f"{root}: listing its figures"
        with sandboxed() as connection:
            connection.register("figures", dataset_of([f"{root}/{f.removeprefix('tables/')}" for f in files], fs))
            try:
                with time_limit(connection, seconds, said):
                    found = connection.sql(query).to_arrow_table().combine_chunks()
            except duckdb.Error as error:
                raise PmcmineError(f"{said}: {explain(error)}") from None
        self._numbers = array("q", values_of(found["n"]))
        self._columns = {name: found[name] for name in found.column_names if name != "n"}

    @property
    def shards(self) -> set[str]:
        """Names of all shards with images."""
        return {s for s in self._columns["shard"].unique().to_pylist() if s} if self._columns else set()

    def of(self, pmcid: str) -> dict[str, ImagePlace]:
        """Return the images of an article by `figure_id`.

        Raises:
            PmcmineError: for an invalid range.
        """
        n = pmcid_number(pmcid)
        start, end = bisect_left(self._numbers, n), bisect_right(self._numbers, n)
        held = [values_of(column.slice(start, end - start)) for column in self._columns.values()]
        found = {}
        for figure_id, shard, offset, size, kind, sha256, reason in zip(*held, strict=True):
            if not shard:
                found[figure_id] = ImagePlace("", 0, 0, "", "", reason)
                continue
            if offset < 0 or not 0 < size <= _MOST_IMAGE:
                raise PmcmineError(f"{figure_id}: has no valid range in {shard!r} ({offset}, {size}); {_WHOLE}")
            found[figure_id] = ImagePlace(shard, offset, size, kind, sha256, "")
        return found


def values_of(column: Any) -> list[Any]:
    """Convert a column to Python values; with numpy, if installed, which is several times as fast."""
    kind = column.type
    if column.null_count == len(column):
        return [None] * len(column)
    if not (pa.types.is_string(kind) or (pa.types.is_int64(kind) and not column.null_count)):
        return list(column.to_pylist())
    try:
        values: list[Any] = column.to_numpy(**({} if isinstance(column, pa.ChunkedArray) else _COPIES)).tolist()
    except ImportError:
        return list(column.to_pylist())
    return values


@dataclass(frozen=True)
class _Held:
    file: pq.ParquetFile
    starts: list[int]


class Texts:
    """Read documents from Parquet files, and cache a few decoded row groups."""

    def __init__(self, root: str, fs: Any) -> None:
        self._root, self._fs = root, fs
        self.forget()

    def __getstate__(self) -> tuple[str, Any]:
        return self._root, self._fs

    def __setstate__(self, state: tuple[str, Any]) -> None:
        self._root, self._fs = state
        self.forget()

    def forget(self) -> None:
        """Close files, and drop cached row groups."""
        self._lock = Lock()
        self._pid = os.getpid()
        self._files: dict[str, _Held] = {}
        self._groups: OrderedDict[tuple[str, int], pa.Table] = OrderedDict()

    def _open(self, name: str) -> _Held:
        if name not in self._files:
            path = f"{self._root}/{name.removeprefix('tables/')}"
            file = pq.ParquetFile(self._fs.open(path, "rb"), pre_buffer=True)
            starts = [0]
            for n in range(file.metadata.num_row_groups):
                starts.append(starts[-1] + file.metadata.row_group(n).num_rows)
            self._files[name] = _Held(file, starts)
        return self._files[name]

    def starts(self, name: str) -> list[int]:
        """Return the first row of each row group of a file, followed by its number of rows.

        Raises:
            PmcmineError: if it can't be read.
        """
        return self._tried(name, lambda: self._open(name).starts)

    def row(self, row: Row) -> dict[str, Any]:
        """Read a document.

        Raises:
            PmcmineError: if it can't be read, or the row holds another document.
        """
        table, at = self._tried(row.shard, lambda: self._group(row))
        try:
            found = {name: table[name][at] for name in _COLUMNS}
            texts, images = (values_of(found[name].values) for name in ("texts", "images"))
            places = _dicts(found["places"].values)
            plain = {n: found[n].as_py() for n in ("article_id", "pmcid", "license", "attribution", "withheld")}
        except (pa.ArrowException, LookupError, TypeError, ValueError, AttributeError) as error:
            raise _unreadable(row.shard, error) from None
        if plain["article_id"] != row.article_id:
            raise PmcmineError(
                f"{row.shard}: lacks the document of {row.article_id}, there is {plain['article_id']!r}; {OLDER}"
            )
        if plain["pmcid"] != row.article_id.partition(".")[0]:
            raise PmcmineError(f"{row.shard}: {row.article_id} has another PMCID; {_WHOLE}")
        if plain["withheld"] is None and not len(texts) == len(images) == len(places):
            raise PmcmineError(f"{row.shard}: the texts, images and places of {row.article_id} do not match")
        return {**plain, "texts": texts, "images": images, "places": places}

    def _tried(self, name: str, read: Callable[[], _T]) -> _T:
        """Read from a file, with retries if its server fails.

        Raises:
            PmcmineError: if it can't be read.
        """
        for attempt in range(_TRIES):
            try:
                with self._lock:
                    return read()
            except FileNotFoundError:
                raise PmcmineError(f"{name}: not there; {_WHOLE}") from None
            except Exception as error:  # noqa: BLE001 - each file system has errors of its own
                if isinstance(error, pa.ArrowInvalid | KeyError) or attempt == _TRIES - 1:
                    raise _unreadable(name, error) from None
                self._files.pop(name, None)
                time.sleep(_WAIT * 2**attempt * random.uniform(0.7, 1.3))
        raise AssertionError  # the last attempt has returned or raised

    def _group(self, row: Row) -> tuple[pa.Table, int]:
        if os.getpid() != self._pid:  # a forked worker must not share open files with its parent
            self.forget()
        held = self._open(row.shard)
        n = bisect(held.starts, row.offset) - 1
        key = (row.shard, n)
        if key not in self._groups:
            while len(self._groups) >= _HELD:
                self._groups.popitem(last=False)
            self._groups[key] = held.file.read_row_group(n, columns=list(_COLUMNS)).combine_chunks()
        self._groups.move_to_end(key)
        return self._groups[key], row.offset - held.starts[n]


def _dicts(places: pa.StructArray) -> list[dict[str, Any]]:
    """Convert places to dicts, column by column, which is several times as fast as row by row."""
    columns = dict(zip((f.name for f in places.type), places.flatten(), strict=True))
    held = [values_of(columns[name]) for name in _PLACE]
    return [
        {
            "kind": kind, "row_id": row_id, "level": level, "section_kind": section_kind, "type": type_,
            "domain": domain, "quality": quality, "license": license_, "attribution": attribution, "reason": reason,
        }
        for kind, row_id, level, section_kind, type_, domain, quality, license_, attribution, reason
        in zip(*held, strict=True)
    ]  # fmt: skip


def _unreadable(name: str, error: Exception) -> PmcmineError:
    said = next(iter(str(error).splitlines()), "") or type(error).__name__
    return PmcmineError(f"{name}: can't be read ({said}); is the copy complete?")
