"""Row files of the work folder: Arrow, one record batch for each licence group and split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from pmcmine.storage import Folder
from schemas import Table, to_arrow


def data_bytes(array: Any) -> int:
    """Bytes of the values of an Arrow array, additive over rows and blind to how they are chunked."""
    if isinstance(array, pa.ChunkedArray):
        return sum(data_bytes(c) for c in array.chunks)
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        if not len(array):
            return 0
        lengths = pa.compute.sum(pa.compute.binary_length(array)).as_py() or 0
        return int(lengths) + 4 * len(array)
    if pa.types.is_list(kind):
        return 4 * len(array) + data_bytes(array.flatten())
    if pa.types.is_struct(kind):
        return sum(data_bytes(f) for f in array.flatten())
    return len(array) * max(int(kind.bit_width) // 8, 1)


def set_column(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """Rows with other values in a column."""
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.schema.field(at), values)


def write_arrow(
    work: Folder, name: str, schema: pa.Schema, tables: Sequence[pa.Table], *, replace: bool = False
) -> None:
    """Write an Arrow file of one record batch a table, each of which has one chunk."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with work.create(name, replace=replace) as (stream, _), pa.ipc.new_file(stream, schema, options=options) as writer:
        for t in tables:
            writer.write_table(t)


def write_rows(
    work: Folder,
    name: str,
    table: Table,
    rows: Sequence[Any],
    places: Sequence[tuple[str, str]],
    *,
    replace: bool = False,
) -> dict[str, Any]:
    """Write rows by (group, split); the file's entry of a manifest, whose file is None where there are no rows."""
    batches, slices = [], []
    for place in sorted(set(places)):
        arrow = to_arrow(table, [r for r, p in zip(rows, places, strict=True) if p == place])
        slices.append(
            {
                "group": place[0],
                "split": place[1],
                "rows": len(arrow),
                "bytes": sum(data_bytes(c) for c in arrow.columns),
            }
        )
        batches.append(arrow.combine_chunks())
    if batches:
        write_arrow(work, name, table.schema, batches, replace=replace)
    return {"file": name if batches else None, "slices": slices}
