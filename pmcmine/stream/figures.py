"""List the figures that a stream reads: those of a split, or those that meet a condition."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.io.duck import sandboxed
from pmcmine.release.condition_text import quoted
from pmcmine.release.conditions import check_values, explain, known_values, time_limit
from pmcmine.release.hierarchy import prepare
from pmcmine.release.scores import ScoreFacts, with_scores
from pmcmine.stream.datasets import dataset_of
from pmcmine.stream.index import Index
from pmcmine.stream.index_build import build

_COLUMNS: Final = ("shard", "sample_offset", "sample_size")
_BATCH: Final = 1 << 17  # rows
_AT_ONCE: Final = 4  # files read in parallel over a network
Scores = tuple[Sequence[ScoreFacts], Callable[[ScoreFacts], Any]]
NO_SCORES: Final[Scores] = ((), lambda score: None)


def figure_index(
    tables: str,
    files: Sequence[str],
    fs: Any,
    split: str,
    where: str | None,
    seconds: float,
    hierarchy: tuple[Any, Any],
    shards: Mapping[str, int | None],
    scores: Scores = NO_SCORES,
    chosen: pa.Table | None = None,
) -> Index:
    """List the chosen samples of a split, in the order of the shards.

    Args:
        tables: root of the tables.
        files: files of `figures`, of all splits.
        fs: file system.
        split: the split.
        where: condition over `figures`.
        seconds: time limit.
        hierarchy: the datasets needed by a condition on concepts.
        shards: shards of the release, with their listed number of samples.
        scores: scores of the release, and a function that opens the rows of one.
        chosen: ids of the figures in a list; None for no list.

    Raises:
        PmcmineError: for an invalid condition, or a table whose rows do not match the listing.
    """
    of_split = [f for f in files if f.rsplit("/", 1)[-1].startswith(f"{split}-")]
    # Check a condition even if the split is empty.
    paths = [f"{tables}/{f.removeprefix('tables/')}" for f in of_split or files[:1]]
    if not paths:
        return build((), (), tables)
    if where or chosen is not None:
        asked = _Asked(where or "true", seconds, hierarchy, scores, chosen)
        return _chosen(paths, fs, asked, list(shards), tables, keep=bool(of_split))
    if not of_split:
        return build((), (), tables)
    index = build(_all(paths, fs, seconds, tables), list(shards), tables)
    _check_counts(index, shards, split, tables)
    return index


def _all(paths: Sequence[str], fs: Any, seconds: float, tables: str) -> Iterator[pa.RecordBatch]:
    """Yield the locations of all figures, file by file; over a network, the next files are prefetched."""
    until = time.monotonic() + seconds
    if "file" in fs.protocol:
        found: Iterator[pa.RecordBatch] = (batch for path in paths for batch in _places(path, path))
    else:
        found = _fetched(paths, lambda path: list(_places(path, fs.open(path, "rb"))))
    for batch in found:
        if time.monotonic() > until:
            raise PmcmineError(f"{tables}: listing its figures took more than {seconds:g} seconds")
        yield batch


def _places(path: str, source: Any) -> Iterator[pa.RecordBatch]:
    """Yield the locations of the figures in a file."""
    # Shard names repeat: read them dictionary-encoded.
    with pq.ParquetFile(source, read_dictionary=["shard"], pre_buffer=True) as file:
        missing = [name for name in _COLUMNS if name not in file.schema_arrow.names]
        if missing:
            raise PmcmineError(f"{path}: has no column {missing[0]!r}; is the copy complete?")
        yield from file.iter_batches(_BATCH, columns=list(_COLUMNS))


def _fetched(paths: Sequence[str], read: Callable[[str], list[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """Yield the contents of files in order, reading a few files in parallel."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pmcmine-tables")
    waiting: deque[Future[list[pa.RecordBatch]]] = deque()
    try:
        for path in paths:
            waiting.append(pool.submit(read, path))
            if len(waiting) > _AT_ONCE:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def figure_ids(tables: str, files: Sequence[str], fs: Any) -> Iterator[pa.Array]:
    """Yield the ids of all figures of a release, in parts."""
    paths = [f"{tables}/{name.removeprefix('tables/')}" for name in sorted(files)]
    for batch in dataset_of(paths, fs).to_batches(columns=["figure_id"], batch_size=_BATCH):
        yield batch.column(0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The selection of figures: a condition, its requirements, and a list."""

    where: str
    seconds: float
    hierarchy: tuple[Any, Any]
    scores: Scores
    chosen: pa.Table | None


def _chosen(
    paths: Sequence[str],
    fs: Any,
    asked: _Asked,
    shards: Sequence[str],
    tables: str,
    *,
    keep: bool,
) -> Index:
    where = asked.where
    said = f"where={quoted(where)}"
    figures = dataset_of(paths, fs)
    with sandboxed() as connection:
        check_values(connection, where, known_values(figures.schema), said)
        connection.register("figures", figures)
        try:
            with time_limit(connection, asked.seconds, said):
                condition = prepare(connection, where, "figures", *asked.hierarchy)
                condition = with_scores(connection, condition, where, "figures", *asked.scores)
                if asked.chosen is not None:
                    connection.register("chosen_list", asked.chosen)
                    condition = f"({condition}\n) AND figure_id IN (SELECT figure_id FROM chosen_list)"
                query = f"SELECT {', '.join(_COLUMNS)} FROM figures WHERE shard IS NOT NULL AND ({condition}\n)"
                found = connection.sql(query)
                reader = getattr(found, "to_arrow_reader", None) or found.fetch_arrow_reader  # before DuckDB 1.5
                batches = _read(reader(_BATCH))
                index = build(batches, shards, tables)
                return index if keep else build((), (), tables)
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where)}") from None


def _read(batches: Any) -> Iterator[pa.RecordBatch]:
    """Yield batches; convert DuckDB's failures while streaming, which Arrow raises, to DuckDB errors."""
    try:
        yield from batches
    except (pa.ArrowException, OSError, RuntimeError) as error:
        kind = duckdb.InterruptException if "INTERRUPT" in str(error) else duckdb.Error
        raise kind(str(error)) from None


def _check_counts(index: Index, shards: Mapping[str, int | None], split: str, tables: str) -> None:
    """Raise PmcmineError if the table's number of samples in a shard differs from the listing."""
    bounds = pairwise([*index.starts, len(index)])
    found = {name: end - start for name, (start, end) in zip(index.names, bounds, strict=True)}
    for name, listed in shards.items():
        n = found.get(name, 0)
        if listed is not None and n != listed and (n or name.rsplit("/", 1)[-1].startswith(f"{split}-")):
            raise PmcmineError(
                f"{tables}: figures have {n} samples of {name}, release.json lists {listed}; is the copy complete?"
            )
