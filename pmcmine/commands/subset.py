"""`pmcmine subset`: write rows of a table to one Parquet file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, Overwrite, check_file, check_folder, listing, print_json
from pmcmine.errors import PmcmineError
from pmcmine.plugins.load import VIEWS

if TYPE_CHECKING:
    import pyarrow as pa

    from pmcmine.release.lists import ChosenList
    from pmcmine.release.views import View

ViewCommand = listing("Views", VIEWS)


def subset(
    release: Annotated[Path, Argument(help="Release folder.")],
    out: Annotated[Path, Option(help="Parquet file to write; with --shards a new folder.")],
    view: Annotated[str | None, Option(help="Named view; the views are listed below.")] = None,
    table: Annotated[str, Option(help="Table to read if no view is given.")] = "figures",
    where: Annotated[
        str | None, Option(help="SQL condition over the table's columns; with a view, both must hold.")
    ] = None,
    chosen_list: Annotated[
        Path | None, Option("--list", help="List of `pmcmine curate`: only its figures; with --where, both.")
    ] = None,
    shards: Annotated[
        bool, Option("--shards", help="Write the figures as a release of their own: shards and tables.")
    ] = False,
    seconds: Annotated[float, Option(help="Time limit of the query, in seconds.", min=0.001)] = 600.0,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write the rows of a view, of a condition or of a list to a Parquet file, or as a release of their own."""
    import pyarrow.parquet as pq

    from pmcmine.io.folder import check_writable, describe
    from pmcmine.io.safe_files import replacing
    from pmcmine.release.lists import read_list
    from pmcmine.release.nearest import choose
    from pmcmine.release.tables import check_release
    from pmcmine.release.views import View, views

    named = views() if view is not None else {}
    if view is not None and view not in named:
        raise PmcmineError(f"--view {view}: {choose(view, list(named))}")
    chosen = named[view] if view else View("", table, (), "true", "ALL", "")
    if (shards or chosen_list is not None) and chosen.table != "figures":
        raise PmcmineError(f"--table {chosen.table}: --list and --shards are for figures")
    check_folder(out, False) if shards else check_file(out, overwrite)
    check_release(release)
    listed = read_list(chosen_list) if chosen_list is not None else None
    if shards:
        found = _rows(release, chosen, where, listed, seconds)
        digest = listed.digest if listed is not None else None
        _write_release(release, found, out, {"view": view, "where": where, "list_sha256": digest}, as_json)
        return
    check_writable(out)
    found = _rows(release, chosen, where, listed, seconds)
    try:
        with replacing(out) as stream:
            pq.write_table(found, stream, compression="zstd")
    except OSError as error:
        raise PmcmineError(f"--out {out}: can't write ({describe(error)})") from None
    if as_json:
        print_json({"out": str(out), "table": chosen.table, "rows": len(found)})
        return
    click.echo(f"{out}: {len(found):,} rows" + (f" ({chosen.meaning})" if chosen.meaning else ""))


def _write_release(release: Path, found: pa.Table, out: Path, asked: Mapping[str, Any], as_json: bool) -> None:
    """Write figures as a release of their own, and say so.

    Raises:
        PmcmineError: if there are none, or the release is damaged.
    """
    from pmcmine.curate.own_release import write_release
    from pmcmine.release.written import written_in

    n = write_release(release, found, out, asked)
    if as_json:
        print_json({"out": str(out), "table": "figures", "rows": n})
    else:
        click.echo(f"{out}: {n:,} figures, a release of their own")
    if names := [facts.name for facts in written_in(release)]:
        click.echo(f"texts that models wrote are not taken along: {', '.join(names)}", err=True)


def _rows(release: Path, chosen: View, where: str | None, listed: ChosenList | None, seconds: float) -> pa.Table:
    """Return the rows of a view that meet a condition and are in a list.

    Raises:
        PmcmineError: if the release has no such table or does not fill the columns, or the condition is none.
    """
    import duckdb
    import pyarrow.parquet as pq

    from pmcmine.io.safe_names import sql_identifier
    from pmcmine.release.condition_text import quoted
    from pmcmine.release.conditions import check_values, explain, known_values, time_limit
    from pmcmine.release.hierarchy import prepare
    from pmcmine.release.nearest import choose
    from pmcmine.release.scores import local_scores
    from pmcmine.release.tables import concept_tables, connect, create_view, table_files, table_names
    from pmcmine.release.unlabelled import unlabelled_in

    tables = table_names(release)
    files = table_files(release, chosen.table, chosen.groups) if chosen.table in tables else []
    if not files:
        hint = f"; {choose(chosen.table, tables)}" if tables else ""
        raise PmcmineError(f"{release}: not a release with a table {chosen.table}{hint}")
    said = f"--where {quoted(where)}" if where else str(release)
    order = "" if chosen.order == "ALL" else f" ORDER BY {chosen.order}"
    with connect() as connection:
        create_view(connection, chosen.table, files)
        if where:
            check_values(connection, where, known_values(pq.read_schema(files[0])), said)
        try:
            with time_limit(connection, seconds, said):
                more = prepare(connection, where or "", chosen.table, *concept_tables(connection, release, where))
                more = local_scores(connection, more, where, chosen.table, release)
                condition = f"({chosen.where})" + (f" AND ({more}\n)" if more else "")
                if listed is not None:
                    connection.register("chosen_list", listed.ids)
                    _tell_missing(connection, release, len(listed.ids))
                    condition += " AND figure_id IN (SELECT figure_id FROM chosen_list)"
                query = f"SELECT * FROM {sql_identifier(chosen.table)} WHERE {condition}{order}"
                found = connection.sql(query).fetch_arrow_table()
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where or '')}") from None
    if not len(found) and (why := unlabelled_in(release, chosen.table, f"{chosen.where} {where or ''}")):
        raise PmcmineError(f"{f'--view {chosen.name}' if chosen.name else said}: chooses nothing: {why}")
    return found


def _tell_missing(connection: Any, release: Path, listed: int) -> None:
    """Say how many figures of a list the release does not have: it may be of another one.

    Raises:
        PmcmineError: if it has none of them.
    """
    missing = "SELECT count(*) FROM chosen_list WHERE figure_id NOT IN (SELECT figure_id FROM figures)"
    (n,) = connection.execute(missing).fetchall()[0]
    if n and n == listed:
        raise PmcmineError(f"--list: none of its {listed:,} figures is in {release}; it was made of another release")
    if n:
        said = f"{n:,} of the {listed:,} figures of the list are not in {release}"
        click.echo(f"pmcmine: {said}: it was made of another release, or before an update", err=True)
