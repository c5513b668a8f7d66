"""Record the delta of an update: articles to read, to keep and to remove."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from schemas.ledger import Tombstone

DELTA: Final = "delta/delta.json"
DAMAGED: Final = "damaged"


def note_damaged(work: Folder, pmcids: Collection[str]) -> None:
    """Record articles with damaged samples in the release that an update starts from: `forget_update`."""
    for pmcid in pmcids:
        work.write(f"{DAMAGED}/{pmcid}", b"", replace=True)


def damaged_articles(work: Folder) -> frozenset[str]:
    """Return the PMCIDs recorded by `note_damaged`."""
    return frozenset(work.names(DAMAGED))


def delta_file(block: int) -> str:
    """Return the name of a block's changes in the work folder."""
    return f"delta/{block // 1000:03d}/{block:06d}.json"


@dataclass(frozen=True, slots=True)
class Changes:
    """Changed PMCIDs of a block.

    Attributes:
        new: missing from the old snapshot.
        changed: with other entries.
        retried: tried again, because they were rejected for possibly temporary reasons.
        gone: missing from today's snapshot.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.all())

    def all(self) -> tuple[str, ...]:
        """Return all of them."""
        return self.new + self.changed + self.retried + self.gone

    def wanted(self) -> tuple[str, ...]:
        """Return those to mine."""
        return self.new + self.changed + self.retried

    def counts(self) -> dict[str, int]:
        """Count them, by name."""
        return {name: len(pmcids) for name, pmcids in asdict(self).items()}

    def without(self, pmcids: Collection[str]) -> Changes:
        """Return the changes without some PMCIDs."""
        return Changes(**{name: tuple(p for p in held if p not in pmcids) for name, held in asdict(self).items()})


@dataclass(frozen=True, slots=True)
class Delta:
    """Totals of the changes found by an update.

    Attributes:
        counts: numbers of new, changed, retried and removed PMCIDs.
        blocks: blocks with changes.
        settled: whether it is decided which of the retried articles are accepted.
        unchanged: number of retried articles with the same result as before.
        labelled: number of PMCIDs that are read to be published, without the retried ones; None if unknown. Excluded
            articles are not among them.
    """

    counts: Mapping[str, int]
    blocks: tuple[int, ...]
    settled: bool = False
    unchanged: int = 0
    labelled: int | None = None

    @property
    def removes_only(self) -> bool:
        """Check whether the update only removes articles, so that no model labels a row."""
        return self.labelled == 0 and not self.counts["retried"]

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        settled = {"settled": True, "unchanged": self.unchanged} if self.settled else {}
        labelled = {} if self.labelled is None else {"labelled": self.labelled}
        return {"counts": dict(self.counts), "blocks": self.blocks, **settled, **labelled}


_CHANGES: Final = TypeAdapter(Changes)
_DELTA: Final = TypeAdapter(Delta)


def write_changes(work: Folder, block: int, changes: Changes) -> None:
    """Save the changes of a block."""
    held = {name: pmcids for name, pmcids in asdict(changes).items() if pmcids}
    work.write(delta_file(block), sealed.to_bytes(held), replace=True)


def read_changes(work: Folder, block: int) -> Changes:
    """Return the changes of a block; none outside updates."""
    try:
        return sealed.record(work, delta_file(block), _CHANGES.validate_python)
    except FileNotFoundError:
        return Changes()


def write_delta(work: Folder, delta: Delta) -> None:
    """Save the totals."""
    work.write(DELTA, sealed.to_bytes(delta.to_object()), replace=True)


def read_delta(work: Folder) -> Delta | None:
    """Return the totals; None outside updates."""
    try:
        return sealed.record(work, DELTA, _DELTA.validate_python)
    except FileNotFoundError:
        return None


def removes_only(work: Folder) -> bool:
    """Check whether an update only removes articles; false outside updates, or before its changes are known."""
    delta = read_delta(work)
    return delta is not None and delta.removes_only


def read_superseded(work: Folder, block: int) -> frozenset[str]:
    """Return PMCIDs of a block with old rows that are no longer valid."""
    return frozenset(read_changes(work, block).all())


def changed_in(work: Folder, blocks: Iterable[int]) -> list[int]:
    """Return the blocks with changes among some blocks, with one read of the work folder."""
    done = read_delta(work)
    held = frozenset(done.blocks) if done is not None else ()
    return [block for block in blocks if block in held]


def superseded_in(work: Folder, blocks: Iterable[int]) -> frozenset[str]:
    """Run `read_superseded` over several blocks."""
    return frozenset[str]().union(*(read_superseded(work, block) for block in changed_in(work, blocks)))


TOMBSTONES: Final = "delta/tombstones.json"


@dataclass(frozen=True)
class Tombstones:
    """Tombstones of an update.

    Attributes:
        added: those that it adds by itself.
        still_valid: number of old ones that stay.
    """

    added: tuple[Tombstone, ...] = ()
    still_valid: int = 0


_TOMBSTONES: Final = TypeAdapter(Tombstones)


def note_tombstones(work: Folder, tombstones: Tombstones) -> None:
    """Save the tombstones of an update."""
    work.write(TOMBSTONES, sealed.to_bytes(asdict(tombstones)), replace=True)


def read_tombstones(work: Folder) -> Tombstones:
    """Return the tombstones saved by `note_tombstones`; empty outside updates."""
    try:
        return sealed.record(work, TOMBSTONES, _TOMBSTONES.validate_python)
    except FileNotFoundError:
        return Tombstones()
