"""Compare two snapshots: find the PMCIDs to read again and those that are gone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason
from pmcmine.sources.base import ABSENT, Entry
from pmcmine.update.exclusions import Excluded, newly_excluded
from pmcmine.update.old_release import OldRelease
from pmcmine.work.delta import (
    DAMAGED,
    Changes,
    Delta,
    damaged_articles,
    read_changes,
    read_delta,
    write_changes,
    write_delta,
)
from pmcmine.work.exclusions import EXCLUSIONS
from pmcmine.work.manifest import read_manifest
from pmcmine.work.snapshot import read_block
from pmcmine.work.state import new_parts, read_part, reject_reasons

# Failures that may not recur although the source lists the same: every update tries these again, and takes
# them only if the result differs (`settle`).
TRANSIENT: Final = frozenset(
    {Reason.FETCH_FAILED, Reason.MEDIA_MISSING, Reason.METADATA_MISSING, Reason.XML_MISSING, Reason.CHECKSUM_MISMATCH,
     Reason.WORKER_KILLED, Reason.ARTICLE_TIMEOUT, Reason.INTERNAL_ERROR}
)  # fmt: skip


def forget_update(work: Folder) -> None:
    """Remove an update's results except its snapshot and noted damage, so that it restarts from there."""
    for name in work.names():
        if name not in ("lock", "run.json", "snapshot", DAMAGED, EXCLUSIONS):
            work.remove_tree(name)


def settle(work: Folder) -> Delta:
    """Drop articles from the changes that were tried again with the same outcome: nothing is rewritten for them.

    Call it once all blocks with changes are mined; their manifests name these articles. Returns the sums of the
    changes, with their number under `unchanged`.
    """
    done = read_delta(work)
    assert done is not None, "settle before write_deltas"
    if done.settled:
        return done
    blocks, dropped = [], 0
    for block in done.blocks:
        manifest = read_manifest(work, block)
        unchanged = manifest.unchanged() if manifest is not None else set()
        changes = read_changes(work, block)
        if unchanged:
            changes = changes.without(unchanged)
            write_changes(work, block, changes)
        if changes:
            blocks.append(block)
        dropped += len(unchanged)
    counts = {**done.counts, "retried": done.counts["retried"] - dropped}
    done = replace(done, counts=counts, blocks=tuple(blocks), settled=True, unchanged=dropped)
    write_delta(work, done)
    return done


NOTHING_EXCLUDED: Final = Excluded()


def _entries(group: Sequence[Entry]) -> list[list[Any]]:
    return [[e.version, e.ref, e.etag, e.note] for e in group]


def difference(
    groups: Sequence[Sequence[Entry]],
    ledger: Sequence[dict[str, str]],
    damaged: Collection[str] = (),
    excluded: Excluded = NOTHING_EXCLUDED,
    retries: bool = True,
) -> Changes:
    """Classify the PMCIDs of one block: new, changed, retried or gone.

    Args:
        groups: the block's entries in today's snapshot, one list per PMCID.
        ledger: rows of the old state: PMCID, entries, rejects and rows.
        damaged: PMCIDs whose samples are damaged in the old release, which counts as a change.
        excluded: what the exclusion list names that the old one did not, and the other way round: a change, too.
        retries: whether articles that failed for a passing reason are tried again.
    """
    old = {row["pmcid"]: row for row in ledger}
    today = {group[0].pmcid: _entries(group) for group in groups}
    found: dict[str, list[str]] = {"new": [], "changed": [], "retried": [], "gone": []}
    for pmcid, entries in today.items():
        if pmcid not in old:
            found["new"].append(pmcid)
        elif (
            pmcid in damaged
            or excluded.touches(pmcid, old[pmcid]["rejects"], old[pmcid]["rows"])
            or not _same(old[pmcid]["entries"], entries)
        ):
            found["changed"].append(pmcid)
        elif retries and reject_reasons(old[pmcid]["rejects"]) & TRANSIENT:
            found["retried"].append(pmcid)
    found["gone"] = [p for p in old if p not in today]
    return Changes(**{what: tuple(pmcids) for what, pmcids in found.items()})


def differences(
    old: OldRelease,
    groups_of: Callable[[int], Sequence[Sequence[Entry]]],
    damaged: Collection[str] = (),
    excluded: Excluded = NOTHING_EXCLUDED,
) -> Iterator[tuple[int, Changes]]:
    """Yield each block and its changes; an update that only excludes tries nothing again.

    Args:
        old: the release that an update starts from.
        groups_of: returns the entries of a block in today's snapshot, one list per PMCID.
        damaged: as for `difference`.
        excluded: as for `difference`.
    """
    for block in range(old.plan.n_blocks):
        ledger = read_part(old.folder, "ledger", block).select(["pmcid", "entries", "rejects", "rows"]).to_pylist()
        yield block, difference(groups_of(block), ledger, damaged, excluded, not old.mark.exclude_only)


def _same(held: str, entries: Sequence[Sequence[Any]]) -> bool:
    """Tell whether the entries of a ledger row are the same versions as today's; mostly the text itself is the same."""
    return held == json.dumps(entries, ensure_ascii=False) or _identity(json.loads(held)) == _identity(entries)


def _identity(entries: Sequence[Sequence[Any]]) -> list[tuple[Any, Any, Any]]:
    """Return version, ETag and note; the place in a source may change without the article."""
    return sorted((version, etag, note) for version, _, etag, note in entries)


def write_deltas(old: OldRelease, exclude_sha256: str | None = None) -> Delta:
    """Compare today's frozen snapshot with the old one; write the changes of all blocks and, last, their sums.

    Args:
        old: the release that the update starts from.
        exclude_sha256: hash of today's exclusion list, which is in the work folder; None if it is empty.

    Returns:
        The sums.
    """
    work = old.work
    known = read_delta(work)
    if known is not None:
        return known
    counts: Counter[str] = Counter(new=0, changed=0, retried=0, gone=0)
    blocks, labelled = [], 0
    damaged = damaged_articles(work)
    excluded = newly_excluded(old, exclude_sha256)
    for block, changes in differences(old, lambda block: read_block(work, block), damaged, excluded):
        if changes:
            write_changes(work, block, changes)
            blocks.append(block)
        counts.update(changes.counts())
        labelled += n_labelled(changes, excluded)
    done = Delta(dict(counts), tuple(blocks), labelled=labelled)
    write_delta(work, done)
    return done


def n_labelled(changes: Changes, excluded: Excluded) -> int:
    """Count the PMCIDs that are read to be published, those that are tried again apart."""
    return sum(not excluded.leaves(pmcid) for pmcid in changes.new + changes.changed)


def leave_retried(work: Folder) -> Delta:
    """Leave articles that would be tried again as they are; returns the sums of the other changes."""
    done = read_delta(work)
    assert done is not None, "leave_retried before write_deltas"
    blocks = []
    for block in done.blocks:
        changes = replace(read_changes(work, block), retried=())
        write_changes(work, block, changes)
        if changes:
            blocks.append(block)
    done = replace(done, counts={**done.counts, "retried": 0}, blocks=tuple(blocks))
    write_delta(work, done)
    return done


def published_again(work: Folder, blocks: Sequence[int]) -> list[str]:
    """Return the articles of some blocks that were mined, and that the release is to publish."""
    ledgers = (table for block in blocks for table in new_parts(work, "ledger", block))
    return [row["pmcid"] for table in ledgers for row in table.to_pylist() if "articles" in json.loads(row["rows"])]


def listed_before(old: OldRelease) -> Iterator[Entry]:
    """Yield the article versions that the snapshot of a release listed, those that it asked for in vain apart."""
    for block in range(old.plan.n_blocks):
        for row in read_part(old.folder, "ledger", block).select(["pmcid", "entries"]).to_pylist():
            for version, ref, etag, note in json.loads(row["entries"]):
                if version != ABSENT:
                    yield Entry(row["pmcid"], version, ref, etag, note)
