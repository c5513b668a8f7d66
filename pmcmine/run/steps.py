"""Run the steps of a run in order: freeze, mine, plan, near duplicates, assemble, finish."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from pmcmine.assemble.planning import make_plan
from pmcmine.assemble.reach import find_reach
from pmcmine.config import MineConfig
from pmcmine.duplicates.clusters import cluster, with_clusters
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.miner import enrichers
from pmcmine.publish.live import publishing
from pmcmine.publish.target import release_id
from pmcmine.release.facts import RunFacts, Snapshot
from pmcmine.release.plan import Plan, planned, write_plan
from pmcmine.release.record import ReleaseRecord
from pmcmine.run.exclusion_notes import unknown_articles
from pmcmine.run.finish import finish, mined
from pmcmine.run.job import Job, Outcome, content
from pmcmine.run.ownership import remove_work
from pmcmine.run.progress import Progress
from pmcmine.run.shares import fetch_keys
from pmcmine.text.redact import redact
from pmcmine.update.differences import leave_retried, listed_before, published_again, settle, write_deltas
from pmcmine.update.models import other_models, unstated_models
from pmcmine.update.old_release import OldRelease
from pmcmine.update.tombstones import write_tombstones
from pmcmine.work import snapshot as snapshots
from pmcmine.work.delta import Delta, read_changes, write_delta
from pmcmine.work.exclusions import open_exclusions
from pmcmine.work.manifest import read_manifest
from pmcmine.work.records import Clusters, read_clusters

_Result = TypeVar("_Result")


class _Clock:
    """Measure and print the seconds of each step of a run.

    Attributes:
        started: start of the run, on the monotonic clock.
        times: seconds of each step.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.started = time.monotonic()
        self.times: dict[str, float] = {}

    def timed(self, step: str, action: Callable[[], _Result]) -> _Result:
        """Run a step."""
        before = time.monotonic()
        self._progress.step(step)
        result = action()
        self.times[step] = round(time.monotonic() - before, 3)
        return result


def run_steps(job: Job) -> Outcome:
    """Run all steps of a run that are not done yet.

    Raises:
        PmcmineError: one line for the user.
    """
    config, work = job.config, job.work
    clock = _Clock(job.progress)
    frozen = snapshots.load(work)
    if frozen is None:
        frozen = clock.timed("snapshot", lambda: freeze(job))
        if config.exclude and config.exclude_sha256 is not None:
            held = open_exclusions(config.out, config.exclude_sha256)
            if (line := unknown_articles(work, frozen, held)) is not None:
                job.progress.note(line)
    blocks = list(range(frozen.n_blocks))
    n_pmcids = frozen.n_pmcids
    if job.old is not None:
        delta = find_changes(job, job.old)
        if nothing_to_do(job, job.old, delta):
            return nothing_changed(job, job.old)
        blocks = changed_blocks(work, delta)
        n_pmcids = sum(n for what, n in delta.counts.items() if what != "gone")
    n_committed = _mine(job, frozen.n_blocks, blocks, n_pmcids, clock)
    if job.old is not None:
        delta = settle(work)
        if delta.unchanged:
            job.progress.note(f"{delta.unchanged:,} of the retried came out as before")
        if nothing_to_do(job, job.old, delta):
            return nothing_changed(job, job.old)
        check_removed(job, job.old, delta)
        write_tombstones(job.old, delta.blocks)
    plan = clock.timed("plan", lambda: _plan(job, frozen))
    if config.near_duplicates:
        plan = with_clusters(plan, clock.timed("near", lambda: _near_duplicates(job, plan)), config.table_bytes)
        write_plan(work, plan)
    _assemble(job, plan, frozen.sha256, clock)
    run_facts = RunFacts(
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        apache_beam=job.graphs.versions.get("apache_beam"),
        resumed_blocks=n_committed,
        options={k: v for k, v in config.run().items() if k != "metrics"},  # the journal stores the metrics there
    )
    release = clock.timed("release", lambda: finish(job, frozen, plan, run_facts, clock.times, clock.started))
    return outcome_of(release, config, job.out, fresh=True)


def find_changes(job: Job, old: OldRelease) -> Delta:
    """Find new, changed and removed articles, and check that rows are only labelled by the models of the release.

    An update that only removes articles needs no models.

    Raises:
        PmcmineError: if rows were labelled by other models; the release is unchanged.
    """
    work, config = job.work, job.config
    delta = write_deltas(old, config.exclude_sha256)
    job.progress.note(", ".join(f"{n:,} {what}" for what, n in delta.counts.items()))
    if delta.removes_only:
        return delta
    others = other_models(config, old.record)
    if others is None:
        if (line := unstated_models(config, old.record)) is not None:
            job.progress.note(line)
        enrichers.prepare(config)
        return delta
    begun = any(read_manifest(work, block) is not None for block in delta.blocks)
    if delta.labelled == 0 and not begun:
        job.progress.note(not_retried(delta))
        return leave_retried(work)
    if not begun:
        remove_work(work)
    raise PmcmineError(refusal(others, delta, old.mark.exclude_only))


def not_retried(delta: Delta) -> str:
    """Return a line about articles that an update with other models does not retry."""
    return f"{delta.counts['retried']:,} are not tried again: other models than those of the release would label them"


def refusal(others: tuple[str, str], delta: Delta, exclude_only: bool) -> str:
    """Explain in one line why an update with other models is refused, with a remedy.

    Args:
        others: result of `other_models`.
        delta: changes found by the update.
        exclude_only: whether only articles named by the exclusion list would be read.
    """
    n = (delta.labelled or 0) + delta.counts["retried"]
    if exclude_only:
        why = (
            f"{n:,} articles of which only a figure or table is excluded, or which are lifted, would be labelled anew; "
            "to take such articles out whole, name them by PMCID; else "
        )
    else:
        why = (
            f"an update would mix them in {n:,} articles that are new, changed or tried again; "
            "to take out nothing but whole articles that --exclude names, add --exclude-only; else "
        )
    return f"{others[0]}{why}{others[1]}"


def check_removed(job: Job, old: OldRelease, delta: Delta) -> None:
    """Check that a removing update published no article: a source may state another DOI or author today.

    Raises:
        PmcmineError: if one was labelled by other models; the release is unchanged.
    """
    if not delta.removes_only or not (published := published_again(job.work, delta.blocks)):
        return
    others = other_models(job.config, old.record)
    if others is None:
        write_delta(job.work, replace(delta, labelled=len(published)))
        return
    remove_work(job.work)
    shown = ", ".join(published[:3]) + (", …" if len(published) > 3 else "")
    raise PmcmineError(
        f"{others[0]}what is read today of {shown} has no longer the DOI or ORCID iD that is excluded; "
        f"to take such articles out, name them by PMCID; else {others[1]}"
    )


def nothing_to_do(job: Job, old: OldRelease, delta: Delta) -> bool:
    """Check whether the release stays unchanged: no article changes, nor the exclusion list for later updates."""
    same_list = old.record.config.get("exclude_sha256") == job.config.exclude_sha256
    return same_list and not delta.blocks and not old.mark.compact


def nothing_changed(job: Job, old: OldRelease) -> Outcome:
    """Leave the release unchanged: the update found nothing to do."""
    remove_work(job.work)
    return outcome_of(old.record, job.config, job.out, fresh=False)


def _mine(job: Job, n_blocks: int, blocks: Sequence[int], n_pmcids: int, clock: _Clock) -> int:
    """Mine the blocks that are not committed; return how many were committed before."""
    config, work = job.config, job.work
    committed = [b for b in blocks if read_manifest(work, b) is not None]
    if committed:
        job.progress.note(f"resuming: {len(committed)} of {len(blocks)} blocks are committed")
    shares = fetch_keys(config, job.source.remote, n_blocks)
    todo = sorted(set(blocks) - set(committed))

    def mine() -> None:
        with job.progress.watching(work, committed, n_pmcids):
            job.graphs.mine(config, work, todo, shares)

    if todo:
        clock.timed("mine", mine)
    return len(committed)


def _assemble(job: Job, plan: Plan, snapshot_sha256: str, clock: _Clock) -> None:
    """Write shards and tables, and publish them meanwhile if requested."""
    config, work = job.config, job.work
    find_reach(plan, work, config.keep_state)
    # An update is published by itself, in one commit.
    shards = [*plan.shard_paths(), *(plan.parquet_paths() if config.parquet_images else ())]
    expected = len(shards) + sum(plan.files.values())
    identity = release_id(content(config), snapshot_sha256)
    paths = [(shard.dataset, shard.path) for shard in shards]
    with publishing(config if job.old is None else None, work, job.target, identity, paths) as published:

        def assemble() -> None:
            with job.progress.counting(work, "assembled", expected, "files"):
                job.graphs.assemble(config, work, job.target, plan, enrichers.tables(config))

        clock.timed("assemble", assemble)
        published.finish()


def _near_duplicates(job: Job, plan: Plan) -> Clusters:
    """Find the clusters of near duplicates, unless an earlier attempt completed this."""
    done = read_clusters(job.work)
    if done is not None:
        return done
    buckets = max(1, plan.n_blocks)
    job.graphs.near_duplicates(job.config, job.work, plan.n_blocks, buckets)
    return cluster(plan, job.work, buckets)


def freeze(job: Job) -> Snapshot:
    """List the source once, and write the list to the work folder in blocks."""
    config = job.config
    if job.old is not None and job.old.mark.exclude_only:
        return freeze_before(job.old, config, job.work)
    entries = job.source.entries(job.work)
    n_blocks = job.old.plan.n_blocks if job.old is not None else None
    return snapshots.freeze(
        entries, job.source.kind, config.limit, config.block_articles, job.work, n_blocks, config.pmcid
    )


def freeze_before(old: OldRelease, config: MineConfig, work: Folder) -> Snapshot:
    """Write the snapshot of an existing release, from its state, to the work folder."""
    entries, kind, n_blocks = listed_before(old), old.record.snapshot.kind, old.plan.n_blocks
    return snapshots.freeze(entries, kind, None, config.block_articles, work, n_blocks, config.pmcid)


def blocks_to_mine(job: Job) -> tuple[int, list[int]]:
    """Freeze the snapshot unless that is done; return the number of its blocks, and those that are not committed."""
    frozen = snapshots.load(job.work) or freeze(job)
    return frozen.n_blocks, missing(job.work, range(frozen.n_blocks))


def missing(work: Folder, blocks: Iterable[int]) -> list[int]:
    """Return the blocks that are not committed."""
    return [b for b in blocks if read_manifest(work, b) is None]


def changed_blocks(work: Folder, delta: Delta) -> list[int]:
    """Return the blocks with articles that an update has to mine."""
    return [b for b in delta.blocks if read_changes(work, b).wanted()]


def _plan(job: Job, frozen: Snapshot) -> Plan:
    """Plan the files of the release, unless an earlier attempt did."""

    def make() -> Plan:
        manifests = mined(job, frozen.n_blocks)
        if job.old is None:
            return make_plan(manifests, frozen.n_blocks, job.config, job.work)
        return job.old.plan_update(manifests, job.config)

    return planned(job.work, job.old.plan.base if job.old is not None else None, make)


def outcome_of(release: ReleaseRecord, config: MineConfig, out: Folder, fresh: bool) -> Outcome:
    """Describe the result of a run by its `release.json`."""
    share = max(release.counts.fault_share.values(), default=0.0)
    return Outcome(release, redact(f"{out.url.rstrip('/')}/report.html"), fresh, share > config.max_reject_share)
