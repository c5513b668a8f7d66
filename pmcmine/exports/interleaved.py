"""Documents of a release with the figures whose images they hold, for formats of interleaved texts and images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.exports.reader import Beside, ReleaseReader, image_name
from schemas.values import GROUPS, SPLITS

_FIGURES: Final = (
    "figure_id, key, format, shard, image_offset, image_bytes, width, height, sha256, media, alt_text, license, "
    "attribution"
)
_DOCUMENTS: Final = (
    "SELECT d.article_id, d.pmcid, d.split, d.texts, d.images, d.places, d.license, d.attribution, a.license_group, "
    "a.title, a.doi, a.pmid, a.source_url, a.license_url, a.language, a.journal, a.publication_date, a.article_type "
    "FROM documents d JOIN articles a USING (article_id) WHERE d.withheld IS NULL ORDER BY d.article_id"
)


def _known(name: object, names: Sequence[str], what: str) -> str:
    """Return a name that becomes part of a path.

    Raises:
        ValueError: if it is none of the names.
    """
    if name not in names:
        raise ValueError(f"no {what} {str(name)[:100]!r}")
    return str(name)


@dataclass(frozen=True)
class Interleaved:
    """One document: at each place either a text or a figure with an image, never both.

    Attributes:
        row: the document, and fields of its article.
        parts: text or row of `figures` at each place, with the place itself.
    """

    row: Mapping[str, Any]
    parts: tuple[tuple[str | Mapping[str, Any], Mapping[str, Any]], ...]

    @property
    def group(self) -> str:
        """Its licence group.

        Raises:
            ValueError: if there is no such group.
        """
        return _known(self.row["license_group"], GROUPS, "licence group")

    @property
    def split(self) -> str:
        """Its split.

        Raises:
            ValueError: if there is no such split.
        """
        return _known(self.row["split"], SPLITS, "split")

    @property
    def figures(self) -> list[Mapping[str, Any]]:
        """The figures, in their order."""
        return [part for part, _ in self.parts if not isinstance(part, str)]

    @property
    def texts(self) -> list[str | None]:
        """The texts, None where an image stands."""
        return [part if isinstance(part, str) else None for part, _ in self.parts]

    @property
    def places(self) -> list[Mapping[str, Any]]:
        """What stands at each place, as in `documents`."""
        return [place for _, place in self.parts]


def interleaved(release: ReleaseReader) -> Iterator[Interleaved]:
    """Yield the documents of a release in the order of their ids; places without text or image are left out.

    Raises:
        PmcmineError: if the release has no documents.
    """
    if "documents" not in release.tables:
        raise PmcmineError("the release has no documents; it was made by an earlier version, or they were not copied")
    figures = Beside(release.grouped("figures", "article_id", _FIGURES, "figure_id"))
    for row in release.rows(_DOCUMENTS):
        held = {f["figure_id"]: f for f in figures.of(row["article_id"]) if f["shard"] is not None}
        parts: list[tuple[str | Mapping[str, Any], Mapping[str, Any]]] = []
        for text, image, place in zip(row["texts"], row["images"], row["places"], strict=True):
            if text is not None:
                parts.append((text, place))
            elif image in held:
                parts.append((held[image], place))
        kept = {k: v for k, v in row.items() if k not in ("texts", "images", "places")}
        yield Interleaved(kept, tuple(parts))


def image_facts(figure: Mapping[str, Any], document: Interleaved) -> dict[str, Any]:
    """Return what OBELICS says of an image, under its names, and what a user must know of its licence."""
    return {
        "document_url": document.row["source_url"],
        "src": figure["media"],
        "formatted_filename": image_name(figure),
        "alt_text": figure["alt_text"],
        "original_width": figure["width"],
        "original_height": figure["height"],
        "format": str(figure["format"]).lower(),
        "figure_id": figure["figure_id"],
        "license": figure["license"],
        "attribution": figure["attribution"],
    }


def document_facts(document: Interleaved) -> dict[str, Any]:
    """Return what is known of a document."""
    names = ("article_id", "pmcid", "pmid", "doi", "title", "journal", "publication_date", "article_type", "language",
             "license", "license_url", "attribution", "split")  # fmt: skip
    return {"url": document.row["source_url"]} | {name: document.row[name] for name in names}


def as_json(value: Any) -> str:
    """Return JSON in one line, text as it is."""
    return json.dumps(value, ensure_ascii=False, default=str)
