"""The command line. Heavy parts are imported by the command that needs them."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer

from pmcmine._version import __version__
from pmcmine.commands import browse as browse_command
from pmcmine.commands import eval as eval_command
from pmcmine.commands import export as export_command
from pmcmine.commands import label as label_command
from pmcmine.commands import link as link_command
from pmcmine.commands import plan as plan_command
from pmcmine.commands import publish as publish_command
from pmcmine.commands import rehydrate as rehydrate_command
from pmcmine.commands import stats as stats_command
from pmcmine.commands import subset as subset_command
from pmcmine.commands import train as train_command
from pmcmine.commands import vocab as vocab_command
from pmcmine.errors import PmcmineError
from pmcmine.io.extras import extra_of
from pmcmine.io.folder import describe
from pmcmine.text.clean import CleanFormatter, for_terminal
from pmcmine.text.redact import hide, learn_environment, redact

app = typer.Typer(
    name="pmcmine",
    help="Mine PubMed Central's open-access articles into a licensed, streamable image-text corpus.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(vocab_command.app, name="vocab")
app.add_typer(eval_command.app, name="eval")
app.add_typer(train_command.app, name="train")
app.command("browse")(browse_command.browse)
app.command("label")(label_command.label)
app.command("link")(link_command.link)
app.command("plan")(plan_command.plan)
app.command("publish")(publish_command.publish)
app.command("verify")(publish_command.verify)
app.command("export")(export_command.export)
app.command("rehydrate")(rehydrate_command.rehydrate)
app.command("stats")(stats_command.stats)
app.command("subset")(subset_command.subset)
EXIT_DONE, EXIT_ABOVE_THRESHOLD, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 2, 130


def _version(value: bool) -> None:
    if value:
        typer.echo(f"pmcmine {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens to stderr.")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log as JSON lines, for machines.")] = False,
) -> None:
    # Beam logs the traceback of every error that it then raises; the user gets one line, and a file.
    level = logging.INFO if verbose or log_json else logging.CRITICAL
    to_stderr = logging.StreamHandler()
    to_stderr.setFormatter(CleanFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[to_stderr])
    if log_json:
        from pmcmine.run.metrics import JsonLines

        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
        logging.getLogger("apache_beam").setLevel(logging.WARNING)
    elif not verbose:
        logging.getLogger("pmcmine").setLevel(logging.ERROR)


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
        from pmcmine.io import extras as parts

        parts.check(config)  # what is missing here is said before the Hub is asked
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


@app.command()
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


@app.command()
def update(
    release: Annotated[str, typer.Argument(help="Release folder, any fsspec URL.")],
    source: Annotated[str | None, typer.Option(help="Where the articles are now, if not where they were.")] = None,
    date: Annotated[str | None, typer.Option(help="Day of the update, YYYY-MM-DD; today if not given.")] = None,
    inventory: Annotated[str | None, typer.Option(help="Date of the bucket inventory, YYYY-MM-DD.")] = None,
    compact: Annotated[bool, typer.Option("--compact", help="Write a fresh, full layout.")] = False,
    vocab: Annotated[str | None, typer.Option(help="Where the release's vocabulary is now.")] = None,
    runner: Annotated[str | None, typer.Option(help="direct, prism, spark or dataflow.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes of the direct runner.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE of another key that does not change what is made.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Bring a release up to date: only what is new, changed or gone in its source is read. The same command resumes."""
    from datetime import UTC, datetime

    from pipelines import job
    from pmcmine.config import update_config
    from pmcmine.run.progress import Progress

    day = date or datetime.now(UTC).date().isoformat()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise PmcmineError(f"--date {day}: give YYYY-MM-DD")
    flags = {"source": source, "inventory": inventory, "vocab": vocab, "runner": runner, "workers": workers}
    config = update_config(release, flags | _pairs(set_))
    outcome = job.update(config, day, compact, Progress(quiet=quiet))
    if not outcome.fresh:
        typer.echo(f"{redact(release)}: nothing is new, changed or gone")
        raise typer.Exit(EXIT_DONE)
    last = outcome.release["updates"][-1]
    typer.echo(
        f"{last['date']}  "
        + "  ".join(f"{what} {n:,}" for what, n in last["articles"].items())
        + f"  files rewritten {len(last['rewritten']):,}, added {len(last['added']):,}"
        + f"  samples removed {last['removed_samples']:,}"
    )
    raise typer.Exit(_tell(config, outcome))


@app.command()
def demo(
    out: Annotated[str, typer.Option(help="Release folder; made anew if a demo made it.")] = "pmcmine-demo",
    articles: Annotated[int, typer.Option(help="Plain articles beside the hard cases.", min=1, max=2000)] = 40,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Mine a small generated PMC, served on loopback in PMC's layout. Needs no network and no account."""
    import tempfile

    from pmcmine.config import load_config
    from pmcmine.demo import BucketServer, demo_articles, write_bucket
    from pmcmine.demo.remake import clear_demo
    from pmcmine.io.folder import Folder
    from pmcmine.vocabulary.open import get_open

    clear_demo(Folder(out))
    with tempfile.TemporaryDirectory(prefix="pmcmine-demo-") as folder:
        write_bucket(Path(folder), demo_articles(articles))
        vocab = Path(folder) / "open.vocab"
        get_open(vocab, offline=True)
        with BucketServer(Path(folder)) as server:
            # The demo holds broken articles on purpose, more of them than a real corpus.
            flags = {"source": server.url, "out": out, "vocab": str(vocab), "max_reject_share": 1.0, "demo": True,
                     "shard_bytes": 2_000_000, "retries": 2, "retry_seconds": 0.05}  # fmt: skip
            code = _run(load_config(flags), dry=False, quiet=quiet)
    raise typer.Exit(code)


def _print_error(text: str, *, lines: bool = False) -> None:
    """Print why a command failed, without control characters and credentials."""
    print(f"pmcmine: {for_terminal(hide(text), lines=lines)}", file=sys.stderr)


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of a defect as Python does, without credentials."""
    text = "".join(traceback.format_exception(kind, error, trace))
    print(for_terminal(hide(text), lines=True), end="", file=sys.stderr)


def main(argv: list[str] | None = None) -> None:
    """Console script: one line and an exit code for whatever goes wrong."""
    learn_environment()
    if threading.current_thread() is threading.main_thread():
        # Schedulers of containers end a job with SIGTERM: as Ctrl-C does, so that the next run loses no start.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Arrow's own allocators keep what they freed: a fifth of the peak. Read when Arrow is first imported, here and in
    # worker processes; readers and Parquet's writer know no other way.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        code = app(args=argv, standalone_mode=False)
    except PmcmineError as error:
        _print_error(str(error))
        code = EXIT_FAILED
    except OSError as error:
        named = f"{error.filename}: " if error.filename is not None else ""
        _print_error(f"{named}{describe(error)}")
        code = EXIT_FAILED
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("pmcmine", "pipelines", "schemas", "classifiers"):
            raise
        extra = extra_of(error.name or "")
        _print_error(f"this command needs more packages ({error}): pip install 'pmcmine[{extra}]'")
        code = EXIT_FAILED
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("click", "typer"):
            sys.excepthook = _print_traceback  # typer set its own
            raise
        show = getattr(error, "format_message", None)
        _print_error(str(show() if show else error), lines=True)
        code = EXIT_FAILED
    if code == EXIT_INTERRUPTED:  # typer turns an interrupt into this code itself
        print("pmcmine: interrupted; the same command resumes", file=sys.stderr)
    sys.exit(code or 0)
