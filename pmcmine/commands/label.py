"""`pmcmine label`: label paragraphs with a large language model or an encoder."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Annotated

import click

from pmcmine.commands.declare import Option
from pmcmine.commands.output import Json, check_file, print_json
from pmcmine.errors import PmcmineError
from pmcmine.io.extras import need
from pmcmine.text.clean import for_terminal

KEY = "PMCMINE_LABEL_KEY"


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
    as_json: Json = False,
) -> None:
    """Label paragraphs of the commercial group with a large language model, or all of them with an encoder.

    A key for the server is read from PMCMINE_LABEL_KEY.
    """
    if text_model is not None:
        _by_encoder(corpus, text_model, out, overwrite, as_json)
        return
    if endpoint is None or model is None:
        raise PmcmineError("label: give --endpoint and --model of a server, or --text-model of an encoder")
    from classifiers.text import ask
    from classifiers.text.labelled import corpus as read_corpus
    from pmcmine.ids import keyed_hash

    teacher = ask.Teacher(endpoint, model, os.environ.get(KEY, ""))
    drawn = sorted(read_corpus(corpus), key=lambda p: keyed_hash("pmcmine/label", str(p["paragraph_id"])))
    n = read = written = 0
    problems = []
    for said, more_read, more_written in ask.label(teacher, islice(iter(drawn), limit), out):
        if not more_read and not more_written and ": " in said:
            problems.append(said)
            click.echo(f"pmcmine: {for_terminal(said, 300)}", err=True)
        n, read, written = n + 1, read + more_read, written + more_written
        if n % 50 == 0:
            click.echo(f"pmcmine: {n:,} paragraphs, {read + written:,} tokens", err=True)
    cost = (read * price_read + written * price_written) / 1e6
    if as_json:
        done = {"labelled": n - len(problems), "without_answer": len(problems)}
        print_json({"out": str(out), **done, "tokens_read": read, "tokens_written": written, "cost": cost})
        return
    click.echo(
        f"{out}: {n - len(problems):,} labelled now, {len(problems):,} without an answer; {read:,} tokens read, "
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
