"""Check outputs before writing: an existing file is replaced only with `--overwrite`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import click

from pmcmine.commands.declare import Command, Option
from pmcmine.errors import PmcmineError
from pmcmine.text.redact import hide


def listing(title: str, group: str) -> type[Command]:
    """Return a command whose help ends with the names of the extensions of a group; they are looked up only then."""

    class Listing(Command):
        """A command with a list of names below its help."""

        def format_help(self, ctx: Any, formatter: Any) -> None:
            """Write the help, then the names."""
            self.epilog = self.listed()
            super().format_help(ctx, formatter)

        @staticmethod
        def listed() -> str:
            """Return the line of names."""
            from pmcmine.plugins.load import names

            return f"{title}: {', '.join(names(group))}."

    return Listing


Json = Annotated[bool, Option("--json", help="Print the result as one JSON object; the rest goes to stderr.")]
Overwrite = Annotated[bool, Option("--overwrite", help="Replace an existing file at --out.")]


def print_json(value: Any) -> None:
    """Print a result as one line of JSON in ASCII, without credentials."""
    # Each text by itself: in the whole line a password may be a number or a word of JSON, or be escaped.
    click.echo(json.dumps(for_json(value, hidden=True)))


def print_damaged(release: str) -> None:
    """Print a line to stderr for each side table of a release that is damaged and was left as it is."""
    from pmcmine.io.folder import Folder
    from pmcmine.release.record import load_release
    from pmcmine.release.side_tables import damaged_side_tables

    folder = Folder(release)
    for line in damaged_side_tables(folder, load_release(folder)):
        click.echo(f"pmcmine: {line}", err=True)


def for_json(value: Any, hidden: bool = False) -> Any:
    """Return a value as JSON has it: without numbers that are not finite, and with names that are texts.

    Args:
        value: a value, perhaps of lists and mappings of values.
        hidden: mask credentials in its texts.
    """
    if isinstance(value, Mapping):
        return {str(k): for_json(v, hidden) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [for_json(v, hidden) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else str(value)
    return hide(text) if hidden else text


def iso_day(text: str, option: str) -> str:
    """Return the day of an ISO date or time as YYYY-MM-DD.

    Raises:
        PmcmineError: if it is none.
    """
    try:
        return datetime.fromisoformat(text.strip()).date().isoformat()
    except ValueError:
        raise PmcmineError(f"{option} {text}: give YYYY-MM-DD, as in 2026-09-14") from None


def check_file(path: Path, overwrite: bool, option: str = "--out") -> None:
    """Raise PmcmineError if writing a file would replace one without `--overwrite`, or is impossible."""
    if path.is_dir():
        raise PmcmineError(f"{option} {path}: is a folder; give the name of a file")
    if path.exists() and not path.is_file():
        raise PmcmineError(f"{option} {path}: is not a regular file; give another name")
    if (path.is_file() or path.is_symlink()) and not overwrite:
        raise PmcmineError(f"{option} {path}: exists; give another name, or --overwrite to replace it")


def check_folder(path: Path, overwrite: bool, option: str = "--out") -> None:
    """Raise PmcmineError if a folder is not empty and `--overwrite` is not given, or is a file."""
    if path.is_file():
        raise PmcmineError(f"{option} {path}: is a file; give a folder")
    if path.is_dir() and any(path.iterdir()) and not overwrite:
        raise PmcmineError(f"{option} {path}: is not empty; give another folder, or --overwrite to write into it")
