"""Show one figure: caption, panels, rights with evidence, links, and the code and model behind each value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import duckdb

from pmcmine.browse.tables import Tables
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import sql_identifier
from pmcmine.release.article_links import may_be_invented, pmc_address
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.scores import ScoreFacts, score_relation

_SHOWN: Final = (
    "figure_id", "pmcid", "label", "caption", "caption_title", "kind", "section_path", "license", "license_group",
    "license_override", "derivatives_ok", "permissions", "third_party", "third_party_matches", "adapted",
    "attribution", "article_type", "journal", "year", "width", "height", "format", "media", "image_kinds",
    "caption_quality", "caption_language", "privacy", "benchmarks", "split", "no_sample", "duplicate_of",
    "leaks_into", "shard", "image_offset", "image_bytes", "pdf",
)  # fmt: skip
_ARTICLE: Final = ("title", "doi", "license", "license_source", "license_url", "license_text", "copyright")
_DOI: Final = re.compile(r"10\.\d{4,9}/\S{1,500}")
MOST_PLACES: Final = 5_000  # per document; few articles have as many
_MOST_SCORES: Final = 30  # columns of scores shown
_READ: Final = "label, caption, licence, journal, year, section"
_IMAGE: Final = "width, height, format, fingerprint"


class Figures:
    """Answer the page's requests about one figure or article.

    Args:
        folder: the release.
        release: its record.
        tables: a connection.
    """

    def __init__(self, folder: Path, release: ReleaseRecord, tables: Tables) -> None:
        self._folder, self._release, self._tables = folder, release, tables
        self._columns = tables.columns

    def figure(self, figure_id: str) -> dict[str, Any] | None:
        """Return all details of a figure; None if there is none with that id."""
        wanted = ", ".join(c for c in _SHOWN if c in self._columns["figures"])
        found = self._tables.rows(f"SELECT {wanted} FROM figures WHERE figure_id = $id LIMIT 1", {"id": figure_id})
        if not found:
            return None
        figure = found[0]
        figure["has_image"] = figure.get("shard") is not None
        for place in ("shard", "image_offset", "image_bytes"):
            figure.pop(place, None)
        article = self._article(figure.get("pmcid"))
        said = {"links": self._links(figure, article), "article": article, "scores": self._scores(figure_id)}
        return figure | self._parts(figure_id) | said | {"provenance": list(self._provenance())}

    def _parts(self, figure_id: str) -> dict[str, list[dict[str, Any]]]:
        queries = {
            "panels": "SELECT * FROM panels WHERE figure_id = $id ORDER BY ordinal LIMIT 500",
            "mentions": "SELECT * FROM mentions WHERE figure_id = $id LIMIT 100",
            "concepts": "SELECT * FROM concepts WHERE context_id = $id ORDER BY start LIMIT 1000",
            "clusters": "SELECT o.* FROM clusters o JOIN clusters c USING (cluster_id) "
            "WHERE c.member_id = $id AND o.member_id <> $id AND c.kind <> 'paragraph' LIMIT 50",
        }
        key = {"id": figure_id}
        return {t: self._tables.rows(q, key) if self._columns[t] else [] for t, q in queries.items()}

    def _article(self, pmcid: object) -> dict[str, Any]:
        """Return the article's statements about itself and its rights."""
        wanted = [c for c in _ARTICLE if c in self._columns["articles"]]
        if not wanted or "pmcid" not in self._columns["articles"]:
            return {}
        query = f"SELECT {', '.join(wanted)} FROM articles WHERE pmcid = $id LIMIT 1"
        found = self._tables.rows(query, {"id": pmcid})
        return found[0] if found else {}

    def _links(self, figure: Mapping[str, Any], article: Mapping[str, Any]) -> dict[str, str]:
        """Return the article's links in PMC and by its DOI; none for a corpus that may be synthetic."""
        if may_be_invented(self._release):
            return {}
        links = {}
        if address := pmc_address(figure.get("pmcid")):
            links["PMC"] = address
        if _DOI.fullmatch(str(article.get("doi"))):
            links["DOI"] = "https://doi.org/" + quote(article["doi"], safe="/")
        return links

    def _scores(self, figure_id: str) -> list[dict[str, Any]]:
        """Return the numbers and texts of a figure's scores, with the model of each."""
        found: list[dict[str, Any]] = []
        for score in self._release.scores:
            if score.table != "figures" or len(found) >= _MOST_SCORES:
                continue
            for name, value in self._values(score, figure_id).items():
                if isinstance(value, int | float | str | bool):
                    made = " ".join(filter(None, (score.model.get("name"), score.model.get("sha256", "")[:12])))
                    found.append({"name": name, "value": value, "scorer": score.scorer, "model": made})
        return found

    def _values(self, score: ScoreFacts, figure_id: str) -> Mapping[str, Any]:
        with self._tables.turn() as sql:
            try:
                rows = score_relation(sql, self._folder, score)
                key = sql_identifier(score.key)
                names = [c for c in score.columns if "[" not in str(rows.types[rows.columns.index(c)])]
                if not names:
                    return {}
                chosen = rows.filter(duckdb.ColumnExpression(score.key) == duckdb.ConstantExpression(figure_id))
                values = chosen.project(", ".join(sql_identifier(c) for c in names)).limit(1).fetchall()
                return dict(zip(names, values[0], strict=True)) if values and key else {}
            except (PmcmineError, ValueError, duckdb.Error):
                return {}  # its files were removed by an update, or are a third party's

    def _provenance(self) -> Iterator[dict[str, str]]:
        """Yield the code and model of each group of values, as stated in `release.json`."""
        release = self._release
        code = f"pmcmine {release.pmcmine}"
        yield {"values": _READ, "code": code, "model": "from the article's XML, by rules"}
        yield {"values": _IMAGE, "code": code, "model": "from the image file"}
        models = {m.name: m for m in release.classifiers}
        for enricher in release.enrichers:
            if enricher.table not in ("figures", "panels"):
                continue
            used = [m for name, m in models.items() if name in enricher.name or name in enricher.columns]
            said = "; ".join(" ".join(filter(None, (m.name, m.version, m.sha256[:12], m.license))) for m in used)
            values = ", ".join(enricher.columns)
            code = f"{enricher.package} {enricher.version}"
            yield {"values": f"{enricher.table}: {values}", "code": code, "model": said or "rules"}
        if release.vocabulary is not None:
            known = release.vocabulary
            said = f"vocabulary {known.name} {known.version} {known.sha256[:12]}"
            yield {"values": "concepts", "code": f"pmcmine {release.pmcmine}", "model": said}
        for score in release.scores:
            said = " ".join(filter(None, (score.model.get("name"), score.model.get("sha256", "")[:12])))
            yield {"values": ", ".join(score.columns), "code": f"{score.package} {score.version}", "model": said}

    def document(self, pmcid: str) -> dict[str, Any] | None:
        """Return the places of an article's document in reading order; None if there is none.

        Each place has kind, level, row_id, reason, and text or image (a figure id) or neither.
        """
        if not self._columns["documents"]:
            return None
        found = self._tables.rows(
            f"SELECT article_id, len(places) AS n, texts[:{MOST_PLACES}] AS texts, images[:{MOST_PLACES}] AS images, "
            f"places[:{MOST_PLACES}] AS places FROM documents WHERE pmcid = $id ORDER BY article_id DESC LIMIT 1",
            {"id": pmcid},
        )
        if not found:
            return None
        row = found[0]
        parts = zip(row["texts"], row["images"], row["places"], strict=True)
        places = [
            {k: place[k] for k in ("kind", "level", "row_id", "reason")} | {"text": text, "image": image}
            for text, image, place in parts
        ]
        return {"article_id": row["article_id"], "more": row["n"] - len(places), "places": places}
