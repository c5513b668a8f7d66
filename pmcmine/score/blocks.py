"""Blocks of rows to score, and scoring one: its rows are read, scored, and committed as one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.assemble.parquet import write_parquet
from pmcmine.errors import PluginError
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import open_inside, read_range, release_name
from pmcmine.plugins.scorer import KEYS, TEXTS, Item, OpenScorer
from pmcmine.score.registry import Request
from pmcmine.stream.ranges import SamplePlace, decode_sample

BLOCK_ROWS: Final = 512
_BATCH: Final = 32  # items that a scorer gets at once
_MOST_IMAGE: Final = 256 << 20  # bytes
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "figures": ("shard", "image_offset", "image_bytes"),
    "panels": ("shard", "sample_offset", "sample_size"),
}


SHARDS_OF: Final[Mapping[str, str]] = {"figures": "shards", "panels": "shards-panels"}


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of a file of a table, from `start` to `stop`."""

    number: int
    file: str
    start: int
    stop: int

    @property
    def part(self) -> str:
        """Return the name of the file that its scores are committed as."""
        return f"parts/{self.number:06d}.parquet"


def blocks_of(files: Mapping[str, int], rows: int) -> list[Block]:
    """Cut the files of a table into blocks.

    Args:
        files: names of the files, with their numbers of rows.
        rows: rows of a block.
    """
    found: list[Block] = []
    for name, n in sorted(files.items()):
        for start in range(0, n, rows):
            found.append(Block(len(found), name, start, min(start + rows, n)))
    return found


def schema_of(request: Request, opened: OpenScorer) -> pa.Schema:
    """Return the schema of a score."""
    columns = [(c.name(request.name), _stored(c.type)) for c in opened.columns]
    return pa.schema([(KEYS[request.table], pa.string()), *columns])


def _stored(kind: pa.DataType) -> pa.DataType:
    """Return the type in a file: pyarrow can't read lists of a fixed length again if some are null."""
    return pa.list_(kind.value_type) if pa.types.is_fixed_size_list(kind) else kind


def score_block(
    release: Path, scratch: Folder, block: Block, request: Request, opened: OpenScorer, images: bool
) -> int:
    """Score the rows of a block and commit them, unless they are; return their number.

    Raises:
        PmcmineError: if the release can't be read, or the scorer returns another number of values.
    """
    if scratch.exists(block.part):
        return block.stop - block.start
    rows = _rows(release, block, request.table, images)
    values: list[list[Any]] = [[] for _ in opened.columns]
    ids: list[str] = []
    for at in range(0, len(rows), _BATCH):
        items = [_item(release, row, request.table, images) for row in rows[at : at + _BATCH]]
        found = opened.score(items)
        if len(found) != len(items) or any(len(f) != len(values) for f in found):
            raise PluginError(
                f"scorer {request.scorer}: returned {len(found)} rows for {len(items)} items of {len(values)} columns"
            )
        ids += [item.id for item in items]
        for column, these in zip(values, zip(*found, strict=True), strict=True):
            column += these
    schema = schema_of(request, opened)
    arrays = [pa.array(ids, pa.string()), *(_column(v, f.type) for v, f in zip(values, list(schema)[1:], strict=True))]
    with scratch.create(block.part) as (stream, _):
        write_parquet(stream, schema, [pa.Table.from_arrays(arrays, schema=schema)])
    return len(ids)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return values as Arrow; pyarrow makes no float16 of Python's numbers."""
    if pa.types.is_list(kind):
        return pa.array(values, pa.list_(pa.float32())).cast(kind)
    if pa.types.is_floating(kind):  # what is no number would be above all numbers in conditions and quantiles
        values = [v if v is None or isfinite(v) else None for v in values]
    return pa.array(values, kind)


def _rows(release: Path, block: Block, table: str, images: bool) -> list[dict[str, Any]]:
    columns = [KEYS[table], TEXTS[table], *(_PLACES.get(table, ()) if images else ())]
    return list(_sliced(release, block, columns))


def _sliced(release: Path, block: Block, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a block; row groups before and behind it are not read."""
    with open_inside(release, release_name(block.file)) as stream:
        file = pq.ParquetFile(stream)
        known = [c for c in columns if c in file.schema_arrow.names]
        at = 0
        for group in range(file.metadata.num_row_groups):
            n = file.metadata.row_group(group).num_rows
            first, last = max(block.start - at, 0), min(block.stop - at, n)
            if first < last:
                yield from file.read_row_group(group, columns=known).slice(first, last - first).to_pylist()
            at += n


def _item(release: Path, row: Mapping[str, Any], table: str, images: bool) -> Item:
    text = row.get(TEXTS[table])
    return Item(row[KEYS[table]], text or None, _image(release, row, table) if images else None)


def _image(release: Path, row: Mapping[str, Any], table: str) -> bytes | None:
    """Return the bytes of the image of a row; None if it has no sample.

    Raises:
        UnsafeNameError: if the row has no valid range in a shard of this release.
    """
    if row.get("shard") is None:
        return None
    _, offset, size = _PLACES[table]
    name = f"{SHARDS_OF[table]}/{release_name(row['shard'], 'shard')}"
    data = read_range(release, name, row[offset], row[size], _MOST_IMAGE, "shard")
    if table == "figures":
        return data
    image: bytes = decode_sample(data, SamplePlace(name, row[offset], row[size]), False)["jpg"]
    return image
