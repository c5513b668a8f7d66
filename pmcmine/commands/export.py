"""`pmcmine export`: convert a release to another system's format."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, listing, print_json
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import PmcmineError
from pmcmine.plugins.load import EXPORTERS

if TYPE_CHECKING:
    from pmcmine.exports import Export, Exporter, ReleaseReader

FormatCommand = listing("Formats", EXPORTERS)


def export(
    release: Annotated[Path, Argument(help="Release folder.")],
    format_: Annotated[
        str,
        Option(
            "--format",
            help="What to write; the formats are listed below. llava, messages and sharegpt need texts of "
            "`pmcmine write`; llava-captions takes the authors' captions.",
        ),
    ],
    out: Annotated[Path, Option(help="New or empty folder.")],
    groups: Annotated[
        str | None, Option(help="Licence groups, comma-separated; default: all. Example: commercial.")
    ] = None,
    images: Annotated[bool, Option(help="Write image files if the format has them.")] = True,
    where: Annotated[
        str | None,
        Option(
            help="SQL condition over the columns of `figures` (of `panels` with --panels, of `grids` for tables), for "
            "formats of figures and tables. Example: year >= 2020."
        ),
    ] = None,
    panels: Annotated[
        bool, Option(help="Write the images of panels instead of figures; only for imagefolder.")
    ] = False,
    written: Annotated[
        str | None,
        Option(help="Side tables of `write`, comma-separated, for formats of conversations; default: all."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Convert a release to another system's format, or write its attribution as TSV."""
    from pmcmine.exports import Export, ReleaseReader, exporters
    from pmcmine.release.nearest import choose
    from schemas.values import GROUPS

    formats = exporters()
    if format_ not in formats:
        raise PmcmineError(f"--format {format_}: {choose(format_, list(formats))}")
    _check_options(format_, formats, {"where": where is not None, "panels": panels, "written": written is not None})
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PmcmineError(f"--out {out}: is not an empty folder")
    wanted = [g.strip() for g in groups.split(",")] if groups else None
    for group in wanted or ():
        if group not in GROUPS:
            raise PmcmineError(f"--groups {group}: {choose(group, GROUPS)}")
    reader = ReleaseReader(release, wanted)
    if where is not None:
        chosen: tuple[str, str] = getattr(formats[format_], "chooses", ("figures", "figure_id"))
        table, key = ("panels", "panel_id") if panels else chosen
        reader.choose(table, key, where)
    names = tuple(n.strip() for n in written.split(",")) if written else ()
    done = _write(formats[format_], reader, Export(out, images, panels, names), str(release))
    if as_json:
        print_json({"out": str(out), "format": format_, "counts": dict(done.counts), "notes": list(done.notes)})
        return
    counts = [(name, f"{n:,}") for name, n in sorted(done.counts.items())]
    end = f"export   {out}"
    plain = [f"{name:24} {n:>10}" for name, n in counts]
    show([*plain, *done.notes, end], TerminalTable(("written", "number"), counts, numbers=(1,)), *done.notes, end)


def _write(exporter: Exporter, reader: ReleaseReader, wanted: Export, release: str) -> Export:
    """Write an export into its folder, which is empty or not there; return what was written.

    Args:
        exporter: the format.
        reader: the release.
        wanted: the folder and what to write.
        release: the release as the user named it, for messages.

    Raises:
        PmcmineError: one line; the folder then holds nothing of the export.
    """
    from pmcmine.io.folder import check_writable, describe
    from pmcmine.io.safe_files import temporary_name
    from pmcmine.release.tables import MALFORMED, malformed

    out = wanted.folder
    made = not out.exists()
    check_writable(out / "file")
    # Write into a new folder, so that the clean-up after an error removes only our own files.
    scratch = temporary_name(out / "export")
    done = replace(wanted, folder=scratch)
    try:
        scratch.mkdir()
        exporter.export(reader, done)
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
            place = f"--out {out}" if str(error.filename or out).startswith(str(out)) else str(error.filename)
            raise PmcmineError(f"{place}: {describe(error)}") from None
        if isinstance(error, MALFORMED):
            raise PmcmineError(malformed(release, error)) from None
        raise
    return done


def _check_options(name: str, formats: Mapping[str, Exporter], asked: Mapping[str, bool]) -> None:
    """Check that a format takes the options that were given.

    Raises:
        PmcmineError: one line that names the formats which take the option.
    """
    for option in sorted(o for o, is_given in asked.items() if is_given):
        able = sorted(n for n, f in formats.items() if option in getattr(f, "takes", ()))
        if name not in able:
            raise PmcmineError(f"--{option}: not for the format {name}; it is for {', '.join(able)}")
