"""Concepts by a word: which ids a condition `concept_below('…')` can name, and how many figures each would choose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from pmcmine.release.hierarchy import FUNCTION
from pmcmine.release.tables import concept_tables

_MOST_TEXT: Final = 200  # characters
# Concepts of captions with all that are above them: it does not depend on the word, so a connection makes it once.
_ABOVE: Final = """
CREATE TEMP TABLE IF NOT EXISTS concepts_above AS
WITH RECURSIVE up(concept, above) AS (
    SELECT DISTINCT concept, concept FROM captioned
    UNION
    SELECT up.concept, p.parent FROM up JOIN concept_parents p ON coalesce(p.cui, p.source_id) = up.above
    WHERE p.parent IS NOT NULL
)
SELECT concept, above FROM up
"""
_CAPTIONED: Final = """
CREATE TEMP TABLE IF NOT EXISTS captioned AS
SELECT DISTINCT coalesce(cui, source_id) AS concept, context_id FROM concepts_of_release
WHERE context_kind = 'figure_caption'
"""
_HOLDS: Final = "contains(lower(name), $text) OR lower(source_id) = $text OR lower(cui) = $text"
_FOUND: Final = """
WITH named AS ({named}),
chosen AS (SELECT concept, min(name) AS name FROM named GROUP BY concept)
SELECT * FROM (
    SELECT chosen.concept AS concept, chosen.name AS name, count(DISTINCT context_id) AS n
    FROM chosen JOIN concepts_above a ON a.above = chosen.concept JOIN captioned c ON c.concept = a.concept
    GROUP BY ALL
) ORDER BY coalesce(lower(name) = $text, false) DESC, n DESC, concept LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class NamedConcept:
    """A concept that a condition can name.

    Attributes:
        concept: its CUI, or its source id if it has none.
        name: its name; None if the release has none.
        figures: figures whose captions name it, or a concept below it.
    """

    concept: str
    name: str | None
    figures: int


def find_concepts(sql: duckdb.DuckDBPyConnection, release: Path, text: str, most: int = 15) -> list[NamedConcept]:
    """Return concepts whose name, or whose words in the release, hold a text; those that no caption names are left out.

    A concept above others is found by its name even if no caption names it itself.

    Args:
        sql: a connection; what does not depend on the text is kept there.
        release: the release.
        text: a part of a name, or an id.
        most: how many at most, those of the most figures.

    Raises:
        PmcmineError: if a file of the release is damaged.
    """
    parents, concepts = concept_tables(sql, release, f"{FUNCTION}('x')")
    if concepts is None:
        return []
    sql.register("concepts_of_release", concepts)
    sql.execute(_CAPTIONED)
    said = "SELECT coalesce(cui, source_id) AS concept, name FROM {table} WHERE {holds}"
    named = [said.format(table="concepts_of_release", holds=f"{_HOLDS} OR contains(lower(text), $text)")]
    if parents is None:
        sql.execute("CREATE TEMP VIEW IF NOT EXISTS concepts_above AS SELECT concept, concept AS above FROM captioned")
    else:
        sql.register("concept_parents", parents)
        sql.execute(_ABOVE)
        if "name" in parents.columns:
            named.append(said.format(table="concept_parents", holds=_HOLDS))
    query = _FOUND.format(named=" UNION ALL ".join(named))
    rows = sql.execute(query, {"text": text.strip()[:_MOST_TEXT].casefold(), "most": most}).fetchall()
    return [NamedConcept(str(concept), name, int(n)) for concept, name, n in rows]
