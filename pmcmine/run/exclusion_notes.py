"""Report at the start of a run the articles of its exclusion list that it will not meet: an id may have a typo."""

from __future__ import annotations

from typing import Final

from pmcmine.ids import pmcid_number
from pmcmine.io.folder import Folder
from pmcmine.release.facts import Snapshot
from pmcmine.rights.exclusion_list import ExclusionList, pmcids_of_figures
from pmcmine.sources.base import ABSENT
from pmcmine.work.snapshot import read_block

_SHOWN: Final = 3


def unknown_articles(work: Folder, frozen: Snapshot, held: ExclusionList) -> str | None:
    """Return a line about articles of a list that a snapshot lacks; None if it has them all.

    DOIs and ORCID iDs are not checked: they are in the articles, which are not read yet.

    Args:
        work: the work folder.
        frozen: its snapshot.
        held: the list.
    """
    left = set(held.pmcids) | pmcids_of_figures(held.figures)
    for block in range(frozen.n_blocks):
        if not left:
            return None
        left.difference_update(g[0].pmcid for g in read_block(work, block) if g[0].version != ABSENT)
    if not left:
        return None
    shown = ", ".join(sorted(left, key=pmcid_number)[:_SHOWN]) + (", …" if len(left) > _SHOWN else "")
    are = "an article that is" if len(left) == 1 else f"{len(left):,} articles that are"
    return f"the exclusion list names {are} not in this snapshot ({shown}); is an id mistyped?"
