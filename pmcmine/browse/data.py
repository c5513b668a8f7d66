"""Read the data of the page from a release's tables and shards, with DuckDB."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pmcmine.errors import PmcmineError, UnsafeNameError
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import read_range, release_name, sql_identifier
from pmcmine.release.article_links import may_be_invented, pmc_address
from pmcmine.release.conditions import time_limit
from pmcmine.release.record import load_release
from pmcmine.release.tables import open_tables

_TABLES: Final = ("articles", "figures", "panels", "mentions", "concepts", "clusters", "paragraphs", "documents")
_SHOWN: Final = (
    "figure_id", "pmcid", "label", "caption", "caption_title", "kind", "section_path", "license", "license_group",
    "derivatives_ok", "permissions", "third_party", "third_party_matches", "adapted", "attribution", "journal", "year",
    "width", "height", "format", "media", "image_kinds", "caption_quality", "caption_language", "privacy", "benchmarks",
    "split", "no_sample", "duplicate_of", "leaks_into", "shard", "image_offset", "image_bytes", "pdf",
)  # fmt: skip
_MOST_IMAGE: Final = 256 << 20
_SMALL: Final = 30_000  # bytes; such an image needs no thumbnail
_THUMBNAIL: Final = (320, 240)  # pixels
_MOST_PIXELS: Final = 64_000_000  # of an image that a thumbnail is made of; a larger one is shown as it is
QUERY_SECONDS: Final = 60.0  # of one query
_DOI: Final = re.compile(r"10\.\d{4,9}/\S{1,500}")
PAGE: Final = 200  # ids per page
MOST_PLACES: Final = 5_000  # of a document; few articles have as many
# Filters of the page: name → (condition, whether it takes the value). All values are parameters.
_FILTERS: Final[Mapping[str, tuple[str, bool]]] = {
    "text": ("(figure_id = $text OR pmcid = $text OR caption ILIKE '%' || $text || '%')", True),
    "group": ("license_group = $group", True),
    "split": ("split = $split", True),
    "kind": ("list_contains(image_kinds, $kind)", True),
    "license": ("license = $license", True),
    "panels": ("figure_id IN (SELECT figure_id FROM panels)", False),
    "boxes": ("figure_id IN (SELECT figure_id FROM panels WHERE x IS NOT NULL)", False),
    "concepts": ("figure_id IN (SELECT context_id FROM concepts)", False),
    "duplicates": ("figure_id IN (SELECT member_id FROM clusters)", False),
    "privacy": ("len(privacy) > 0", False),
    "third_party": ("(third_party OR adapted)", False),
    "without": ("shard IS NULL", False),
}


@dataclass(frozen=True)
class Image:
    """Bytes of a figure's image and their type."""

    data: bytes
    type: str


class ReleaseData:
    """A release folder on this machine, opened for reading. Safe to use from several threads.

    Raises:
        PmcmineError: if the folder is no release.
    """

    def __init__(self, folder: Path) -> None:
        self.release = load_release(Folder(str(folder)))
        self._folder = folder.resolve()
        self._lock = threading.Lock()
        self._decoding = threading.Lock()  # a large image takes 200 MB while its thumbnail is made
        self._connection, files = open_tables(self._folder, tables=_TABLES)
        self._columns: dict[str, set[str]] = {}
        for table in _TABLES:
            if table in files:
                described = self._connection.execute(f"DESCRIBE {sql_identifier(table)}").fetchall()
                self._columns[table] = {row[0] for row in described}
            else:
                self._connection.execute(
                    f"CREATE VIEW {table} AS SELECT '' AS figure_id, '' AS context_id, '' AS member_id, "
                    "NULL::INTEGER AS x WHERE false"
                )
                self._columns[table] = set()
        if not self._columns["figures"]:
            raise PmcmineError(f"{folder}: it has no table of figures")

    def _rows(self, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        with self._lock, time_limit(self._connection, QUERY_SECONDS, "query"):
            result = self._connection.execute(query, dict(values))
            names = [column[0] for column in result.description or ()]
            rows = result.fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def info(self) -> dict[str, Any]:
        """List the values of the page's filters, and facts of the release."""
        facets = {
            name: [
                row["value"]
                for row in self._rows(
                    f"SELECT {column} AS value, count(*) AS n FROM figures WHERE {column} IS NOT NULL "
                    "GROUP BY ALL ORDER BY n DESC, value LIMIT 40",
                    {},
                )
            ]
            for name, column in (("group", "license_group"), ("split", "split"), ("license", "license"))
        }
        kinds = self._rows(
            "SELECT kind, count(*) AS n FROM (SELECT unnest(image_kinds) AS kind FROM figures) "
            "GROUP BY kind ORDER BY n DESC, kind LIMIT 40",
            {},
        )
        facets["kind"] = [row["kind"] for row in kinds]
        return {
            "name": self._folder.name,
            "pmcmine": self.release.pmcmine,
            "snapshot": self.release.snapshot.sha256[:12],
            "facets": facets,
        }

    def figures(self, filters: Mapping[str, str], offset: int) -> dict[str, Any]:
        """Return figures in the order of their ids, `PAGE` from an offset on, and how many there are.

        `ids` are their ids, `figures` the same with their labels and whether they have an image.

        Raises:
            ValueError: for an unknown filter.
        """
        conditions, values = [], {}
        for name, value in filters.items():
            if name not in _FILTERS:
                raise ValueError(f"no filter {name}")
            if value:
                condition, takes = _FILTERS[name]
                conditions.append(condition)
                if takes:
                    values[name] = value
        where = " AND ".join(conditions) or "true"
        label = "label" if "label" in self._columns["figures"] else "NULL"
        total = self._rows(f"SELECT count(*) AS n FROM figures WHERE {where}", values)[0]["n"]
        rows = self._rows(
            f"SELECT figure_id, {label} AS label, shard IS NOT NULL AS has_image FROM figures WHERE {where} "
            f"ORDER BY pmcid, ordinal, figure_id LIMIT {PAGE} OFFSET $offset",
            values | {"offset": max(offset, 0)},
        )
        return {"total": total, "offset": offset, "ids": [row["figure_id"] for row in rows], "figures": rows}

    def figure(self, figure_id: str) -> dict[str, Any] | None:
        """Return all that is shown of a figure; None if there is none of that id."""
        wanted = ", ".join(c for c in _SHOWN if c in self._columns["figures"])
        found = self._rows(f"SELECT {wanted} FROM figures WHERE figure_id = $id", {"id": figure_id})
        if not found:
            return None
        figure = found[0]
        key = {"id": figure_id}
        figure["has_image"] = figure.get("shard") is not None
        for place in ("shard", "image_offset", "image_bytes"):
            figure.pop(place, None)
        parts: dict[str, list[dict[str, Any]]] = {"panels": [], "mentions": [], "concepts": [], "clusters": []}
        if self._columns["panels"]:
            parts["panels"] = self._rows("SELECT * FROM panels WHERE figure_id = $id ORDER BY ordinal", key)
        if self._columns["mentions"]:
            parts["mentions"] = self._rows("SELECT * FROM mentions WHERE figure_id = $id LIMIT 100", key)
        if self._columns["concepts"]:
            parts["concepts"] = self._rows("SELECT * FROM concepts WHERE context_id = $id ORDER BY start", key)
        if self._columns["clusters"]:
            parts["clusters"] = self._rows(
                "SELECT o.* FROM clusters o JOIN clusters c USING (cluster_id) "
                "WHERE c.member_id = $id AND o.member_id <> $id AND c.kind <> 'paragraph' LIMIT 50",
                key,
            )
        return figure | parts | {"links": self._links(figure)}

    def _links(self, figure: Mapping[str, Any]) -> dict[str, str]:
        """Return where the article stands in PMC and by its DOI; nothing for a corpus that may be invented."""
        if may_be_invented(self.release):
            return {}
        links = {}
        if address := pmc_address(figure.get("pmcid")):
            links["PMC"] = address
        if {"doi", "pmcid"} <= self._columns["articles"]:
            found = self._rows("SELECT doi FROM articles WHERE pmcid = $id LIMIT 1", {"id": figure.get("pmcid")})
            if found and _DOI.fullmatch(str(found[0]["doi"])):
                links["DOI"] = "https://doi.org/" + quote(found[0]["doi"], safe="/")
        return links

    def document(self, pmcid: str) -> dict[str, Any] | None:
        """Return the places of an article's document in reading order; None if there is none.

        Each place has kind, level, row_id, reason, and text or image (a figure id) or neither.
        """
        if not self._columns["documents"]:
            return None
        found = self._rows(
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

    def image(self, figure_id: str) -> Image | None:
        """Read a figure's image from its shard; None if it has no sample."""
        rows = self._rows(
            "SELECT shard, image_offset, image_bytes FROM figures WHERE figure_id = $id AND shard IS NOT NULL",
            {"id": figure_id},
        )
        if not rows:
            return None
        try:
            shard = f"shards/{release_name(rows[0]['shard'], 'shard')}"
            data = read_range(
                self._folder, shard, rows[0]["image_offset"], rows[0]["image_bytes"], _MOST_IMAGE, "shard"
            )
        except (OSError, UnsafeNameError):
            return None  # missing, damaged, or a table that was tampered with
        if data.startswith(b"\xff\xd8\xff"):
            return Image(data, "image/jpeg")
        return Image(data, "image/png") if data.startswith(b"\x89PNG") else None

    def thumbnail(self, figure_id: str) -> Image | None:
        """Return a small JPEG of a figure's image, or the image itself without Pillow; None if it has no sample."""
        image = self.image(figure_id)
        if image is None or len(image.data) < _SMALL:
            return image
        try:
            from PIL import Image as Pillow
        except ImportError:  # a consumer's installation
            return image
        try:
            with self._decoding, Pillow.open(io.BytesIO(image.data), formats=["JPEG", "PNG"]) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    return image
                opened.thumbnail(_THUMBNAIL)
                small = io.BytesIO()
                opened.convert("RGBA").convert("RGB").save(small, "JPEG", quality=80)
        except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
            return image  # the browser shows what it can
        return Image(small.getvalue(), "image/jpeg")
