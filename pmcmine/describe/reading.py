"""Read each file of tables once for all that is counted of it: opening one takes longer than reading some columns."""

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
    """What is counted of some tables.

    Attributes:
        columns: which columns of each table it needs.
        take: counts rows of a file, whose name is given; they have those of the columns that the file has.
    """

    columns: Mapping[str, Sequence[str]]
    take: Callable[[str, pa.RecordBatch], None]


def read_once(
    files: Iterable[tuple[Folder, str]],
    parts: Sequence[Part],
    damaged: Callable[[str, Exception], None] | None = None,
) -> None:
    """Read files in their order and hand their rows to all parts that need some of their columns.

    Args:
        files: Parquet files of tables; those that no part needs are passed over.
        parts: what is counted.
        damaged: called with a file that can't be read, the rest of which is left out; if not given, that is an error.
    """
    for folder, name in files:
        table = name.split("/")[1]
        asked = [part for part in parts if table in part.columns]
        if not asked:
            continue
        try:
            with folder.open(name) as stream:
                file = pq.ParquetFile(stream)
                held = file.schema_arrow.names  # made anew at each call
                wanted = {column for part in asked for column in part.columns[table]}
                own = [[c for c in part.columns[table] if c in held] for part in asked]
                for batch in file.iter_batches(_ROWS, columns=[c for c in held if c in wanted]):
                    for part, columns in zip(asked, own, strict=True):
                        part.take(name, batch.select(columns))
        except UNREADABLE as error:
            if damaged is None:
                raise
            damaged(name, error)
