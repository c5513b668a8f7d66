"""`pmcmine rehydrate`: fill in the texts and images of a release's pointers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, print_json
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.text.clean import for_terminal

if TYPE_CHECKING:
    from pmcmine.pointers.rehydrate import Rehydrated


def rehydrate(
    release: Annotated[str, Argument(help="Release folder that contains pointers.")],
    source: Annotated[str, Option(help="Your copy of PMC: URL or path, as for `mine --source`.")],
    out: Annotated[str, Option(help="New folder for the filled release.")],
    source_kind: Annotated[
        str | None, Option(help="bucket, folder, packages, bulk or pdf; default: recognised from the source.")
    ] = None,
    images: Annotated[bool, Option(help="Also write figures as samples.")] = True,
    as_json: Json = False,
) -> None:
    """Fill in the texts and images of a release's pointers from your copy of PMC; texts are checked by hash."""
    from pmcmine.config import load_config
    from pmcmine.pointers.rehydrate import rehydrate as fill

    config = load_config({"source": source, "source_kind": source_kind, "out": out, "vocab": "none"})
    found = fill(release, config, out, images=images, say=lambda line: click.echo(line, err=True))
    if as_json:
        counts = {"filled": dict(found.filled), "left": dict(found.left), "samples": found.images}
        print_json({"out": out, **counts, "problems": found.problems})
    else:
        _show(found, out)
    shown = sorted(found.problems.items())[:10]
    for article, why in shown:
        click.echo(for_terminal(f"pmcmine: {article}: {why}"), err=True)
    if len(found.problems) > len(shown):
        click.echo(f"pmcmine: and {len(found.problems) - len(shown):,} more articles", err=True)
    raise click.exceptions.Exit(1 if found.left else 0)


def _show(found: Rehydrated, out: str) -> None:
    """Print the numbers of rows by table, and of samples."""
    tables = [*sorted(found.filled), *sorted(set(found.left) - set(found.filled))]
    counts = [(table, found.filled[table], found.left[table]) for table in tables]
    plain = [
        f"{table:12} {n:>9,} rows filled in" + (f", {left:,} are still pointers" if left else "")
        for table, n, left in counts
    ]
    rows = [(table, f"{n:,}", f"{left:,}") for table, n, left in counts]
    drawn = TerminalTable(
        ("", "filled in", "still pointers"), [*rows, ("samples", f"{found.images:,}", "")], numbers=(1, 2)
    )
    show([*plain, f"{'samples':12} {found.images:>9,}", out], drawn, out)
