"""`pmcmine export`: convert a release to another system's format."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import PmcmineError


def export(
    release: Annotated[Path, typer.Argument(help="Release folder.")],
    format_: Annotated[
        str,
        typer.Option("--format", help="What to write; the formats are listed below."),
    ],
    out: Annotated[Path, typer.Option(help="New or empty folder.")],
    groups: Annotated[
        str | None, typer.Option(help="Licence groups, comma-separated; default: all. Example: commercial.")
    ] = None,
    images: Annotated[bool, typer.Option(help="Write image files if the format has them.")] = True,
) -> None:
    """Convert a release to another system's format, or write its attribution as TSV."""
    from pmcmine.exports import Export, ReleaseReader, exporters
    from pmcmine.io.folder import check_writable, describe
    from pmcmine.io.safe_files import temporary_name
    from pmcmine.release.conditions import choose
    from pmcmine.release.tables import MALFORMED, malformed

    formats = exporters()
    if format_ not in formats:
        raise PmcmineError(f"--format {format_}: {choose(format_, list(formats))}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PmcmineError(f"--out {out}: is not an empty folder")
    reader = ReleaseReader(release, [g.strip() for g in groups.split(",")] if groups else None)
    made = not out.exists()
    check_writable(out / "file")
    # Write into a new folder, so that the clean-up after an error removes only our own files.
    scratch = temporary_name(out / "export")
    done = Export(scratch, images)
    try:
        scratch.mkdir()
        formats[format_].export(reader, done)
        for path in sorted(scratch.iterdir()):
            if (out / path.name).exists() or (out / path.name).is_symlink():
                raise PmcmineError(f"--out {out}: {path.name} appeared in the meantime; give an empty folder")
            path.rename(out / path.name)
        scratch.rmdir()
    except BaseException as error:
        shutil.rmtree(scratch, ignore_errors=True)
        if made:
            with suppress(OSError):
                out.rmdir()
        if isinstance(error, OSError):
            where = f"--out {out}" if str(error.filename or out).startswith(str(out)) else str(error.filename)
            raise PmcmineError(f"{where}: {describe(error)}") from None
        if isinstance(error, MALFORMED):
            raise PmcmineError(malformed(str(release), error)) from None
        raise
    counts = [(name, f"{n:,}") for name, n in sorted(done.counts.items())]
    end = f"export   {out}"
    plain = [f"{name:24} {n:>10}" for name, n in counts]
    show([*plain, end], TerminalTable(("written", "number"), counts, numbers=(1,)), end)
