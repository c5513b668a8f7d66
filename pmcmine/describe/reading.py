"""Read each table file once for all counts: opening a file takes longer than reading some columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.io.folder import Folder
from pmcmine.io.sealed import UNREADABLE

_ROWS: Final = 20_000  # read at once


@dataclass(frozen=True, slots=True)
class Part:
    """One of the counts over some tables.

    Attributes:
        columns: the columns that it needs from each table.
        take: counts rows of a file, given by name; columns that the file lacks are missing.
    """

    columns: Mapping[str, Sequence[str]]
    take: Callable[[str, pa.RecordBatch], None]


def read_once(
    files: Iterable[tuple[Folder, str]],
    parts: Sequence[Part],
    damaged: Callable[[str, Exception], None] | None = None,
) -> None:
    """Read files in order and pass their rows to all parts that need some of their columns.

    Args:
        files: Parquet files of tables; those that no part needs are skipped.
        parts: the counts.
        damaged: called with a file that can't be read, whose remaining rows are skipped; if None, this is an error.
    """
    for folder, name in files:
        table = name.split("/")[1]
        asked = [part for part in parts if table in part.columns]
        if not asked:
            continue
        try:
            with folder.open(name) as stream:
                file = pq.ParquetFile(stream)
                held = file.schema_arrow.names  # computed anew at each call
                wanted = {column for part in asked for column in part.columns[table]}
                own = [[c for c in part.columns[table] if c in held] for part in asked]
                for batch in file.iter_batches(_ROWS, columns=[c for c in held if c in wanted]):
                    for part, columns in zip(asked, own, strict=True):
                        part.take(name, batch.select(columns))
        except UNREADABLE as error:
            if damaged is None:
                raise
            damaged(name, error)
