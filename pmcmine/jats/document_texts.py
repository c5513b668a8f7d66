"""Compose the texts of documents."""

from __future__ import annotations

from typing import Final

from pmcmine.jats.records import Extraction

_ENDS: Final = (".", ":", "|", "?", "!", "。", "：")


def captioned(label: str | None, caption: str | None) -> str | None:
    """Join label and caption of a figure or table; None if it has neither."""
    if not label or not caption:
        return label or caption
    return f"{label} {caption}" if label.endswith(_ENDS) else f"{label}. {caption}"


def paragraph_kind(path: str) -> str:
    """Return the kind of a paragraph: a displayed formula between paragraphs has its own row."""
    return "formula" if path.rpartition("/")[2].startswith("disp-formula") else "paragraph"


def known_texts(extraction: Extraction) -> dict[tuple[str, str], str | None]:
    """Return the texts of documents, by kind and row."""
    article = extraction.article
    known: dict[tuple[str, str], str | None] = {("title", article.article_id): article.title}
    known |= {("heading", s.row_id): s.text for s in extraction.order if s.kind == "heading"}
    known |= {(paragraph_kind(p.path), p.paragraph_id): p.text for p in extraction.paragraphs}
    known |= {("caption", f.figure_id): captioned(f.label, f.caption) for f in extraction.figures}
    known |= {("caption", t.table_id): captioned(t.label, t.caption) for t in extraction.article_tables}
    known |= {("note", t.table_id): t.footnotes for t in extraction.article_tables}
    known |= {("table", g.grid_id): g.markdown for g in extraction.grids}
    return known
