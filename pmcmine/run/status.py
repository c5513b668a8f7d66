"""Report the progress of a run from another process, from its work folder, and from the queue for SLURM."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pmcmine.errors import ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.release.layout import RELEASE, WORK
from pmcmine.release.mark import UpdateMark, find_mark
from pmcmine.release.plan import read_plan
from pmcmine.release.record import load_release
from pmcmine.run.slurm import Jobs, SlurmPlan, failures, finish_log, read_jobs, read_slurm_plan
from pmcmine.run.slurm_scripts import FOLDER, share_of
from pmcmine.run.slurm_site import queue
from pmcmine.run.steps import changed_blocks
from pmcmine.work import snapshot as snapshots
from pmcmine.work.delta import read_delta
from pmcmine.work.manifest import MANIFEST, block_folder

_SIGN_SECONDS: Final = 600.0  # maximum age of the last heartbeat of a block being mined
_RECENT: Final = 100  # committed blocks used to measure the rate


@dataclass(frozen=True, slots=True)
class BlockSigns:
    """The state of one block, as visible in the work folder.

    Attributes:
        committed: time of its commit, seconds since 1970; None if it is not committed.
        seen: time of its miner's last heartbeat; None if none has started.
    """

    committed: float | None
    seen: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """The progress of a run.

    Attributes:
        step: current step: snapshot, mine, assemble, or complete.
        blocks: number of blocks to mine.
        done: committed blocks.
        running: blocks being mined.
        interrupted: blocks without a heartbeat of their miner; they will be mined again.
        articles: articles of the snapshot, 0 if unknown.
        mined: mined articles.
        rate: recent articles per second; 0 if unknown.
        assembled: written files.
        files: estimated total number of files; 0 before the plan.
    """

    step: str
    blocks: int = 0
    done: int = 0
    running: int = 0
    interrupted: int = 0
    articles: int = 0
    mined: int = 0
    rate: float = 0.0
    assembled: int = 0
    files: int = 0

    @property
    def seconds_left(self) -> float | None:
        """Return the time until all articles are mined; None if unknown."""
        return (self.articles - self.mined) / self.rate if self.rate > 0 else None


def read_status(out: Folder, at_work: bool | None = None) -> Status:
    """Read the progress of the run in a release folder.

    Args:
        out: the release folder.
        at_work: whether one of its jobs is running; None if unknown.

    Raises:
        ReleaseError: if there is neither a release nor a run.
    """
    work = out.child(WORK)
    mark = find_mark(work)
    if mark is None:
        if out.exists(RELEASE):
            return Status("complete")
        raise ReleaseError(f"{out.url}: no release, and no run that was begun")
    if out.exists(RELEASE) and (mark.update is None or _landed(out, mark.update)):
        return Status("complete")  # and its work folder is kept, or about to be removed
    frozen = snapshots.load(work)
    if frozen is None:
        return Status("snapshot")
    blocks: Sequence[int] = range(frozen.n_blocks)
    articles = frozen.n_pmcids
    if mark.update is not None:
        delta = read_delta(work)
        if delta is None:
            return Status("snapshot")
        blocks = changed_blocks(work, delta)
        articles = sum(n for what, n in delta.counts.items() if what != "gone")
    now = time.time()
    signs = {block: _signs(work, block) for block in blocks}
    live = [s for s in signs.values() if s.committed is None and s.seen is not None]
    running = len([s for s in live if now - (s.seen or 0.0) < _SIGN_SECONDS]) if at_work is not False else 0
    counts = {block: _counts(work, block) for block in blocks}
    done = {block: s.committed for block, s in signs.items() if s.committed is not None}
    mined = sum(c["pmcids"] for c in counts.values())
    rate = rate_of([(t, counts[block]["pmcids"]) for block, t in done.items()], now) if at_work is not False else 0.0
    plan = read_plan(work) if len(done) == len(blocks) else None
    files = len(plan.shard_paths()) + sum(plan.files.values()) if plan is not None else 0
    return Status(
        "mine" if len(done) < len(blocks) else "assemble", len(blocks), len(done), running, len(live) - running,
        articles, mined, rate, len(work.walk("assembled")) if plan is not None else 0, files,
    )  # fmt: skip


def _landed(out: Folder, update: UpdateMark) -> bool:
    """Check whether a release includes an update."""
    return any(known.tag == update.tag for known in load_release(out).updates)


def rate_of(done: Iterable[tuple[float, int]], now: float) -> float:
    """Compute articles per second from the commit times and article counts of the last blocks."""
    last = sorted(done)[-_RECENT:]
    if len(last) < 2 or now - last[-1][0] > _SIGN_SECONDS:
        return 0.0
    # The first one only starts the clock.
    return sum(n for _, n in last[1:]) / max(now - last[0][0], 1e-3)


def _signs(work: Folder, block: int) -> BlockSigns:
    """Check the files of a block; on a remote file system, each started block counts as running."""
    home = block_folder(block)
    if not work.is_local:
        names = work.names(home)
        began = any(name.startswith("started-") for name in names)
        return BlockSigns(0.0 if MANIFEST in names else None, time.time() if began else None)
    folder = Path(work.path(home))
    committed = _changed(folder / MANIFEST)
    markers = [t for p in folder.glob("started-*") if (t := _changed(p)) is not None] if committed is None else []
    if not markers:
        return BlockSigns(committed, None)
    return BlockSigns(None, max(*markers, _changed(Path(work.path(f"progress/{block:06d}.json"))) or 0.0))


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None


def _counts(work: Folder, block: int) -> Counter[str]:
    """Return the totals of a block, as last reported by its miner."""
    try:
        said = json.loads(work.read(f"progress/{block:06d}.json"))
    except (FileNotFoundError, ValueError, RecursionError):
        return Counter()
    # A damaged file may hold anything; only counts are summed.
    return Counter({k: n for k, n in said.items() if type(n) is int and n >= 0} if isinstance(said, dict) else {})


@dataclass(frozen=True, slots=True)
class SlurmStatus:
    """The jobs of a run.

    Attributes:
        jobs: their ids.
        states: number of jobs in the queue by step and state; None if squeue can't be queried.
        failed: a line for each job that left the queue without completing its work, by name.
    """

    jobs: Jobs
    states: Mapping[str, Counter[str]] | None
    failed: Mapping[str, str]

    @property
    def running(self) -> bool | None:
        """Check whether a job is running; None if unknown."""
        return None if self.states is None else any(n["running"] for n in self.states.values())


def read_slurm_status(out: Folder) -> SlurmStatus | None:
    """Read the state of the jobs submitted for a release; None if there are none, or it is complete."""
    work = out.child(WORK)
    jobs, plan = read_jobs(work), read_slurm_plan(work)
    if jobs is None or plan is None:
        return None
    queued = queue(jobs.ids())
    if queued is None:
        return SlurmStatus(jobs, None, failures(work))
    states: dict[str, Counter[str]] = {"mine": Counter(), "finish": Counter()}
    for name, state in queued.items():
        states["finish" if name == jobs.finish else "mine"][state] += 1
    return SlurmStatus(jobs, states, _failed(out, work, jobs, plan, queued))


def _failed(out: Folder, work: Folder, jobs: Jobs, plan: SlurmPlan, queued: Mapping[str, str]) -> dict[str, str]:
    """Return the reasons of failed jobs: those that left the queue without completing their work."""
    said = failures(work)
    failed = {}
    for task in range(plan.tasks):
        share = share_of(task, plan.tasks, plan.blocks)
        if f"{jobs.mine}_{task}" in queued or all(work.exists(f"{block_folder(b)}/{MANIFEST}") for b in share):
            continue
        log = f"{FOLDER}/mine-{task}.log"
        failed[f"task {task}"] = said.get(f"task-{task}") or _no_words(work.path(log), work.exists(log))
    if jobs.finish not in queued and not failed:
        log = finish_log(out)
        failed["finish"] = said.get("finish") or _no_words(log, Path(log).exists())
    return failed


def _no_words(log: str, there: bool) -> str:
    if there:
        return f"ended without an error of its own: killed, out of memory, or out of time; see {log}"
    return "ended without a log: cancelled, or its node does not share the release folder, which it must"
