"""`pmcmine index` and `pmcmine search`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, print_json
from pmcmine.errors import PmcmineError
from pmcmine.text.clean import for_terminal

if TYPE_CHECKING:
    from pmcmine.find.hits import Hit

_MOST_IMAGE = 64 << 20  # bytes


def index(
    release: Annotated[Path, Argument(help="Release folder.")],
    table: Annotated[list[str] | None, Option(help="figures or paragraphs; may be repeated. Default: both.")] = None,
    as_json: Json = False,
) -> None:
    """Build the index of a release: words, vectors of its scores, and names of concepts."""
    from pmcmine.find.build import build_index
    from pmcmine.find.layout import TABLES
    from pmcmine.release.nearest import choose
    from pmcmine.release.tables import check_release

    check_release(release)
    for name in table or ():
        if name not in TABLES:
            raise PmcmineError(f"--table {name}: {choose(name, list(TABLES))}")
    facts = build_index(release, tuple(dict.fromkeys(table or ())))
    size = sum(p.stat().st_size for p in (release / "index").iterdir() if p.is_file())
    if as_json:
        print_json({"index": facts.to_object()["tables"], "bytes": size})
        return
    for name, of in facts.tables.items():
        vectors = "".join(f", {v.n:,} vectors of {what} ({v.source})" for what, v in of.vectors.items())
        click.echo(f"{name}: {of.documents:,} documents{vectors}")
    click.echo(f"{release}/index: {size / 1e6:,.1f} MB" if size >= 1e6 else f"{release}/index: {size / 1e3:,.0f} kB")


def search(
    release: Annotated[
        str,
        Argument(help="Release with an index: folder, URL (https, hf, s3, gs …), or ORG/NAME on the Hub."),
    ],
    text: Annotated[str | None, Argument(help="Words, a question, or names of concepts.")] = None,
    image: Annotated[Path | None, Option(help="JPEG or PNG; finds figures that look alike.")] = None,
    table: Annotated[str, Option(help="figures or paragraphs.")] = "figures",
    where: Annotated[str | None, Option(help="SQL condition over the table's columns, scores and concepts.")] = None,
    k: Annotated[int, Option("--k", help="Number of hits.", min=1, max=1000)] = 20,
    text_model: Annotated[
        Path | None, Option(help="Folder of the text encoder, if it is not where it was when scoring.")
    ] = None,
    image_model: Annotated[
        str | None, Option(help="Model that image-embedding was given when scoring, if it was: a folder or a name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Search a release by words, concepts, meaning and by an image; the lists are fused by rank."""
    from classifiers.scorers.queries import encoders
    from pmcmine.find.hits import Search
    from pmcmine.io.safe_files import read_bounded

    data = None if image is None else read_bounded(image, _MOST_IMAGE, f"--image {image}")
    with Search(release, table, encoders(str(text_model) if text_model else None, image_model)) as searching:
        hits = searching(text, image=data, where=where, k=k)
        for note in searching.notes:
            click.echo(f"pmcmine: {for_terminal(note)}", err=True)
    if as_json:
        print_json({"hits": [hit.to_object() for hit in hits]})
        return
    for n, hit in enumerate(hits, 1):
        _show(n, hit)
    if not hits:
        hint = "; captions alone were searched, --table paragraphs searches texts" if table == "figures" else ""
        click.echo(f"nothing found{hint}")


def _show(n: int, hit: Hit) -> None:
    panel = f", panel {hit.panel}" if hit.panel else ""
    label = f" {hit.label}{panel}" if hit.label else ""
    ranks = ", ".join(f"{name} {rank}" for name, rank in hit.ranks.items())
    click.echo(for_terminal(f"{n:>3}. {hit.id}{label} · {hit.license} · {hit.link or hit.pmcid} ({ranks})", 300))
    click.echo(for_terminal(f"     {hit.snippet}", 300))
