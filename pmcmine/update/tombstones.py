"""Tombstones of an update: articles that were published and no longer are, for reasons other than retraction."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from typing import Final

from pmcmine.rejects import Reason
from pmcmine.release.layout import read_old_table
from pmcmine.update.old_release import OldRelease
from pmcmine.work.delta import Tombstones, note_tombstones, read_changes
from pmcmine.work.state import new_parts, read_part, reject_reasons
from schemas.ledger import Tombstone

_RELICENSED: Final = frozenset(
    {Reason.LICENSE_NOT_SELECTED, Reason.LICENSE_TDM, Reason.NOT_OPEN_ACCESS, Reason.MANUSCRIPT}
)


def write_tombstones(old_release: OldRelease, blocks: Sequence[int]) -> None:
    """Write tombstones from the old and new ledgers of the changed blocks.

    An article gets one if it was published, or had one, and is not published now.

    Args:
        old_release: the release that the update starts from; all blocks are mined.
        blocks: blocks with changes.
    """
    work, release = old_release.work, old_release.folder
    old: dict[str, Tombstone] = {}
    for name, entry in old_release.files.items():
        if name.startswith("tables/tombstones/"):
            old |= {row["pmcid"]: Tombstone(**row) for row in read_old_table(release, entry).to_pylist()}
    added: list[Tombstone] = []
    superseded: set[str] = set()
    for block in blocks:
        changes = read_changes(work, block)
        gone = set(changes.gone)
        superseded.update(changes.all())
        mined = {row["pmcid"]: row for table in new_parts(work, "ledger", block) for row in table.to_pylist()}
        before = {row["pmcid"]: row for row in read_part(release, "ledger", block).to_pylist()}
        for pmcid in sorted(changes.all()):
            held = json.loads(mined[pmcid]["rows"]) if pmcid in mined else {}
            if "articles" in held or "tombstones" in held:
                continue
            if pmcid in old:
                added.append(old[pmcid])
            elif pmcid in before and "articles" in json.loads(before[pmcid]["rows"]):
                version = max(entry[0] for entry in json.loads(before[pmcid]["entries"]))
                reason = "withdrawn" if pmcid in gone else _reason(reject_reasons(mined[pmcid]["rejects"]))
                added.append(Tombstone(pmcid=pmcid, article_id=f"{pmcid}.{version}", reason=reason))
    still_valid = sum(pmcid not in superseded for pmcid in old)
    note_tombstones(work, Tombstones(tuple(added), still_valid))


def _reason(reasons: Set[str]) -> str:
    if Reason.NOT_IN_SOURCE in reasons:
        return "withdrawn"
    return "relicensed" if reasons & _RELICENSED else "unavailable"
