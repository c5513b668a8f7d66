"""`pmcmine browse`: browse a release on a local page."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.errors import PmcmineError


def browse(
    release: Annotated[Path, Argument(help="Release folder.")],
    port: Annotated[int, Option(help="Port on 127.0.0.1; 0 picks a free one.", min=0, max=65535)] = 0,
    open_: Annotated[bool, Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Browse a release on a local, read-only, offline page: figures, boxes, spans, concepts, mentions, rights."""
    from pmcmine.browse.data import ReleaseData
    from pmcmine.browse.server import BrowseServer

    data = ReleaseData(release)
    try:
        server = BrowseServer(data, port)
    except OSError as error:
        raise PmcmineError(f"--port {port}: {error.strerror or error}") from None
    click.echo(f"{server.url}  (end with Ctrl-C)")
    if open_:
        webbrowser.open(server.url)
    server.serve()
