"""Carry out a recipe over a release: each step leaves fewer rows, and their number is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.curate.recipe import CONCEPT, Balance, Quantile, Recipe
from pmcmine.errors import PmcmineError
from pmcmine.ids import keyed_hash
from pmcmine.io.safe_names import sql_identifier
from pmcmine.release.conditions import check_values, explain, known_values, time_limit
from pmcmine.release.hierarchy import affirmed, prepare
from pmcmine.release.nearest import choose, nearest
from pmcmine.release.scores import ScoreFacts, local_scores, score_relation, scores_in
from pmcmine.release.tables import concept_tables, open_tables

NONE: Final = "(none)"  # value of a row without one
_BATCH: Final = 1 << 16
_PURPOSE: Final = "pmcmine/curate"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, rows before and after."""

    step: str
    rows_in: int
    rows_out: int


@dataclass(frozen=True)
class Chosen:
    """Result: ids of the figures, sorted, and the steps that led to them."""

    ids: pa.Array
    steps: tuple[Step, ...]


def curate(release: Path, recipe: Recipe, said: str, seconds: float = 3600.0) -> Chosen:
    """Choose figures of a release that have a sample.

    Args:
        release: a release on this machine.
        recipe: what to choose.
        said: name of the recipe, begins messages.
        seconds: time limit of the queries.

    Raises:
        PmcmineError: one line, for a condition or a column that the release does not have.
    """
    connection, files = open_tables(release, tables=("figures", "clusters", "concepts"))
    with connection:
        if "figures" not in files:
            raise PmcmineError(f"{release}: has no table figures")
        connection.execute("SET preserve_insertion_order = true")
        try:
            with time_limit(connection, seconds, said):
                return _Run(connection, release, recipe, said, files["figures"][0], set(files)).run()
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, recipe.where)}") from None


class _Run:
    """The steps over one connection; the rows so far are the table `chosen`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        release: Path,
        recipe: Recipe,
        said: str,
        first: Path,
        tables: set[str],
    ) -> None:
        self._sql, self._release, self._recipe, self._said = connection, release, recipe, said
        self._schema = pq.read_schema(first)
        self._tables = tables
        self._scores = scores_in(release)
        _check_quotas(recipe.balances, known_values(self._schema), said)
        self._steps: list[Step] = []

    def run(self) -> Chosen:
        """Carry out all steps."""
        (every,) = self._sql.execute("SELECT count(*) FROM figures").fetchall()[0]
        self._sql.execute("CREATE TEMP TABLE chosen AS SELECT figure_id FROM figures WHERE shard IS NOT NULL")
        self._note("figures with a sample", every)
        if self._recipe.where:
            self._step(f"where {self._recipe.where}", self._condition())
        for kind in self._recipe.near_duplicates:
            self._step(f"near duplicates: {kind}", self._representatives(kind))
        for quantile in self._recipe.quantiles:
            self._step(
                f"quantile of {quantile.column}: {quantile.least:g} to {quantile.most:g}", self._between(quantile)
            )
        before = self._count()
        ids = self._balanced()
        what = ", ".join(f"by {b.by}" for b in self._recipe.balances)
        if what or self._recipe.size is not None:
            size = f"at most {self._recipe.size:,}" if self._recipe.size is not None else ""
            self._steps.append(
                Step(", ".join(filter(None, [f"balance {what}" if what else "", size])), before, len(ids))
            )
        return Chosen(pa.array(sorted(ids), pa.string()), tuple(self._steps))

    def _count(self) -> int:
        return int(self._sql.execute("SELECT count(*) FROM chosen").fetchall()[0][0])

    def _note(self, step: str, before: int) -> None:
        self._steps.append(Step(step, before, self._count()))

    def _step(self, step: str, condition: str) -> None:
        before = self._count()
        self._sql.execute(
            "CREATE OR REPLACE TEMP TABLE chosen AS SELECT figure_id FROM figures "
            f"WHERE figure_id IN (SELECT figure_id FROM chosen) AND ({condition}\n)"
        )
        self._note(step, before)

    def _condition(self) -> str:
        where = self._recipe.where
        check_values(self._sql, where, known_values(self._schema), f"{self._said}: where")
        concepts = concept_tables(self._sql, self._release, where)
        return local_scores(self._sql, prepare(self._sql, where, "figures", *concepts), where, "figures", self._release)

    def _representatives(self, kind: str) -> str:
        """Return a condition that leaves one row of each cluster: its representative, else the lowest id."""
        if "clusters" not in self._tables:
            raise PmcmineError(
                f"{self._said}: near_duplicates: the release has no clusters; mine without --no-near-duplicates"
            )
        self._sql.execute(
            "CREATE OR REPLACE TEMP TABLE doubles AS SELECT member_id FROM (SELECT member_id, row_number() OVER "
            "(PARTITION BY cluster_id ORDER BY representative DESC, member_id) AS place FROM clusters "
            "WHERE kind = $kind AND member_id IN (SELECT figure_id FROM chosen)) WHERE place > 1",
            {"kind": kind},
        )
        return "figure_id NOT IN (SELECT member_id FROM doubles)"

    def _between(self, quantile: Quantile) -> str:
        value = self._value(quantile.column)
        low, high = self._sql.execute(
            f"SELECT quantile_disc(v, $least), quantile_disc(v, $most) FROM (SELECT {value} AS v FROM figures "
            "WHERE figure_id IN (SELECT figure_id FROM chosen)) WHERE v IS NOT NULL",
            {"least": quantile.least, "most": quantile.most},
        ).fetchall()[0]
        if low is None:
            return "false"
        self._sql.execute("CREATE OR REPLACE TEMP TABLE bounds AS SELECT ? AS low, ? AS high", [low, high])
        return f"{value} BETWEEN (SELECT low FROM bounds) AND (SELECT high FROM bounds)"

    def _value(self, column: str) -> str:
        """Return an expression for a column of figures or of a score, with the rows of `figures`.

        Raises:
            PmcmineError: if there is none.
        """
        top, _, part = column.partition(".")
        if top in self._schema.names:
            return ".".join(["figures", *map(sql_identifier, filter(None, (top, part)))])
        score = self._score_of(column)
        self._sql.register(f"values_of_{column}", score_relation(self._sql, self._release, score))
        inner, name = sql_identifier(f"values_of_{column}"), sql_identifier(column)
        return f"(SELECT any_value(s.{name}) FROM {inner} s WHERE s.figure_id = figures.figure_id)"

    def _score_of(self, column: str) -> ScoreFacts:
        known = {c: s for s in self._scores if s.table == "figures" for c in s.columns}
        if column not in known:
            names = [*known, *self._schema.names, CONCEPT]
            near = nearest(column, names)
            said = (
                f"did you mean {near!r}?" if near else choose(column, [*known, "year", "journal", "license", CONCEPT])
            )
            raise PmcmineError(f"{self._said}: {column}: neither a column of figures nor of a score; {said}")
        return known[column]

    def _balanced(self) -> list[str]:
        """Take rows in an order that follows from the seed, as long as each has room under all balances."""
        balances, size = self._recipe.balances, self._recipe.size
        counts: list[Counter[str]] = [Counter() for _ in balances]
        taken: list[str] = []
        for figure, keys in self._ordered(balances):
            if size is not None and len(taken) >= size:
                break
            if all(_has_room(b, c, k) for b, c, k in zip(balances, counts, keys, strict=True)):
                taken.append(figure)
                for counter, values in zip(counts, keys, strict=True):
                    counter.update(values)
        return taken

    def _ordered(self, balances: Sequence[Balance]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
        """Yield figures and their values under each balance, by a keyed hash of the figure."""
        columns = [f"{self._keys(b.by)} AS k{n}" for n, b in enumerate(balances)]
        self._sql.execute(
            f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT {', '.join(['figure_id', *columns])} FROM figures "
            "WHERE figure_id IN (SELECT figure_id FROM chosen)"
        )
        ids = self._sql.sql("SELECT figure_id FROM keyed").to_arrow_table()["figure_id"]
        purpose = f"{_PURPOSE}/{self._recipe.seed}"
        places = [pa.array([keyed_hash(purpose, i) for i in chunk.to_pylist()], pa.uint64()) for chunk in ids.chunks]
        self._sql.register("places", pa.table({"figure_id": ids, "place": pa.chunked_array(places, pa.uint64())}))
        result = self._sql.execute("SELECT keyed.* FROM keyed JOIN places USING (figure_id) ORDER BY place, figure_id")
        while batch := result.fetchmany(_BATCH):
            for figure, *values in batch:
                yield figure, [_texts(v) for v in values]

    def _keys(self, by: str) -> str:
        """Return an expression for the values of a balance, one or a list."""
        if by != CONCEPT:
            return self._value(by)
        if "concepts" not in self._tables:
            raise PmcmineError(f"{self._said}: balance by concept: the release has no concepts; mine with --vocab")
        concepts = "SELECT list(DISTINCT coalesce(c.cui, c.source_id)) FROM concepts c"
        return f"({concepts} WHERE c.context_id = figures.figure_id AND {affirmed(self._sql, 'concepts')})"


def _texts(value: Any) -> tuple[str, ...]:
    """Return the values of a row as texts, each once."""
    found = value if isinstance(value, list) else [value]
    texts = dict.fromkeys(str(v) for v in found if v is not None)
    return tuple(texts) or (NONE,)


def _check_quotas(balances: Sequence[Balance], known: Mapping[str, Sequence[str]], said: str) -> None:
    """Raise PmcmineError for a quota of a value that its column never has."""
    for balance in balances:
        values = (*known[balance.by], NONE) if balance.by in known else ()
        for value in balance.quotas:
            if values and value not in values:
                raise PmcmineError(f"{said}: by {balance.by}: quotas: never {value!r}; {choose(value, values)}")


def _has_room(balance: Balance, counts: Counter[str], values: Sequence[str]) -> bool:
    room = [(limit := balance.limit(v)) is None or counts[v] < limit for v in values]
    return all(room) if balance.match == "all" else any(room)
