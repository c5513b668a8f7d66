"""Delta of an update: articles to read, to keep and to remove."""

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
    """Note articles whose samples are damaged in the release that an update starts from: `forget_update`."""
    for pmcid in pmcids:
        work.write(f"{DAMAGED}/{pmcid}", b"", replace=True)


def damaged_articles(work: Folder) -> frozenset[str]:
    """Return PMCIDs that `note_damaged` noted."""
    return frozenset(work.names(DAMAGED))


def delta_file(block: int) -> str:
    """Name of a block's changes in the work folder."""
    return f"delta/{block // 1000:03d}/{block:06d}.json"


@dataclass(frozen=True, slots=True)
class Changes:
    """PMCIDs of a block by what became of them.

    Attributes:
        new: those that the old snapshot did not have.
        changed: those with other entries.
        retried: those that are tried again, for they were rejected for what may pass.
        gone: those that today's snapshot does not have.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.all())

    def all(self) -> tuple[str, ...]:
        """All of them."""
        return self.new + self.changed + self.retried + self.gone

    def wanted(self) -> tuple[str, ...]:
        """Those that are to be mined."""
        return self.new + self.changed + self.retried

    def counts(self) -> dict[str, int]:
        """Count them, by name."""
        return {name: len(pmcids) for name, pmcids in asdict(self).items()}

    def without(self, pmcids: Collection[str]) -> Changes:
        """Return the others."""
        return Changes(**{name: tuple(p for p in held if p not in pmcids) for name, held in asdict(self).items()})


@dataclass(frozen=True, slots=True)
class Delta:
    """The sums of what an update found changed.

    Attributes:
        counts: number of PMCIDs that are new, changed, retried and gone.
        blocks: blocks with changes.
        settled: whether it is decided which of the articles that were tried again are taken.
        unchanged: how many of these came out as before.
        labelled: how many PMCIDs are read to be published, those that are tried again apart; None if unknown. Excluded
            articles are not among them.
    """

    counts: Mapping[str, int]
    blocks: tuple[int, ...]
    settled: bool = False
    unchanged: int = 0
    labelled: int | None = None

    @property
    def removes_only(self) -> bool:
        """Tell whether the update only takes out articles, so that no model labels a row."""
        return self.labelled == 0 and not self.counts["retried"]

    def to_object(self) -> dict[str, Any]:
        """As JSON has it."""
        settled = {"settled": True, "unchanged": self.unchanged} if self.settled else {}
        labelled = {} if self.labelled is None else {"labelled": self.labelled}
        return {"counts": dict(self.counts), "blocks": self.blocks, **settled, **labelled}


_CHANGES: Final = TypeAdapter(Changes)
_DELTA: Final = TypeAdapter(Delta)


def write_changes(work: Folder, block: int, changes: Changes) -> None:
    """Note the changes of a block."""
    held = {name: pmcids for name, pmcids in asdict(changes).items() if pmcids}
    work.write(delta_file(block), sealed.to_bytes(held), replace=True)


def read_changes(work: Folder, block: int) -> Changes:
    """Return the changes of a block; none where no update runs."""
    try:
        return sealed.record(work, delta_file(block), _CHANGES.validate_python)
    except FileNotFoundError:
        return Changes()


def write_delta(work: Folder, delta: Delta) -> None:
    """Note the sums."""
    work.write(DELTA, sealed.to_bytes(delta.to_object()), replace=True)


def read_delta(work: Folder) -> Delta | None:
    """Return the sums; None where no update runs."""
    try:
        return sealed.record(work, DELTA, _DELTA.validate_python)
    except FileNotFoundError:
        return None


def removes_only(work: Folder) -> bool:
    """Tell whether an update only takes out articles; false where none runs, or before it has found its changes."""
    delta = read_delta(work)
    return delta is not None and delta.removes_only


def read_superseded(work: Folder, block: int) -> frozenset[str]:
    """Read PMCIDs of a block whose old rows are not valid any longer."""
    return frozenset(read_changes(work, block).all())


def changed_in(work: Folder, blocks: Iterable[int]) -> list[int]:
    """Return those of some blocks that have changes, by one look into the work folder."""
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
        standing: how many of the old ones stay.
    """

    added: tuple[Tombstone, ...] = ()
    still_valid: int = 0


_TOMBSTONES: Final = TypeAdapter(Tombstones)


def note_tombstones(work: Folder, tombstones: Tombstones) -> None:
    """Note the tombstones of an update."""
    work.write(TOMBSTONES, sealed.to_bytes(asdict(tombstones)), replace=True)


def read_tombstones(work: Folder) -> Tombstones:
    """Read what `note_tombstones` noted; empty outside updates."""
    try:
        return sealed.record(work, TOMBSTONES, _TOMBSTONES.validate_python)
    except FileNotFoundError:
        return Tombstones()
