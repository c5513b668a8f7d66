"""`pmcmine download`: copy what a run would read into a folder."""

from __future__ import annotations

from typing import Annotated, Any

import click

from pmcmine.commands.declare import Option
from pmcmine.commands.mine import keys_and_values, pmcids_of
from pmcmine.commands.options import given
from pmcmine.commands.output import Json, print_json
from pmcmine.errors import EXIT_ABOVE_THRESHOLD, EXIT_DONE, PmcmineError
from pmcmine.text.redact import redact


def download(
    ctx: click.Context,
    to: Annotated[str, Option("--to", help="Folder for the articles, any fsspec URL; needed.")] = "",
    config: Annotated[str | None, Option(help="TOML file with any key of the configuration.")] = None,
    set_: Annotated[
        list[str] | None, Option("--set", help="NAME=VALUE of any key of the configuration; may be repeated.")
    ] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Hide progress.")] = False,
    as_json: Json = False,
) -> None:
    """Download what `mine` would read, to mine it where there is no network. The same command resumes.

    Takes metadata, XML and the images of figures, checked by MD5; what is in the folder already is kept. Then
    `pmcmine mine --source FOLDER` with the same options makes the same release.
    """
    from pmcmine.config import NOTHING_CHOSEN, load_config

    if not to:
        raise PmcmineError("--to: give the folder for the articles")
    flags = given(ctx)
    flags["pmcid"] = pmcids_of(flags["pmcid"])
    chosen = load_config(flags | keys_and_values(set_), config)
    if not chosen.chooses:
        raise PmcmineError(NOTHING_CHOSEN.replace("mine all", "download all"))
    raise click.exceptions.Exit(run_download(chosen, to, quiet, as_json))


def run_download(config: Any, to: str, quiet: bool, as_json: bool) -> int:
    """Download, say what was done, and return the exit code."""
    from pmcmine.run.download import download_to
    from pmcmine.run.progress import Progress

    done, absent = download_to(config, to, Progress(quiet=quiet))
    if as_json:
        print_json(
            {
                "folder": redact(to),
                "articles": done.articles,
                "files": done.files,
                "bytes": done.size,
                "kept": done.kept,
                "unusable": done.unusable,
                "failed": done.n_failed,
                "not_in_source": absent,
            }
        )
    else:
        click.echo(
            f"{done.articles:,} articles  {done.files:,} files downloaded ({done.size / 1e6:,.1f} MB)  "
            f"{done.kept:,} were there"
        )
        click.echo(f"next     pmcmine mine --source {redact(to)}, with the same options")
    if done.unusable:
        click.echo(f"pmcmine: {done.unusable:,} files are missing or damaged in the source itself", err=True)
    if absent:
        from pmcmine.commands.summary import absent_line

        click.echo(f"pmcmine: {absent_line(absent, len(absent), len(config.pmcid))}", err=True)
    if done.n_failed:
        key, why = done.failed[0]
        click.echo(
            f"pmcmine: {done.n_failed:,} files could not be downloaded, the first is {key} ({why}); "
            "the same command tries again",
            err=True,
        )
    none_there = bool(config.pmcid) and len(absent) == len(config.pmcid)
    return EXIT_ABOVE_THRESHOLD if done.n_failed or none_there else EXIT_DONE
