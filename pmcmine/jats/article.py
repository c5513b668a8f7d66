"""One article's XML to its rows: article, figures (as drafts until their images are read), mentions,
paragraphs and tables."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256

from pmcmine.ids import figure_names, sample_keys
from pmcmine.jats.abstracts import main_abstract
from pmcmine.jats.body import read_body
from pmcmine.jats.credits import read_credits
from pmcmine.jats.dates import earliest, year_of
from pmcmine.jats.dom import MAX_XML_BYTES, Element, other_articles, parse_jats
from pmcmine.jats.found import Body, FoundFigure
from pmcmine.jats.front import Front, bounded, read_front, read_references
from pmcmine.jats.license import attribution_line, decide_license
from pmcmine.jats.mention_rows import LinkTargets, _figure_references, _Mentions, _Repeated
from pmcmine.jats.mentions import FigureIndex
from pmcmine.jats.records import ArticleMeta, Extraction, FigureDraft
from pmcmine.jats.text import Ref, Text
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.rights.figures import Statement, figure_rights
from pmcmine.rights.licenses import License, derivatives_ok, group_of
from pmcmine.rights.wordings import Owner
from pmcmine.text import bounds
from schemas.article import Article
from schemas.mention import Mention
from schemas.paragraph import Citation, FigureReference, Paragraph
from schemas.table_wrap import TableWrap

_TRIAL = re.compile(rb"NCT\d{8}(?!\d)")
_COUNTED = ("p", "fig", "table-wrap", "graphic", "disp-formula", "sub-article", "response")  # become rows or rejects


def extract_article(
    xml: bytes, meta: ArticleMeta, ledger: Ledger | None = None, max_bytes: int = MAX_XML_BYTES
) -> Extraction:
    """Parse an article once and make all of its rows.

    Args:
        xml: bytes of the file, in any encoding that its declaration names.
        meta: what the source knows of the article.
        ledger: takes the rejects of parts (sub-articles, empty paragraphs, dangling mentions).
        max_bytes: bound on the size of the XML.

    Raises:
        Rejected: where the XML as a whole can't be used.
    """
    root = parse_jats(xml, max_bytes, meta.pmcid)
    ledger = Ledger(meta.pmcid) if ledger is None else ledger
    front = bounded(read_front(root, meta.as_of))
    if front.pmcid and front.pmcid != meta.pmcid:
        raise Rejected(Reason.XML_OF_ANOTHER_ARTICLE, f"the XML states {front.pmcid}")
    decided, license_source = decide_license(meta, front)
    licence = decided.license or License.OTHER
    _count_parts(root, xml)
    body = read_body(root)  # makes paragraphs of other elements and of loose text, too
    _check_parts(len(body.paragraphs) + len(body.empty_paragraphs) + len(body.figures) + len(body.tables))
    article_id = meta.article_id
    doi = meta.doi or front.doi
    attribution = attribution_line(front, meta.pmcid, decided, doi)
    found: Counter[str] = Counter()

    names = figure_names(f.figure.element.get("id") for f in body.figures)
    figure_ids = [f"{article_id}/{name}" for name in names]
    keys = sample_keys(meta.pmcid, meta.version, names)
    ids = [_link_target(f, ordinal) for ordinal, f in enumerate(body.figures)]
    index = FigureIndex.of(
        ids,
        [f.figure.label for f in body.figures],
        [f.figure.kind in ("figure", "boxed") and (f.parent is None or f.grouped) for f in body.figures],
        body.groups,
    )
    targets = LinkTargets(root, body, ids, index)
    repeated = _Repeated()
    repeated.add(sum(len(text) for a in front.authors for text in a.affiliations))
    repeated.add(sum(len(f.source or "") for f in front.funding))
    mentions = _Mentions(article_id, meta.pmcid, figure_ids, index, targets, ledger, repeated)
    paragraphs = []
    titles = _Titles()
    code = licence.value
    for ordinal, p in enumerate(body.paragraphs):
        paragraph_id = f"{article_id}/{p.place.path}"
        flat = p.flat
        citations: tuple[Citation, ...] = ()
        figure_references: tuple[FigureReference, ...] = ()
        others: tuple[Ref, ...] = ()
        if flat.refs:
            # Most links go to the bibliography.
            citations = tuple([Citation(start=r[0], end=r[1], ref_ids=r[3]) for r in flat.refs if r[2] == "bibr"])
            if len(citations) < len(flat.refs):
                others = targets.resolve(tuple([r for r in flat.refs if r.kind != "bibr"]))
                figure_references = _figure_references(others, index, figure_ids, repeated)
        section_titles, n_title = titles.of(p.place.titles)
        repeated.add(n_title + len(paragraph_id) + len(attribution))
        mentions.read(paragraph_id, "paragraph", p.place.kind, flat.text, others)
        paragraphs.append(
            Paragraph(
                paragraph_id=paragraph_id,
                article_id=article_id,
                pmcid=meta.pmcid,
                path=p.place.path,
                ordinal=ordinal,
                section_titles=section_titles,
                section_kind=p.place.kind,
                text=flat.text,
                citations=citations,
                figure_references=figure_references,
                article_type=front.article_type,
                language=p.place.language,
                license=code,
                attribution=attribution,
            )
        )
    for path in body.empty_paragraphs:
        ledger.add(Stage.EXTRACT, Unit.PARAGRAPH, Reason.EMPTY_TEXT, article_id, path)
    for place, flat in body.titles:
        mentions.read(f"{article_id}/{place.path}", "section_title", place.kind, flat.text, targets.resolve(flat.refs))
    for f, figure_id in zip(body.figures, figure_ids, strict=True):
        caption = f.figure.caption
        mentions.read_parts(figure_id, "figure_caption", f.place.kind, caption.text, caption.flat)
    tables = []
    for ordinal, t in enumerate(body.tables):
        xml_id = bounds.identifier(t.element.get("id"))
        section_titles, n_title = titles.of(t.place.titles)
        repeated.add(n_title + len(attribution))
        table_id = f"{article_id}/{xml_id or f't{ordinal}'}"
        mentions.read_parts(table_id, "table_caption", t.place.kind, t.caption[1], t.caption_flats)
        notes, note_flats = _join(t.notes)
        mentions.read_parts(table_id, "table_note", t.place.kind, notes, note_flats)
        tables.append(
            TableWrap(
                table_id=table_id,
                article_id=article_id,
                pmcid=meta.pmcid,
                ordinal=ordinal,
                xml_id=xml_id,
                label=t.label,
                caption_title=t.caption[0],
                caption=t.caption[1],
                footnotes=notes,
                section_path=section_titles,
                section_kind=t.place.kind,
                n_rows=t.n_rows,
                image_figure_id=None if t.figure is None else figure_ids[t.figure],
                license=code,
                attribution=attribution,
            )
        )
    n_sub = _sub_articles(body, ledger, article_id, found)
    for other in other_articles(root):
        found["sub_article"] += 1
        ledger.add(Stage.EXTRACT, Unit.SUB_ARTICLE, Reason.OTHER_ARTICLE, article_id, other or "no PMCID")
    found["mention"] += mentions.outside(root)
    counts = Counter(m.figure_id for m in mentions.rows)
    places = _places(body, mentions.rows, figure_ids, paragraphs, titles)
    repeated.add(sum(titles.of(path)[1] + len(attribution) + len(front.title or "") for path, _ in places))
    owner = _owner(front)
    repeated.add(sum(len(s.text) for f in body.figures for s in f.figure.statements))
    credits = read_credits(root, index, len(body.figures))
    figures = tuple(
        _draft(
            f,
            places[ordinal],
            figure_id,
            key,
            ordinal,
            figure_ids,
            licence,
            owner,
            counts[figure_id],
            credits.get(ordinal, ()),
        )
        for ordinal, (f, figure_id, key) in enumerate(zip(body.figures, figure_ids, keys, strict=True))
    )
    found["figure"] += len(figures)
    found["paragraph"] += len(paragraphs) + len(body.empty_paragraphs)
    found["table"] += len(tables)
    found["mention"] += len(mentions.rows) + mentions.unresolved
    date = earliest(front.dates)
    article = Article(
        article_id=article_id,
        pmcid=meta.pmcid,
        version=meta.version,
        versions_seen=meta.versions_seen,
        pmid=meta.pmid or front.pmid,
        doi=doi,
        title=front.title,
        journal=front.journal,
        journal_abbreviation=front.journal_abbreviation,
        issn=front.issn,
        publisher=front.publisher,
        volume=front.volume,
        issue=front.issue,
        pages=front.pages,
        publication_date=date,
        year=year_of(date),
        dates=front.dates,
        article_type=front.article_type,
        language=front.language,
        abstract=main_abstract(body.abstracts, paragraphs, front.language),
        authors=front.authors,
        keywords=front.keywords,
        subjects=front.subjects,
        mesh_terms=front.mesh_terms,
        funding=front.funding,
        references=read_references(root),
        trial_ids=tuple(sorted({m.decode() for m in _TRIAL.findall(xml)})) if b"NCT" in xml else (),
        related=front.related,
        license=licence.value,
        license_group=group_of(licence).value,
        license_source=license_source,
        license_url=decided.url,
        license_version=decided.version,
        license_text=front.license_text,
        copyright=front.copyright,
        derivatives_ok=derivatives_ok(licence),
        attribution=attribution,
        source_url=f"https://pmc.ncbi.nlm.nih.gov/articles/{meta.pmcid}/",
        is_manuscript=meta.is_manuscript,
        n_figures=len(figures),
        n_paragraphs=len(paragraphs),
        n_mentions=len(mentions.rows),
        n_tables=len(tables),
        n_sub_articles=n_sub,
        xml_sha256=sha256(xml).hexdigest(),
    )
    return Extraction(
        article=article,
        front=front,
        license=licence,
        figures=figures,
        mentions=tuple(mentions.rows),
        paragraphs=tuple(paragraphs),
        table_wraps=tuple(tables),
        found=found,
    )


def _places(
    body: Body, mentions: list[Mention], figure_ids: list[str], paragraphs: list[Paragraph], titles: _Titles
) -> list[tuple[tuple[str, ...], str]]:
    """(section titles, section kind) of each figure: where it stands, or, for one in the floats at the end of the
    article, where it is mentioned first."""
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
    """Who the article says holds its rights."""
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
        rights=figure_rights(licence, figure.caption.text or "", (*figure.statements, *credits), owner),
        n_mentions=n_mentions,
    )


def _join(flats: tuple[Text, ...]) -> tuple[str | None, tuple[tuple[int, Text], ...]]:
    placed, offset = [], 0
    for flat in flats:
        placed.append((offset, flat))
        offset += len(flat.text) + 1
    return " ".join(f.text for f in flats) or None, tuple(placed)


def _sub_articles(body: Body, ledger: Ledger, article_id: str, found: Counter[str]) -> int:
    """Ledger rows for sub-articles and for every figure in them."""
    total = 0
    for sub in body.sub_articles:
        for element in sub.iter("sub-article", "response"):
            total += 1
            kind = element.get("article-type") or element.get("response-type") or element.tag
            ledger.add(
                Stage.EXTRACT,
                Unit.SUB_ARTICLE,
                Reason.SUB_ARTICLE,
                article_id,
                f"{element.get('id') or ''} {kind}",
            )
        for figure in sub.iter("fig"):
            found["figure"] += 1
            name = figure.get("id") or ""
            ledger.add(
                Stage.EXTRACT,
                Unit.FIGURE,
                Reason.SUB_ARTICLE,
                article_id,
                name,
                f"{article_id}/{name}" if name else None,
            )
    found["sub_article"] += total
    return total


def _link_target(f: FoundFigure, ordinal: int) -> str:
    """The XML id of a figure; for one without, a name that no XML id can be."""
    return f.figure.element.get("id") or f"#{ordinal}"


def _count_parts(root: Element, xml: bytes) -> None:
    """Check the number of what becomes rows or rejects before these are made.

    Raises:
        Rejected: XML_TOO_LARGE above the bound.
    """
    if len(xml) > bounds.PARTS:  # a shorter one can't have so many
        _check_parts(sum(1 for _ in root.iter(*_COUNTED)))


def _check_parts(n: int) -> None:
    if n > bounds.PARTS:
        raise Rejected(Reason.XML_TOO_LARGE, f"{n} paragraphs, figures and tables, the bound is {bounds.PARTS}")


class _Titles:
    """Section titles within their bounds, and their length; each path is looked at once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[tuple[str, ...], int]] = {}

    def of(self, path: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        """Bounded titles of a path, and their characters."""
        known = self._known.get(path)
        if known is None:
            short = bounds.shorten_path(path)
            known = self._known[path] = (short, sum(map(len, short)))
        return known
