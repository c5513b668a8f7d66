"""Read and write lists of chosen figures: a Parquet file of ids, with the recipe that chose them and its yield."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import open_regular

KEY: Final = "figure_id"
_ABOUT: Final = b"pmcmine.list"  # key of the schema metadata, a JSON object
_MOST: Final = 4 << 30  # bytes of a list: more than 100 million ids
_MOST_ABOUT: Final = 16 << 20


@dataclass(frozen=True)
class ChosenList:
    """A list of figures.

    Attributes:
        ids: table of one column, `figure_id`.
        digest: hash of the ids.
        about: the recipe, its yield and the release, as stated in the file.
    """

    ids: pa.Table
    digest: str
    about: Mapping[str, Any]


def write_list(stream: BinaryIO, ids: pa.Array, about: Mapping[str, Any]) -> None:
    """Write a list; the same ids and facts give the same bytes."""
    said = json.dumps(about, sort_keys=True, ensure_ascii=False).encode()
    table = pa.table({KEY: ids.cast(pa.string())}).replace_schema_metadata({_ABOUT: said})
    pq.write_table(table.combine_chunks(), stream, compression="zstd", row_group_size=1 << 17)


def read_list(path: str | PathLike[str]) -> ChosenList:
    """Read a list, perhaps a third party's: any Parquet file with a text column `figure_id`.

    Raises:
        PmcmineError: one line, if it is invalid or too large.
    """
    try:
        with open_regular(Path(path)) as stream:
            if stream.seek(0, 2) > _MOST:
                raise PmcmineError(f"list {path}: more than {_MOST >> 30} GiB")
            file = pq.ParquetFile(stream)
            metadata = file.schema_arrow.metadata or {}
            if KEY not in file.schema_arrow.names:
                raise PmcmineError(f"list {path}: has no column {KEY}; `pmcmine curate` writes lists")
            column = file.read([KEY])[KEY]
    except (OSError, pa.ArrowException, ValueError, LookupError, MemoryError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise PmcmineError(f"list {path}: can't be read as Parquet ({said}); `pmcmine curate` writes lists") from None
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)) or column.null_count:
        raise PmcmineError(f"list {path}: {KEY} is no column of texts")
    ids = column.cast(pa.string())
    digest = sha256()
    for chunk in ids.chunks:
        digest.update("\n".join(chunk.to_pylist()).encode("utf-8", "surrogatepass") + b"\n")
    return ChosenList(pa.table({KEY: ids}), digest.hexdigest(), _about(metadata.get(_ABOUT, b"{}")))


def count_missing(chosen: ChosenList, release_sha256: str, held: Callable[[], Iterable[pa.Array]]) -> int:
    """Count the listed figures that are missing from a release; 0 if the list was made from this very release.

    Args:
        chosen: the list.
        release_sha256: hash of the release's `release.json`.
        held: yields the ids of the release's figures, in parts; read only if the list names another hash.
    """
    if chosen.about.get("release_sha256") == release_sha256:
        return 0
    asked = pc.unique(chosen.ids[KEY])
    found = sum(pc.sum(pc.is_in(asked, value_set=part)).as_py() or 0 for part in held())
    return len(asked) - int(found)


def _about(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data) if len(data) <= _MOST_ABOUT else {}
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}
