"""Write the samples of a shard as Parquet with embedded images: for column readers, filters and the Hub's viewer.

Large images stay only in the shard: like every row, theirs states the location there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa

from pmcmine.assemble.parquet import count_values, write_parquet
from pmcmine.assemble.shards import Member, parts_of_sample
from pmcmine.io.folder import Folder
from pmcmine.io.hashed import HashedWriter
from pmcmine.io.tar import BLOCK
from pmcmine.release.layout import FileEntry, release_folder
from pmcmine.release.plan import PARQUET, SHARDS, Plan, parquet_name
from pmcmine.work.packs import PackReader
from pmcmine.work.records import (
    ParquetRecord,
    committed_parquet,
    read_shard_record,
    shard_record,
    write_parquet_record,
)
from schemas.image_row import image_schema

MOST_ROW: Final = 2_000_000  # bytes of image and metadata; the image of a larger sample stays only in the shard
ROW_GROUP: Final = 16 << 20  # bytes of images and metadata: a reader loads this much for the first row
STORED: Final = ("image.bytes",)  # already compressed, and without repeated values


def write_image_table(
    path: str,
    members: Sequence[Member],
    places: Sequence[tuple[str, int, int]],
    plan: Plan,
    work: Folder,
    out: Folder,
    schema: pa.Schema,
) -> ParquetRecord | None:
    """Write the Parquet file of a shard unless it is committed, or an update keeps both; None for an empty shard.

    Args:
        path: the shard's path below `shards/`.
        members: its samples.
        places: id, first byte and size of each sample in the shard, in order.
        plan: the plan.
        work: the run's work folder.
        out: output folder for files of the release.
        schema: schema of the samples' JSON, with the columns of enrichers.
    """
    if not places:
        return None
    target = f"{PARQUET}/{parquet_name(path)}"
    record = committed_parquet(target, work, out)
    if record is not None:
        return record
    shard = read_shard_record(work, shard_record(SHARDS, path))
    entry = plan.old_file(target)
    if shard is not None and shard.kept and entry is not None and entry.rows is not None:
        record = kept_image_table(entry, work)
        write_parquet_record(work, record)
        return record
    by_id = {m.id: m for m in members}
    ordered = [(by_id[sample], offset, size) for sample, offset, size in places]
    packs = PackReader(work)
    same = plan.base is None and not work.exists(f"assembled/{target}.json")
    counted = Counted()
    try:
        with out.create(target, replace=True, same=same) as (stream, _), HashedWriter(stream) as hashed:
            tables = row_groups(_rows(path, ordered, packs), image_schema(schema), counted)
            n = write_parquet(cast("BinaryIO", hashed), image_schema(schema), tables, stored=STORED)
            digest = hashed.finish()
    finally:
        packs.close()
    record = ParquetRecord(target, digest, hashed.size, n, images=counted.images)
    write_parquet_record(work, record)
    return record


class Counted:
    """Count the rows that hold their image."""

    images = 0


def _rows(path: str, ordered: Sequence[tuple[Member, int, int]], packs: PackReader) -> Iterator[tuple[int, Any]]:
    """Yield size and row of each sample."""
    for member, offset, size in ordered:
        image, _, record = parts_of_sample(member, packs)
        said = json.loads(record)
        n = len(image) + len(record)
        inside = n <= MOST_ROW
        ending = "png" if said.get("format") == "PNG" else "jpg"
        place = {
            "shard": path,
            "image_offset": offset + BLOCK,
            "image_bytes": len(image),
            "sample_offset": offset,
            "sample_size": size,
        }
        held = {"bytes": image, "path": f"{member.key}.{ending}"} if inside else None
        yield (n if inside else len(record)), {**said, "image": held, "key": member.key, **place}


def row_groups(
    rows: Iterator[tuple[int, Mapping[str, Any]]], schema: pa.Schema, counted: Counted, least: int = ROW_GROUP
) -> Iterator[pa.Table]:
    """Yield tables, each column in one chunk.

    Args:
        rows: size and row of each sample.
        schema: the schema.
        counted: counts the images.
        least: minimum bytes of a table; the last one may be smaller.
    """
    held: list[Mapping[str, Any]] = []
    size = 0
    for n, row in rows:
        held.append(row)
        size += n
        counted.images += row["image"] is not None
        if size >= least:
            yield pa.Table.from_pylist(held, schema).combine_chunks()
            held, size = [], 0
    if held:
        yield pa.Table.from_pylist(held, schema).combine_chunks()


def kept_image_table(entry: FileEntry, work: Folder) -> ParquetRecord:
    """Return the record of a file that an update keeps.

    Raises:
        DamagedError: if its footer can't be read.
    """
    images = count_values(release_folder(work), entry.name, "image.path")
    return ParquetRecord(entry.name, entry.sha256, entry.bytes, entry.rows or 0, True, images)
