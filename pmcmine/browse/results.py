"""Find the rows that match the filters: in order, a page at a time, and counts per value."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.browse.filters import FACETS, Asked, Filters, QueryError, parse
from pmcmine.browse.similar import by_fingerprint
from pmcmine.browse.tables import Tables
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import sql_identifier
from pmcmine.release.concept_names import find_concepts
from pmcmine.release.condition_text import quoted
from pmcmine.release.conditions import check_values, explain, known_values
from pmcmine.release.hierarchy import HIERARCHY, prepare
from pmcmine.release.scores import local_scores
from pmcmine.release.tables import concept_tables, malformed
from pmcmine.release.unlabelled import unlabelled_in

if TYPE_CHECKING:
    from pmcmine.find.hits import Search

PAGE: Final = 100  # rows per page
MOST_ROWS: Final = 150_000  # rows of a result kept in order; a person narrows the result before reaching the end
_MOST_SORTED: Final = 1_000_000  # maximum rows of a result that are sorted
_MOST_RANKED: Final = 1_000  # hits of a search
_KEPT: Final = 3  # cached results
_KEPT_COUNTS: Final = 64
_SHOWN: Final = 15  # values of a facet
_OWN: Final = "image:"  # prefix of the name of an uploaded image
_KEPT_IMAGES: Final = 32
_CUT: Final = "\n/* pmcmine: next condition */\n"
_PLACE: Final = ("shard", "image_offset", "image_bytes")
_SLIM: Final = ("label", "license", "split", "image_kinds", *_PLACE)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Found:
    """A result.

    Attributes:
        rows: its first rows, in order, with few columns.
        total: total number of its rows.
        filters: the query.
        notes: notes on the search for the person.
    """

    rows: pa.Table
    total: int
    filters: Filters
    notes: tuple[str, ...]


class Kept(OrderedDict[Any, Any]):
    """Cache of the most recent results."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._guard = most, threading.Lock()

    def of(self, key: Any, make: Callable[[], _T]) -> _T:
        """Return the cached value of a key, and make it if necessary."""
        with self._guard:
            if key in self:
                self.move_to_end(key)
                found: _T = self[key]
                return found
        made = make()
        with self._guard:
            self[key] = made
            while len(self) > self._most:
                self.popitem(last=False)
        return made


class Results:
    """Answer the page's requests about the table of figures.

    Args:
        release: the release.
        tables: a separate connection.
        search: opened search; None if the release has no index.
    """

    def __init__(self, release: Path, tables: Tables, search: Search | None) -> None:
        self._release, self._tables, self._search = release, tables, search
        self._searching = threading.Lock()
        self._columns = tables.columns["figures"]
        self.below = (release / HIERARCHY).is_file() and bool(tables.columns["concepts"])
        self._found, self._counts = Kept(_KEPT), Kept(_KEPT_COUNTS)
        self._shown_images = Kept(_KEPT_IMAGES)

    def filters(self, asked: Asked) -> Filters:
        """Return the query as conditions.

        Raises:
            QueryError: for an unknown filter, or an invalid value.
        """
        denials = "negated" in self._tables.columns["concepts"]
        return parse(asked, self._columns, self._search is not None, self.below, denials)

    def find(self, asked: Asked) -> Found:
        """Return the matching rows.

        Raises:
            QueryError: for an invalid query.
            PmcmineError: if it takes too long.
        """
        filters = self.filters(asked)
        return self._found.of(_key(filters), lambda: self._find(filters))

    def _find(self, filters: Filters) -> Found:
        notes: list[str] = []
        ids = self._ranked(filters, notes)
        held = [c for c in _SLIM if c in self._columns]
        with self._tables.turn() as sql:
            (where,) = self._prepared(sql, filters, [tuple(filters.parts)])
            source, order = self._source(sql, ids)
            try:
                (total,) = sql.sql(f"SELECT count(*) FROM {source} WHERE {where}").fetchall()[0]
                columns = ", ".join(f"figures.{c}" for c in ("figure_id", *held))
                # Larger results stay in file order, which is sorted by article: no need to wait for a sort.
                ordered = f"ORDER BY {order}" if total <= _MOST_SORTED else ""
                query = f"SELECT {columns} FROM {source} WHERE {where} {ordered} LIMIT {MOST_ROWS}"
                rows = sql.sql(query).to_arrow_table()
            except duckdb.InterruptException:
                raise
            except duckdb.Error as error:
                raise self._refused(error, filters) from None
        if not total and (why := unlabelled_in(self._release, "figures", " ".join(filters.parts.values()))):
            notes.append(why)
        return Found(rows, int(total), filters, tuple(notes))

    def _refused(self, error: duckdb.Error, filters: Filters) -> PmcmineError:
        """Return the error of a query: about the person's own condition if given, otherwise about the release."""
        if filters.where:
            return QueryError(explain(error, filters.where))
        return PmcmineError(malformed(self._release.name, error))

    def _source(self, sql: duckdb.DuckDBPyConnection, ids: Sequence[str] | None) -> tuple[str, str]:
        if ids is None:
            return "figures", "pmcid, ordinal, figure_id"
        places = pa.array(range(len(ids)), pa.int32())
        sql.register("ranked", pa.table({"figure_id": pa.array(ids, pa.string()), "rank": places}))
        return "figures JOIN ranked USING (figure_id)", "rank"

    def _ranked(self, filters: Filters, notes: list[str]) -> list[str] | None:
        """Return the ids ranked by a search; None without a search."""
        if not filters.text and not filters.like:
            return None
        where = " AND ".join(filters.parts.values()) or None
        if filters.like.startswith(_OWN):
            notes.append("looks like your image by the vectors of the index")
            vector = self._shown_images.get(filters.like)
            if vector is None:
                raise QueryError("the image was shown to an earlier run of this page; choose it again")
            with self._searching:
                return self._asked(lambda search: search.nearest(vector, where=where), filters)
        if filters.like and self._search is not None and "image" in self._search.vectors:
            notes.append("looks alike by the vectors of the index")
            with self._searching:
                return self._asked(lambda search: search.like(filters.like, where=where), filters)
        if filters.like:
            notes.append(
                "looks alike by fingerprint; for likeness of content: pmcmine score RELEASE --with image-embedding, "
                "then pmcmine index RELEASE"
            )
            return by_fingerprint(self._tables, filters.like)
        with self._searching:
            ids = self._asked(lambda search: search.ids(filters.text, where=where, most=_MOST_RANKED), filters)
            if self._search is not None:
                notes += list(dict.fromkeys(self._search.notes))
                if "text" in self._search.vectors and not notes:
                    notes.append("with the nearest in meaning")
                self._search.notes.clear()
        if len(ids) == _MOST_RANKED:
            notes.append(f"the best {_MOST_RANKED:,}")
        return ids

    def _asked(self, ask: Callable[[Search], list[str]], filters: Filters) -> list[str]:
        assert self._search is not None
        try:
            return ask(self._search)
        except duckdb.Error as error:
            raise self._refused(error, filters) from None
        except PmcmineError as error:
            raise QueryError(str(error).removeprefix(f"--where {quoted(filters.where)}: ")) from None

    def _prepared(self, sql: duckdb.DuckDBPyConnection, filters: Filters, wanted: Sequence[Sequence[str]]) -> list[str]:
        """Return for each set of filters one condition for DuckDB.

        Raises:
            QueryError: if one is invalid.
        """
        parts = dict(filters.parts)
        try:
            if filters.where:
                if _CUT.strip() in filters.where:
                    raise QueryError("where: holds a comment that the page uses itself")
                known = known_values(pq.read_schema(self._tables.files["figures"][0]))
                check_values(sql, filters.where, known, "where")
            names, whole = list(parts), _CUT.join(parts.values())
            changed = prepare(sql, whole, "figures", *concept_tables(sql, self._release, whole)).split(_CUT)
            parts = dict(zip(names, changed, strict=True)) if names else {}
            if "where" in parts:
                parts["where"] = local_scores(sql, parts["where"], filters.where, "figures", self._release)
        except QueryError:
            raise
        except PmcmineError as error:
            raise QueryError(str(error)) from None
        except duckdb.Error as error:
            raise QueryError(explain(error, filters.where)) from None
        return [" AND ".join(f"({parts[name]}\n)" for name in names) or "true" for names in wanted]

    def show_image(self, image: bytes) -> str:
        """Keep the vector of an image for a while; return its value for `like`.

        Raises:
            QueryError: if it can't be decoded, or images can't be searched.
        """
        if self._search is None:
            raise QueryError("images are searched with an index: pmcmine index RELEASE")
        name = _OWN + sha256(image).hexdigest()[:16]
        try:
            with self._searching:
                vector = self._search.image_vector(image)
                self._search.notes.clear()
        except PmcmineError as error:
            raise QueryError(str(error).removeprefix("--image: ")) from None
        if vector is None:
            raise QueryError("images can't be searched here: pip install '.[mine]'")
        self._shown_images.of(name, lambda: vector)
        return name

    def counts(self, asked: Asked) -> dict[str, Any]:
        """Count the values of each facet among matching rows; a facet's own choice does not narrow its values.

        Raises:
            QueryError: for an invalid query.
            PmcmineError: if it takes too long.
        """
        filters = self.filters(asked)
        return self._counts.of(_key(filters), lambda: self._count(filters))

    def _count(self, filters: Filters) -> dict[str, Any]:
        ids = self._ranked(filters, [])
        facets = {n: f for n, f in FACETS.items() if f.column in self._columns}
        every = tuple(filters.parts)
        chosen = [n for n in facets if n in filters.parts]
        plain = [n for n in facets if n not in chosen and not facets[n].many]
        found: dict[str, list[dict[str, Any]]] = {}
        with self._tables.turn() as sql:
            wanted = [every, *(tuple(p for p in every if p != n) for n in chosen)]
            conditions = self._prepared(sql, filters, wanted)
            source, _ = self._source(sql, ids)
            try:
                found |= _grouped(sql, source, conditions[0], plain)
                for name in [n for n in facets if facets[n].many and n not in chosen]:
                    found |= _grouped(sql, source, conditions[0], [name])
                for name, condition in zip(chosen, conditions[1:], strict=True):
                    found |= _grouped(sql, source, condition, [name], filters.values[name])
                if {"name", "source_id", "cui", "negated"} <= self._tables.columns["concepts"]:
                    found["concept"] = _concepts(sql, source, conditions[0])
            except duckdb.InterruptException:
                raise
            except duckdb.Error as error:
                raise self._refused(error, filters) from None
        return found

    def ids(self, asked: Asked, most: int) -> pa.ChunkedArray:
        """Return the sorted ids of all matching figures with a sample.

        Raises:
            QueryError: for an invalid query, or if it matches too many.
        """
        filters = self.filters(asked)
        ids = self._ranked(filters, [])
        with self._tables.turn() as sql:
            (where,) = self._prepared(sql, filters, [tuple(filters.parts)])
            source, _ = self._source(sql, ids)
            query = f"SELECT figure_id FROM {source} WHERE {where} AND shard IS NOT NULL ORDER BY figure_id"
            rows = sql.sql(f"{query} LIMIT {most + 1}").to_arrow_table()
        if len(rows) > most:
            raise QueryError(f"the list would have more than {most:,} figures; use the condition with --where")
        return rows["figure_id"]

    def known(self, ids: Sequence[str]) -> pa.ChunkedArray:
        """Return those of the given ids that exist, sorted."""
        with self._tables.turn() as sql:
            sql.register("asked_ids", pa.table({"figure_id": pa.array(ids, pa.string())}))
            query = "SELECT figure_id FROM figures WHERE figure_id IN (SELECT figure_id FROM asked_ids) ORDER BY 1"
            return sql.sql(query).to_arrow_table()["figure_id"]

    def suggest(self, of: str, text: str) -> list[dict[str, Any]]:
        """Return concepts or journals by a part of their name, most frequent first."""
        held = {"text": text[:200].casefold(), "most": _SHOWN}
        if of == "journal" and "journal" in self._columns:
            return self._tables.rows(
                "SELECT journal AS value, journal AS name, count(*) AS n FROM figures "
                "WHERE contains(lower(journal), $text) GROUP BY ALL ORDER BY n DESC, value LIMIT $most",
                held,
            )
        if of == "concept" and {"name", "source_id", "cui", "text", "context_kind"} <= self._tables.columns["concepts"]:
            with self._tables.turn() as sql:
                found = find_concepts(sql, self._release, text, _SHOWN)
            return [{"value": c.concept, "name": c.name or c.concept, "n": c.figures} for c in found]
        return []


def _key(filters: Filters) -> tuple[Any, ...]:
    return (tuple(filters.parts.items()), filters.text, filters.like)


def _value(name: str) -> str:
    """Return the SQL expression of the counted values."""
    column = sql_identifier(FACETS[name].column)
    return f"CAST(floor({column}) AS INTEGER)" if name == "quality" else column


def _grouped(
    sql: duckdb.DuckDBPyConnection, source: str, where: str, names: Sequence[str], chosen: Sequence[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Count the values of facets in one pass: a list's elements, or several columns at once."""
    if not names:
        return {}
    if FACETS[names[0]].many:
        listed = f"SELECT unnest({_value(names[0])}) AS v FROM {source} WHERE {where}"
        rows = [(0, v, n) for v, n in sql.sql(f"SELECT v, count(*) FROM ({listed}) GROUP BY v").fetchall()]
    else:
        inner = ", ".join(f"{_value(name)} AS v{i}" for i, name in enumerate(names))
        sets = ", ".join(f"(v{i})" for i in range(len(names)))
        which = "CASE " + " ".join(f"WHEN grouping(v{i}) = 0 THEN {i}" for i in range(len(names))) + " END"
        value = "coalesce(" + ", ".join(f"CAST(v{i} AS VARCHAR)" for i in range(len(names))) + ")"
        rows = sql.sql(
            f"SELECT f, v, n FROM (SELECT {which} AS f, {value} AS v, count(*) AS n FROM "
            f"(SELECT {inner} FROM {source} WHERE {where}) GROUP BY GROUPING SETS ({sets})) WHERE v IS NOT NULL "
            "QUALIFY row_number() OVER (PARTITION BY f ORDER BY n DESC, v) <= 400"
        ).fetchall()
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for place, value, n in sorted(rows, key=lambda r: (r[0], -r[2], str(r[1]))):
        found[names[place]].append({"value": str(value), "n": n})
    return {name: _shown(name, values, chosen) for name, values in found.items()}


def _shown(name: str, values: list[dict[str, Any]], chosen: Sequence[str]) -> list[dict[str, Any]]:
    """Return the values to show: all years and qualities in order, otherwise the most frequent and the chosen ones."""
    if name in ("year", "quality"):
        return sorted(values, key=lambda v: int(v["value"]))
    first = values[:_SHOWN]
    counts = {v["value"]: v["n"] for v in values}
    there = {v["value"] for v in first}
    return first + [{"value": v, "n": counts.get(v, 0)} for v in chosen if v not in there]


def _concepts(sql: duckdb.DuckDBPyConnection, source: str, where: str) -> list[dict[str, Any]]:
    """Count figures by the concepts that their captions affirm."""
    rows = sql.sql(
        "SELECT coalesce(cui, source_id) AS value, coalesce(any_value(name), any_value(text)) AS name, "
        "count(DISTINCT context_id) AS n FROM concepts WHERE NOT negated AND context_id IN "
        f"(SELECT figures.figure_id FROM {source} WHERE {where}) GROUP BY value ORDER BY n DESC, value LIMIT {_SHOWN}"
    ).fetchall()
    return [{"value": value, "name": name, "n": n} for value, name, n in rows]


def page_of(found: Found, offset: int) -> list[Mapping[str, Any]]:
    """Return the rows of a result from an offset on."""
    return list(found.rows.slice(max(min(offset, len(found.rows)), 0), PAGE).to_pylist())
