"""Record assembled shards and tables, and the near duplicates found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import FileEntry
from pmcmine.work.manifest import RowFile

NEAR: Final = "near/near.json"


@dataclass(frozen=True)
class FileRecord:
    """A complete file of the release.

    Attributes:
        name: its path in the release.
        sha256: hash of its bytes.
        bytes: its size.
        rows: rows or samples in it.
        kept: whether it is unchanged from the release that an update starts from.
    """

    name: str
    sha256: str
    bytes: int
    rows: int
    kept: bool = False

    def entry(self) -> FileEntry:
        """Return its entry in the list of files of `release.json`."""
        return FileEntry(self.name, self.bytes, self.sha256, self.rows)


@dataclass(frozen=True)
class _PlacedRecord(FileRecord):
    """A file in the folder of its licence group and split."""

    @property
    def group(self) -> str:
        """Return its licence group."""
        return self.name.split("/")[1]

    @property
    def split(self) -> str:
        """Return its split."""
        return self.name.split("/")[2]


@dataclass(frozen=True)
class ShardRecord(_PlacedRecord):
    """A complete shard.

    Attributes:
        places: id, first byte and size of each sample.
    """

    places: tuple[tuple[str, int, int], ...] = ()

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return _file_object(self) | {"places": self.places} | _kept(self)


@dataclass(frozen=True)
class ParquetRecord(_PlacedRecord):
    """A complete Parquet file of `shards-parquet`.

    Attributes:
        images: rows that hold their image; the others refer to its location in the shard.
    """

    images: int = 0

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return _file_object(self) | {"images": self.images} | _kept(self)


@dataclass(frozen=True)
class TableRecord(FileRecord):
    """A complete Parquet file.

    Attributes:
        table: its table.
        group: licence group; empty for a table without groups.
        split: split; empty likewise.
        samples: figures with a location in a shard; None except for `figures`.
        panels_left_out: panels of figures that leak into evaluation; None except for `figures`.
    """

    table: str = ""
    group: str = ""
    split: str = ""
    samples: int | None = None
    panels_left_out: int | None = None

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        place = {"table": self.table, "group": self.group, "split": self.split}
        learnt = {"samples": self.samples, "panels_left_out": self.panels_left_out}
        return _file_object(self) | place | _kept(self) | {k: n for k, n in learnt.items() if n is not None}


@dataclass(frozen=True)
class Clusters:
    """Result of the near-duplicate search.

    Attributes:
        blocks: row file of the clusters, by block number, of blocks that have any.
        counts: counts by name.
    """

    blocks: Mapping[str, RowFile]
    counts: Mapping[str, int]


_SHARD: Final = TypeAdapter(ShardRecord)
_TABLE: Final = TypeAdapter(TableRecord)
_PARQUET: Final = TypeAdapter(ParquetRecord)
_CLUSTERS: Final = TypeAdapter(Clusters)
_Record = TypeVar("_Record")
_AnyFile = TypeVar("_AnyFile", bound=FileRecord)


def _file_object(record: FileRecord) -> dict[str, Any]:
    return {"name": record.name, "sha256": record.sha256, "bytes": record.bytes, "rows": record.rows}


def _kept(record: FileRecord) -> dict[str, Any]:
    return {"kept": True} if record.kept else {}


def shard_record(dataset: str, name: str) -> str:
    """Return the name of a shard's record in the work folder."""
    return f"assembled/{dataset}/{name}.json"


def table_record(name: str) -> str:
    """Return the name of a table file's record in the work folder."""
    return f"assembled/tables/{name}.json"


def write_file_list(work: Folder, name: str, files: Iterable[FileEntry]) -> None:
    """Record that files of the state are complete, under a name in the work folder."""
    work.write(name, sealed.to_bytes({"files": [f.to_object() for f in files]}), replace=True)


def noted_files(work: Folder, name: str) -> list[FileEntry]:
    """Return the entries of files recorded in the work folder: a list, or a shard or its index.

    Raises:
        DamagedError: if the record is missing or damaged; the same command writes its files again.
    """
    found = _needed(work, name, sealed.read_or_none)
    listed = found.get("files", [found])
    return [FileEntry.from_object(f, f"{work.url}/{name}") for f in (listed if isinstance(listed, list) else [None])]


def published_record(target: str) -> str:
    """Return the name of the work-folder note that the Hub has a file."""
    return f"published/{target}.json"


def records_below(work: Folder, folder: str) -> list[str]:
    """List the names of the records below a folder, including those of indexes of left-out samples.

    Partial files of a killed run do not count.
    """
    return [name for name in work.walk(folder) if name.endswith((".json", ".json-index"))]


def write_shard_record(work: Folder, record: ShardRecord) -> None:
    """Record that a shard is complete."""
    work.write(f"assembled/{record.name}.json", sealed.to_bytes(record.to_object()), replace=True)


def write_parquet_record(work: Folder, record: ParquetRecord) -> None:
    """Record that a Parquet file of `shards-parquet` is complete."""
    work.write(f"assembled/{record.name}.json", sealed.to_bytes(record.to_object()), replace=True)


def write_table_record(work: Folder, record: TableRecord) -> None:
    """Record that a table file is complete."""
    work.write(f"assembled/{record.name}.json", sealed.to_bytes(record.to_object()), replace=True)


def read_shard_record(work: Folder, name: str) -> ShardRecord | None:
    """Return the record with a name; None if it is missing or damaged."""
    return sealed.record_or_none(work, name, _SHARD.validate_python)


def shard_record_of(work: Folder, name: str) -> ShardRecord:
    """Return the record of a shard that must be complete.

    Raises:
        DamagedError: if it is missing or damaged; the same command writes its file again.
    """
    return _needed(work, name, read_shard_record)


def table_record_of(work: Folder, name: str) -> TableRecord:
    """Return the record of a table file that must be complete; see `shard_record_of`."""
    return _needed(work, name, lambda work, name: sealed.record_or_none(work, name, _TABLE.validate_python))


def parquet_record_of(work: Folder, name: str) -> ParquetRecord:
    """Return the record of a `shards-parquet` file that must be complete; see `shard_record_of`."""
    return _needed(work, name, read_parquet_record)


def read_parquet_record(work: Folder, name: str) -> ParquetRecord | None:
    """Return the record of a Parquet file of `shards-parquet`; None if it is missing or damaged."""
    return sealed.record_or_none(work, name, _PARQUET.validate_python)


def _needed(work: Folder, name: str, read: Callable[[Folder, str], _Record | None]) -> _Record:
    found = read(work, name)
    if found is None:
        raise DamagedError(f"{work.url}/{name}: is missing or damaged; run the same command again")
    return found


def committed_shard(dataset: str, name: str, work: Folder, out: Folder) -> ShardRecord | None:
    """Return the record of a complete shard, written here or on the Hub."""
    return _if_present(read_shard_record(work, shard_record(dataset, name)), work, out)


def committed_parquet(target: str, work: Folder, out: Folder) -> ParquetRecord | None:
    """Return the record of a complete Parquet file of `shards-parquet`, written here or on the Hub.

    Args:
        target: its path in the release.
        work: the run's work folder.
        out: output folder for files of the release.
    """
    return _if_present(read_parquet_record(work, f"assembled/{target}.json"), work, out)


def _if_present(record: _AnyFile | None, work: Folder, out: Folder) -> _AnyFile | None:
    """Return a record if its file is from the old release, complete here, or published."""
    if record is None or record.kept:
        return record
    if out.exists(record.name) and out.size(record.name) == record.bytes:
        return record
    return record if work.exists(published_record(record.name)) else None


def committed_table(name: str, work: Folder, out: Folder) -> TableRecord | None:
    """Return the record of a complete table file."""
    record = sealed.record_or_none(work, table_record(name), _TABLE.validate_python)
    target = f"tables/{name}"
    if record is None or record.kept or (out.exists(target) and out.size(target) == record.bytes):
        return record
    return None


def write_clusters(work: Folder, done: Clusters) -> None:
    """Record the result of the near-duplicate search, once all of it is written."""
    work.write(NEAR, sealed.to_bytes(asdict(done)), replace=True)


def read_clusters(work: Folder) -> Clusters | None:
    """Return the result saved by `write_clusters`; None if the search was not completed."""
    return sealed.record_or_none(work, NEAR, _CLUSTERS.validate_python)
