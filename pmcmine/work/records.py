"""Records of shards and tables that are assembled, and of near duplicates that are found."""

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
    """A file of the release that is whole.

    Attributes:
        name: its path in the release.
        sha256: of its bytes.
        bytes: its size.
        rows: rows or samples in it.
        kept: whether it is the one of the release that an update starts from.
    """

    name: str
    sha256: str
    bytes: int
    rows: int
    kept: bool = False

    def entry(self) -> FileEntry:
        """Its entry in the list of files of `release.json`."""
        return FileEntry(self.name, self.bytes, self.sha256, self.rows)


@dataclass(frozen=True)
class _PlacedRecord(FileRecord):
    """A file that lies in the folder of its licence group and split."""

    @property
    def group(self) -> str:
        """Its licence group."""
        return self.name.split("/")[1]

    @property
    def split(self) -> str:
        """Its split."""
        return self.name.split("/")[2]


@dataclass(frozen=True)
class ShardRecord(_PlacedRecord):
    """A shard that is whole.

    Attributes:
        places: id, first byte and size of each sample.
    """

    places: tuple[tuple[str, int, int], ...] = ()

    def to_object(self) -> dict[str, Any]:
        """As JSON has it."""
        return _file_object(self) | {"places": self.places} | _kept(self)


@dataclass(frozen=True)
class ParquetRecord(_PlacedRecord):
    """A Parquet file of `shards-parquet` that is whole.

    Attributes:
        images: rows that hold their image; the others name its place in the shard.
    """

    images: int = 0

    def to_object(self) -> dict[str, Any]:
        """As JSON has it."""
        return _file_object(self) | {"images": self.images} | _kept(self)


@dataclass(frozen=True)
class TableRecord(FileRecord):
    """A Parquet file that is whole.

    Attributes:
        table: its table.
        group: licence group; empty for a table that is not cut by group.
        split: split; empty likewise.
        samples: figures that have a place in a shard; None but for `figures`.
        panels_left_out: panels of figures that leak into evaluation; None but for `figures`.
    """

    table: str = ""
    group: str = ""
    split: str = ""
    samples: int | None = None
    panels_left_out: int | None = None

    def to_object(self) -> dict[str, Any]:
        """As JSON has it."""
        place = {"table": self.table, "group": self.group, "split": self.split}
        learnt = {"samples": self.samples, "panels_left_out": self.panels_left_out}
        return _file_object(self) | place | _kept(self) | {k: n for k, n in learnt.items() if n is not None}


@dataclass(frozen=True)
class Clusters:
    """Result of the near-duplicate search.

    Attributes:
        blocks: row file of the clusters of each block that has some, by its number.
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
    """Name of a shard's record in the work folder."""
    return f"assembled/{dataset}/{name}.json"


def table_record(name: str) -> str:
    """Name of a table file's record in the work folder."""
    return f"assembled/tables/{name}.json"


def write_file_list(work: Folder, name: str, files: Iterable[FileEntry]) -> None:
    """Note that files of the state are whole, under a name in the work folder."""
    work.write(name, sealed.to_bytes({"files": [f.to_object() for f in files]}), replace=True)


def noted_files(work: Folder, name: str) -> list[FileEntry]:
    """Return the entries of the files that a note in the work folder is about: a list, or a shard or its index.

    Raises:
        DamagedError: if it is missing or damaged; the same command writes its files again.
    """
    found = _needed(work, name, sealed.read_or_none)
    listed = found.get("files", [found])
    return [FileEntry.from_object(f, f"{work.url}/{name}") for f in (listed if isinstance(listed, list) else [None])]


def published_record(target: str) -> str:
    """Name of the note in the work folder that the Hub has a file."""
    return f"published/{target}.json"


def records_below(work: Folder, folder: str) -> list[str]:
    """List the names of the records below a folder, those of indexes of left-out samples among them.

    What a killed run left half written is none.
    """
    return [name for name in work.walk(folder) if name.endswith((".json", ".json-index"))]


def write_shard_record(work: Folder, record: ShardRecord) -> None:
    """Note that a shard is whole."""
    work.write(f"assembled/{record.name}.json", sealed.to_bytes(record.to_object()), replace=True)


def write_parquet_record(work: Folder, record: ParquetRecord) -> None:
    """Note that a Parquet file of `shards-parquet` is whole."""
    work.write(f"assembled/{record.name}.json", sealed.to_bytes(record.to_object()), replace=True)


def write_table_record(work: Folder, record: TableRecord) -> None:
    """Note that a table file is whole."""
    work.write(f"assembled/{record.name}.json", sealed.to_bytes(record.to_object()), replace=True)


def read_shard_record(work: Folder, name: str) -> ShardRecord | None:
    """Return the record of that name; None if it is missing or damaged."""
    return sealed.record_or_none(work, name, _SHARD.validate_python)


def shard_record_of(work: Folder, name: str) -> ShardRecord:
    """Return the record of that name of a shard that must be whole.

    Raises:
        DamagedError: if it is missing or damaged; the same command writes its file again.
    """
    return _needed(work, name, read_shard_record)


def table_record_of(work: Folder, name: str) -> TableRecord:
    """Return the same of a table file."""
    return _needed(work, name, lambda work, name: sealed.record_or_none(work, name, _TABLE.validate_python))


def parquet_record_of(work: Folder, name: str) -> ParquetRecord:
    """Return the same of a Parquet file of `shards-parquet`."""
    return _needed(work, name, read_parquet_record)


def read_parquet_record(work: Folder, name: str) -> ParquetRecord | None:
    """Return the record of that name of a Parquet file of `shards-parquet`; None if it is missing or damaged."""
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
        out: where files of the release are written.
    """
    return _if_present(read_parquet_record(work, f"assembled/{target}.json"), work, out)


def _if_present(record: _AnyFile | None, work: Folder, out: Folder) -> _AnyFile | None:
    """Return a record if its file is the old release's, is here whole, or was published."""
    if record is None or record.kept:
        return record
    if out.exists(record.name) and out.size(record.name) == record.bytes:
        return record
    return record if work.exists(published_record(record.name)) else None


def committed_table(name: str, work: Folder, out: Folder) -> TableRecord | None:
    """Return the record of a table file that is whole."""
    record = sealed.record_or_none(work, table_record(name), _TABLE.validate_python)
    target = f"tables/{name}"
    if record is None or record.kept or (out.exists(target) and out.size(target) == record.bytes):
        return record
    return None


def write_clusters(work: Folder, done: Clusters) -> None:
    """Record the result of the near-duplicate search, once all of it is written."""
    work.write(NEAR, sealed.to_bytes(asdict(done)), replace=True)


def read_clusters(work: Folder) -> Clusters | None:
    """Return what `write_clusters` wrote; None where near duplicates were not looked for to the end."""
    return sealed.record_or_none(work, NEAR, _CLUSTERS.validate_python)
