"""Write Arrow tables to one Parquet file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import WAY_OUT


def write_parquet(
    stream: BinaryIO, schema: pa.Schema, row_groups: Iterable[pa.Table], *, stored: Sequence[str] = ()
) -> int:
    """Write row groups as Parquet (zstd, page index, content-defined chunks); return the number of rows.

    Each table becomes one row group; its columns have one chunk, because pyarrow's bytes depend on chunks.

    Args:
        stream: the file.
        schema: schema of the rows.
        row_groups: the rows.
        stored: paths of columns to write without compression, dictionary and statistics.
    """
    n = 0
    with pq.ParquetWriter(
        stream,
        schema,
        write_page_index=True,
        use_content_defined_chunking=True,
        store_schema=True,
        **_columns(schema, stored),
    ) as writer:
        for rows in row_groups:
            writer.write_table(rows, row_group_size=max(len(rows), 1))
            n += len(rows)
        if not n:
            writer.write_table(schema.empty_table())
    return n


def _columns(schema: pa.Schema, stored: Sequence[str]) -> dict[str, Any]:
    """Return the options that differ from column to column."""
    if not stored:
        return {"compression": "zstd"}
    empty = io.BytesIO()
    pq.write_table(schema.empty_table(), empty)
    leaves = pq.ParquetFile(empty).schema
    paths = [leaves.column(i).path for i in range(len(leaves))]
    others = [path for path in paths if path not in stored]
    return {
        "compression": {path: "NONE" if path in stored else "zstd" for path in paths},
        "use_dictionary": others,
        "write_statistics": others,
    }


def count_values(release: Folder, name: str, path: str) -> int:
    """Count the rows with a value in a column of a release's file, from its footer.

    Args:
        release: the release.
        name: the file.
        path: the column.

    Raises:
        DamagedError: if it can't be read.
    """
    try:
        with release.open(name) as stream:
            footer = pq.ParquetFile(stream).metadata
        paths = [footer.schema.column(i).path for i in range(footer.num_columns)]
        at, found = paths.index(path), 0
        for group in map(footer.row_group, range(footer.num_row_groups)):
            statistics = group.column(at).statistics
            if group.num_rows and (statistics is None or not statistics.has_null_count):
                raise ValueError("no count of empty values")
            found += group.num_rows - (statistics.null_count if group.num_rows else 0)
        return int(found)
    except (*sealed.UNREADABLE, OSError) as error:
        raise DamagedError(f"{release.url}/{name}: is damaged ({type(error).__name__}); {WAY_OUT}") from None
