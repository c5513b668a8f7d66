"""`pmcmine browse`: browse a release on a local page."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.errors import PmcmineError
from pmcmine.text.clean import for_terminal

if TYPE_CHECKING:
    from pmcmine.find.query import Encoders


def browse(
    release: Annotated[Path, Argument(help="Release folder.")],
    port: Annotated[int, Option(help="Port on 127.0.0.1; 0 picks a free one.", min=0, max=65535)] = 0,
    text_model: Annotated[
        Path | None, Option(help="Folder of the text encoder for searches, if it is not where it was when scoring.")
    ] = None,
    open_: Annotated[bool, Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Search, filter and choose figures of a release on a local, read-only, offline page."""
    from pmcmine.browse.data import ReleaseData
    from pmcmine.browse.server import BrowseServer

    data = ReleaseData(release, _encoders(text_model))
    if data.hint:
        click.echo(f"pmcmine: {for_terminal(data.hint)}", err=True)
    try:
        server = BrowseServer(data, port)
    except OSError as error:
        raise PmcmineError(f"--port {port}: {error.strerror or error}") from None
    click.echo(f"{server.url}  (end with Ctrl-C)")
    threading.Thread(target=data.warm_up, name="warm-up").start()
    if open_:
        webbrowser.open(server.url)
    try:
        server.serve()
    finally:
        data.close()


def _encoders(text_model: Path | None) -> Encoders | None:
    """Return what makes vectors of searches; None where it is not installed."""
    try:
        from classifiers.scorers.queries import encoders

        return encoders(str(text_model) if text_model else None)
    except ImportError:
        return None
