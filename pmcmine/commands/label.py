"""`pmcmine label`: label paragraphs with a large language model or an encoder."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import click

from pmcmine.commands.declare import Option
from pmcmine.commands.model_server import client_of
from pmcmine.commands.output import Json, check_file, print_json
from pmcmine.errors import PmcmineError
from pmcmine.io.extras import need
from pmcmine.text.clean import for_terminal

KEY, SECOND_KEY = "PMCMINE_LABEL_KEY", "PMCMINE_SECOND_LABEL_KEY"


def label(
    corpus: Annotated[Path, Option(help="Release whose paragraphs to label.")],
    out: Annotated[
        Path,
        Option(help="JSON lines, or Parquet with --text-model. Labels already in the file are kept."),
    ],
    endpoint: Annotated[str | None, Option(help="Base URL of a server with OpenAI's chat completions API.")] = None,
    model: Annotated[str | None, Option(help="Name of the model on that server.")] = None,
    text_model: Annotated[
        Path | None, Option(help="Folder of `train encoder`; scores all paragraphs with it instead, using Beam.")
    ] = None,
    limit: Annotated[int, Option(help="Maximum number of paragraphs, chosen by hash.", min=1)] = 1000,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace the Parquet file of --text-model.")] = False,
    price_read: Annotated[float, Option(help="Price of a million input tokens, for the cost estimate.", min=0)] = 0.0,
    price_written: Annotated[
        float, Option(help="Price of a million output tokens, for the cost estimate.", min=0)
    ] = 0.0,
    second_endpoint: Annotated[str | None, Option(help="Server of a second model, whose labels are kept, too.")] = None,
    second_model: Annotated[
        str | None, Option(help="Name of that model; where the two differ, labels count less.")
    ] = None,
    concurrency: Annotated[int, Option(help="Paragraphs asked about at once.", min=1, max=256)] = 4,
    as_json: Json = False,
) -> None:
    """Label paragraphs of the commercial group with a large language model, or all of them with an encoder.

    Keys for the servers are read from PMCMINE_LABEL_KEY and PMCMINE_SECOND_LABEL_KEY.
    """
    if text_model is not None:
        _by_encoder(corpus, text_model, out, overwrite, as_json)
        return
    if endpoint is None or model is None:
        raise PmcmineError("label: give --endpoint and --model of a server, or --text-model of an encoder")
    prices = (price_read, price_written)
    _by_teachers(corpus, out, (endpoint, model), (second_endpoint, second_model), limit, concurrency, prices, as_json)


def _by_teachers(
    corpus: Path,
    out: Path,
    first: tuple[str | None, str | None],
    second: tuple[str | None, str | None],
    limit: int,
    threads: int,
    prices: tuple[float, float],
    as_json: bool,
) -> None:
    """Label paragraphs with one model or two; answers are kept in a journal beside the file."""
    from classifiers.text import ask
    from classifiers.text.labelled import corpus as read_corpus
    from pmcmine.ids import keyed_hash
    from pmcmine.io.folder import Folder
    from pmcmine.io.lock import held
    from pmcmine.write.asking import Asker
    from pmcmine.write.budget import Budget, Prices
    from pmcmine.write.journal import Journal

    clients = [
        client_of(f"--{prefix}endpoint", url, f"--{prefix}model", model, key)
        for prefix, (url, model), key in (("", first, KEY), ("second-", second, SECOND_KEY))
    ]
    drawn = sorted(read_corpus(corpus), key=lambda p: keyed_hash("pmcmine/label", str(p["paragraph_id"])))
    ask.done_ids(out)  # a file of somebody else's is refused before anything is made
    n = read = written = problems = 0
    answers = out.with_name(f"{out.name}.answers")
    with held(Folder(str(answers))):
        journal = Journal(answers / "answers.jsonl")
        askers = [Asker(c, journal, Budget(journal, Prices(), None, None)) for c in clients if c is not None]
        try:
            chosen = islice(iter(drawn), limit)
            other = askers[1] if len(askers) > 1 else None
            for found in ask.label(askers[0], chosen, out, second=other, threads=threads):
                if found.row is None:
                    problems += 1
                    click.echo(f"pmcmine: {for_terminal(f'{found.paragraph_id}: {found.problem}', 300)}", err=True)
                n, read, written = n + 1, read + found.counted[0], written + found.counted[1]
                if n % 50 == 0:
                    click.echo(f"pmcmine: {n:,} paragraphs, {read + written:,} tokens", err=True)
        finally:
            journal.close()
    cost = (read * prices[0] + written * prices[1]) / 1e6
    if as_json:
        done = {"labelled": n - problems, "without_answer": problems}
        print_json({"out": str(out), **done, "tokens_read": read, "tokens_written": written, "cost": cost})
        return
    click.echo(
        f"{out}: {n - problems:,} labelled now, {problems:,} without an answer; {read:,} tokens read, "
        f"{written:,} written, cost {cost:.4f}"
    )


def _by_encoder(corpus: Path, text_model: Path, out: Path, overwrite: bool, as_json: bool) -> None:
    """Score all paragraphs with an encoder."""
    need("encoder", "--text-model")
    from pipelines.classify import classify
    from pmcmine.config import load_config

    check_file(out, overwrite)
    n = classify(corpus, text_model, out, load_config({"vocab": "none"}))
    if as_json:
        print_json({"out": str(out), "scored": n})
    else:
        click.echo(f"{out}: {n:,} paragraphs scored")
