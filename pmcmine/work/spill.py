"""Spill rows of a table into a scratch folder by part: a step reads one part at a time, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

PARTS: Final = 256  # per spill
_HELD: Final = 32 << 20  # bytes kept in memory before they are written
_PIECE: Final = 8 << 20  # bytes read at once, unless a single part is larger


def part_of_hash(values: Any) -> Any:
    """Return the part of 64-bit hashes, in order: all hashes of a part precede those of the next."""
    return (values >> np.uint64(56)).astype(np.int64)


class Spill:
    """Rows by part. A small number stays in memory; otherwise each file has a batch for each part.

    Args:
        folder: a scratch folder.
        name: prefix of its file names.
        schema: schema of the rows.
        held: bytes kept in memory; 32 MiB by default.
    """

    def __init__(self, folder: Path, name: str, schema: pa.Schema, held: int | None = None) -> None:
        self._folder, self._name, self.schema = folder, name, schema
        self._most = _HELD if held is None else held
        self._rows: list[pa.Table] = []
        self._parts: list[Any] = []
        self._bytes = self._total = 0
        self._files: list[Path] = []
        self._sorted: pa.Table | None = None
        self._bounds: list[int] = []

    def add(self, parts: Any, *columns: Any) -> None:
        """Add rows.

        Args:
            parts: the part of each row, int64.
            *columns: NumPy or Arrow arrays, in the order of the schema.
        """
        if not len(parts):
            return
        arrays = [_array(c, field.type) for c, field in zip(columns, self.schema, strict=True)]
        self._rows.append(pa.Table.from_arrays(arrays, schema=self.schema))
        self._parts.append(parts)
        self._bytes += self._rows[-1].nbytes
        self._total += self._rows[-1].nbytes
        if self._bytes >= self._most:
            self._write()

    def pieces(self) -> Iterator[tuple[range, pa.Table]]:
        """Yield all rows, some parts at a time, with the range of these parts; nothing can be added afterwards."""
        if self._rows and self._files:
            self._write()
        step = max(1, PARTS * _PIECE // max(self._total, 1)) if self._files else PARTS
        for start in range(0, PARTS, step):
            parts = range(start, min(start + step, PARTS))
            yield parts, self.read(parts)

    def read(self, parts: range) -> pa.Table:
        """Return the rows of a range of parts."""
        if self._rows and self._files:
            self._write()
        if self._rows:
            self._sorted, self._bounds = self._in_parts()
        found = []
        if self._sorted is not None:
            start, end = self._bounds[parts.start], self._bounds[parts.stop]
            found.append(self._sorted.slice(start, end - start))
        for path in self._files:
            with pa.OSFile(str(path)) as file:
                batches = pa.ipc.open_file(file)
                found += [pa.Table.from_batches([batches.get_batch(part)]) for part in parts]
        return pa.concat_tables([self.schema.empty_table(), *found]).combine_chunks()

    def _in_parts(self) -> tuple[pa.Table, list[int]]:
        """Return the rows in memory in order of the parts, with the start of each, and clear them."""
        rows, parts = pa.concat_tables(self._rows), np.concatenate(self._parts)
        self._rows, self._parts, self._bytes = [], [], 0
        order = np.argsort(parts, kind="stable")
        bounds = np.searchsorted(parts[order], np.arange(PARTS + 1)).tolist()
        return rows.take(pa.array(order)).combine_chunks(), bounds

    def _write(self) -> None:
        rows, bounds = self._in_parts()
        path = self._folder / f"{self._name}-{len(self._files)}.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, self.schema) as writer:
            for start, end in pairwise(bounds):
                batches = rows.slice(start, end - start).to_batches()
                writer.write_batch(batches[0] if batches else _empty(self.schema))
        self._files.append(path)

    def remove(self) -> None:
        """Remove all rows."""
        self._rows, self._parts, self._bytes, self._sorted = [], [], 0, None
        for path in self._files:
            path.unlink()
        self._files = []


def _array(values: Any, kind: pa.DataType) -> Any:
    return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
