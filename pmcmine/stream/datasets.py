"""Tables of a release as datasets, which a condition of DuckDB can be asked of, wherever they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def dataset_of(paths: Sequence[str], fs: Any) -> Any:
    """Return Parquet files as one dataset, without columns of vectors.

    DuckDB takes no 16-bit numbers from Arrow, and a condition says nothing of a vector.

    Args:
        paths: the files, as the file system takes them.
        fs: file system of fsspec.
    """
    import pyarrow.dataset as pads  # loads pandas, if that is installed

    files = pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs))
    found = pads.dataset(list(paths), filesystem=files, format="parquet")
    kept = [field for field in found.schema if not _is_vector(field.type)]
    return found if len(kept) == len(found.schema) else found.replace_schema(pa.schema(kept))


def _is_vector(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(pa.types.is_float16(kind) or (lists and pa.types.is_float16(kind.value_type)))
