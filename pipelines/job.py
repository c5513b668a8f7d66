"""`pmcmine mine` from end to end: freeze, mine, plan, assemble, check, describe."""

from __future__ import annotations

import json
import logging
import platform
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any

import apache_beam as beam

from pipelines import assemble as assemble_job
from pipelines import mine as mine_job
from pipelines import near as near_job
from pipelines.progress import Progress
from pipelines.runners import beam_options, fetch_keys, local_workers, make_runner
from pmcmine import enrichers
from pmcmine import snapshot as snapshots
from pmcmine._version import __version__
from pmcmine.assemble.attribution import ATTRIBUTION, attribution
from pmcmine.assemble.cards import shards_card, shards_schema, tables_card, tables_schema
from pmcmine.assemble.croissant import shards_croissant, tables_croissant
from pmcmine.assemble.datasheet import CITATION, DATASHEET, citation, datasheet
from pmcmine.assemble.plan import PANEL_SHARDS, PLAN, SHARDS, Base, Plan, file_name, make_plan, make_update_plan
from pmcmine.assemble.tables import table_record
from pmcmine.block import forget_starts, read_manifest
from pmcmine.bundle import Source
from pmcmine.concepts.article import release_vocabulary
from pmcmine.config import MineConfig
from pmcmine.duplicates.candidates import count_repeated
from pmcmine.duplicates.clusters import cluster, read_clusters, with_clusters
from pmcmine.duplicates.decontaminate import open_benchmarks, read_benchmarks
from pmcmine.errors import PmcmineError
from pmcmine.increments.base import inc_tag, make_fresh_plan, open_base, removed_keys
from pmcmine.increments.delta import DELTA, read_delta, write_deltas
from pmcmine.increments.state import STATE, STATE_FILE, ledger_counts, old_part, part_file, read_state, state_record
from pmcmine.increments.tombstones import read_tombstones, write_tombstones
from pmcmine.lock import held
from pmcmine.observe import export
from pmcmine.publish.stream import publishing
from pmcmine.release import (
    ARTEFACT,
    JOURNAL,
    NEXT,
    RELEASE,
    REMOVED,
    WORK,
    begin,
    begin_update,
    check_folder,
    describe_difference,
    file_entry,
    load_release,
    sweep,
)
from pmcmine.report import make_report
from pmcmine.snapshot import Snapshot
from pmcmine.sources import open_source
from pmcmine.storage import Folder
from pmcmine.sums import Tally, tally
from schemas.panel_sample import PanelSample
from schemas.sample import Sample

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        release: the content of `release.json`.
        report: address of the report.
        fresh: False where the release was whole before.
        above_threshold: whether more was rejected for faults than the configuration allows.
    """

    release: Mapping[str, Any]
    report: str
    fresh: bool
    above_threshold: bool


@dataclass(frozen=True)
class Update:
    """What an update starts from.

    Attributes:
        release: content of `release.json`.
        base: the release as the assembler takes it.
        plan: its plan.
        date: day of the update, YYYY-MM-DD.
    """

    release: Mapping[str, Any]
    base: Base
    plan: Plan
    date: str


@dataclass(frozen=True)
class Job:
    """One run.

    Attributes:
        config: the configuration.
        source: the source.
        options: options for Beam.
        out: the release folder.
        work: the run's work folder.
        progress: told what happens.
        update: the release that it starts from, where it does.
    """

    config: MineConfig
    source: Source
    options: Any
    out: Folder
    work: Folder
    progress: Progress
    update: Update | None = None

    @property
    def target(self) -> Folder:
        """Where files of the release are written: an update gathers them, and moves them into place at its end."""
        return self.out if self.update is None else self.work.child(NEXT)


def run(config: MineConfig, progress: Progress) -> Outcome:
    """Make the release that a configuration describes, or go on with it.

    Raises:
        PmcmineError: one line for the user.
    """
    source = open_source(config)
    options = beam_options(config)
    enrichers.prepare(config)
    out = Folder(config.out)
    config, benchmarks = _with_benchmarks(config)
    content = _content(config)
    if check_folder(out, content):
        return _outcome(load_release(out), config, out, fresh=False)
    work = out.child(WORK)
    with held(work):
        begin(out, content)
        if benchmarks is not None:
            out.write(ARTEFACT, benchmarks, replace=True)
        return _guarded(Job(config, source, options, out, work, progress))


def submit_mine(config: MineConfig) -> Any:
    """Submit the mine graph alone and return its result without waiting; None where every block is committed.

    Raises:
        PmcmineError: one line for the user.
    """
    source = open_source(config)
    options = beam_options(config)
    enrichers.prepare(config)
    out = Folder(config.out)
    config, benchmarks = _with_benchmarks(config)
    content = _content(config)
    if check_folder(out, content):
        return None
    work = out.child(WORK)
    with held(work):
        begin(out, content)
        if benchmarks is not None:
            out.write(ARTEFACT, benchmarks, replace=True)
        job = Job(config, source, options, out, work, Progress(quiet=True))
        frozen = snapshots.load(work) or _freeze(job)
        todo = [b for b in range(frozen.n_blocks) if read_manifest(work, b) is None]
        if not todo:
            return None
        pipeline = beam.Pipeline(runner=make_runner(config), options=options)
        mine_job.build(pipeline, todo, fetch_keys(config, source.remote, frozen.n_blocks), config, work)
        return pipeline.run()


def update(config: MineConfig, date: str, compact: bool, progress: Progress) -> Outcome:
    """Bring a release up to date: what is new, changed or gone in its source, and nothing else, is read.

    Args:
        config: the configuration of the release; `config.out` is its folder.
        date: day of the update, YYYY-MM-DD, which the names of added shards hold.
        compact: give everything a place anew, as in a release made at once.
        progress: told what happens.

    Raises:
        PmcmineError: one line for the user.
    """
    out = Folder(config.out)
    work = out.child(WORK)
    if not out.exists(RELEASE) and not work.exists(JOURNAL):
        raise PmcmineError(f"{config.out}: no {RELEASE}; this is no release, or it is not whole yet")
    with held(work):
        if work.exists(JOURNAL):
            progress.note("an earlier update was killed while it moved its files into place: finishing it")
            return _outcome(_land(out, work, json.loads(work.read(JOURNAL)), config), config, out, fresh=True)
        tag = begin_update(work, config.content(), {"date": date, "tag": inc_tag(out, date), "compact": compact})
        described, base, old = open_base(out, tag["tag"], tag["compact"])
        difference = describe_difference(
            described["config"] | {"source": config.source, "inventory": config.inventory}, _content(config)
        )
        if difference:
            raise PmcmineError(f"{config.out}: a release is updated with the configuration it has ({difference})")
        source = open_source(config)
        options = beam_options(config)
        enrichers.prepare(config)
        return _guarded(Job(config, source, options, out, work, progress, Update(described, base, old, tag["date"])))


def _guarded(job: Job) -> Outcome:
    try:
        return _run(job)
    except KeyboardInterrupt:
        forget_starts(job.work)
        raise


def _content(config: MineConfig) -> dict[str, Any]:
    """What decides what is made: keys of the configuration, and the hashes of the models, which lie in files."""
    return config.content() | {"models": {m["name"]: m.get("sha256", "") for m in enrichers.info(config)}}


def _with_benchmarks(config: MineConfig) -> tuple[MineConfig, bytes | None]:
    """The configuration with the hash of its benchmark sets, and their artefact."""
    if not config.decontaminate:
        return config, None
    data = read_benchmarks(config.decontaminate).to_bytes()
    digest = sha256(data).hexdigest()
    if config.decontaminate_sha256 not in (None, digest):
        raise PmcmineError("decontaminate_sha256: the benchmark sets have another hash; leave it out")
    return config.model_copy(update={"decontaminate_sha256": digest}), data


def _decontamination(config: MineConfig, totals: Tally, out: Folder) -> dict[str, Any] | None:
    """What the release says of the benchmark sets: what was read, and what of the corpus they hold."""
    if config.decontaminate_sha256 is None:
        return None
    sets = open_benchmarks(config.out, config.decontaminate_sha256).sets
    kinds = ("image", "caption", "paragraph")
    matched = [{k: totals.counts[f"benchmark/{s.name}/{k}"] for k in kinds} for s in sets]
    return {
        "action": config.decontaminate_action,
        "sha256": config.decontaminate_sha256,
        "sets": [asdict(s) | {"matched": m} for s, m in zip(sets, matched, strict=True)],
    }


def _run(job: Job) -> Outcome:
    config, work = job.config, job.work
    started = time.monotonic()
    times: dict[str, float] = {}

    def timed(step: str, action: Callable[[], Any]) -> Any:
        before = time.monotonic()
        job.progress.step(step)
        result = action()
        times[step] = round(time.monotonic() - before, 3)
        return result

    frozen = snapshots.load(work)
    if frozen is None:
        frozen = timed("snapshot", lambda: _freeze(job))
    blocks = list(range(frozen.n_blocks))
    if job.update is not None:
        delta = write_deltas(work, job.out, frozen.n_blocks)
        job.progress.note(", ".join(f"{n:,} {what}" for what, n in delta["counts"].items()))
        if not delta["blocks"] and not job.update.base.fresh:
            work.remove_tree()
            return _outcome(job.update.release, config, job.out, fresh=False)
        blocks = [b for b in delta["blocks"] if set(read_delta(work, b)) != {"gone"}]
    committed = [b for b in blocks if read_manifest(work, b) is not None]
    if committed:
        job.progress.note(f"resuming: {len(committed)} of {len(blocks)} blocks are committed")
    shares = fetch_keys(config, job.source.remote, frozen.n_blocks)
    todo = sorted(set(blocks) - set(committed))
    n_pmcids = frozen.n_pmcids
    if job.update is not None:
        n_pmcids = sum(n for what, n in delta["counts"].items() if what != "gone")

    def mine() -> None:
        with job.progress.watching(work, committed, n_pmcids):
            _beam(config, job.options, work, lambda p: mine_job.build(p, todo, shares, config, work))

    if todo:
        timed("mine", mine)
    if job.update is not None:
        write_tombstones(work, job.out, job.update.base.files, delta["blocks"])
    plan = timed("plan", lambda: _plan(job, frozen))
    if config.near_duplicates:
        plan = with_clusters(plan, timed("near", lambda: _near(config, job.options, plan, work)), config.table_bytes)
    # An update is published by itself, in one commit.
    expected = len(plan.shard_paths()) + sum(plan.files.values())
    with publishing(config if job.update is None else None, work, job.target) as published:

        def assemble() -> None:
            with job.progress.counting(work, "assembled", expected, "files"):
                build = partial(assemble_job.build, plan=plan, work=work, out=job.target, keep_state=config.keep_state)
                _beam(config, job.options, work, build)

        timed("assemble", assemble)
        published.finish()
    run_facts = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "apache_beam": beam.__version__,
        "resumed_blocks": len(committed),
        **config.run(),
    }
    release = timed("release", lambda: _finish(job, frozen, plan, run_facts, times, started))
    return _outcome(release, config, job.out, fresh=True)


def _near(config: MineConfig, options: Any, plan: Plan, work: Folder) -> dict[str, Any]:
    """Find the clusters of near duplicates, unless they were found."""
    done = read_clusters(work)
    if done is not None:
        return done
    buckets = max(1, plan.n_blocks)
    count_repeated(work, plan.n_blocks)
    _beam(config, options, work, lambda p: near_job.build(p, plan.n_blocks, buckets, work))
    return cluster(plan, work, buckets)


def _freeze(job: Job) -> Snapshot:
    entries = job.source.entries(job.work)
    n_blocks = job.update.plan.n_blocks if job.update is not None else None
    return snapshots.freeze(entries, job.source.kind, job.config.limit, job.config.block_articles, job.work, n_blocks)


def _beam(config: MineConfig, options: Any, work: Folder, build: Callable[[beam.Pipeline], Any]) -> None:
    """Run one graph to its end; an error of a worker becomes one line, and its traceback a file."""
    pipeline = beam.Pipeline(runner=make_runner(config), options=options)
    build(pipeline)
    workers = None
    try:
        with local_workers(config) as workers:
            state = pipeline.run().wait_until_finish()
    except PmcmineError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if workers is not None and workers.died:
            raise PmcmineError("worker processes died under the run; the same command resumes") from None
        if isinstance(error, KeyboardInterrupt) or "KeyboardInterrupt" in f"{type(error).__name__} {error}":
            raise KeyboardInterrupt from None  # Beam wraps it as it wraps any error of a worker
        log.debug("the pipeline failed", exc_info=True)
        lines = [line for line in str(error).strip().splitlines() if line.strip()] or [type(error).__name__]
        name = f"error-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S')}.log"
        work.write(
            name, f"{type(error).__name__}: {error}\n\n".encode() + (workers.output if workers else b""), replace=True
        )
        raise PmcmineError(
            f"the pipeline failed: {lines[-1].strip()} (whole text in {work.url}/{name}); the same command resumes"
        ) from error
    if str(state) not in ("DONE", "None"):
        raise PmcmineError(f"the pipeline ended as {state}; the same command resumes")


def _manifests(work: Folder, n_blocks: int) -> Iterator[Mapping[str, Any]]:
    for block in range(n_blocks):
        manifest = read_manifest(work, block)
        if manifest is None:
            raise PmcmineError(f"{work.url}: block {block} is not committed; run the same command again")
        yield manifest


def _mined(job: Job, n_blocks: int) -> Iterator[Mapping[str, Any]]:
    """Manifests of what was mined: of all blocks, or in an update of those that there are."""
    if job.update is None:
        yield from _manifests(job.work, n_blocks)
        return
    found = (read_manifest(job.work, block) for block in range(n_blocks))
    yield from (manifest for manifest in found if manifest is not None)


def _counted(job: Job, n_blocks: int) -> Iterator[Mapping[str, Any]]:
    """What the sums are made of: manifests, and in an update what the ledger says of articles that were not read."""
    if job.update is not None:
        for block in range(n_blocks):
            yield {"parts": list(ledger_counts(old_part(job.work, "ledger", block)))}
    yield from _mined(job, n_blocks)


def _plan(job: Job, frozen: Snapshot) -> Plan:
    base = job.update.base if job.update is not None else None
    try:
        return Plan.from_json(job.work.read(PLAN), base)
    except FileNotFoundError:
        pass
    mined = _mined(job, frozen.n_blocks)
    if job.update is None:
        plan = make_plan(mined, frozen.n_blocks, job.config, job.work)
    elif job.update.base.fresh:
        plan = make_fresh_plan(job.update.plan, mined, job.config, job.update.base, job.work)
    else:
        plan = make_update_plan(job.update.plan, mined, job.config, job.update.base)
    job.work.write(PLAN, plan.to_json())
    return plan


def _records(plan: Plan, work: Folder) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Manifest lines of all shards, those of panels among them, and of all table files."""
    shards, tables = [], []
    for dataset in (SHARDS, PANEL_SHARDS):
        for name in work.walk(f"assembled/{dataset}"):
            shards.append(json.loads(work.read(name)))
        found = {record["name"] for record in shards}
        for d, group, split, path in plan.shard_paths():
            if d == dataset and plan.base is None and f"{d}/{path}" not in found and plan.count(d, group, split) > 1:
                raise PmcmineError(f"{work.url}: {d}/{path} is missing; run the same command again")
    for (table, group, split), n in sorted(plan.files.items()):
        for i in range(n):
            tables.append(json.loads(work.read(table_record(file_name(table, group, split, i, n)))))
    return shards, tables


def _write_state(job: Job, plan: Plan) -> None:
    """Write `state.json`: the plan, and all files of the state, old ones that stay among them."""
    work = job.work
    files = [entry for name in work.walk(f"assembled/{STATE}") for entry in _entries(json.loads(work.read(name)))]
    if job.update is not None:
        written = {state_record(b) for b in range(plan.n_blocks) if work.exists(state_record(b))}
        for block in range(plan.n_blocks):
            if state_record(block) not in written:
                kinds = ("bin", "ledger", "index", "near")
                files += [dict(job.update.base.files[part_file(kind, block)]) for kind in kinds]
    state = {"plan": json.loads(plan.to_json()), "files": sorted(files, key=lambda f: str(f["name"]))}
    job.target.write(STATE_FILE, json.dumps(state).encode(), replace=True)


def _entries(record: Any) -> list[dict[str, Any]]:
    """Entries of files in a manifest line of a part, of a shard that is left out, or of its index."""
    keys = ("name", "bytes", "sha256", "rows")
    return [{k: r[k] for k in keys if k in r} for r in (record if isinstance(record, list) else [record])]


def _finish(
    job: Job,
    frozen: Snapshot,
    plan: Plan,
    run_facts: dict[str, Any],
    times: dict[str, float],
    started: float,
) -> dict[str, Any]:
    """Check the sums, describe the release, and write `release.json` last."""
    config, work, target = job.config, job.work, job.target
    shards, tables = _records(plan, work)
    near = read_clusters(work)
    tombstones = read_tombstones(work)
    carried = len(tombstones.added) + tombstones.standing
    totals = tally(_counted(job, frozen.n_blocks), frozen.n_versions, shards, tables, near, carried)
    totals.check()
    pairs = [s for s in shards if s["name"].startswith(f"{SHARDS}/")]
    crops = [s for s in shards if s["name"].startswith(f"{PANEL_SHARDS}/")]
    vocabulary = release_vocabulary(config.vocab, config.vocab_sha256, config.concept_names)
    cards = {
        "shards/README.md": shards_card(pairs, vocabulary),
        "shards/schema.json": shards_schema(Sample),
        "shards/croissant.json": shards_croissant(pairs),
        "tables/README.md": tables_card(tables, vocabulary),
        "tables/schema.json": tables_schema(),
        "tables/croissant.json": tables_croissant(tables),
    }
    if config.panel_shards:
        cards |= {
            "shards-panels/README.md": shards_card(crops, vocabulary, PANEL_SHARDS),
            "shards-panels/schema.json": shards_schema(PanelSample),
            "shards-panels/croissant.json": shards_croissant(crops, PANEL_SHARDS),
        }
    datasets = {
        "shards": ("pmcmine image-text pairs", _by(pairs, _place)),
        "tables": ("pmcmine tables", _by(tables, _table)),
    }
    if config.panel_shards:
        datasets[PANEL_SHARDS] = ("pmcmine panels", _by(crops, _place))
    models = enrichers.info(config)
    facts = (totals.sums, totals.rejects, asdict(frozen), config.content(), models)
    for folder, (title, counted) in datasets.items():
        cards[f"{folder}/{DATASHEET}"] = datasheet(folder, counted, *facts)
        cards[f"{folder}/{CITATION}"] = citation(title, asdict(frozen))
    rights = [r for table in ("articles", "figures") for r in tables if r["table"] == table and r["group"]]
    cards[f"{SHARDS}/{ATTRIBUTION}"] = attribution((job.out if r.get("kept") else target, r["name"]) for r in rights)
    updates = _updates(job, shards, tables, cards)
    for name, data in cards.items():
        target.write(name, data, replace=True)
    files = [{k: r[k] for k in ("name", "bytes", "sha256", "rows")} for r in (*shards, *tables)]
    files += [file_entry(name, data) for name, data in cards.items()]
    if config.decontaminate_sha256 is not None:
        files.append(file_entry(ARTEFACT, job.out.read(ARTEFACT)))
    if job.update is not None:
        files += [f for f in job.update.release["files"] if REMOVED.fullmatch(f["name"]) and f["name"] not in cards]
    if config.keep_state:
        _write_state(job, plan)
    seconds = time.monotonic() - started
    release: dict[str, Any] = {
        "pmcmine": __version__,
        "config": _content(config),
        "snapshot": asdict(frozen),
        "seed": config.seed,
        "counts": {
            "stages": [asdict(s) for s in totals.sums],
            "rejects": [
                {"stage": s, "unit": u, "reason": r, "n": n} for (s, u, r), n in sorted(totals.rejects.items())
            ],
            "panels": _by(crops, _place),
            "samples": _by(pairs, _place),
            "rows": _by(tables, _table),
            "fault_share": totals.faults(),
            "near_duplicates": near["counts"] if near else None,
        },
        "vocabulary": vocabulary,
        "classifiers": models,
        "decontamination": _decontamination(config, totals, job.out),
        "splits_moved": dict(sorted(plan.moved.items())),
        "updates": updates,
        "files": sorted(files, key=lambda f: str(f["name"])),
        "run": run_facts | {"seconds": round(seconds, 1), "metrics": _metrics(totals, times, seconds, files)},
    }
    if job.update is not None:
        work.write(JOURNAL, json.dumps(release, ensure_ascii=False).encode(), replace=True)
    return _land(job.out, work, release, config)


def _updates(
    job: Job, shards: list[dict[str, Any]], tables: list[dict[str, Any]], cards: dict[str, bytes]
) -> list[dict[str, Any]]:
    """What `release.json` says of its updates; the list of removed samples becomes one of the files."""
    if job.update is None:
        return []
    old = job.update.release
    before = {f["name"]: f["sha256"] for f in old["files"]}
    written = [r["name"] for r in (*shards, *tables) if not r.get("kept")]
    now = {r["name"] for r in (*shards, *tables)}
    figures = [n for n in before if n.startswith("tables/figures/") and (n in written or n not in now)]
    fresh = [n for n in written if n.startswith("tables/figures/")]
    removed = removed_keys(job.out, job.target, figures, fresh)
    counts = json.loads(job.work.read(DELTA))["counts"]
    entry = {
        "date": job.update.date,
        "tag": job.update.base.tag,
        "from": old["snapshot"]["sha256"],
        "articles": counts,
        "removed_samples": len(removed),
        "rewritten": sorted(n for n in written if n in before),
        "added": sorted(n for n in written if n not in before),
    }
    if removed:
        cards[f"{SHARDS}/removed/{job.update.base.tag}.txt"] = "".join(f"{key}\n" for key in removed).encode()
    return [*old.get("updates", []), entry]


def _land(out: Folder, work: Folder, release: dict[str, Any], config: MineConfig) -> dict[str, Any]:
    """Move what an update gathered into place, and write report and `release.json`; may be done again after a kill."""
    gathered = work.child(NEXT)
    for name in gathered.walk():
        out.take(gathered, name)
    state = [STATE_FILE, *(f["name"] for f in read_state(out)["files"])] if config.keep_state else []
    sweep(out, [*release["files"], *({"name": name} for name in state)])
    metrics = release["run"].pop("metrics")
    report = make_report(release, metrics, out)
    metrics_bytes = json.dumps(metrics, indent=1).encode()
    out.write("report.html", report, replace=True)
    out.write("metrics.json", metrics_bytes, replace=True)
    release["run"]["files"] = [file_entry("report.html", report), file_entry("metrics.json", metrics_bytes)]
    out.write(RELEASE, json.dumps(release, indent=1, ensure_ascii=False).encode(), replace=True)
    if not config.keep_work:
        work.remove_tree()
    else:
        work.remove(JOURNAL)
    if config.metrics is not None:
        export(metrics, config.metrics)
    return release


def _place(record: dict[str, Any]) -> tuple[str, ...]:
    """Licence group and split of a shard."""
    return tuple(record["name"].split("/")[1:3])


def _table(record: dict[str, Any]) -> tuple[str, ...]:
    """Table, licence group and split of a table file."""
    return (record["table"], record["group"], record["split"])


def _by(records: list[dict[str, Any]], key: Callable[[dict[str, Any]], tuple[str, ...]]) -> dict[str, int]:
    """Rows of files added up by a key, whose parts are joined by slashes."""
    rows: dict[str, int] = {}
    for record in records:
        name = "/".join(p for p in key(record) if p)
        rows[name] = rows.get(name, 0) + record["rows"]
    return dict(sorted(rows.items()))


def _metrics(totals: Tally, times: Mapping[str, float], seconds: float, files: list[dict[str, Any]]) -> dict[str, Any]:
    """What varies from run to run, and what it is about: what each stage took, gave and rejected; bytes; times."""
    mine = times.get("mine")
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    written = {top: sum(f["bytes"] for f in files if f["name"].startswith(f"{top}/")) for top in ("shards", "tables")}
    return {
        "seconds": round(seconds, 3),
        "seconds_by_step": dict(times),
        "cpu_seconds": round(sum(u.ru_utime + u.ru_stime for u in (own, children)), 2),
        "peak_memory_bytes": own.ru_maxrss * 1024,
        "articles_per_second": round(totals.counts["pmcids"] / mine, 2) if mine else None,
        "images_per_second": round(totals.counts["media_read"] / mine, 2) if mine else None,
        "stages": [
            {"stage": s.stage, "unit": s.unit, "in": s.came, "out": s.went, "rejected": s.rejected} for s in totals.sums
        ],
        "rejects": [
            {"stage": s, "unit": u, "reason": r, "n": n} for (s, u, r), n in sorted(totals.rejects.items())
        ],
        "bytes": {
            "xml": totals.counts["xml_bytes"], "media": totals.counts["media_bytes"],
            **{f"{top}_written": n for top, n in written.items()},
        },
        "counts": dict(sorted(totals.counts.items())),
    }  # fmt: skip


def _outcome(release: Mapping[str, Any], config: MineConfig, out: Folder, fresh: bool) -> Outcome:
    share = max(release["counts"]["fault_share"].values())
    return Outcome(release, f"{out.url.rstrip('/')}/report.html", fresh, share > config.max_reject_share)


def dry_run(config: MineConfig) -> dict[str, Any]:
    """What a run would do, without writing anything: the snapshot's counts and the graph."""
    source = open_source(config)
    beam_options(config)
    memory = Folder(f"memory://pmcmine-dry-run-{time.monotonic_ns()}")
    frozen = snapshots.freeze(source.entries(None), source.kind, config.limit, config.block_articles, memory)
    memory.remove_tree()
    return {
        "source": config.source,
        "kind": source.kind,
        "snapshot": asdict(frozen),
        "runner": config.runner,
        "groups": list(config.groups),
        "out": config.out,
        "steps": [
            f"mine: {frozen.n_blocks} blocks of about {-(-frozen.n_pmcids // frozen.n_blocks)} PMCIDs, "
            f"{fetch_keys(config, source.remote, frozen.n_blocks)} at once at the most",
            f"near: {'clusters of near duplicates' if config.near_duplicates else 'not asked for'}",
            "assemble: duplicates, splits, shards, tables",
            "release: sums, cards, report, release.json",
        ],
    }
