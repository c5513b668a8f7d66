"""Biomed-Enriched's paragraph rows: Parquet, a folder a licence group. Its vectors of scores have names here."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.exports.reader import Export, ReleaseReader

_TYPES: Final = {"clinical_case": "Clinical case", "study": "Study", "review": "Review", "other": "Other"}
# The order of the published vectors, as their example shows it; the card states another one.
DOMAINS: Final = ("biomedical", "clinical", "other")
DOCUMENT_TYPES: Final = ("clinical_case", "other", "review", "study")
SCHEMA: Final = pa.schema(
    [
        ("id", pa.string()),
        ("article_id", pa.string()),
        ("path", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("section_title", pa.string()),
        ("domain", pa.string()),
        ("document_type", pa.string()),
        ("educational_score", pa.float64()),
        ("domain_scores", pa.list_(pa.float64())),
        ("document_type_scores", pa.list_(pa.float64())),
        ("language_score", pa.float64()),
        ("authors", pa.list_(pa.string())),
        ("article_url", pa.string()),
        ("license_type", pa.string()),
        ("license_url", pa.string()),
    ]
)
_QUERY: Final = (
    "SELECT p.*, a.pmid, a.authors, a.source_url, a.license_group, a.license_url FROM paragraphs p "
    "JOIN articles a USING (article_id) WHERE a.license_group = '{}' AND p.withheld IS NULL "
    "ORDER BY p.article_id, p.ordinal"
)
_BATCH: Final = 2_000


class BiomedEnriched:
    """Biomed-Enriched's paragraph rows."""

    name = "biomed-enriched"
    meaning = "Biomed-Enriched's paragraph rows"

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `<group>/train.parquet` for each licence group; articles without a PMID are named by their PMCID."""
        for group in ("commercial", "noncommercial"):
            rows: list[dict[str, Any]] = []
            path = out.folder / group / "train.parquet"
            writer: pq.ParquetWriter | None = None
            for p in release.rows(_QUERY.format(group)):
                rows.append(_row(p))
                if len(rows) >= _BATCH:
                    writer = _flush(rows, path, writer)
                    out.counts[group] += len(rows)
                    rows = []
            if rows:
                writer = _flush(rows, path, writer)
                out.counts[group] += len(rows)
            if writer is not None:
                writer.close()


def _flush(rows: list[dict[str, Any]], path: Any, writer: pq.ParquetWriter | None) -> pq.ParquetWriter:
    if writer is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
    writer.write_table(pa.Table.from_pylist(rows, SCHEMA))
    return writer


def _row(p: dict[str, Any]) -> dict[str, Any]:
    article = p["pmid"] or p["pmcid"]
    domains = [p[f"domain_{d}"] for d in DOMAINS]
    types = [p[f"type_{t}"] for t in DOCUMENT_TYPES]
    return {
        "id": f"{article}_p{p['ordinal']}",
        "article_id": article,
        "path": p["path"],
        "text": p["text"],
        "language": p["text_language"] or p["language"],
        "section_title": p["section_titles"][-1] if p["section_titles"] else "",
        "domain": p["domain"],
        "document_type": _TYPES.get(p["type"], p["type"]),
        "educational_score": p["quality"],
        "domain_scores": None if None in domains else domains,
        "document_type_scores": None if None in types else types,
        "language_score": p["text_language_score"],
        "authors": [" ".join(filter(None, (a["given_names"], a["surname"]))) for a in p["authors"]],
        "article_url": p["source_url"],
        "license_type": p["license"],
        "license_url": p["license_url"] or "",
    }
