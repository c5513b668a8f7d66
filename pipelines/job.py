"""`pmcmine mine` from end to end: freeze, mine, plan, assemble, check, describe."""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
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
from pmcmine.assemble.cards import shards_card, shards_schema, tables_card, tables_schema
from pmcmine.assemble.croissant import shards_croissant, tables_croissant
from pmcmine.assemble.datasheet import CITATION, DATASHEET, citation, datasheet
from pmcmine.assemble.plan import PANEL_SHARDS, PLAN, SHARDS, Plan, file_name, make_plan, shard_name
from pmcmine.assemble.shards import shard_record
from pmcmine.assemble.tables import table_record
from pmcmine.block import forget_starts, read_manifest
from pmcmine.bundle import Source
from pmcmine.concepts.article import release_vocabulary
from pmcmine.config import MineConfig
from pmcmine.duplicates.candidates import count_repeated
from pmcmine.duplicates.clusters import cluster, read_clusters, with_clusters
from pmcmine.duplicates.decontaminate import ARTEFACT, open_benchmarks, read_benchmarks
from pmcmine.errors import PmcmineError
from pmcmine.lock import held
from pmcmine.release import RELEASE, WORK, begin, check_folder, file_entry, load_release, sweep
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
        frozen = snapshots.load(work)
        try:
            return _run(config, source, options, out, work, frozen, progress)
        except KeyboardInterrupt:
            forget_starts(work)
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


def _run(
    config: MineConfig,
    source: Source,
    options: Any,
    out: Folder,
    work: Folder,
    frozen: Snapshot | None,
    progress: Progress,
) -> Outcome:
    started = time.monotonic()
    times: dict[str, float] = {}

    def timed(step: str, action: Callable[[], Any]) -> Any:
        before = time.monotonic()
        progress.step(step)
        result = action()
        times[step] = round(time.monotonic() - before, 3)
        return result

    if frozen is None:
        frozen = timed("snapshot", lambda: _freeze(config, source, work))
    blocks = list(range(frozen.n_blocks))
    committed = [b for b in blocks if read_manifest(work, b) is not None]
    if committed:
        progress.note(f"resuming: {len(committed)} of {len(blocks)} blocks are committed")
    shares = fetch_keys(config, source.remote, frozen.n_blocks)
    todo = sorted(set(blocks) - set(committed))

    def mine() -> None:
        with progress.watching(work, committed, frozen.n_pmcids):
            _beam(config, options, work, lambda p: mine_job.build(p, todo, shares, config, work))

    if todo:
        timed("mine", mine)
    plan = timed("plan", lambda: _plan(config, frozen, work))
    if config.near_duplicates:
        plan = with_clusters(plan, timed("near", lambda: _near(config, options, plan, work)), config.table_bytes)
    timed("assemble", lambda: _beam(config, options, work, lambda p: assemble_job.build(p, plan, work, out)))
    run_facts = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "beam": beam.__version__,
        "resumed_blocks": len(committed),
        **config.run(),
    }
    release = timed("release", lambda: _finish(config, frozen, plan, work, out, run_facts, times, started))
    if not config.keep_work:
        work.remove_tree()
    return _outcome(release, config, out, fresh=True)


def _near(config: MineConfig, options: Any, plan: Plan, work: Folder) -> dict[str, Any]:
    """Find the clusters of near duplicates, unless they were found."""
    done = read_clusters(work)
    if done is not None:
        return done
    buckets = max(1, plan.n_blocks)
    count_repeated(work, plan.n_blocks)
    _beam(config, options, work, lambda p: near_job.build(p, plan.n_blocks, buckets, work))
    return cluster(plan, work, buckets)


def _freeze(config: MineConfig, source: Source, work: Folder) -> Snapshot:
    return snapshots.freeze(source.entries(work), source.kind, config.limit, config.block_articles, work)


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


def _plan(config: MineConfig, frozen: Snapshot, work: Folder) -> Plan:
    try:
        return Plan.from_json(work.read(PLAN))
    except FileNotFoundError:
        plan = make_plan(_manifests(work, frozen.n_blocks), frozen.n_blocks, config, work)
        work.write(PLAN, plan.to_json())
        return plan


def _records(plan: Plan, work: Folder) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Manifest lines of all shards, those of panels among them, and of all table files."""
    shards, tables = [], []
    for dataset in (SHARDS, PANEL_SHARDS):
        for (group, split), n in sorted(plan.counts(dataset).items()):
            for i in range(n):
                name = shard_record(dataset, shard_name(group, split, i, n))
                if work.exists(name):
                    shards.append(json.loads(work.read(name)))
                elif n > 1:
                    raise PmcmineError(f"{work.url}: {name} is missing; run the same command again")
    for (table, group, split), n in sorted(plan.files.items()):
        for i in range(n):
            tables.append(json.loads(work.read(table_record(file_name(table, group, split, i, n)))))
    return shards, tables


def _finish(
    config: MineConfig,
    frozen: Snapshot,
    plan: Plan,
    work: Folder,
    out: Folder,
    run_facts: dict[str, Any],
    times: dict[str, float],
    started: float,
) -> dict[str, Any]:
    """Check the sums, describe the release, and write `release.json` last."""
    shards, tables = _records(plan, work)
    near = read_clusters(work)
    totals = tally(_manifests(work, frozen.n_blocks), frozen.n_versions, shards, tables, near)
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
    for name, data in cards.items():
        out.write(name, data, replace=True)
    files = [{k: r[k] for k in ("name", "bytes", "sha256", "rows")} for r in (*shards, *tables)]
    files += [file_entry(name, data) for name, data in cards.items()]
    if config.decontaminate_sha256 is not None:
        files.append(file_entry(ARTEFACT, out.read(ARTEFACT)))
    sweep(out, files)
    seconds = time.monotonic() - started
    metrics = _metrics(totals, times, seconds)
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
        "decontamination": _decontamination(config, totals, out),
        "splits_moved": dict(sorted(plan.moved.items())),
        "files": sorted(files, key=lambda f: str(f["name"])),
        "run": run_facts | {"seconds": round(seconds, 1)},
    }
    report = make_report(release, metrics, out)
    metrics_bytes = json.dumps(metrics, indent=1).encode()
    out.write("report.html", report, replace=True)
    out.write("metrics.json", metrics_bytes, replace=True)
    release["run"]["files"] = [file_entry("report.html", report), file_entry("metrics.json", metrics_bytes)]
    out.write(RELEASE, json.dumps(release, indent=1, ensure_ascii=False).encode(), replace=True)
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


def _metrics(totals: Tally, times: Mapping[str, float], seconds: float) -> dict[str, Any]:
    """What varies from run to run: times and rates."""
    mine = times.get("mine")
    return {
        "seconds": round(seconds, 3),
        "seconds_by_step": dict(times),
        "articles_per_second": round(totals.counts["pmcids"] / mine, 2) if mine else None,
        "images_per_second": round(totals.counts["media_read"] / mine, 2) if mine else None,
        "counts": dict(sorted(totals.counts.items())),
    }


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
