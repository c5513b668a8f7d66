"""What an update found changed: articles to read, to leave, to remove."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

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
    """PMCIDs that `note_damaged` noted."""
    return frozenset(work.names(DAMAGED))


def delta_file(block: int) -> str:
    """Name of a block's changes in the work folder."""
    return f"delta/{block // 1000:03d}/{block:06d}.json"


def read_delta(work: Folder, block: int) -> dict[str, list[str]]:
    """PMCIDs of a block by what became of them: new, changed, retried, gone; empty where no update runs."""
    try:
        return sealed.read(work, delta_file(block))
    except FileNotFoundError:
        return {}


def is_settled(work: Folder) -> bool:
    """Whether `settle` is done: which of the articles that were tried again are taken."""
    try:
        return bool(sealed.read(work, DELTA).get("settled"))
    except FileNotFoundError:
        return False


def read_dead(work: Folder, block: int) -> frozenset[str]:
    """PMCIDs of a block whose old rows are not valid any more."""
    return frozenset(p for pmcids in read_delta(work, block).values() for p in pmcids)


def dead_in(work: Folder, blocks: Iterable[int]) -> frozenset[str]:
    """The same of several blocks."""
    return frozenset[str]().union(*(read_dead(work, block) for block in blocks))


TOMBSTONES: Final = "delta/tombstones.json"


@dataclass(frozen=True)
class Tombstones:
    """Those that an update adds by itself, and how many of the old ones stand."""

    added: tuple[Tombstone, ...] = ()
    standing: int = 0


def read_tombstones(work: Folder) -> Tombstones:
    """What `write_tombstones` wrote; nothing where no update runs."""
    try:
        found = sealed.read(work, TOMBSTONES)
    except FileNotFoundError:
        return Tombstones()
    return Tombstones(tuple(Tombstone(**row) for row in found["added"]), found["standing"])
