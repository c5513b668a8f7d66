"""Convert Arrow columns of 64-bit integers, and access their bytes."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

U64: Final = pa.uint64()


def u64(value: int) -> pa.Scalar:
    """Convert a number to an Arrow scalar."""
    return pa.scalar(value, U64)


def bytes_of(column: pa.Array) -> memoryview:
    """Return the bytes of a column of 64-bit integers without nulls."""
    return memoryview(column.buffers()[1])[8 * column.offset : 8 * (column.offset + len(column))]


def parts_of(words: memoryview, shift: int, mask: int, times: int) -> memoryview:
    """Extract bits of each word, multiplied by a factor, as bytes."""
    column = pa.Array.from_buffers(U64, len(words), [None, pa.py_buffer(words)])
    return bytes_of(pc.multiply(pc.bit_wise_and(pc.shift_right(column, u64(shift)), u64(mask)), u64(times)))
