"""`pmcmine subset`: write rows of a table to one Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, Overwrite, check_file, listing, print_json
from pmcmine.errors import PmcmineError
from pmcmine.plugins.load import VIEWS

ViewCommand = listing("Views", VIEWS)


def subset(
    release: Annotated[Path, Argument(help="Release folder.")],
    out: Annotated[Path, Option(help="Parquet file to write.")],
    view: Annotated[str | None, Option(help="Named view; the views are listed below.")] = None,
    table: Annotated[str, Option(help="Table to read if no view is given.")] = "figures",
    where: Annotated[
        str | None, Option(help="SQL condition over the table's columns; with a view, both must hold.")
    ] = None,
    seconds: Annotated[float, Option(help="Time limit of the query, in seconds.", min=0.001)] = 600.0,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write the rows of a view, or of a condition, to a Parquet file."""
    import duckdb
    import pyarrow.parquet as pq

    from pmcmine.io.folder import check_writable, describe
    from pmcmine.io.safe_files import replacing
    from pmcmine.io.safe_names import sql_identifier
    from pmcmine.release.conditions import check_values, choose, explain, known_values, time_limit
    from pmcmine.release.hierarchy import prepare
    from pmcmine.release.tables import check_release, concept_tables, connect, create_view, table_files, table_names
    from pmcmine.release.views import View, views

    named = views() if view is not None else {}
    if view is not None and view not in named:
        raise PmcmineError(f"--view {view}: {choose(view, list(named))}")
    check_file(out, overwrite)
    chosen = named[view] if view else View("", table, (), "true", "ALL", "")
    check_release(release)
    tables = table_names(release)
    files = table_files(release, chosen.table, chosen.groups) if chosen.table in tables else []
    if not files:
        hint = f"; {choose(chosen.table, tables)}" if tables else ""
        raise PmcmineError(f"{release}: not a release with a table {chosen.table}{hint}")
    check_writable(out)
    said = f"--where {where!r}" if where else str(release)
    order = "" if chosen.order == "ALL" else f" ORDER BY {chosen.order}"
    with connect() as connection:
        create_view(connection, chosen.table, files)
        if where:
            check_values(connection, where, known_values(pq.read_schema(files[0])), said)
        try:
            with time_limit(connection, seconds, said):
                more = prepare(connection, where or "", chosen.table, *concept_tables(connection, release, where))
                condition = f"({chosen.where})" + (f" AND ({more}\n)" if more else "")
                found = connection.sql(
                    f"SELECT * FROM {sql_identifier(chosen.table)} WHERE {condition}{order}"
                ).fetch_arrow_table()
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where or '')}") from None
    try:
        with replacing(out) as stream:
            pq.write_table(found, stream, compression="zstd")
    except OSError as error:
        raise PmcmineError(f"--out {out}: can't write ({describe(error)})") from None
    if as_json:
        print_json({"out": str(out), "table": chosen.table, "rows": len(found)})
        return
    click.echo(f"{out}: {len(found):,} rows" + (f" ({chosen.meaning})" if chosen.meaning else ""))
