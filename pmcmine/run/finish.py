"""Finish a run: check the balance, describe the release, move an update into place, write `release.json` last."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TypeVar

from pmcmine._version import __version__
from pmcmine.assemble.image_tables import kept_image_table
from pmcmine.assemble.reach import read_reach
from pmcmine.config import MineConfig
from pmcmine.describe.balance import Balance
from pmcmine.describe.croissant import TABLES_CROISSANT, published_day
from pmcmine.describe.report import make_report
from pmcmine.describe.report_counts import ReportCount
from pmcmine.duplicates.benchmark_sets import open_benchmarks
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.release.begin import sweep
from pmcmine.release.facts import (
    Counts,
    Decontamination,
    MatchedSet,
    RejectCount,
    RunFacts,
    Snapshot,
    UpdateFacts,
)
from pmcmine.release.hierarchy import HIERARCHY
from pmcmine.release.layout import (
    ARTEFACT,
    JOURNAL,
    NEXT,
    RELEASE,
    REMOVED,
    FileEntry,
    file_entry,
)
from pmcmine.release.metrics import Metrics
from pmcmine.release.plan import LEFT_OUT_PANELS, PANEL_SHARDS, PARQUET, SHARDS, Plan, file_name, parquet_name
from pmcmine.release.record import Journal, ReleaseRecord, write_journal
from pmcmine.release.scores import ScoreFacts
from pmcmine.release.written import WrittenFacts
from pmcmine.run.descriptions import Written, describe_datasets, place_of, rows_by, table_of
from pmcmine.run.job import Job
from pmcmine.run.metrics import export
from pmcmine.run.ownership import (
    REPORTS,
    check_landing,
    listed_names,
    read_listed,
    remove_work,
    write_announced,
    write_listed,
)
from pmcmine.run.stated_vocabulary import stated_vocabulary
from pmcmine.text.redact import redact_all
from pmcmine.update.models import statement
from pmcmine.update.scores import kept_scores
from pmcmine.update.written import kept_written
from pmcmine.work.balance import Tally, tally
from pmcmine.work.delta import read_delta, read_tombstones, removes_only
from pmcmine.work.exclusions import exclusions_to_keep
from pmcmine.work.manifest import Counted, Manifest, read_manifest
from pmcmine.work.records import (
    Clusters,
    FileRecord,
    ParquetRecord,
    ShardRecord,
    TableRecord,
    noted_files,
    parquet_record_of,
    read_clusters,
    records_below,
    shard_record_of,
    table_record,
    table_record_of,
)
from pmcmine.work.state import STATE, old_counts, part_file, state_record
from pmcmine.work.state_file import STATE_FILE, read_state, write_state

_AnyRecord = TypeVar("_AnyRecord", bound=FileRecord)


def _decontamination(config: MineConfig, totals: Tally, out: Folder) -> Decontamination | None:
    """Describe the benchmark sets, with the number of matches in the corpus."""
    if config.decontaminate_sha256 is None:
        return None
    sets = open_benchmarks(config.out, config.decontaminate_sha256).sets
    kinds = ("image", "caption", "paragraph")
    matched = [{k: totals.counts[f"benchmark/{s.name}/{k}"] for k in kinds} for s in sets]
    described = [MatchedSet(**redact_all(asdict(s)), matched=m) for s, m in zip(sets, matched, strict=True)]
    return Decontamination(config.decontaminate_action, config.decontaminate_sha256, tuple(described))


def _manifests(work: Folder, n_blocks: int) -> Iterator[Manifest]:
    for block in range(n_blocks):
        manifest = read_manifest(work, block)
        if manifest is None:
            raise PmcmineError(f"{work.url}: block {block} is not committed; run the same command again")
        yield manifest


def mined(job: Job, n_blocks: int) -> Iterator[Manifest]:
    """Yield manifests of mined blocks: all, or in an update those that exist."""
    if job.old is None:
        yield from _manifests(job.work, n_blocks)
        return
    found = (read_manifest(job.work, block) for block in range(n_blocks))
    yield from (manifest for manifest in found if manifest is not None)


def _counted(job: Job, n_blocks: int) -> Iterator[Counted]:
    """Yield the terms of the balance: mined blocks, and in an update the ledger for blocks that were not read."""
    if job.old is not None:
        for block in range(n_blocks):
            yield old_counts(job.work, block)
    yield from (part.counted() for manifest in mined(job, n_blocks) for part in manifest.parts)


def _records(plan: Plan, work: Folder) -> tuple[list[ShardRecord], list[TableRecord]]:
    """Return records of all shards, including those of panels, and of all table files."""
    shards: list[ShardRecord] = []
    tables: list[TableRecord] = []
    untouched = _untouched(plan, work)
    for dataset in (SHARDS, PANEL_SHARDS):
        shards += shard_records(work, dataset)
        for entry in untouched:
            if entry.name.startswith(f"{dataset}/"):
                shards.append(ShardRecord(entry.name, entry.sha256, entry.bytes, entry.rows or 0, kept=True))
        found = {record.name for record in shards}
        for d, group, split, path in plan.shard_paths():
            if d == dataset and plan.base is None and f"{d}/{path}" not in found and plan.count(d, group, split) > 1:
                raise PmcmineError(f"{work.url}: {d}/{path} is missing; run the same command again")
    for (table, group, split), n in sorted(plan.files.items()):
        for i in range(n):
            tables.append(table_record_of(work, table_record(file_name(table, group, split, i, n))))
    return shards, tables


def shard_records(work: Folder, dataset: str) -> list[ShardRecord]:
    """Return the records of the shards that a run wrote or checked, without the places of their samples."""
    names = records_below(work, f"assembled/{dataset}")
    return [replace(shard_record_of(work, name), places=()) for name in names]


def _untouched(plan: Plan, work: Folder) -> list[FileEntry]:
    """Return the entries of shards that an update kept without reading them."""
    base = plan.base.files if plan.base is not None else {}
    return [base[name] for name in read_reach(work).untouched(plan)]


def _parquet_records(plan: Plan, work: Folder) -> list[ParquetRecord]:
    """Return records of the files of `shards-parquet`."""
    found = [parquet_record_of(work, name) for name in records_below(work, f"assembled/{PARQUET}")]
    base = plan.base.files if plan.base is not None else {}
    for entry in _untouched(plan, work):
        if entry.name.startswith(f"{SHARDS}/"):
            kept = f"{PARQUET}/{parquet_name(entry.name.removeprefix(f'{SHARDS}/'))}"
            found.append(kept_image_table(base[kept], work))
    return found


def _panels_left_out(plan: Plan, work: Folder, tables: Sequence[TableRecord]) -> int:
    """Count the panels of figures that are left out of train."""
    if read_reach(work).shards is None:
        return sum(table.panels_left_out or 0 for table in tables)
    records = records_below(work, f"assembled/{LEFT_OUT_PANELS}")
    files = [f for name in records for f in noted_files(work, name)] + _untouched(plan, work)
    return sum(f.rows or 0 for f in files if f.name.startswith(f"{LEFT_OUT_PANELS}/") and f.name.endswith(".tar"))


def _write_state(job: Job, plan: Plan) -> None:
    """Write `state.json`: the plan, and all files of the state, including old ones that stay."""
    work = job.work
    files: list[FileEntry] = []
    for name in records_below(work, f"assembled/{STATE}"):
        files += noted_files(work, name)  # of a part, of a left-out shard, or of its index
    if job.old is not None:
        written = {state_record(b) for b in range(plan.n_blocks) if work.exists(state_record(b))}
        for block in range(plan.n_blocks):
            if state_record(block) not in written:
                kinds = ("bin", "ledger", "index", "near")
                files += [job.old.files[part_file(kind, block)] for kind in kinds]
        for entry in _untouched(plan, work):
            if entry.name.startswith(f"{STATE}/"):
                files += [entry, job.old.files[f"{entry.name}.json"]]
    excluded = exclusions_to_keep(work, job.config.exclude_sha256)
    files += [file_entry(name, data) for name, data in excluded.items()]
    write_announced(job.target, work, excluded | {STATE_FILE: write_state(plan, files)})


def _reject_counts(totals: Tally) -> tuple[RejectCount, ...]:
    return tuple(RejectCount(*key, n) for key, n in sorted(totals.rejects.items()))


def _counts(totals: Tally, written: Written, near: Clusters | None) -> Counts:
    """Return the counts of the release."""
    return Counts(
        totals.sums,
        _reject_counts(totals),
        rows_by(written.crops, place_of),
        rows_by(written.pairs, place_of),
        rows_by(written.tables, table_of),
        totals.faults(),
        dict(near.counts) if near is not None else None,
        rows_by(written.parquet, place_of) if written.parquet is not None else None,
    )


def _totals(
    job: Job,
    frozen: Snapshot,
    plan: Plan,
    shards: Sequence[ShardRecord],
    tables: Sequence[TableRecord],
    parquet: Sequence[ParquetRecord] | None,
) -> Tally:
    """Sum everything mined and written."""
    tombstones = read_tombstones(job.work)
    carried = len(tombstones.added) + tombstones.still_valid
    left_out = _panels_left_out(plan, job.work, tables)
    counted, near = _counted(job, frozen.n_blocks), read_clusters(job.work)
    return tally(counted, frozen.n_versions, shards, tables, near, carried, parquet, left_out)


def _carried(
    job: Job, files: Sequence[FileEntry], cards: Mapping[str, bytes]
) -> tuple[tuple[ScoreFacts, ...], tuple[WrittenFacts, ...], list[FileEntry]]:
    """Return the scores and texts that are still valid, and the entries of files that are not remade."""
    old = job.old.record if job.old is not None else None
    scores, found, score_cards = kept_scores(old, files)
    written, texts, text_cards = kept_written(old, files, job.out, published_day(cards[TABLES_CROISSANT]))
    found += texts
    write_announced(job.target, job.work, score_cards | text_cards)
    if job.config.decontaminate_sha256 is not None:
        found.append(file_entry(ARTEFACT, job.out.read(ARTEFACT)))
    if job.old is not None:
        found += [f for f in job.old.record.files if REMOVED.fullmatch(f.name) and f.name not in cards]
    return scores, written, found


def finish(
    job: Job,
    frozen: Snapshot,
    plan: Plan,
    run_facts: RunFacts,
    times: dict[str, float],
    started: float,
) -> ReleaseRecord:
    """Check the balance, describe the release, and write `release.json` last."""
    config, work, target = job.config, job.work, job.target
    shards, tables = _records(plan, work)
    near = read_clusters(work)
    parquet = _parquet_records(plan, work) if config.parquet_images else None
    totals = _totals(job, frozen, plan, shards, tables, parquet)
    totals.check()
    written = Written(
        [s for s in shards if s.name.startswith(f"{SHARDS}/")],
        [s for s in shards if s.name.startswith(f"{PANEL_SHARDS}/")],
        tables,
        parquet,
    )
    said = statement(config, job.old.record if job.old is not None else None, labels=not removes_only(work))
    vocabulary, hierarchy = stated_vocabulary(job)
    cards, made_of, credit = describe_datasets(job, frozen, totals, written, vocabulary, said.models)
    cards |= {HIERARCHY: hierarchy} if hierarchy is not None else {}
    updates = _updates(job, [*shards, *(parquet or ())], tables, cards)
    write_announced(target, work, cards)
    files = [r.entry() for r in (*shards, *(parquet or ()), *tables)]
    files += [credit, *(file_entry(name, data) for name, data in cards.items())]
    scores, texts, carried_files = _carried(job, files, cards)
    files += carried_files
    if config.keep_state:
        _write_state(job, plan)
    seconds = time.monotonic() - started
    release = ReleaseRecord(
        pmcmine=__version__,
        config=config.content() | {"models": said.hashes},
        snapshot=frozen,
        seed=config.seed,
        counts=_counts(totals, written, near),
        vocabulary=vocabulary,
        classifiers=said.models,
        enrichers=said.enrichers,
        decontamination=_decontamination(config, totals, job.out),
        splits_moved=dict(sorted(plan.moved.items())),
        updates=updates,
        files=tuple(sorted(files, key=lambda f: f.name)),
        run=replace(run_facts, seconds=round(seconds, 1)),
        scores=scores,
        written=texts,
    )
    journal = Journal(release, _metrics(totals, times, seconds, files))
    if job.old is not None:
        listed = listed_names(job.old.record, job.old.files.values())
        check_landing(job.out, target.walk(), listed)
        write_listed(work, listed)
        write_journal(work, journal)
    return finish_update(job.out, work, journal, config, made_of)


def _updates(
    job: Job, shards: Sequence[FileRecord], tables: Sequence[TableRecord], cards: dict[str, bytes]
) -> tuple[UpdateFacts, ...]:
    """Return all updates of the release, and add the file that lists the samples that this one removes."""
    if job.old is None:
        return ()
    old, mark = job.old.record, job.old.mark
    written = {r.name: r.entry() for r in (*shards, *tables) if not r.kept}
    kept = {r.name for r in (*shards, *tables) if r.kept}
    removed = job.old.removed_keys(job.target, written.values(), kept)
    delta = read_delta(job.work)
    assert delta is not None, "an update has changes"
    this = UpdateFacts(
        date=mark.date,
        tag=mark.tag,
        from_snapshot=old.snapshot.sha256,
        articles=dict(delta.counts),
        removed_samples=len(removed),
        rewritten=tuple(sorted(n for n in written if n in job.old.files)),
        added=tuple(sorted(n for n in written if n not in job.old.files)),
    )
    if removed:
        cards[f"{SHARDS}/removed/{mark.tag}.txt"] = "".join(f"{key}\n" for key in removed).encode()
    return (*old.updates, this)


def finish_update(
    out: Folder, work: Folder, journal: Journal, config: MineConfig, made_of: tuple[Balance, ReportCount] | None = None
) -> ReleaseRecord:
    """Move the files collected by an update into place, and write report and `release.json`; repeatable after a kill.

    Args:
        out: the release folder.
        work: the run's work folder.
        journal: the release, and its metrics.
        config: the configuration.
        made_of: the composition of the release; None to compute it.
    """
    release, metrics = journal.release, journal.metrics
    gathered = work.child(NEXT)
    listed = read_listed(work)
    new = gathered.walk()
    check_landing(out, new, listed)
    for name in new:
        out.take(gathered, name)
    state = [STATE_FILE, *(f.name for f in read_state(out).files)] if config.keep_state else []
    sweep(out, [*(f.name for f in release.files), *state], listed)
    report = make_report(release, metrics, out, made_of)
    metrics_bytes = json.dumps(metrics.to_object(), indent=1).encode()
    reports = dict(zip(REPORTS, (report, metrics_bytes), strict=True))
    write_announced(out, work, reports, listed)
    beside = [file_entry(name, data) for name, data in reports.items()]
    if config.keep_state:
        beside.append(file_entry(STATE_FILE, out.read(STATE_FILE)))
    release = replace(release, run=replace(release.run, files=tuple(beside)))
    write_announced(out, work, {RELEASE: release.to_bytes()}, listed)
    if not config.keep_work:
        remove_work(work)
    else:
        work.remove(JOURNAL)
        work.remove_tree("tmp")
    if config.metrics is not None:
        export(metrics, config.metrics)
    return release


def _metrics(totals: Tally, times: Mapping[str, float], seconds: float, files: Sequence[FileEntry]) -> Metrics:
    """Collect the values that vary between runs (times, rates, memory), and counts per stage."""
    mine = times.get("mine")
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    written = {top: sum(f.bytes for f in files if f.name.startswith(f"{top}/")) for top in ("shards", "tables")}
    return Metrics(
        seconds=round(seconds, 3),
        seconds_by_step=dict(times),
        cpu_seconds=round(sum(u.ru_utime + u.ru_stime for u in (own, children)), 2),
        peak_memory_bytes=own.ru_maxrss * 1024,
        articles_per_second=round(totals.counts["pmcids"] / mine, 2) if mine else None,
        images_per_second=round(totals.counts["media_read"] / mine, 2) if mine else None,
        stages=totals.sums,
        rejects=_reject_counts(totals),
        bytes={
            "xml": totals.counts["xml_bytes"],
            "media": totals.counts["media_bytes"],
            **{f"{top}_written": n for top, n in written.items()},
        },
        counts=dict(sorted(totals.counts.items())),
    )
