"""Compose the document of an article: its texts and images in reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pmcmine.jats import Extraction
from pmcmine.jats.document_texts import captioned, paragraph_kind
from pmcmine.jats.reading_order import Step
from pmcmine.miner.result import Mined
from pmcmine.rejects import Reason
from schemas.document import Document, DocumentPlace
from schemas.figure import Figure
from schemas.grid import Grid
from schemas.paragraph import Paragraph

AT_MENTION: Final = "mention"  # of the option `document_figures`
OTHER_GROUP: Final = "other_license_group"  # reason of a figure that is published in another group


def document_of(
    extraction: Extraction, mined: Mined, rejected: Mapping[str, str], figures: str = AT_MENTION
) -> tuple[Document, int]:
    """Compose the document of an article from its rows, once the dropped rows are known.

    Returns the document, and the number of paragraphs, figures and tables in it.

    Args:
        extraction: the article extracted from the XML.
        mined: its rows.
        rejected: reasons of the figures without a row, by `figure_id`.
        figures: `mention`: figures and tables follow the paragraph that names them first; `xml`: they stay in the order
            of the XML.
    """
    article = extraction.article
    parts = _Parts(mined, rejected, article.license, article.license_group, article.attribution, extraction.arrays)
    if article.title:
        parts.text("title", article.article_id, "other", article.title)
    moved: dict[str, list[Step]] = {}
    if figures == AT_MENTION:
        moved = _at_mentions(extraction, mined)
    away = {(s.kind, s.ordinal) for steps in moved.values() for s in steps}
    images = {t.image_figure_id for t in mined.article_tables} - {None}
    headings: list[Step] = []
    for step in extraction.order:
        if step.kind == "heading":
            headings = [*_around(headings, step), step]
        elif (step.kind, step.ordinal) in away or (step.kind == "figure" and step.row_id in images):
            continue
        elif step.kind != "paragraph" or step.ordinal in parts.paragraphs:
            # A heading without text, figure or table below it is left out.
            for heading in _around(headings, step):
                parts.text("heading", heading.row_id, heading.section_kind, heading.text or "", level=heading.level)
            headings = []
            parts.add(step, step.section_kind)
            for other in moved.get(step.row_id, ()) if step.kind == "paragraph" else ():
                parts.add(other, step.section_kind)
    parts.grids_without_table()
    document = Document(
        article_id=article.article_id,
        pmcid=article.pmcid,
        texts=tuple(parts.texts),
        images=tuple(parts.images),
        places=tuple(parts.places),
        n_images=sum(i is not None for i in parts.images),
        n_characters=sum(len(t) for t in parts.texts if t is not None),
        license=article.license,
        attribution=article.attribution,
    )
    return document, parts.rows


def _around(headings: Sequence[Step], step: Step) -> list[Step]:
    """Return the headings of the sections that contain a step."""
    return [h for h in headings if step.path == h.path or step.path.startswith(f"{h.path}/")]


def _at_mentions(extraction: Extraction, mined: Mined) -> dict[str, list[Step]]:
    """Return the figures and tables that follow a paragraph, by `paragraph_id`.

    A figure and those nested in it stay together. Figures and tables in an abstract, or not named by a paragraph
    outside abstracts, stay in place.
    """
    kept = {p.paragraph_id for p in mined.paragraphs if p.section_kind != "abstract"}
    drafts = extraction.figures
    ordinals = {d.figure_id: n for n, d in enumerate(drafts)}
    roots: list[int] = []
    for n, draft in enumerate(drafts):
        parent = ordinals.get(draft.parent_figure_id or "", n)
        roots.append(roots[parent] if parent < n else n)
    first: dict[int, str] = {}
    for mention in mined.mentions:
        if mention.context_id in kept and (at := ordinals.get(mention.figure_id)) is not None:
            first.setdefault(roots[at], mention.context_id)
    moved: dict[str, list[Step]] = {}
    families = {roots[n]: paragraph_id for n, paragraph_id in first.items()}
    by_figure = {s.ordinal: s for s in extraction.order if s.kind == "figure"}
    of_tables = {t.image_figure_id for t in mined.article_tables}
    members: dict[int, list[Step]] = {}
    for n, root in enumerate(roots):
        if root in families and drafts[n].figure_id not in of_tables:
            members.setdefault(root, []).append(by_figure[n])
    for root, paragraph_id in families.items():
        if by_figure[root].section_kind != "abstract":
            moved.setdefault(paragraph_id, []).extend(members.get(root, ()))
    of_table: dict[str, str] = {}
    for named in mined.table_mentions:
        if named.context_id in kept:
            of_table.setdefault(named.table_id, named.context_id)
    for step in extraction.order:
        if step.kind == "table" and step.row_id in of_table and step.section_kind != "abstract":
            moved.setdefault(of_table[step.row_id], []).append(step)
    return moved


@dataclass
class _Parts:
    """Collect the places of a document.

    Attributes:
        mined: rows of the article.
        rejected: reasons of the figures without a row, and of excluded tables.
        license: licence of the article.
        group: its group.
        attribution: its attribution line.
        arrays: ids of grids with lines that are paragraphs.
    """

    mined: Mined
    rejected: Mapping[str, str]
    license: str
    group: str
    attribution: str
    arrays: frozenset[str]
    texts: list[str | None] = field(default_factory=list)
    images: list[str | None] = field(default_factory=list)
    places: list[DocumentPlace] = field(default_factory=list)
    rows: int = 0
    paragraphs: dict[int, Paragraph] = field(init=False)

    def __post_init__(self) -> None:
        self.paragraphs = {p.ordinal: p for p in self.mined.paragraphs}
        self._figures = {f.figure_id: f for f in self.mined.figures}
        self._tables = {t.table_id: t for t in self.mined.article_tables}
        self._grids: dict[str | None, list[Grid]] = {}
        for grid in self.mined.grids:
            self._grids.setdefault(grid.table_id, []).append(grid)

    def text(self, kind: str, row_id: str, section_kind: str, text: str, *, level: int | None = None) -> None:
        """Add a text other than a paragraph."""
        self._put(text, None, DocumentPlace(kind=kind, row_id=row_id, level=level, section_kind=section_kind))

    def add(self, step: Step, section_kind: str) -> None:
        """Add a paragraph, figure or table, in a section of this kind."""
        self.rows += 1
        if step.kind == "paragraph":
            self._paragraph(self.paragraphs[step.ordinal])
        elif step.kind == "figure":
            self._figure(step.row_id, section_kind)
        else:
            self._table(step.row_id, section_kind)

    def grids_without_table(self) -> None:
        """Add the grids that are in no table; their exact place in the article is unknown.

        The lines of arrays are paragraphs and stay in place.
        """
        for grid in self._grids.get(None, ()):
            if grid.markdown and grid.grid_id not in self.arrays:
                self.text("table", grid.grid_id, "other", grid.markdown)

    def _put(self, text: str | None, image: str | None, place: DocumentPlace) -> None:
        self.texts.append(text)
        self.images.append(image)
        self.places.append(place)

    def _paragraph(self, row: Paragraph) -> None:
        place = DocumentPlace(
            kind=paragraph_kind(row.path),
            row_id=row.paragraph_id,
            level=None,
            section_kind=row.section_kind,
            type=row.type,
            domain=row.domain,
            quality=row.quality,
        )
        self._put(row.text, None, place)

    def _figure(self, figure_id: str, section_kind: str, *, caption: bool = True) -> None:
        """Add the image of a figure, and its caption unless a table's caption replaces it."""
        row = self._figures.get(figure_id)
        if row is None:
            why = self.rejected.get(figure_id, Reason.FIGURE_LICENSE_NOT_SELECTED.value)
            self._put(None, None, self._place("figure", figure_id, section_kind, None, why))
            return
        reason = row.no_sample or (OTHER_GROUP if row.license_group != self.group else None)
        self._put(None, None if reason else figure_id, self._place("figure", figure_id, section_kind, row, reason))
        text = captioned(row.label, row.caption)
        if caption and text and row.license_group == self.group:
            self._put(text, None, self._place("caption", figure_id, section_kind, row, None))

    def _place(
        self, kind: str, figure_id: str, section_kind: str, row: Figure | None, reason: str | None
    ) -> DocumentPlace:
        return DocumentPlace(
            kind=kind,
            row_id=figure_id,
            level=None,
            section_kind=section_kind,
            license=row.license if row is not None and row.license != self.license else None,
            attribution=row.attribution if row is not None and row.attribution != self.attribution else None,
            reason=reason,
        )

    def _no_table(self, table_id: str, section_kind: str, why: Reason) -> None:
        place = DocumentPlace(kind="table", row_id=table_id, level=None, section_kind=section_kind, reason=why.value)
        self._put(None, None, place)

    def _table(self, table_id: str, section_kind: str) -> None:
        row = self._tables.get(table_id)
        if row is None:
            excluded = self.rejected.get(table_id) == Reason.EXCLUDED
            self._no_table(table_id, section_kind, Reason.EXCLUDED if excluded else Reason.PRIVACY_FLAGGED)
            return
        text = captioned(row.label, row.caption)
        if text:
            self.text("caption", row.table_id, section_kind, text)
        grids = [g for g in self._grids.get(row.table_id, ()) if g.markdown]
        for grid in grids:
            self.text("table", grid.grid_id, section_kind, grid.markdown)
        if not (text or grids or row.image_figure_id or row.footnotes):
            self._no_table(table_id, section_kind, Reason.EMPTY_TEXT)
        if row.image_figure_id is not None:
            self.rows += 1
            self._figure(row.image_figure_id, section_kind, caption=False)
        if row.footnotes:
            self.text("note", row.table_id, section_kind, row.footnotes)
