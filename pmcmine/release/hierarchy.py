"""Support conditions on a concept and all below it: `concept_below('HP:0002086')`. Negated mentions do not count.

A release carries the hierarchy of its vocabulary in one Parquet file beside its tables, so that readers need no
vocabulary. A call is replaced by a look-up in a table of the keys of rows that mention such concepts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import duckdb

from pmcmine.errors import PmcmineError

HIERARCHY: Final = "tables/concept_parents.parquet"
FUNCTION: Final = "concept_below"
# Skip texts, quoted names and comments: a call inside them does not count, and a quote in a comment opens no text. An
# unclosed one reaches to the end.
_CALL: Final = re.compile(
    r"--[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|"
    r"(?<![\w$])e'(?:[^'\\]|\\.|'')*(?:'|\Z)|"  # a backslash escapes a quote
    r"(?<![\w$])(?P<dollars>\$(?:[^\W\d]\w*)?\$).*?(?:(?P=dollars)|\Z)|"
    r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|"
    r"(?<![\w.])(?P<call>concept_below)\s*\(\s*(?:(?P<quote>'|(?<!\w)\$\$)(?P<id>[\w:.-]{1,80})(?P=quote)\s*\))?",
    re.IGNORECASE | re.DOTALL,
)
# The key of each table with rows that a concept belongs to, and the column of `concepts` that holds it.
_KEYS: Final = {
    "figures": ("figure_id", "context_id"),
    "panels": ("figure_id", "context_id"),
    "paragraphs": ("paragraph_id", "context_id"),
    "articles": ("pmcid", "pmcid"),
    "documents": ("pmcid", "pmcid"),
    "concepts": ("concept_id", "concept_id"),
}
_BELOW: Final = """
CREATE OR REPLACE TEMP TABLE {name} AS
WITH RECURSIVE below(concept) AS (
    SELECT DISTINCT coalesce(cui, source_id) FROM concept_parents WHERE source_id = $id OR cui = $id
    UNION
    SELECT coalesce(p.cui, p.source_id) FROM concept_parents p JOIN below ON p.parent = below.concept
)
SELECT DISTINCT {column} AS id FROM concepts_of_release
WHERE coalesce(cui, source_id) IN (SELECT concept FROM below) AND {affirmed}
"""


def asked(where: str | None) -> tuple[str, ...]:
    """Return the concepts that a condition names in `concept_below`, in order, each once.

    Raises:
        PmcmineError: for a call without one id in quotes.
    """
    found: dict[str, None] = {}
    for match in _CALL.finditer(where or ""):
        if match["call"] and not match["id"]:
            raise PmcmineError(f"{FUNCTION} takes one id in single quotes, as in {FUNCTION}('HP:0002086')")
        if match["call"]:
            found[match["id"]] = None
    return tuple(found)


def replaced(where: str, table: str) -> str:
    """Return a condition without the function: every call queries a table made by `prepare`.

    Raises:
        PmcmineError: if rows of the table have no concepts.
    """
    numbers = {name: n for n, name in enumerate(asked(where))}
    if numbers and table not in _KEYS:
        raise PmcmineError(f"{FUNCTION}: {table} holds no texts with concepts; choose from {', '.join(_KEYS)}")

    def of(match: re.Match[str]) -> str:
        if not match["call"]:
            return match[0]
        return f"({_KEYS[table][0]} IN (SELECT id FROM {_name(numbers[match['id']])}))"

    return _CALL.sub(of, where)


def prepare(connection: duckdb.DuckDBPyConnection, where: str, table: str, parents: Any, concepts: Any) -> str:
    """Create the tables that a condition needs, and return it without the function.

    Args:
        connection: executes the condition later.
        where: the condition.
        table: the table whose rows it selects.
        parents: relation or dataset of the file `HIERARCHY`; None if the release has none.
        concepts: relation or dataset of the table `concepts`; None if the release has none.

    Raises:
        PmcmineError: if the release has no concepts or no hierarchy, or its vocabulary lacks the concept.
    """
    names = asked(where)
    if not names:
        return where
    if concepts is None:
        raise PmcmineError(f"{FUNCTION}: the release has no table concepts; mine with --vocab")
    if parents is None:
        raise PmcmineError(
            f"{FUNCTION}: the release has no {HIERARCHY}; mine with a vocabulary that states a hierarchy and whose "
            "licence lets names be published, or with concept_names = true"
        )
    changed = replaced(where, table)
    connection.register("concept_parents", parents)
    connection.register("concepts_of_release", concepts)
    for n, name in enumerate(names):
        known = connection.execute(
            "SELECT count(*) FROM concept_parents WHERE source_id = $id OR cui = $id", {"id": name}
        ).fetchall()
        if known == [(0,)]:
            raise PmcmineError(
                f"{FUNCTION}('{name}'): the vocabulary of the release has no such concept; `pmcmine stats RELEASE "
                "--concepts WORD` lists the ids of names that hold a word"
            )
        query = _BELOW.format(name=_name(n), column=_KEYS[table][1], affirmed=affirmed(connection))
        connection.execute(query, {"id": name})
    return changed


def affirmed(connection: duckdb.DuckDBPyConnection, table: str = "concepts_of_release") -> str:
    """Return a condition for rows of concepts that are not negated; a third party's release may lack the column."""
    return "NOT coalesce(negated, false)" if "negated" in connection.table(table).columns else "true"


def _name(number: int) -> str:
    return f"concept_below_{number}"


def edges(rows: Sequence[tuple[str, str | None, str | None, str | None]]) -> bytes:
    """Return the bytes of the file `HIERARCHY`.

    Args:
        rows: source id and CUI of a term, its parent's CUI, or source id if it has none (None without a parent), and
            the name of the term.
    """
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("source_id", "cui", "parent", "name")
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    table = pa.table(dict(zip(names, (pa.array(c, pa.string()) for c in columns), strict=True)))
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()
