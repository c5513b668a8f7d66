"""Preview a run or an update: the list of articles is read, and nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.miner import enrichers
from pmcmine.release.facts import Snapshot
from pmcmine.release.layout import JOURNAL, RELEASE, WORK
from pmcmine.release.mark import UpdateMark, find_mark
from pmcmine.release.record import check_seal, load_release
from pmcmine.run import needs
from pmcmine.run.graphs import GraphsFor
from pmcmine.run.shares import fetch_keys
from pmcmine.run.start import check_asked, names_only_articles, requests
from pmcmine.run.steps import freeze_before, not_retried, refusal
from pmcmine.sources import first_contact, open_source
from pmcmine.sources.base import Source
from pmcmine.text.redact import redact
from pmcmine.update.differences import differences, n_labelled
from pmcmine.update.exclusions import reached_by
from pmcmine.update.models import check_models, other_models
from pmcmine.update.old_release import open_old_release
from pmcmine.work import snapshot as snapshots
from pmcmine.work.delta import Delta, damaged_articles
from pmcmine.work.exclusions import kept_exclusions


def _jobs(config: MineConfig, n_blocks: int) -> dict[str, Any]:
    """Return the resources that the jobs would request from SLURM; the site may allow fewer tasks."""
    tasks = min(n_blocks, config.slurm_tasks)
    return {
        "partition": config.slurm_partition,
        "account": config.slurm_account,
        "time": config.slurm_time,
        "memory": config.slurm_memory,
        "cpus": config.slurm_cpus,
        "tasks": tasks,
        "at_once": min(tasks, config.slurm_at_once or tasks),
        "options": list(config.slurm_options),
        "finish_options": list(config.slurm_finish_options),
    }


def _listed(source: Source, config: MineConfig, say: Callable[[str], None]) -> tuple[Snapshot | None, list[str]]:
    """List a source in memory; return the snapshot, and the requested PMCIDs that are not in it.

    Without an answer of its host there is no snapshot: the plan can be described without a list.
    """
    try:
        first_contact(source, config, "nothing was listed", say)
    except PmcmineError as error:
        say(str(error))
        return None, []
    with _in_memory() as memory:
        frozen = _freeze(source, config, memory)
        return frozen, snapshots.absent(memory, frozen)


@contextmanager
def _in_memory() -> Iterator[Folder]:
    """Yield a folder in memory, and remove it afterwards."""
    memory = Folder(f"memory://pmcmine-dry-run-{time.monotonic_ns()}")
    try:
        yield memory
    finally:
        memory.remove_tree()


def _freeze(source: Source, config: MineConfig, memory: Folder, n_blocks: int | None = None) -> Snapshot:
    entries = source.entries(None)
    return snapshots.freeze(
        entries, source.kind, config.limit, config.block_articles, memory, n_blocks, asked=config.pmcid
    )


def _mining(frozen: Snapshot | None, config: MineConfig, n_blocks: int, remote: bool) -> str:
    """State the number of blocks, and how many are mined in parallel."""
    if frozen is None:
        blocks = f"blocks of about {config.block_articles} PMCIDs"
    else:
        blocks = f"{frozen.n_blocks} blocks of about {-(-frozen.n_pmcids // frozen.n_blocks)} PMCIDs"
    if config.runner == "slurm":
        return f"{blocks}, divided among the tasks; each task mines at most {config.slurm_cpus} of its blocks at once"
    return f"{blocks}, at most {fetch_keys(config, remote, n_blocks)} at once"


def _most_blocks(config: MineConfig) -> int:
    """Return how many blocks there are at most, by what is asked for alone."""
    asked = [n for n in (config.limit, len(config.pmcid)) if n]
    return -(-min(asked) // config.block_articles) if asked else max(config.slurm_tasks, config.workers)


def dry_run(
    config: MineConfig, graphs_for: GraphsFor, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Count the snapshot and describe the graph without writing anything.

    The plan can be previewed even if the source does not answer; then `snapshot` is None.
    """
    needs.check(config)
    requests(config)
    source = open_source(config)
    graphs_for(config)
    enrichers.prepare(config)
    frozen, absent = _listed(source, config, say)
    n_blocks = frozen.n_blocks if frozen is not None else _most_blocks(config)
    return {
        "source": redact(config.source),
        "kind": source.kind,
        "snapshot": asdict(frozen) if frozen is not None else None,
        "not_in_source": absent,
        "runner": config.runner,
        "groups": list(config.groups),
        "out": redact(config.out),
        **({"jobs": _jobs(config, n_blocks)} if config.runner == "slurm" else {}),
        "steps": [
            f"mine: {_mining(frozen, config, n_blocks, source.remote)}",
            f"near: {'clusters of near duplicates' if config.near_duplicates else 'not asked for'}",
            "assemble: duplicates, splits, shards, tables",
            "release: sums, cards, report, release.json",
        ],
    }


def dry_update(
    config: MineConfig, mark: UpdateMark | None = None, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Compare today's list of articles with that of a release, in memory; writes nothing and takes no lock.

    Args:
        config: the configuration of the release; `config.out` is its folder.
        mark: the requested update.
        say: receives messages.

    Returns:
        Numbers of PMCIDs by what an update would do with them, and how many it reads.

    Raises:
        PmcmineError: one line for the user.
    """
    mark = mark or UpdateMark()
    check_asked(config, mark)
    needs.check(config)
    out = Folder(config.out)
    work = out.child(WORK)
    if not out.exists(RELEASE):
        raise PmcmineError(f"{config.out}: no {RELEASE}; this is not a release, or it is not complete yet")
    if work.exists(JOURNAL):
        raise PmcmineError(f"{config.out}: an update was killed before it finished; run `pmcmine update` again")
    asked, _ = requests(config)
    record = check_seal(load_release(out), f"{out.url}/{RELEASE}")
    if not config.exclude:
        check_models(config, record)
    source = open_source(config)
    if not (mark.exclude_only and names_only_articles(asked)):
        first_contact(source, config, "nothing was listed", say)
    old = open_old_release(out, work, mark)
    held = kept_exclusions(out, old.record.config.get("exclude_sha256"))
    excluded = reached_by(old, held, asked.applied(held))
    begun = find_mark(work)
    ended = {update.tag for update in old.record.updates}
    unfinished = begun is not None and begun.update is not None and begun.update.tag not in ended
    damaged = damaged_articles(work) if unfinished else frozenset[str]()
    with _in_memory() as memory:
        if mark.exclude_only:
            frozen = freeze_before(old, config, memory)
        else:
            frozen = _freeze(source, config, memory, old.plan.n_blocks)
        found = differences(old, lambda block: snapshots.read_block(memory, block), damaged, excluded)
        changes = [changed for _, changed in found]
    counts = {what: sum(len(getattr(c, what)) for c in changes) for what in ("new", "changed", "retried", "gone")}
    delta = Delta(counts, (), labelled=sum(n_labelled(c, excluded) for c in changes))
    if not delta.removes_only and (others := other_models(config, record)) is not None:
        if delta.labelled:
            raise PmcmineError(refusal(others, delta, mark.exclude_only))
        say(not_retried(delta))
        counts["retried"] = 0
    return {
        "source": redact(config.source),
        "kind": source.kind,
        "release": redact(config.out),
        "snapshot": asdict(frozen),
        "articles": counts,
        "read": sum(n for what, n in counts.items() if what != "gone"),
        "all_files": mark.compact,
        "unfinished": unfinished,
    }
