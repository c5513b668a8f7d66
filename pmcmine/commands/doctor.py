"""`pmcmine doctor`: what this installation can do here, and what to do about the rest."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import click

from pmcmine.commands.declare import Option
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import EXIT_ABOVE_THRESHOLD, EXIT_DONE
from pmcmine.text.redact import hide


def doctor(
    out: Annotated[str, Option(help="Folder that a release is to be written to.")] = "release",
    offline: Annotated[bool, Option("--offline", help="Make no request to the source of articles.")] = False,
    seconds: Annotated[float, Option(help="Seconds to wait for the source's host.", min=0.1)] = 5.0,
    as_json: Annotated[bool, Option("--json", help="Print the result as one JSON object on the last line.")] = False,
) -> None:
    """Check Python, extras, models, vocabulary, Hub token, disk, engines and network, and say what to do.

    The exit code is 1 if something is broken that mining needs.
    """
    from pmcmine.run.doctor import State, examine

    found = list(examine(out, None if offline else seconds))
    broken = any(f.state == State.BROKEN for f in found)
    if as_json:
        click.echo(hide(json.dumps({"ok": not broken, "findings": [asdict(f) for f in found]})))
    else:
        rows = [(f.state.value, f.what, hide(f.said), f.todo) for f in found]
        plain = [f"{state:6} {what:20} {said}{f'; {todo}' if todo else ''}" for state, what, said, todo in rows]
        show(plain, TerminalTable(("", "what", "found", "to do"), rows))
    raise click.exceptions.Exit(EXIT_ABOVE_THRESHOLD if broken else EXIT_DONE)
