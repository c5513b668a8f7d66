"""Define the manifest that commits a block: the staged rows and samples, their files, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from pmcmine.io import sealed
from pmcmine.io.folder import Folder

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one licence group and split: a record batch of a row file.

    Attributes:
        group: licence group.
        split: split.
        rows: number of rows.
        bytes: their size in memory.
    """

    group: str
    split: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of staged rows of one table.

    Attributes:
        file: its name in the work folder, None if there are no rows.
        slices: its record batches.
    """

    file: str | None
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class SampleCount:
    """Staged samples of a part, for one licence group and split.

    Attributes:
        group: licence group.
        split: split.
        samples: figures with an image.
        bytes: their size in a shard.
        panels: panels cropped from them.
        panel_bytes: the size of these.
    """

    group: str
    split: str
    samples: int
    bytes: int
    panels: int
    panel_bytes: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The terms of a run's balance.

    Attributes:
        counts: counts by name.
        rejects: number of rejects by `stage/unit/reason`.
        rows: staged rows by table.
    """

    counts: Mapping[str, int]
    rejects: Mapping[str, int]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a block mined by one process.

    Attributes:
        folder: folder of its files in the work folder.
        index: file of the samples' locations.
        near: file of the signatures for near duplicates.
        ledger: file with the result of each PMCID.
        tables: row file of each table.
        samples: staged samples.
        counts: counts by name.
        rejects: number of rejects by `stage/unit/reason`.
        unchanged: PMCIDs retried by an update with the same result as before.
    """

    folder: str
    index: str
    near: str
    ledger: str
    tables: Mapping[str, RowFile]
    samples: tuple[SampleCount, ...]
    counts: Mapping[str, int]
    rejects: Mapping[str, int]
    unchanged: tuple[str, ...] = ()

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return asdict(self)

    @classmethod
    def from_object(cls, raw: object) -> Part:
        """Parse the result of `to_object`.

        Raises:
            ValueError: if it is not a part.
        """
        return _PART.validate_python(raw)

    def counted(self) -> Counted:
        """Return its terms of the balance."""
        rows = {table: sum(s.rows for s in held.slices) for table, held in self.tables.items()}
        return Counted(self.counts, self.rejects, rows)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Manifest of a committed block.

    Attributes:
        block: number of the block.
        attempt: name of the process that mined it.
        parts: one, or more if articles were mined in child processes.
    """

    block: int
    attempt: str
    parts: tuple[Part, ...]

    def counts(self) -> Counter[str]:
        """Return all counts of the block, with its rejects under `rejected`."""
        counts: Counter[str] = Counter()
        for part in self.parts:
            counts.update(part.counts)
            counts["rejected"] += sum(part.rejects.values())
        return counts

    def unchanged(self) -> set[str]:
        """Return the PMCIDs retried by an update with the same result as before."""
        return {pmcid for part in self.parts for pmcid in part.unchanged}


_PART: Final = TypeAdapter(Part)
_MANIFEST: Final = TypeAdapter(Manifest)


def block_folder(block: int) -> str:
    """Return the folder of a block inside the work folder."""
    return f"blocks/{block // 1000:03d}/{block:06d}"


def write_manifest(work: Folder, manifest: Manifest) -> None:
    """Commit a block; if it is committed already, keep its manifest."""
    work.write(f"{block_folder(manifest.block)}/{MANIFEST}", sealed.to_bytes(asdict(manifest)))


def read_manifest(work: Folder, block: int) -> Manifest | None:
    """Read the manifest of a block; None if it is not committed or is damaged, so that it is mined again."""
    return sealed.record_or_none(work, f"{block_folder(block)}/{MANIFEST}", _MANIFEST.validate_python)


def parts_of(work: Folder, block: int) -> Iterator[Part]:
    """Yield the mined parts of a block; none if it was not mined, as an update mines few blocks."""
    manifest = read_manifest(work, block)
    yield from manifest.parts if manifest is not None else ()
