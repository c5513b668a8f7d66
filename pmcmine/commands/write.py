"""`pmcmine write`: have a language model write about the rows of a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.model_server import JUDGE_KEY, RETRIES, TIMEOUT, client_of
from pmcmine.commands.output import Json, check_file, listing, print_damaged, print_json
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import PmcmineError
from pmcmine.plugins.load import TASKS

if TYPE_CHECKING:
    from pmcmine.write.budget import Budget
    from pmcmine.write.client import Client
    from pmcmine.write.run import Done, Order

KEY = "PMCMINE_WRITE_KEY"
TaskCommand = listing("Tasks", TASKS)
_SERVER, _COST = "Server", "Cost"


_Release = Annotated[Path, Argument(help="Release folder.")]
_Task = Annotated[str | None, Option(help="What to write; the tasks are listed below.")]
_Endpoint = Annotated[
    str | None,
    Option(
        help="Base URL of a server with OpenAI's chat completions, such as http://127.0.0.1:8000/v1.",
        section=_SERVER,
    ),
]
_Model = Annotated[str | None, Option(help="Name of the model on that server.", section=_SERVER)]
_Name = Annotated[str | None, Option(help="Name of the side table; default: that of the task.")]
_Where = Annotated[str | None, Option(help="SQL condition over the rows of the task's table. Example: year >= 2020.")]
_Limit = Annotated[int | None, Option(help="Most rows, chosen by hash; a higher limit adds rows.", min=1)]
_Prompt = Annotated[Path | None, Option(help="File with a prompt of your own instead of the task's.")]
_Image = Annotated[bool, Option(help="Give the model the image, for tasks that have one.")]
_ImageSize = Annotated[int, Option(help="Longest side of the image in pixels.", min=32, max=8192)]
_Temperature = Annotated[float, Option(help="Randomness of the answers.", min=0, max=2, section=_SERVER)]
_Seed = Annotated[int, Option(help="Seed of the answers, if the server has one.", section=_SERVER)]
_Tries = Annotated[
    int, Option(help="Requests for a row whose answers have another form than the task asks for.", min=1, max=10)
]
_JudgeEndpoint = Annotated[str | None, Option(help="Server of a model that judges what was written.", section=_SERVER)]
_JudgeModel = Annotated[str | None, Option(help="Name of that model.", section=_SERVER)]
_JudgeDoubts = Annotated[
    bool,
    Option(
        "--judge-doubts",
        help="Have the judge decide about texts in which checks find only problems of meaning: no number, unit or "
        "panel that was not given, no number at the wrong place, and no wrong form.",
        section=_SERVER,
    ),
]
_Concurrency = Annotated[int, Option(help="Requests at once.", min=1, max=256, section=_SERVER)]
_Batch = Annotated[
    bool,
    Option(
        "--batch",
        help="Ask through the server's batch API, which answers within a day and mostly costs half; a judge is asked "
        "as always.",
        section=_SERVER,
    ),
]
_Retries = Annotated[
    int, Option(help="Tries after the first, on 429, 5xx and broken connections.", min=0, max=20, section=_SERVER)
]
_Timeout = Annotated[float, Option(help="Seconds without a byte of an answer.", min=1, max=3600, section=_SERVER)]
_BudgetTokens = Annotated[
    int | None,
    Option(help="Most tokens, read and written; earlier runs of this name count.", min=1, section=_COST),
]
_BudgetUsd = Annotated[
    float | None,
    Option(help="Most dollars; earlier runs of this name count. Needs prices.", min=0, section=_COST),
]
_PriceRead = Annotated[float, Option(help="Price of a million input tokens, in dollars.", min=0, section=_COST)]
_PriceWritten = Annotated[float, Option(help="Price of a million output tokens in dollars.", min=0, section=_COST)]
_DryRun = Annotated[
    bool,
    Option(
        "--dry-run",
        help="Estimate requests, tokens and cost; ask nobody. Counts one verdict of a judge a row, with --judge-doubts "
        "one a turn.",
        section=_COST,
    ),
]
_Out = Annotated[Path | None, Option(help="Parquet file to write instead; the release stays as it is.")]
_Overwrite = Annotated[
    bool, Option("--overwrite", help="Replace --out, or a side table of the same name that was made otherwise.")
]
_Remove = Annotated[
    str | None, Option(help="Take the side table of this name out of the release, and do nothing else.")
]


def write(
    release: _Release,
    task: _Task = None,
    endpoint: _Endpoint = None,
    model: _Model = None,
    name: _Name = None,
    where: _Where = None,
    limit: _Limit = None,
    prompt: _Prompt = None,
    image: _Image = True,
    image_size: _ImageSize = 768,
    temperature: _Temperature = 0.0,
    seed: _Seed = 0,
    tries: _Tries = 2,
    judge_endpoint: _JudgeEndpoint = None,
    judge_model: _JudgeModel = None,
    judge_doubts: _JudgeDoubts = False,
    concurrency: _Concurrency = 4,
    batch: _Batch = False,
    retries: _Retries = RETRIES,
    timeout: _Timeout = TIMEOUT,
    budget_tokens: _BudgetTokens = None,
    budget_usd: _BudgetUsd = None,
    price_read: _PriceRead = 0.0,
    price_written: _PriceWritten = 0.0,
    dry_run: _DryRun = False,
    out: _Out = None,
    overwrite: _Overwrite = False,
    remove: _Remove = None,
    as_json: Json = False,
) -> None:
    """Have a language model write captions, summaries, questions or instructions, each traceable to the article.

    Keys are read from PMCMINE_WRITE_KEY and PMCMINE_JUDGE_KEY.
    """
    from pmcmine.write.budget import Prices
    from pmcmine.write.registry import name_of, prompt_for, task_of
    from pmcmine.write.requests import Settings
    from pmcmine.write.run import Order

    if remove is not None:
        _remove(release, remove, as_json)
        return
    found = task_of(task)
    text, version = prompt_for(found, prompt)
    size = image_size if image and found.target.image else 0
    settings = Settings(model or "", text, version, temperature, seed, size, tries)
    prices = Prices(price_read, price_written)
    if budget_usd is not None and not prices.known:
        raise PmcmineError("--budget-usd: give --price-read and --price-written, too (dollars a million tokens)")
    called = name_of(found, name)
    budgets = (prices, budget_tokens, budget_usd)
    order = Order(called, found, settings, where, limit, *budgets, concurrency, batch, judge_doubts, out, overwrite)
    judge = _judge_of(judge_endpoint, judge_model, judge_doubts, dry_run, retries, timeout)
    if dry_run:
        judged = judge_doubts or judge_model is not None
        _forecast(release, order, (judge_model or "") if judged else None, as_json)
        return
    if out is not None:
        check_file(out, overwrite)
    client = client_of("--endpoint", endpoint, "--model", model, KEY, retries, timeout)
    _run(release, order, client, judge, as_json)


def _judge_of(
    url: str | None, model: str | None, doubts: bool, dry_run: bool, retries: int, timeout: float
) -> Client | None:
    """Return the client of the judge; None without one, and for a dry run that is given no address."""
    if doubts and not dry_run and not (url and model):
        raise PmcmineError("--judge-doubts: give --judge-endpoint and --judge-model, too")
    if dry_run and url is None:
        return None
    return client_of("--judge-endpoint", url, "--judge-model", model, JUDGE_KEY, retries, timeout)


def _run(release: Path, order: Order, client: Client | None, judge: Client | None, as_json: bool) -> None:
    """Write, and print what came of it."""
    from pmcmine.write.run import write_release

    if client is None:
        raise PmcmineError("write: give --endpoint and --model of a server, or --dry-run")
    try:
        done = write_release(
            release, order, client, judge, None if as_json else _progress, None if as_json else _waited
        )
    except KeyboardInterrupt:
        click.echo("pmcmine: stopped; answers are kept, and the same command resumes", err=True)
        raise
    if order.out is None:
        print_damaged(str(release))
    _show(release, order, done, as_json)


def _remove(release: Path, name: str, as_json: bool) -> None:
    from pmcmine.write.run import remove_written

    n = remove_written(release, name)
    print_damaged(str(release))
    if as_json:
        print_json({"release": str(release), "removed": name, "files": n})
    else:
        click.echo(f"{release}: {name} is removed ({n:,} files)")


def _progress(rows: int, asked: int, budget: Budget) -> None:
    """Print a line now and then."""
    if rows % 100 == 0:
        cost = f", ${budget.cost:,.4f}" if budget.prices.known else ""
        click.echo(f"pmcmine: {rows:,} rows, {asked:,} answers now, {budget.tokens:,} tokens{cost}", err=True)


def _waited(done: int, asked: int) -> None:
    """Print a line at each look at batches."""
    click.echo(f"pmcmine: batches: {done:,} of {asked:,} requests are done", err=True)


def _forecast(release: Path, order: Order, judge: str | None, as_json: bool) -> None:
    from dataclasses import asdict

    from pmcmine.write.forecast import expect

    found = expect(release, order, judge)
    if as_json:
        print_json({"dry_run": True, "task": order.task.name, **asdict(found)})
        return
    rows = [
        ("rows that meet the condition", f"{found.rows:,}"),
        ("not asked about (licence, pointer, no text)", f"{found.refused:,}"),
        ("answered already", f"{found.kept:,}"),
        ("requests", f"{found.asked:,}"),
        *([("verdicts of the judge, one a row", f"{found.judged:,}")] if judge is not None else []),
        *([("further verdicts on turns in doubt, at most", f"{found.doubts:,}")] if found.doubts else []),
        ("tokens to read, estimated", f"{found.read:,}"),
        ("tokens to write, at most", f"{found.most_written:,}"),
    ]
    if order.prices.known:
        rows.append(("cost at most, dollars", f"{found.cost:,.4f}"))
    show([f"{what:45} {n:>14}" for what, n in rows], TerminalTable(("would be", "number"), rows, numbers=(1,)))


def _show(release: Path, order: Order, done: Done, as_json: bool) -> None:
    facts = done.facts
    where = order.out if order.out is not None else f"{release}/written/{facts.name}"
    if as_json:
        more: dict[str, Any] = {"asked_now": done.asked, "left": done.left, "budget_reached": done.spent}
        print_json({"out": str(where), "name": facts.name, "task": facts.task, "counts": dict(facts.counts),
                    "cost": done.cost if order.prices.known else None, **more})  # fmt: skip
        return
    rows = [(k.replace("_", " "), f"{n:,}") for k, n in facts.counts.items()]
    if order.prices.known:
        rows.append(("dollars, all answers so far", f"{done.cost:,.4f}"))
    end = f"{where}: {facts.counts['kept']:,} of {facts.counts['rows']:,} rows, {done.asked:,} answers now"
    notes = [end]
    if done.spent:
        notes.append(f"the budget is used up with {done.left:,} rows left; to go on, raise it and repeat the command")
    elif done.left:
        notes.append(f"{done.left:,} rows had no answer; the same command asks again")
    show(
        [*(f"{what:45} {n:>14}" for what, n in rows), *notes],
        TerminalTable(("rows", "number"), rows, numbers=(1,)),
        *notes,
    )
