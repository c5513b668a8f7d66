"""`pmcmine score`: run a model over the rows of a release."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, check_file, listing, print_json
from pmcmine.errors import PmcmineError
from pmcmine.plugins.load import SCORERS

ScorerCommand = listing("Scorers", SCORERS)


def score(
    release: Annotated[Path, Argument(help="Release folder.")],
    scorer: Annotated[str, Option("--with", help="Scorer; the scorers are listed below.")],
    name: Annotated[
        str | None, Option(help="Name of the score, and of its columns; default: that of the scorer.")
    ] = None,
    table: Annotated[str | None, Option(help="figures, panels or paragraphs; default: the scorer's first.")] = None,
    option: Annotated[list[str] | None, Option(help="Option of the scorer, NAME=VALUE; may be repeated.")] = None,
    out: Annotated[Path | None, Option(help="Parquet file to write instead; the release stays as it is.")] = None,
    runner: Annotated[str | None, Option(help="Beam runner, as for `mine`.")] = None,
    workers: Annotated[int | None, Option(help="Processes on this machine, as for `mine`.", min=1)] = None,
    beam: Annotated[list[str] | None, Option(help="Option of Beam, as for `mine`; may be repeated.")] = None,
    block_rows: Annotated[
        int, Option(help="Rows of a block: what a killed run does again at most.", min=1, max=100_000)
    ] = 512,
    overwrite: Annotated[
        bool, Option("--overwrite", help="Replace --out, or a score of the same name that was made otherwise.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a model over images, captions, panels or paragraphs of a release; conditions can then name its scores."""
    from pipelines.score import run_blocks
    from pmcmine.config import load_config
    from pmcmine.score.registry import request_for
    from pmcmine.score.run import score_release

    if out is not None:
        check_file(out, overwrite)
    request = request_for(scorer, name, table, _options(option or []))
    flags = {"vocab": "none", "runner": runner, "workers": workers, "beam": beam or None}
    config = load_config(flags)
    if config.runner == "slurm":
        raise PmcmineError("--runner slurm: scores run on direct, prism, spark and dataflow")
    graph = partial(run_blocks, config)
    found = score_release(release, request, graph, out=out, overwrite=overwrite, block_rows=block_rows)
    columns = list(found.facts.columns)
    if as_json:
        counts = {"rows": found.rows, "blocks": found.blocks, "resumed": found.resumed, "files_kept": found.kept}
        print_json({"score": found.facts.name, "columns": columns, "model": found.facts.model, **counts})
        return
    resumed = f", {found.resumed:,} of {found.blocks + found.resumed:,} blocks from before" if found.resumed else ""
    where = out if out is not None else f"{release}/scores/{found.facts.name}"
    click.echo(f"{where}: {found.rows:,} rows of {found.facts.table} ({', '.join(columns)}){resumed}")


def _options(given: list[str]) -> dict[str, str]:
    """Parse NAME=VALUE.

    Raises:
        PmcmineError: for anything else.
    """
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise PmcmineError(f"--option {text}: give NAME=VALUE")
        found[name] = value
    return found
