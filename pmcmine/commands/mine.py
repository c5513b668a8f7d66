"""`pmcmine mine`, and how a run is started and its end told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pmcmine.errors import EXIT_ABOVE_THRESHOLD, EXIT_DONE, PmcmineError
from pmcmine.text.redact import hide, redact


def _pmcids(values: list[str] | None) -> tuple[str, ...] | None:
    """PMCIDs from `--pmcid`: comma-separated, or the path of a file with one a line."""
    if not values:
        return None
    from pmcmine.ids import bare_pmcid

    tokens: list[str] = []
    for value in values:
        path = Path(value)
        if _is_file(path):
            lines = path.read_text("utf-8-sig", "replace").splitlines()
            named = [t for line in lines for t in line.split("#")[0].replace(",", " ").split()]
        else:
            named = value.replace(",", " ").split()
        if not named:  # none at all would mean all of PMC
            raise PmcmineError("--pmcid: names no PMCID")
        tokens += named
    return tuple(dict.fromkeys(bare_pmcid(t) for t in tokens))


def _is_file(path: Path) -> bool:
    """Whether a path is a file; a long list of PMCIDs is no name that a file system takes."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _pairs(values: list[str] | None) -> dict[str, Any]:
    """Keys and values of `--set`."""
    flags: dict[str, Any] = {}
    for pair in values or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise PmcmineError("--set: give NAME=VALUE, as in shard_bytes=500000000")
        flags[key.strip().replace("-", "_")] = value.strip()
    return flags


def _run(config: Any, dry: bool, quiet: bool) -> int:
    """Run the mine job and tell what came of it; the exit code."""
    from pipelines import job
    from pmcmine.run.progress import Progress

    if dry:
        plan = job.dry_run(config, lambda line: None if quiet else typer.echo(f"pmcmine: {hide(line)}", err=True))
        typer.echo(json.dumps(plan, indent=1))
        missing = plan["not_in_source"]
        if missing:
            from pmcmine.commands.summary import absent_line

            line = absent_line(missing, plan["snapshot"]["n_absent"], len(config.pmcid))
            typer.echo(f"pmcmine: {line}", err=True)
        return EXIT_ABOVE_THRESHOLD if config.pmcid and len(missing) == len(config.pmcid) else EXIT_DONE
    if config.publish_to is not None:
        from pmcmine.run import needs

        needs.check(config)  # what is missing here is said before the Hub is asked
        from pmcmine.publish.live import check_hub

        check_hub(config, Progress(quiet=quiet).note)
    code = _tell(config, job.run(config, Progress(quiet=quiet)))
    if config.publish_to is not None:
        from pmcmine.publish.upload import publish

        private, adopt = not config.publish_public, config.publish_adopt
        for done in publish(config.out, config.publish_to, endpoint=config.endpoint, private=private, adopt=adopt):
            typer.echo(f"published {done.repo}  {done.tag}  {'private' if private else 'public'}")
            if done.adopted:
                typer.echo(f"{done.repo}: adopted; it held {done.adopted}")
    return code


def _tell(config: Any, outcome: Any) -> int:
    """Tell what came of a run; the exit code."""
    from pmcmine.commands import summary
    from pmcmine.io.folder import Folder

    release = outcome.release
    counts = release["counts"]
    if not outcome.fresh:
        typer.echo(f"{redact(config.out)}: the release is whole already; nothing to do")
    for line in summary.totals(counts):
        typer.echo(line)
    typer.echo(f"release  {redact(config.out)}\nreport   {outcome.report}")
    why = summary.why_no_samples(release)
    if why is not None:
        typer.echo(f"pmcmine: {why}", err=True)
    absent = release["snapshot"].get("n_absent", 0)
    if absent:
        shown = summary.absent_pmcids(release, Folder(config.out))
        typer.echo(f"pmcmine: {summary.absent_line(shown, absent, len(config.pmcid))}", err=True)
        if absent == len(config.pmcid):
            return EXIT_ABOVE_THRESHOLD
    if outcome.above_threshold:
        shares = ", ".join(f"{share:.1%} of {unit}s" for unit, share in counts["fault_share"].items())
        typer.echo(
            f"pmcmine: lost to faults: {shares}; --max-reject-share is {config.max_reject_share}; "
            "see tables/rejects and the report",
            err=True,
        )
        return EXIT_ABOVE_THRESHOLD
    return EXIT_DONE


def mine(
    source: Annotated[str | None, typer.Option(help="URL or path of the articles; PMC's bucket if not given.")] = None,
    out: Annotated[str | None, typer.Option(help="Release folder, any fsspec URL.")] = None,
    source_kind: Annotated[
        str | None, typer.Option(help="bucket, folder, packages, bulk or pdf; recognised if not given.")
    ] = None,
    pmcid: Annotated[list[str] | None, typer.Option(help="PMC1,PMC2,… or a file with one PMCID a line.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many PMCIDs, drawn by hash.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the shuffle over shards.")] = None,
    groups: Annotated[str | None, typer.Option(help="Licence groups to publish, comma-separated.")] = None,
    vocab: Annotated[
        str | None, typer.Option(help="Vocabulary that concepts are linked with, or none; the open one if it is there.")
    ] = None,
    inventory: Annotated[str | None, typer.Option(help="Date of the bucket inventory, YYYY-MM-DD.")] = None,
    shard_bytes: Annotated[int | None, typer.Option(help="Target size of a shard.")] = None,
    table_bytes: Annotated[int | None, typer.Option(help="Target size of a table file, before compression.")] = None,
    runner: Annotated[str | None, typer.Option(help="direct, prism, spark or dataflow.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes of the direct runner.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Articles fetched at once by a worker.")] = None,
    requests_per_second: Annotated[float | None, typer.Option(help="Budget for one host, over all workers.")] = None,
    contact: Annotated[
        str | None, typer.Option(help="Your e-mail address or URL, stated to the source's host.")
    ] = None,
    max_reject_share: Annotated[
        float | None,
        typer.Option(
            "--max-reject-share",
            "--max-reject-rate",
            help="Share of articles or figures lost to faults, above which exit is 1.",
        ),
    ] = None,
    metrics: Annotated[
        str | None, typer.Option(help="Prometheus text file, or OTLP address http://HOST:4318, for the run's metrics.")
    ] = None,
    keep_work: Annotated[bool | None, typer.Option("--keep-work", help="Keep packs and row files.")] = None,
    config: Annotated[str | None, typer.Option(help="TOML file with any key of the configuration.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE of any other key of the configuration.")
    ] = None,
    text_model: Annotated[
        str | None, typer.Option(help="Model of `train text` or folder of `train encoder`, for paragraphs.")
    ] = None,
    drop_privacy_flagged: Annotated[
        bool | None, typer.Option("--drop-privacy-flagged", help="Reject what a privacy flag is set on.")
    ] = None,
    decontaminate: Annotated[
        list[str] | None,
        typer.Option(help="Benchmark set to flag in the corpus: folder, tar, Parquet or text list."),
    ] = None,
    drop_benchmarks: Annotated[
        bool | None, typer.Option("--drop-benchmarks", help="Reject what a benchmark set holds.")
    ] = None,
    panel_shards: Annotated[
        bool | None, typer.Option("--panel-shards", help="Write panels as images of their own, too.")
    ] = None,
    pdf_figures: Annotated[
        bool | None, typer.Option("--pdf-figures", help="Take figures from the PDF where they have more pixels there.")
    ] = None,
    publish_to: Annotated[
        str | None, typer.Option(help="ORG/NAME on the Hub; each shard is sent as it becomes whole.")
    ] = None,
    endpoint: Annotated[str | None, typer.Option(help="Address of a Hub of your own.")] = None,
    free_published: Annotated[
        bool | None, typer.Option("--free-published", help="Remove each shard from the disk once the Hub has it.")
    ] = None,
    pointers: Annotated[
        bool | None, typer.Option("--pointers", help="Publish what bars redistribution as ids, places and scores.")
    ] = None,
    beam: Annotated[
        list[str] | None, typer.Option(help="Option for Beam, such as --beam=--job_endpoint=localhost:8099.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and its counts, write nothing.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Mine articles into a release folder: shards, tables, report. The same command resumes."""
    from pmcmine.config import load_config

    flags: dict[str, Any] = {
        "source": source,
        "out": out,
        "source_kind": source_kind,
        "pmcid": _pmcids(pmcid),
        "limit": limit,
        "seed": seed,
        "groups": tuple(g.strip() for g in groups.split(",")) if groups else None,
        "vocab": vocab,
        "inventory": inventory,
        "shard_bytes": shard_bytes,
        "table_bytes": table_bytes,
        "runner": runner,
        "workers": workers,
        "concurrency": concurrency,
        "requests_per_second": requests_per_second,
        "contact": contact,
        "max_reject_share": max_reject_share,
        "metrics": metrics,
        "keep_work": keep_work,
        "text_model": text_model,
        "drop_privacy_flagged": drop_privacy_flagged,
        "decontaminate": tuple(decontaminate) if decontaminate else None,
        "decontaminate_action": "drop" if drop_benchmarks else None,
        "panel_shards": panel_shards,
        "pdf_figures": pdf_figures,
        "pointers": pointers,
        "publish_to": publish_to,
        "endpoint": endpoint,
        "free_published": free_published,
        "beam": tuple(beam) if beam else None,
    }
    flags |= _pairs(set_)
    raise typer.Exit(_run(load_config(flags, config), dry_run, quiet))
