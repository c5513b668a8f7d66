"""Build the rows of an article's body: paragraphs, tables and drafts of figures, with their mentions."""

from __future__ import annotations

from collections import Counter

from pmcmine.ids import figure_names, sample_keys
from pmcmine.jats.credits import read_credits
from pmcmine.jats.dates import earliest, year_of
from pmcmine.jats.dom import Element
from pmcmine.jats.elements import Body, FoundFigure
from pmcmine.jats.front import Front
from pmcmine.jats.license import attribution_line
from pmcmine.jats.mention_rows import LinkTargets, MentionRows, RepeatedText, links_to_figures
from pmcmine.jats.mentions import FigureIndex
from pmcmine.jats.records import ArticleMeta, FigureDraft
from pmcmine.jats.table_mention_rows import TableMentions
from pmcmine.jats.text import Ref, Text
from pmcmine.rejects import Ledger
from pmcmine.rights.figures import Statement, figure_rights
from pmcmine.rights.licenses import License
from pmcmine.rights.statements import Stated
from pmcmine.rights.wordings import Owner
from pmcmine.text import bounds
from schemas.article_table import ArticleTable
from schemas.mention import Mention
from schemas.paragraph import Citation, FigureReference, Paragraph


class BodyRows:
    """Build the rows of an article's body.

    Attributes:
        root: the article.
        body: its body.
        front: its front matter.
        meta: the source's metadata of it.
        decided: the decision on its licence.
        licence: the licence.
        attribution: its attribution line.
        mentions: mentions of figures, so far.
        table_mentions: mentions of tables, so far.
    """

    def __init__(
        self, root: Element, body: Body, front: Front, meta: ArticleMeta, decided: Stated, ledger: Ledger
    ) -> None:
        self.body, self.decided = body, decided
        self.licence = decided.license or License.OTHER
        self.attribution = attribution_line(front, meta.pmcid, decided, meta.doi or front.doi)
        self.root, self.front, self.meta = root, front, meta
        names = figure_names(f.figure.element.get("id") for f in body.figures)
        self._figure_ids = [f"{meta.article_id}/{name}" for name in names]
        self._keys = sample_keys(meta.pmcid, meta.version, names)
        ids = [_link_target(f, ordinal) for ordinal, f in enumerate(body.figures)]
        self._index = FigureIndex.of(
            ids,
            [f.figure.label for f in body.figures],
            [f.figure.kind in ("figure", "boxed") and (f.parent is None or f.grouped) for f in body.figures],
            body.groups,
        )
        self._targets = LinkTargets(root, body, ids, self._index)
        self._repeated = RepeatedText()
        self._repeated.add(sum(len(text) for a in front.authors for text in a.affiliations))
        self._repeated.add(sum(len(f.source or "") for f in front.funding))
        self._titles = _Titles()
        self.mentions = MentionRows(
            meta.article_id, meta.pmcid, self._figure_ids, self._index, self._targets, ledger, self._repeated
        )
        names = figure_names((t.element.get("id") for t in body.tables), "t")
        self._table_ids = [f"{meta.article_id}/{name}" for name in names]
        self.table_mentions = TableMentions(
            meta.article_id, meta.pmcid, body.tables, self._table_ids, self._index, ledger, self._repeated
        )

    def paragraphs(self) -> list[Paragraph]:
        """Build the rows of paragraphs, and read their mentions."""
        rows = []
        article_id, repeated, code = self.meta.article_id, self._repeated, self.licence.value
        for ordinal, p in enumerate(self.body.paragraphs):
            paragraph_id = f"{article_id}/{p.place.path}"
            flat = p.flat
            citations: tuple[Citation, ...] = ()
            figure_references: tuple[FigureReference, ...] = ()
            others: tuple[Ref, ...] = ()
            if flat.refs:
                # Most links go to the bibliography.
                citations = tuple([Citation(start=r[0], end=r[1], ref_ids=r[3]) for r in flat.refs if r[2] == "bibr"])
                if len(citations) < len(flat.refs):
                    others = self._targets.resolve(tuple([r for r in flat.refs if r.kind != "bibr"]))
                    figure_references = links_to_figures(others, self._index, self._figure_ids, repeated)
            section_titles, n_title = self._titles.of(p.place.titles)
            repeated.add(n_title + len(paragraph_id) + len(self.attribution))
            self.mentions.read(paragraph_id, "paragraph", p.place.kind, flat.text, others)
            self.table_mentions.read(paragraph_id, "paragraph", p.place.kind, flat.text, others)
            rows.append(
                Paragraph(
                    paragraph_id=paragraph_id,
                    article_id=article_id,
                    pmcid=self.meta.pmcid,
                    path=p.place.path,
                    ordinal=ordinal,
                    section_titles=section_titles,
                    section_kind=p.place.kind,
                    text=flat.text,
                    citations=citations,
                    figure_references=figure_references,
                    article_type=self.front.article_type,
                    language=p.place.language,
                    license=code,
                    attribution=self.attribution,
                )
            )
        return rows

    def read_titles_and_captions(self) -> None:
        """Read the mentions of section titles and figure captions."""
        for place, flat in self.body.titles:
            links = self._targets.resolve(flat.refs)
            title_id = f"{self.meta.article_id}/{place.path}"
            self.mentions.read(title_id, "section_title", place.kind, flat.text, links)
            self.table_mentions.read(title_id, "section_title", place.kind, flat.text, links)
        for f, figure_id in zip(self.body.figures, self._figure_ids, strict=True):
            caption = f.figure.caption
            for mentions in (self.mentions, self.table_mentions):
                mentions.read_parts(figure_id, "figure_caption", f.place.kind, caption.text, caption.flat)

    def tables(self) -> list[ArticleTable]:
        """Build the rows of tables, and read their mentions."""
        rows = []
        for ordinal, t in enumerate(self.body.tables):
            xml_id = bounds.identifier(t.element.get("id"))
            section_titles, n_title = self._titles.of(t.place.titles)
            self._repeated.add(n_title + len(self.attribution))
            table_id = self._table_ids[ordinal]
            notes, note_flats = _join(t.notes)
            for mentions in (self.mentions, self.table_mentions):
                mentions.read_parts(table_id, "table_caption", t.place.kind, t.caption[1], t.caption_flats)
                mentions.read_parts(table_id, "table_note", t.place.kind, notes, note_flats)
            rows.append(
                ArticleTable(
                    table_id=table_id,
                    article_id=self.meta.article_id,
                    pmcid=self.meta.pmcid,
                    ordinal=ordinal,
                    xml_id=xml_id,
                    label=t.label,
                    caption_title=t.caption[0],
                    caption=t.caption[1],
                    footnotes=notes,
                    section_path=section_titles,
                    section_kind=t.place.kind,
                    n_rows=t.n_rows,
                    image_figure_id=None if t.figure is None else self._figure_ids[t.figure],
                    license=self.licence.value,
                    attribution=self.attribution,
                )
            )
        return rows

    def figures(self, paragraphs: list[Paragraph]) -> tuple[FigureDraft, ...]:
        """Build the drafts of figures, after all mentions were read."""
        figures, front, titles = self.body.figures, self.front, self._titles
        counts = Counter(m.figure_id for m in self.mentions.rows)
        places = _places(self.body, self.mentions.rows, self._figure_ids, paragraphs, titles)
        one = len(self.attribution) + len(front.title or "")
        self._repeated.add(sum(titles.of(path)[1] + one for path, _ in places))
        owner = _owner(front)
        self._repeated.add(sum(len(s.text) for f in figures for s in f.figure.statements))
        credits = read_credits(self.root, self._index, len(figures))
        return tuple(
            _draft(
                f,
                places[ordinal],
                figure_id,
                key,
                ordinal,
                self._figure_ids,
                self.licence,
                owner,
                counts[figure_id],
                credits.get(ordinal, ()),
            )
            for ordinal, (f, figure_id, key) in enumerate(zip(figures, self._figure_ids, self._keys, strict=True))
        )


def _places(
    body: Body, mentions: list[Mention], figure_ids: list[str], paragraphs: list[Paragraph], titles: _Titles
) -> list[tuple[tuple[str, ...], str]]:
    """Return section titles and section kind of each figure.

    They are those of its position or, for floats at the end of the article, of its first mention.
    """
    places = [(titles.of(f.place.titles)[0], f.place.kind) for f in body.figures]
    floating = {i for i, f in enumerate(body.figures) if f.place.path.startswith("floats-")}
    if floating:
        by_id = {p.paragraph_id: p for p in paragraphs}
        ordinals = {figure_ids[i]: i for i in floating}
        for m in mentions:
            i = ordinals.get(m.figure_id)
            p = by_id.get(m.context_id)
            if i is not None and p is not None and p.section_kind != "abstract":
                places[i] = (p.section_titles, p.section_kind)
                del ordinals[m.figure_id]
    return places


def _owner(front: Front) -> Owner:
    """Return the rights holder stated in the article."""
    years = {str(y) for d in (earliest(front.dates), front.dates.epub, front.dates.ppub) if (y := year_of(d))}
    names = {a.surname.casefold() for a in front.authors if not a.collab and len(a.surname) > 1}
    return Owner(front.copyright or "", frozenset(names), frozenset(years))


def _draft(
    f: FoundFigure,
    place: tuple[tuple[str, ...], str],
    figure_id: str,
    key: str,
    ordinal: int,
    figure_ids: list[str],
    licence: License,
    owner: Owner,
    n_mentions: int,
    credits: tuple[Statement, ...],
) -> FigureDraft:
    figure = f.figure
    return FigureDraft(
        figure_id=figure_id,
        key=key,
        ordinal=ordinal,
        xml_id=bounds.identifier(figure.element.get("id")),
        kind=figure.kind,
        parent_figure_id=None if f.parent is None else figure_ids[f.parent],
        label=figure.label,
        caption_title=figure.caption.title,
        caption_paragraphs=figure.caption.paragraphs,
        caption=figure.caption.text,
        caption_emphasis=figure.caption.emphasis,
        alt_text=figure.alt_text,
        long_description=figure.long_description,
        section_path=place[0],
        section_kind=place[1],
        graphics=figure.graphics,
        permissions=figure.permissions,
        rights=figure_rights(licence, figure.caption.stated or "", (*figure.statements, *credits), owner),
        n_mentions=n_mentions,
    )


def _join(flats: tuple[Text, ...]) -> tuple[str | None, tuple[tuple[int, Text], ...]]:
    placed, offset = [], 0
    for flat in flats:
        placed.append((offset, flat))
        offset += len(flat.text) + 1
    return " ".join(f.text for f in flats) or None, tuple(placed)


def _link_target(f: FoundFigure, ordinal: int) -> str:
    """Return the XML id of a figure; without one, a name that can't be an XML id."""
    return f.figure.element.get("id") or f"#{ordinal}"


class _Titles:
    """Section titles within their limits, and their length, computed once per path."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[tuple[str, ...], int]] = {}

    def of(self, path: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        """Return the shortened titles of a path, and their number of characters."""
        known = self._known.get(path)
        if known is None:
            short = bounds.shorten_path(path)
            known = self._known[path] = (short, sum(map(len, short)))
        return known
