"""Implement `--runner slurm`: submit an array job that mines and a job after it for the rest; and run these jobs.

The launcher, on a login node, freezes the snapshot and lists the missing blocks. Task i of the array mines its share of
them. The last job does the same as a resumed command with all blocks committed.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from pmcmine.config import ENV_PREFIX, MineConfig, load_config
from pmcmine.errors import PmcmineError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.lock import shared
from pmcmine.miner import enrichers
from pmcmine.miner.at_work import forget_starts
from pmcmine.release.begin import describe_difference
from pmcmine.release.layout import WORK
from pmcmine.release.mark import MARK, UpdateMark, parse_mark
from pmcmine.run.graphs import GraphsFor
from pmcmine.run.job import Job, Outcome, content
from pmcmine.run.progress import Progress
from pmcmine.run.slurm_scripts import (
    CONFIG,
    FINISH_SCRIPT,
    FOLDER,
    MINE_SCRIPT,
    array_size,
    check_lines,
    finish_script,
    mine_script,
    share_of,
    shares,
)
from pmcmine.run.slurm_site import ask, check_script, check_site, queue, sbatch
from pmcmine.run.start import begun, updating
from pmcmine.run.steps import blocks_to_mine, changed_blocks, find_changes, missing, nothing_changed, nothing_to_do
from pmcmine.sources import first_contact, open_source
from pmcmine.text.redact import is_masked
from pmcmine.work.delta import removes_only
from pmcmine.work.manifest import read_manifest

PLAN: Final = f"{FOLDER}/plan.json"
JOBS: Final = f"{FOLDER}/jobs.json"
FAILED: Final = f"{FOLDER}/failed"
_LOCK_SECONDS: Final = 300.0  # the launcher releases the folder once both jobs are submitted


@dataclass(frozen=True, slots=True)
class SlurmPlan:
    """The submission.

    Attributes:
        blocks: blocks that the array mines.
        tasks: number of its tasks; 0 if there is nothing to mine.
        update: the update, if it is one.
    """

    blocks: tuple[int, ...]
    tasks: int
    update: UpdateMark | None = None


@dataclass(frozen=True, slots=True)
class Jobs:
    """Ids of the submitted jobs.

    Attributes:
        finish: the job after the array.
        mine: the array; None if nothing was to be mined.
    """

    finish: str
    mine: str | None = None

    def ids(self) -> list[str]:
        """Return all ids."""
        return [*filter(None, (self.mine, self.finish))]


_PLAN: Final = TypeAdapter(SlurmPlan)
_JOBS: Final = TypeAdapter(Jobs)


def submit_run(config: MineConfig, graphs_for: GraphsFor, progress: Progress) -> Jobs | None:
    """Freeze the snapshot here and submit the rest of a run; None if the release is already complete.

    Raises:
        PmcmineError: one line for the user.
    """
    max_size = _checked(config)
    with begun(config, graphs_for, progress) as job:
        if job is None:
            return None
        _, blocks = blocks_to_mine(job)
        return submit(job, blocks, max_size)


def submit_update(config: MineConfig, graphs_for: GraphsFor, asked: UpdateMark, progress: Progress) -> Jobs | Outcome:
    """Find new, changed and removed articles here, and submit the rest of an update; its outcome if there are none.

    Raises:
        PmcmineError: one line for the user.
    """
    max_size = _checked(config)
    with updating(config, graphs_for, asked, progress) as job:
        if isinstance(job, Outcome):
            return job
        assert job.old is not None
        blocks_to_mine(job)
        delta = find_changes(job, job.old)
        if nothing_to_do(job, job.old, delta):
            return nothing_changed(job, job.old)
        return submit(job, missing(job.work, changed_blocks(job.work, delta)), max_size)


def _checked(config: MineConfig) -> int:
    """Run all possible checks before anything is written; return the site's MaxArraySize.

    Raises:
        PmcmineError: one line, for a value that can't be written into a script, or that sbatch rejects.
    """
    check_lines(config, config.out, str(Path.cwd()))
    max_size = check_site(config)
    log, cwd = finish_log(Folder(config.out)), str(Path.cwd())
    check_script(mine_script(config, log, cwd, 1))
    check_script(finish_script(config, log, cwd, log))
    return max_size


def submit(job: Job, blocks: Sequence[int], max_size: int) -> Jobs:
    """Write the scripts and submit them.

    Args:
        job: the run, with its folder locked and its snapshot frozen.
        blocks: the blocks that are not committed.
        max_size: the site's MaxArraySize.

    Raises:
        PmcmineError: if jobs of an earlier submission are still in the queue, or sbatch refuses.
    """
    config, work = job.config, job.work
    _check_none_queued(work)
    work.remove_tree(FOLDER)
    tasks = array_size(len(blocks), config.slurm_tasks, max_size) if blocks else 0
    plan = SlurmPlan(tuple(blocks), tasks, job.old.mark if job.old is not None else None)
    work.write(PLAN, sealed.to_bytes(asdict(plan)), replace=True)
    stated, secret = split_config(config)
    work.write(CONFIG, sealed.to_bytes(stated), replace=True)
    where, cwd = str(Path(work.path()).absolute()), str(Path.cwd())
    if tasks:
        work.write(MINE_SCRIPT, mine_script(config, where, cwd, tasks).encode(), replace=True)
    work.write(FINISH_SCRIPT, finish_script(config, where, cwd, finish_log(job.out)).encode(), replace=True)
    mine = sbatch(f"{where}/{MINE_SCRIPT}", (), secret) if tasks else None
    after = (f"--dependency=afterok:{mine}", "--kill-on-invalid-dep=yes") if mine is not None else ()
    try:
        jobs = Jobs(sbatch(f"{where}/{FINISH_SCRIPT}", after, secret), mine)
    except PmcmineError:
        if mine is not None:
            ask("scancel", mine)
        raise
    work.write(JOBS, sealed.to_bytes(asdict(jobs)), replace=True)
    return jobs


def finish_log(out: Folder) -> str:
    """Return the path of the last job's log, beside the release folder."""
    return f"{Path(out.path()).absolute()}.slurm.log"


def split_config(config: MineConfig) -> tuple[dict[str, Any], dict[str, str]]:
    """Split a configuration into the content of its file for the jobs, and environment variables.

    Values that may hold credentials become variables, which sbatch passes on. SLURM keys stay with the launcher.
    """
    shown = config.content() | config.run()
    stated: dict[str, Any] = {}
    secret: dict[str, str] = {}
    for name, value in config.model_dump(mode="json").items():
        if value is None or name == "vocab_sha256" or (name.startswith("slurm_") and isinstance(value, str | list)):
            continue
        if is_masked(shown.get(name, value)):
            secret[f"{ENV_PREFIX}{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
        else:
            stated[name] = value
    stated["out"] = str(Path(Folder(config.out).path()).absolute())
    stated.setdefault("vocab", "none")
    if f"{ENV_PREFIX}VOCAB" in secret:
        del stated["vocab"]
    return stated, secret


def _check_none_queued(work: Folder) -> None:
    """Check that no job of an earlier submission is still in the queue.

    Raises:
        PmcmineError: if one is.
    """
    jobs = read_jobs(work)
    if jobs is None:
        return
    states = queue(jobs.ids())
    if states:
        raise PmcmineError(
            f"{work.url}: {len(states)} jobs of an earlier submission are in the queue still; wait for them "
            f"(`pmcmine status`), or end them: scancel {' '.join(jobs.ids())}"
        )


def read_jobs(work: Folder) -> Jobs | None:
    """Return the ids of the submitted jobs; None if nothing was submitted."""
    return sealed.record_or_none(work, JOBS, _JOBS.validate_python)


def read_slurm_plan(work: Folder) -> SlurmPlan | None:
    """Return the submission; None if nothing was submitted."""
    return sealed.record_or_none(work, PLAN, _PLAN.validate_python)


def job_config(path: str) -> tuple[MineConfig, SlurmPlan]:
    """Read the configuration of a job, and the submission, from the file named in its script.

    Raises:
        PmcmineError: one line, if it does not exist: this node does not share the folder.
    """
    work = Folder(str(Path(path).parents[1]))
    try:
        stated = sealed.parse(work.read(CONFIG), path, "run the same command again")
    except FileNotFoundError:
        raise PmcmineError(
            f"{path}: is not there on {socket.gethostname()}; --out must be a folder that all nodes share"
        ) from None
    plan = read_slurm_plan(work)
    if plan is None:
        raise PmcmineError(f"{work.url}/{PLAN}: is missing or damaged; run the same command again")
    return load_config(stated, updates=plan.update is not None), plan


def mine_share(config: MineConfig, plan: SlurmPlan, task: int, graphs_for: GraphsFor, progress: Progress) -> None:
    """Mine the blocks of one task that are not committed.

    Raises:
        PmcmineError: one line.
    """
    if not 0 <= task < plan.tasks:
        raise PmcmineError(f"task {task}: the array has {plan.tasks} tasks")
    work = Folder(config.out).child(WORK)
    with shared(work, _LOCK_SECONDS):
        mark = parse_mark(work.read(MARK), f"{work.url}/{MARK}", sealed.work_way_out(work))
        decided = config.content() if mark.update is not None else content(config)
        _check_same(mark.config, decided, work)
        share = share_of(task, plan.tasks, plan.blocks)
        todo = [block for block in share if read_manifest(work, block) is None]
        progress.note(f"task {task}: {len(share) - len(todo)} of {len(share)} blocks are committed")
        if not todo:
            return
        source = open_source(config)
        if not removes_only(work):
            enrichers.prepare(config)
            first_contact(source, config, f"task {task} mined nothing", progress.note)
        n_shares = shares(config, plan.tasks) if source.remote else len(todo)
        before = time.monotonic()
        try:
            graphs_for(config).mine(config, work, todo, n_shares)
        except KeyboardInterrupt:
            forget_starts(work)
            raise
        progress.note(f"task {task}: {len(todo)} blocks mined in {time.monotonic() - before:.0f} s")


def _check_same(begun: Mapping[str, Any], decided: Mapping[str, Any], work: Folder) -> None:
    """Check that this node produces the same release: models and plug-ins may differ between installations.

    Raises:
        PmcmineError: if it does not.
    """
    difference = describe_difference(begun, json.loads(json.dumps(dict(decided))))
    if difference:
        raise PmcmineError(
            f"{work.url}: was begun with another configuration than {socket.gethostname()} has ({difference})"
        )


def wait_for_launcher(config: MineConfig) -> None:
    """Wait until the launcher has released the work folder.

    Raises:
        PmcmineError: if it does not.
    """
    with shared(Folder(config.out).child(WORK), _LOCK_SECONDS):
        pass


@contextmanager
def note_failure(config: MineConfig, name: str) -> Iterator[None]:
    """Save the error line of a failing job for `pmcmine status`; that of an earlier attempt is removed."""
    work = Folder(config.out).child(WORK)
    note = f"{FAILED}/{name.replace(' ', '-')}"
    work.remove(note)
    try:
        yield
    except PmcmineError as error:
        if work.exists(PLAN):
            work.write(note, str(error).encode("utf-8", "replace"), replace=True)
        raise


def failures(work: Folder) -> dict[str, str]:
    """Return the error lines of failed jobs, by name."""
    return {name: work.read(f"{FAILED}/{name}", 2000).decode("utf-8", "replace") for name in work.names(FAILED)}
