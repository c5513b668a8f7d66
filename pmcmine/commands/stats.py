"""`pmcmine stats`: count or query a release with DuckDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import for_json
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import PmcmineError
from pmcmine.release.nearest import choose
from pmcmine.text.clean import for_terminal

if TYPE_CHECKING:
    from pmcmine.release.concept_names import NamedConcept

_BY = ("license", "license_group", "split", "year", "journal", "kind", "image_kinds", "article_type")


def stats(
    release: Annotated[Path, Argument(help="Release folder.")],
    by: Annotated[str, Option(help=f"Column of figures to count by: {', '.join(_BY)}.")] = "license",
    where: Annotated[
        str | None, Option(help="SQL condition over the columns of figures; for example year >= 2020.")
    ] = None,
    limit: Annotated[int, Option(help="Maximum number of rows to print.", min=1)] = 30,
    sql: Annotated[
        str | None,
        Option(help="SQL query over the tables, by their names; for example SELECT count(*) FROM figures."),
    ] = None,
    concepts: Annotated[
        str | None,
        Option(
            help="List concepts whose names hold a word, with the figures and pairs of each and of all below it, "
            "denied mentions left out; for example liver. Their ids are what concept_below takes."
        ),
    ] = None,
    seconds: Annotated[float, Option(help="Time limit of the query, in seconds.", min=0.001)] = 600.0,
    json_: Annotated[bool, Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Count figures, pairs, caption words and pixels of a release, find concepts, or run an SQL query."""
    import duckdb
    import pyarrow.parquet as pq

    from pmcmine.release.concept_names import find_concepts
    from pmcmine.release.conditions import check_values, explain, known_values, time_limit
    from pmcmine.release.hierarchy import prepare
    from pmcmine.release.scores import local_scores
    from pmcmine.release.tables import check_release, concept_tables, open_tables
    from pmcmine.release.unlabelled import unlabelled_in

    check_release(release)
    _check_options(by, concepts is not None and bool(sql or where))
    option = "--sql" if sql else "--where" if where else str(release)
    connection, files = open_tables(release)
    with connection:
        if concepts is not None and "concepts" not in files:
            raise PmcmineError(f"--concepts: {release} has no table concepts; mine with --vocab")
        first = next(iter(files.get("figures", ())), None)
        if where and not sql and first is not None:
            check_values(connection, where, known_values(pq.read_schema(first)), "--where")
        try:
            with time_limit(connection, seconds, option):
                if concepts is not None:
                    has_pairs = first is not None and {"figure_id", "shard"} <= {*pq.read_schema(first).names}
                    _tell_concepts(find_concepts(connection, release, concepts, limit, has_pairs), json_)
                    return
                chosen = "" if sql else where or ""
                more = prepare(connection, chosen, "figures", *concept_tables(connection, release, chosen))
                more = local_scores(connection, more, chosen, "figures", release)
                condition = f" WHERE ({more}\n)" if more else ""
                result = connection.execute(sql or _counts(by, condition, limit))
                names_of = [c[0] for c in result.description or ()]
                rows = result.fetchall()
        except duckdb.Error as error:
            raise PmcmineError(f"{option}: {explain(error, sql or where or '')}") from None
    if chosen and not rows and (why := unlabelled_in(release, "figures", chosen)):
        raise PmcmineError(f"{option}: chooses nothing: {why}")
    shown = _print_json if json_ else _show
    shown(names_of, rows if sql or json_ else _with_none(rows))


def _check_options(by: str, two: bool) -> None:
    if by not in _BY:
        raise PmcmineError(f"--by {by}: {choose(by, _BY)}")
    if two:
        raise PmcmineError("--concepts: give it without --sql and --where")


def _with_none(rows: list[Any]) -> list[Any]:
    """Return rows with a name for the value that is missing."""
    return [("(none)" if row[0] is None else row[0], *row[1:]) for row in rows]


def _print_json(names_of: list[str], rows: list[Any]) -> None:
    for row in rows:
        click.echo(json.dumps(for_json(dict(zip(names_of, row, strict=True)))))  # ASCII


def _tell_concepts(found: list[NamedConcept], as_json: bool) -> None:
    names_of = ["concept", "name", "figures", "pairs"]
    rows = [(c.concept, c.name, c.figures, c.pairs) for c in found]
    if as_json:
        _print_json(names_of, rows)
    elif rows:
        _show(names_of, rows)
    else:
        click.echo("no caption names such a concept, or one below it", err=True)


def _counts(by: str, condition: str, limit: int) -> str:
    """Return the query that counts figures by a column."""
    # A figure of several kinds counts for each, one without a kind for the line "(none)".
    figures = f"(SELECT * FROM figures{condition})"
    if by == "image_kinds":
        figures = (
            "(SELECT * REPLACE (unnest(CASE WHEN len(image_kinds) = 0 THEN [NULL] ELSE image_kinds END) AS "
            f"image_kinds) FROM {figures})"
        )
    return (
        f"SELECT {by}, count(*) AS figures, count(shard) AS pairs, "
        "count(DISTINCT pmcid) AS articles, round(avg(len(string_split(caption, ' ')))) AS words_per_caption, "
        "round(avg(width * height) / 1e6, 2) AS megapixels, round(sum(sample_size) / 1e9, 3) AS gigabytes "
        f"FROM {figures} GROUP BY ALL ORDER BY figures DESC, 1 LIMIT {limit}"
    )


def _show(names_of: list[str], rows: list[Any]) -> None:
    shown = [[_cell(v, name) for v, name in zip(row, names_of, strict=True)] for row in rows]
    heads = [for_terminal(n) for n in names_of]
    widths = [max([len(n), *(len(r[i]) for r in shown)]) for i, n in enumerate(heads)]
    plain = ("  ".join(v.ljust(w) for v, w in zip(line, widths, strict=True)).rstrip() for line in [heads, *shown])
    numbers = [i for i in range(len(heads)) if all(isinstance(row[i], (int, float)) for row in rows)]
    show(plain, TerminalTable(heads, shown, numbers))


def _cell(value: Any, name: str) -> str:
    if isinstance(value, int):
        return str(value) if name.endswith("year") else f"{value:,}"
    return "" if value is None else for_terminal(str(value), 60)
