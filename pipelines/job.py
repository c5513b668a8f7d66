"""`pmcmine mine` and `update` from end to end: freeze, mine, plan, assemble, and `finish`."""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

import apache_beam as beam

from pipelines import assemble as assemble_job
from pipelines import mine as mine_job
from pipelines import near_duplicates as near_job
from pipelines.runners import beam_options, fetch_keys, make_runner, run_graph
from pmcmine.assemble.planning import make_plan, make_update_plan
from pmcmine.config import MineConfig
from pmcmine.duplicates.benchmark_sets import read_benchmarks
from pmcmine.duplicates.clusters import cluster, with_clusters
from pmcmine.errors import PmcmineError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.miner import enrichers
from pmcmine.miner.at_work import forget_starts
from pmcmine.publish.live import publishing
from pmcmine.publish.target import release_id
from pmcmine.release.begin import begin, begin_update, check_folder, describe_difference
from pmcmine.release.layout import ARTEFACT, JOURNAL, RELEASE, WORK, load_release
from pmcmine.release.plan import PLAN, Plan
from pmcmine.run import needs
from pmcmine.run.finish import finish, land, mined
from pmcmine.run.job import Job, Outcome, Update, content
from pmcmine.run.ownership import check_begun, check_empty_work, clear_ended_update, is_work, remove_work
from pmcmine.run.progress import Progress
from pmcmine.sources import first_contact, open_source
from pmcmine.sources.base import Source
from pmcmine.text.redact import redact
from pmcmine.update.base import inc_tag, make_fresh_plan, open_base
from pmcmine.update.differences import forget_update, settle, write_deltas
from pmcmine.update.tombstones import write_tombstones
from pmcmine.work import snapshot as snapshots
from pmcmine.work.delta import damaged_articles, read_changes
from pmcmine.work.manifest import read_manifest
from pmcmine.work.records import Clusters, read_clusters
from pmcmine.work.rows import GIVEN_UP
from pmcmine.work.snapshot import Snapshot

log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


@contextmanager
def _begun(config: MineConfig, progress: Progress) -> Iterator[Job | None]:
    """Lock and mark the folder; yield the job, or None if the release is already complete."""
    needs.check(config)
    source = open_source(config)
    options = beam_options(config)
    enrichers.prepare(config)
    out = Folder(config.out)
    config, benchmarks = _with_benchmarks(config)
    decided = content(config)
    if check_folder(out, decided):
        yield None
        return
    work = out.child(WORK)
    _contact(source, config, work, "nothing was mined", progress)  # before anything is written
    with held(work):
        begin(out, decided, config.demo)
        check_begun(out, work, benchmarks is not None)
        if benchmarks is not None:
            with out.create(ARTEFACT, replace=True, same=True) as (stream, _):
                stream.write(benchmarks)
        yield Job(config, source, options, out, work, progress)


def _contact(source: Source, config: MineConfig, work: Folder, outcome: str, progress: Progress) -> None:
    """Contact the host of the source, unless everything has been read from it."""
    if not work.exists(PLAN):
        first_contact(source, config, outcome, progress.note)


def run(config: MineConfig, progress: Progress) -> Outcome:
    """Make the release that a configuration describes, or resume making it.

    Raises:
        PmcmineError: one line for the user.
    """
    with _begun(config, progress) as job:
        if job is not None:
            return _guarded(job)
    out = Folder(config.out)
    release = load_release(out)
    if not release["run"].get("keep_work"):
        _clear_leftover(out.child(WORK))
    return _outcome(release, config, out, fresh=False)


def _clear_leftover(work: Folder) -> None:
    """Remove the work folder of a run that was killed after its release was whole; an update may be at work in it."""
    try:
        state = json.loads(work.read("run.json"))
    except (OSError, ValueError):
        return
    if isinstance(state, dict) and "update" not in state and not work.exists(JOURNAL):
        with held(work):
            remove_work(work)


def submit_mine(config: MineConfig) -> Any:
    """Submit the mine graph alone and return its result without waiting; None if every block is committed.

    Raises:
        PmcmineError: one line for the user.
    """
    with _begun(config, Progress(quiet=True)) as job:
        if job is None:
            return None
        frozen = snapshots.load(job.work) or _freeze(job)
        todo = [b for b in range(frozen.n_blocks) if read_manifest(job.work, b) is None]
        if not todo:
            return None
        pipeline = beam.Pipeline(runner=make_runner(job.config), options=job.options)
        shares = fetch_keys(job.config, job.source.remote, frozen.n_blocks)
        mine_job.build(pipeline, todo, shares, job.config, job.work)
        return pipeline.run()


def update(config: MineConfig, date: str, compact: bool, progress: Progress) -> Outcome:
    """Update a release: read only new, changed and removed articles.

    Args:
        config: the configuration of the release; `config.out` is its folder.
        date: day of the update, YYYY-MM-DD, which the names of added shards hold.
        compact: lay out everything again, as in a release made at once.
        progress: receives progress messages.

    Raises:
        PmcmineError: one line for the user.
    """
    needs.check(config)
    out = Folder(config.out)
    work = out.child(WORK)
    if not out.exists(RELEASE) and not work.exists(JOURNAL):
        raise PmcmineError(f"{config.out}: no {RELEASE}; this is not a release, or it is not complete yet")
    if not is_work(work):
        check_empty_work(work)
    with held(work):
        if work.exists(JOURNAL):
            progress.note("an earlier update was killed while it moved its files into place: finishing it")
            return _outcome(land(out, work, _journal(out, work), config), config, out, fresh=True)
        clear_ended_update(work, load_release(out).get("updates", ()))
        source = open_source(config)
        _contact(source, config, work, "the release is as it was", progress)
        tag = begin_update(work, config.content(), {"date": date, "tag": inc_tag(out, date), "compact": compact})
        described, base, old = open_base(out, tag["tag"], tag["compact"])
        difference = describe_difference(
            described["config"] | {"source": config.source, "inventory": config.inventory}, content(config)
        )
        if difference:
            raise PmcmineError(f"{config.out}: an update can't change the configuration of the release ({difference})")
        options = beam_options(config)
        enrichers.prepare(config)
        return _guarded(Job(config, source, options, out, work, progress, Update(described, base, old, tag["date"])))


def _journal(out: Folder, work: Folder) -> dict[str, Any]:
    """Read the `release.json` that a killed update was about to write.

    Raises:
        DamagedError: if it is damaged.
    """
    way_out = (
        f"the release may hold files of two dates: if `pmcmine verify {out.url}` finds nothing wrong, "
        f"remove {work.url}, else mine anew into another --out"
    )
    return sealed.parse(work.read(JOURNAL), f"{work.url}/{JOURNAL}", way_out)


def _guarded(job: Job) -> Outcome:
    """Run, and rebuild damaged files that can be rebuilt, as long as each attempt finds different damage."""
    seen: frozenset[str] = frozenset()
    while True:
        for name in job.work.names(GIVEN_UP):
            job.work.remove(f"{GIVEN_UP}/{name}")
        try:
            return _run(job)
        except KeyboardInterrupt:
            forget_starts(job.work)
            raise
        except PmcmineError as error:
            damaged = damaged_articles(job.work)
            noted = damaged | {*job.work.names(GIVEN_UP)}
            if not noted - seen:
                raise
            if job.update is not None and damaged - seen:
                forget_update(job.work)
            seen |= noted
            job.progress.note(f"{error}: doing that now")


def _with_benchmarks(config: MineConfig) -> tuple[MineConfig, bytes | None]:
    """Read the benchmark sets; return the configuration with their hash, and their file's bytes."""
    if not config.decontaminate:
        return config, None
    data = read_benchmarks(config.decontaminate).to_bytes()
    digest = sha256(data).hexdigest()
    if config.decontaminate_sha256 not in (None, digest):
        raise PmcmineError("decontaminate_sha256: the benchmark sets have another hash; leave it out")
    return config.model_copy(update={"decontaminate_sha256": digest}), data


class _Clock:
    """Measure and print the seconds of each step of a run.

    Attributes:
        started: when the run began, on the monotonic clock.
        times: seconds of each step.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.started = time.monotonic()
        self.times: dict[str, float] = {}

    def timed(self, step: str, action: Callable[[], _Result]) -> _Result:
        """Do a step."""
        before = time.monotonic()
        self._progress.step(step)
        result = action()
        self.times[step] = round(time.monotonic() - before, 3)
        return result


def _run(job: Job) -> Outcome:
    config, work = job.config, job.work
    clock = _Clock(job.progress)
    frozen = snapshots.load(work)
    if frozen is None:
        frozen = clock.timed("snapshot", lambda: _freeze(job))
    blocks = list(range(frozen.n_blocks))
    n_pmcids = frozen.n_pmcids
    if job.update is not None:
        delta = write_deltas(work, job.out, frozen.n_blocks)
        job.progress.note(", ".join(f"{n:,} {what}" for what, n in delta.counts.items()))
        if not delta.blocks and not job.update.base.fresh:
            return _nothing_changed(job, job.update)
        blocks = [b for b in delta.blocks if read_changes(work, b).wanted()]
        n_pmcids = sum(n for what, n in delta.counts.items() if what != "gone")
    n_committed = _mine(job, frozen.n_blocks, blocks, n_pmcids, clock)
    if job.update is not None:
        delta = settle(work)
        if delta.unchanged:
            job.progress.note(f"{delta.unchanged:,} of the retried came out as before")
        if not delta.blocks and not job.update.base.fresh:
            return _nothing_changed(job, job.update)
        write_tombstones(work, job.out, job.update.base.files, delta.blocks)
    plan = clock.timed("plan", lambda: _plan(job, frozen))
    if config.near_duplicates:
        plan = with_clusters(
            plan, clock.timed("near", lambda: _near(config, job.options, plan, work)), config.table_bytes
        )
    _assemble(job, plan, frozen.sha256, clock)
    run_facts = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "apache_beam": beam.__version__,
        "resumed_blocks": n_committed,
        **config.run(),
    }
    release = clock.timed("release", lambda: finish(job, frozen, plan, run_facts, clock.times, clock.started))
    return _outcome(release, config, job.out, fresh=True)


def _nothing_changed(job: Job, update: Update) -> Outcome:
    """Leave the release as it is: the update found nothing to do."""
    remove_work(job.work)
    return _outcome(update.release, job.config, job.out, fresh=False)


def _mine(job: Job, n_blocks: int, blocks: Sequence[int], n_pmcids: int, clock: _Clock) -> int:
    """Mine those of some blocks that are not committed; the number of those that were."""
    config, work = job.config, job.work
    committed = [b for b in blocks if read_manifest(work, b) is not None]
    if committed:
        job.progress.note(f"resuming: {len(committed)} of {len(blocks)} blocks are committed")
    shares = fetch_keys(config, job.source.remote, n_blocks)
    todo = sorted(set(blocks) - set(committed))

    def mine() -> None:
        with job.progress.watching(work, committed, n_pmcids):
            run_graph(config, job.options, work, lambda p: mine_job.build(p, todo, shares, config, work))

    if todo:
        clock.timed("mine", mine)
    return len(committed)


def _assemble(job: Job, plan: Plan, snapshot_sha256: str, clock: _Clock) -> None:
    """Write shards and tables, and publish them meanwhile where that is asked for."""
    config, work = job.config, job.work
    # An update is published by itself, in one commit.
    shards = [*plan.shard_paths(), *(plan.parquet_paths() if config.parquet_images else ())]
    identity = release_id(content(config), snapshot_sha256)
    paths = [(shard.dataset, shard.path) for shard in shards]
    with publishing(config if job.update is None else None, work, job.target, identity, paths) as published:

        def assemble() -> None:
            with job.progress.counting(work, "assembled", len(shards) + sum(plan.files.values()), "files"):
                build = partial(
                    assemble_job.build,
                    plan=plan,
                    work=work,
                    out=job.target,
                    keep_state=config.keep_state,
                    tables=enrichers.tables(config),
                    samples_schema=enrichers.sample_schemas(config)["figures"] if config.parquet_images else None,
                )
                run_graph(config, job.options, work, build)

        clock.timed("assemble", assemble)
        published.finish()


def _near(config: MineConfig, options: Any, plan: Plan, work: Folder) -> Clusters:
    """Find the clusters of near duplicates, unless an earlier attempt finished that."""
    done = read_clusters(work)
    if done is not None:
        return done
    buckets = max(1, plan.n_blocks)
    run_graph(config, options, work, lambda p: near_job.build(p, plan.n_blocks, buckets, work))
    return cluster(plan, work, buckets)


def _freeze(job: Job) -> Snapshot:
    entries = job.source.entries(job.work)
    n_blocks = job.update.plan.n_blocks if job.update is not None else None
    config = job.config
    return snapshots.freeze(
        entries, job.source.kind, config.limit, config.block_articles, job.work, n_blocks, config.pmcid
    )


def _plan(job: Job, frozen: Snapshot) -> Plan:
    base = job.update.base if job.update is not None else None
    known = sealed.read_or_none(job.work, PLAN)
    if known is not None:
        return Plan.from_object(known, base)
    manifests = mined(job, frozen.n_blocks)
    if job.update is None:
        plan = make_plan(manifests, frozen.n_blocks, job.config, job.work)
    elif job.update.base.fresh:
        plan = make_fresh_plan(job.update.plan, manifests, job.config, job.update.base, job.work)
    else:
        plan = make_update_plan(job.update.plan, manifests, job.config, job.update.base)
    job.work.write(PLAN, sealed.to_bytes(plan.to_object()), replace=True)
    return plan


def _outcome(release: Mapping[str, Any], config: MineConfig, out: Folder, fresh: bool) -> Outcome:
    share = max(release["counts"]["fault_share"].values())
    return Outcome(release, redact(f"{out.url.rstrip('/')}/report.html"), fresh, share > config.max_reject_share)


def dry_run(config: MineConfig, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Count the snapshot and describe the graph without writing anything."""
    needs.check(config)
    source = open_source(config)
    beam_options(config)
    enrichers.prepare(config)
    first_contact(source, config, "nothing was listed", say)
    memory = Folder(f"memory://pmcmine-dry-run-{time.monotonic_ns()}")
    frozen = snapshots.freeze(
        source.entries(None), source.kind, config.limit, config.block_articles, memory, asked=config.pmcid
    )
    absent = snapshots.absent(memory, frozen)
    memory.remove_tree()
    return {
        "source": redact(config.source),
        "kind": source.kind,
        "snapshot": asdict(frozen),
        "not_in_source": absent,
        "runner": config.runner,
        "groups": list(config.groups),
        "out": redact(config.out),
        "steps": [
            f"mine: {frozen.n_blocks} blocks of about {-(-frozen.n_pmcids // frozen.n_blocks)} PMCIDs, "
            f"{fetch_keys(config, source.remote, frozen.n_blocks)} at once at the most",
            f"near: {'clusters of near duplicates' if config.near_duplicates else 'not asked for'}",
            "assemble: duplicates, splits, shards, tables",
            "release: sums, cards, report, release.json",
        ],
    }
