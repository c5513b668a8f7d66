"""Arrow tables to one Parquet file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq


def write_parquet(stream: BinaryIO, schema: pa.Schema, row_groups: Iterable[pa.Table]) -> int:
    """Write row groups as Parquet: zstd, page index, content-defined chunks; the number of rows.

    Each table becomes one row group; its columns have one chunk, for pyarrow's bytes depend on chunks.
    """
    n = 0
    with pq.ParquetWriter(
        stream,
        schema,
        compression="zstd",
        write_page_index=True,
        use_content_defined_chunking=True,
        store_schema=True,
    ) as writer:
        for rows in row_groups:
            writer.write_table(rows, row_group_size=max(len(rows), 1))
            n += len(rows)
        if not n:
            writer.write_table(schema.empty_table())
    return n
