"""Record schemas, declared once. `TABLES` lists the published tables by name."""

from schemas.article import ARTICLES
from schemas.article_table import ARTICLE_TABLES
from schemas.case import CASES
from schemas.cluster import CLUSTERS
from schemas.concept import CONCEPTS
from schemas.document import DOCUMENTS
from schemas.figure import FIGURES
from schemas.grid import GRIDS
from schemas.ledger import REJECTS, TOMBSTONES
from schemas.mention import MENTIONS
from schemas.panel import PANELS
from schemas.paragraph import PARAGRAPHS
from schemas.record import Table, arrow_schema, closed_values, describe, plain, to_arrow
from schemas.table_mention import TABLE_MENTIONS

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        ARTICLES,
        FIGURES,
        PANELS,
        MENTIONS,
        PARAGRAPHS,
        ARTICLE_TABLES,
        GRIDS,
        TABLE_MENTIONS,
        DOCUMENTS,
        CASES,
        CONCEPTS,
        CLUSTERS,
        REJECTS,
        TOMBSTONES,
    )
}

__all__ = ["TABLES", "Table", "arrow_schema", "closed_values", "describe", "plain", "to_arrow"]
