"""Search concepts by a word: ids for a condition `concept_below('…')`, with the number of figures each would match."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from pmcmine.release.hierarchy import FUNCTION, affirmed
from pmcmine.release.tables import concept_tables

_MOST_TEXT: Final = 200  # characters
_MOST_COUNTED: Final = 60  # concepts counted, those with the shortest names: the hierarchy may be a third party's
_HOLDS: Final = "contains(lower(name), $text) OR lower(source_id) = $text OR lower(cui) = $text"
_NAMED: Final = "SELECT coalesce(cui, source_id) AS concept, name FROM {table} WHERE {holds}"
_FOUND: Final = """
WITH RECURSIVE covered(concept) AS (
    SELECT DISTINCT coalesce(cui, source_id) FROM concepts_of_release
    WHERE context_kind = 'figure_caption' AND {affirmed}
    UNION
    SELECT p.parent FROM {parents} p JOIN covered ON coalesce(p.cui, p.source_id) = covered.concept
), chosen AS (
    SELECT concept, min(name) AS name FROM ({named}) SEMI JOIN covered USING (concept) GROUP BY concept
    ORDER BY coalesce(min(lower(name)) = $text, false) DESC, len(min(name)), concept LIMIT $counted
), below(root, concept) AS (
    SELECT concept, concept FROM chosen
    UNION
    SELECT below.root, coalesce(p.cui, p.source_id) FROM {parents} p JOIN below ON p.parent = below.concept
), counted AS (
    SELECT below.root AS concept, count(DISTINCT c.context_id) AS n, {pairs} AS pairs
    FROM concepts_of_release c JOIN below ON coalesce(c.cui, c.source_id) = below.concept
    WHERE c.context_kind = 'figure_caption' AND {affirmed} GROUP BY below.root
)
SELECT concept, name, n, pairs FROM counted JOIN chosen USING (concept)
ORDER BY coalesce(lower(name) = $text, false) DESC, n DESC, concept LIMIT $most
"""
_PAIRS: Final = (
    "count(DISTINCT c.context_id) FILTER (c.context_id IN (SELECT figure_id FROM figures WHERE shard IS NOT NULL))"
)
_NO_PARENTS: Final = "(SELECT '' AS source_id, '' AS cui, NULL::VARCHAR AS parent WHERE false)"


@dataclass(frozen=True, slots=True)
class NamedConcept:
    """A concept that a condition can name.

    Attributes:
        concept: its CUI, or its source id if it has none.
        name: its name; None if the release has none.
        figures: number of figures whose captions affirm it, or a concept below it.
        pairs: how many of these have a sample; None if not counted.
    """

    concept: str
    name: str | None
    figures: int
    pairs: int | None = None


def find_concepts(
    sql: duckdb.DuckDBPyConnection, release: Path, text: str, most: int = 15, pairs: bool = False
) -> list[NamedConcept]:
    """Return concepts if their name, or their words in the release, contain a text; a caption must affirm them.

    A concept above others is found by its name even if no caption names it directly.

    Args:
        sql: a connection.
        release: the release.
        text: a part of a name, or an id.
        most: maximum number of concepts; those with the most figures are returned.
        pairs: whether to count figures with a sample, too, using the table `figures` in `sql`.

    Raises:
        PmcmineError: if a file of the release is damaged.
    """
    parents, concepts = concept_tables(sql, release, f"{FUNCTION}('x')")
    if concepts is None:
        return []
    sql.register("concepts_of_release", concepts)
    named = [_NAMED.format(table="concepts_of_release", holds=f"{_HOLDS} OR contains(lower(text), $text)")]
    if parents is not None:
        sql.register("concept_parents", parents)
        if "name" in parents.columns:
            named.append(_NAMED.format(table="concept_parents", holds=_HOLDS))
    query = _FOUND.format(
        named=" UNION ALL ".join(named),
        parents="concept_parents" if parents is not None else _NO_PARENTS,
        affirmed=affirmed(sql),
        pairs=_PAIRS if pairs else "NULL",
    )
    values = {"text": text.strip()[:_MOST_TEXT].casefold(), "most": most, "counted": _MOST_COUNTED}
    return [NamedConcept(str(c), name, int(n), held) for c, name, n, held in sql.execute(query, values).fetchall()]
