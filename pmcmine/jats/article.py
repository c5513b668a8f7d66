"""Extract one article's XML into rows: article, figures, mentions, paragraphs and tables.

Figures are drafts until their images are read.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256

from pmcmine.jats.abstracts import main_abstract
from pmcmine.jats.body import read_body
from pmcmine.jats.body_rows import BodyRows
from pmcmine.jats.dates import earliest, year_of
from pmcmine.jats.dom import MAX_XML_BYTES, Element, other_articles, parse_jats
from pmcmine.jats.elements import Body
from pmcmine.jats.front import bounded, read_front, read_references
from pmcmine.jats.grid_rows import GridRows
from pmcmine.jats.license import decide_license
from pmcmine.jats.reading_order import reading_order
from pmcmine.jats.records import ArticleMeta, Extraction
from pmcmine.rejects import Ledger, Reason, Rejected, Stage, Unit
from pmcmine.rights.licenses import derivatives_ok, group_of
from pmcmine.text import bounds
from schemas.article import Article
from schemas.paragraph import Paragraph

_TRIAL = re.compile(rb"NCT\d{8}(?!\d)")
_COUNTED = (
    "p",
    "fig",
    "table-wrap",
    "graphic",
    "disp-formula",
    "sub-article",
    "response",
)  # become rows or rejects


def extract_article(
    xml: bytes, meta: ArticleMeta, ledger: Ledger | None = None, max_bytes: int = MAX_XML_BYTES
) -> Extraction:
    """Parse an article once and build all of its rows.

    Args:
        xml: bytes of the file, in any encoding that its declaration names.
        meta: the source's metadata of the article.
        ledger: collects the rejects of parts (sub-articles, empty paragraphs, dangling mentions).
        max_bytes: limit on the size of the XML.

    Raises:
        Rejected: if the XML as a whole can't be used.
    """
    root = parse_jats(xml, max_bytes, meta.pmcid)
    ledger = Ledger(meta.pmcid) if ledger is None else ledger
    front = bounded(read_front(root, meta.as_of))
    if front.pmcid and front.pmcid != meta.pmcid:
        raise Rejected(Reason.XML_OF_ANOTHER_ARTICLE, f"the XML states {front.pmcid}")
    decided, license_source = decide_license(meta, front)
    _count_parts(root, xml)
    body = read_body(root)  # also turns other elements and loose text into paragraphs
    _check_parts(len(body.order) + len(body.empty_paragraphs))
    rows = BodyRows(root, body, front, meta, decided, ledger)
    paragraphs = rows.paragraphs()
    for path in rows.body.empty_paragraphs:
        ledger.add(Stage.EXTRACT, Unit.PARAGRAPH, Reason.EMPTY_TEXT, meta.article_id, path)
    rows.read_titles_and_captions()
    tables = rows.tables()
    found: Counter[str] = Counter()
    n_sub = _sub_articles(rows.body, ledger, meta.article_id, found)
    for other in other_articles(root):
        found["sub_article"] += 1
        ledger.add(Stage.EXTRACT, Unit.SUB_ARTICLE, Reason.OTHER_ARTICLE, meta.article_id, other or "no PMCID")
    links = list(root.iter("xref"))
    found["mention"] += rows.mentions.outside(links)
    figures = rows.figures(paragraphs)
    grids = GridRows(meta.article_id, meta.pmcid, rows.licence.value, rows.attribution, ledger)
    wraps = [t.element for t in rows.body.tables]
    grids.read(root, [(row.table_id, wrap) for row, wrap in zip(tables, wraps, strict=True)])
    rows.table_mentions.outside(links)
    found["table_mention"] += len(rows.table_mentions.rows) + rows.table_mentions.rejected
    found["grid"] += len(grids.rows) + grids.rejected
    found["figure"] += len(figures)
    found["paragraph"] += len(paragraphs) + len(rows.body.empty_paragraphs)
    found["table"] += len(tables)
    found["mention"] += len(rows.mentions.rows) + rows.mentions.unresolved
    article = _article(rows, license_source, paragraphs, n_sub, xml)
    ids = ([p.paragraph_id for p in paragraphs], [f.figure_id for f in figures], [t.table_id for t in tables])
    return Extraction(
        article=article,
        front=front,
        license=rows.licence,
        figures=figures,
        mentions=tuple(rows.mentions.rows),
        paragraphs=tuple(paragraphs),
        article_tables=tuple(tables),
        grids=tuple(grids.rows),
        arrays=frozenset(grids.arrays),
        table_mentions=tuple(rows.table_mentions.rows),
        order=reading_order(body, meta.article_id, *ids),
        found=found,
    )


def _article(rows: BodyRows, license_source: str, paragraphs: list[Paragraph], n_sub: int, xml: bytes) -> Article:
    """Return the row of the article itself, after those of its body."""
    front, meta = rows.front, rows.meta
    date = earliest(front.dates)
    return Article(
        article_id=meta.article_id,
        pmcid=meta.pmcid,
        version=meta.version,
        versions_seen=meta.versions_seen,
        pmid=meta.pmid or front.pmid,
        doi=meta.doi or front.doi,
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
        abstract=main_abstract(rows.body.abstracts, paragraphs, front.language),
        authors=front.authors,
        keywords=front.keywords,
        subjects=front.subjects,
        mesh_terms=front.mesh_terms,
        funding=front.funding,
        references=read_references(rows.root),
        trial_ids=tuple(sorted({m.decode() for m in _TRIAL.findall(xml)})) if b"NCT" in xml else (),
        related=front.related,
        license=rows.licence.value,
        license_group=group_of(rows.licence).value,
        license_source=license_source,
        license_url=rows.decided.url,
        license_version=rows.decided.version,
        license_text=front.license_text,
        copyright=front.copyright,
        derivatives_ok=derivatives_ok(rows.licence),
        attribution=rows.attribution,
        source_url=f"https://pmc.ncbi.nlm.nih.gov/articles/{meta.pmcid}/",
        is_manuscript=meta.is_manuscript,
        n_figures=len(rows.body.figures),
        n_paragraphs=len(paragraphs),
        n_mentions=len(rows.mentions.rows),
        n_tables=len(rows.body.tables),
        n_sub_articles=n_sub,
        xml_sha256=sha256(xml).hexdigest(),
    )


def _sub_articles(body: Body, ledger: Ledger, article_id: str, found: Counter[str]) -> int:
    """Add sub-articles, and the figures in them, to the ledger; return the number of sub-articles."""
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


def _count_parts(root: Element, xml: bytes) -> None:
    """Check the number of parts that become rows or rejects, before these are built.

    Raises:
        Rejected: XML_TOO_LARGE above the limit.
    """
    if len(xml) > bounds.PARTS:  # a shorter file can't have so many
        _check_parts(sum(1 for _ in root.iter(*_COUNTED)))


def _check_parts(n: int) -> None:
    if n > bounds.PARTS:
        raise Rejected(
            Reason.XML_TOO_LARGE, f"{n} paragraphs, headings, figures and tables, the bound is {bounds.PARTS}"
        )
