"""The manifest by which a block is committed: what was staged, in which files, and the counts."""

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
        rows: how many.
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
        file: its name in the work folder, None where there are no rows.
        slices: its record batches.
    """

    file: str | None
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class SampleCount:
    """What a part staged of samples of one licence group and split.

    Attributes:
        group: licence group.
        split: split.
        samples: figures with an image.
        bytes: their size in a shard.
        panels: panels cut out of them.
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
    """What the sums of a run are made of.

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
    """Part of a block that one process mined.

    Attributes:
        folder: folder of its files in the work folder.
        index: file of the samples' places.
        near: file of the signatures for near duplicates.
        ledger: file of what came of each PMCID.
        tables: row file of each table.
        samples: what was staged of samples.
        counts: counts by name.
        rejects: number of rejects by `stage/unit/reason`.
        unchanged: PMCIDs that an update tried again with the outcome of before.
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
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def from_object(cls, raw: object) -> Part:
        """Return the reverse of `to_object`.

        Raises:
            ValueError: if it is no part.
        """
        return _PART.validate_python(raw)

    def counted(self) -> Counted:
        """Return what of it goes into the sums."""
        rows = {table: sum(s.rows for s in held.slices) for table, held in self.tables.items()}
        return Counted(self.counts, self.rejects, rows)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Manifest of a committed block.

    Attributes:
        block: number of the block.
        attempt: name of the process that mined it.
        parts: one, or more where articles were mined in child processes.
    """

    block: int
    attempt: str
    parts: tuple[Part, ...]

    def counts(self) -> Counter[str]:
        """All counts of the block, and its rejects under `rejected`."""
        counts: Counter[str] = Counter()
        for part in self.parts:
            counts.update(part.counts)
            counts["rejected"] += sum(part.rejects.values())
        return counts

    def unchanged(self) -> set[str]:
        """PMCIDs that an update tried again with the outcome of before."""
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
    """Return what was mined of a block; nothing where it was not, as an update mines few blocks."""
    manifest = read_manifest(work, block)
    yield from manifest.parts if manifest is not None else ()
