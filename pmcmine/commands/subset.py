"""`pmcmine subset`: rows of a release's table by a named view or a condition, as one Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pmcmine.commands.output import Overwrite, check_file
from pmcmine.errors import PmcmineError


def subset(
    release: Annotated[Path, typer.Argument(help="Release folder.")],
    out: Annotated[Path, typer.Option(help="Parquet file to write.")],
    view: Annotated[str | None, typer.Option(help="Named view, such as clinical-cases.")] = None,
    table: Annotated[str, typer.Option(help="Table, where no view is given.")] = "figures",
    where: Annotated[
        str | None, typer.Option(help="SQL condition over the table's columns; with a view, both.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the rows of a view, or of a condition, to a Parquet file."""
    import duckdb

    from pmcmine.views import VIEWS, View

    if view is not None and view not in VIEWS:
        raise PmcmineError(f"--view {view}: known are {', '.join(VIEWS)}")
    check_file(out, overwrite)
    chosen = VIEWS[view] if view else View(table, (), "true", "ALL", "")
    folders = [f"{release}/tables/{chosen.table}/{g}" for g in chosen.groups] or [f"{release}/tables/{chosen.table}"]
    files = sorted(str(p) for folder in folders for p in Path(folder).rglob("*.parquet"))
    if not (release / "release.json").is_file() or not files:
        raise PmcmineError(f"{release}: no release with a table {chosen.table}")
    condition = f"({chosen.where})" + (f" AND ({where})" if where else "")
    order = "" if chosen.order == "ALL" else f" ORDER BY {chosen.order}"
    with duckdb.connect() as connection:
        rows = connection.read_parquet(files)
        try:
            found = connection.sql(f"SELECT * FROM rows WHERE {condition}{order}").fetch_arrow_table()
        except duckdb.Error as error:
            raise PmcmineError(f"--where {where!r}: {str(error).splitlines()[0]}") from None
        del rows
    import pyarrow.parquet as pq

    out.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(found, out, compression="zstd")
    typer.echo(f"{out}: {len(found):,} rows" + (f" ({chosen.meaning})" if chosen.meaning else ""))
