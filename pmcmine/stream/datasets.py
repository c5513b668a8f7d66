"""Open tables of a release as datasets that DuckDB can query, local or remote."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pyarrow as pa


def dataset_of(paths: Sequence[str], fs: Any) -> Any:
    """Return Parquet files as one dataset, without vector columns.

    DuckDB takes no 16-bit floats from Arrow, and conditions do not refer to vectors.

    Args:
        paths: the files, as the file system takes them.
        fs: fsspec file system.
    """
    import pyarrow.dataset as pads  # loads pandas, if installed

    is_local = "file" in fs.protocol
    files = pa.fs.LocalFileSystem() if is_local else pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs))
    found = pads.dataset(list(paths), filesystem=files, format="parquet")
    schema = pa.schema([field for field in found.schema if not _is_vector(field.type)])
    if is_local:
        return found if len(schema) == len(found.schema) else found.replace_schema(schema)
    return _unlocked()(list(found.get_fragments()), schema, found.format, files)


@cache
def _unlocked() -> Any:
    """Return a dataset class that DuckDB can read without holding the GIL while Arrow starts.

    Arrow's `Scanner.to_reader` holds the GIL while it waits for its own threads, which need the GIL to read through a
    file system in Python: a deadlock is possible. `to_batches` releases it. DuckDB 2 gets the scanner from the
    dataset's class; earlier versions create one themselves.
    """
    import pyarrow.dataset as pads

    class Dataset(pads.FileSystemDataset):  # type: ignore[misc]
        def scanner(self, **kwargs: Any) -> Any:
            return _Scanner(super().scanner(**kwargs))

    return Dataset


class _Scanner:
    """A scanner that starts on the first read."""

    def __init__(self, scanner: Any) -> None:
        self._scanner = scanner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scanner, name)

    def to_reader(self) -> Any:
        return pa.RecordBatchReader.from_batches(self._scanner.projected_schema, self._scanner.to_batches())


def _is_vector(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(pa.types.is_float16(kind) or (lists and pa.types.is_float16(kind.value_type)))
