"""`pmcmine export`: a release in another system's record shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pmcmine.errors import PmcmineError


def export(
    release: Annotated[Path, typer.Argument(help="Release folder.")],
    format_: Annotated[
        str,
        typer.Option(
            "--format", help="biomedica, pmc15m, biomed-enriched, medconcept, open-pmc, medicat or attribution."
        ),
    ],
    out: Annotated[Path, typer.Option(help="New folder.")],
    groups: Annotated[str | None, typer.Option(help="Licence groups, comma-separated; all if not given.")] = None,
    images: Annotated[bool, typer.Option(help="Write image files where the format has them.")] = True,
) -> None:
    """Write a release in the record shapes of another system, for its loaders, or its attribution as TSV."""
    from pmcmine.exports import FORMATS, Export, ReleaseReader

    if format_ not in FORMATS:
        raise PmcmineError(f"--format {format_}: choose from {', '.join(FORMATS)}")
    if out.exists() and any(out.iterdir()):
        raise PmcmineError(f"--out {out}: is not empty")
    reader = ReleaseReader(release, [g.strip() for g in groups.split(",")] if groups else None)
    done = Export(out, images)
    out.mkdir(parents=True, exist_ok=True)
    FORMATS[format_](reader, done)
    for name, n in sorted(done.counts.items()):
        typer.echo(f"{name:24} {n:>10,}")
    typer.echo(f"export   {out}")
