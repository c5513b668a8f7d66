"""Read front matter: identifiers, people, dates, licence and links of an article."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import islice

from pmcmine.jats.dates import date_kind, iso_date
from pmcmine.jats.dom import HREF, LANG, Element
from pmcmine.jats.permissions import custom_statement, footnoted, read_permissions, today
from pmcmine.jats.text import flatten, plain_text
from pmcmine.rights.retraction import Signs, is_retracted
from pmcmine.rights.statements import Stated, combine
from pmcmine.text import bounds
from schemas.article import Author, Dates, Funding, Reference, RelatedArticle

_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_REGISTRY_ID = re.compile(r"(?:https?://\S{0,40}/|doi:\s?)?10\.13039/\d{1,20}")
_PMCID = re.compile(r"(?:PMC)?(\d{1,12})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Front matter as stated in the XML, without the source's metadata."""

    pmcid: str | None
    pmid: str | None
    doi: str | None
    title: str | None
    journal: str | None
    journal_abbreviation: str | None
    issn: tuple[str, ...]
    publisher: str | None
    volume: str | None
    issue: str | None
    pages: str | None
    dates: Dates
    article_type: str | None
    language: str | None
    authors: tuple[Author, ...]
    keywords: tuple[str, ...]
    subjects: tuple[str, ...]
    mesh_terms: tuple[str, ...]
    funding: tuple[Funding, ...]
    related: tuple[RelatedArticle, ...]
    stated: Stated
    license_text: str | None
    copyright: str | None
    retracted: bool


def _affiliation(element: Element) -> str:
    """Return an affiliation without its mark for authors: a label, or a leading superscript."""
    text = flatten(element).text
    mark = element.find("label")
    if mark is None and len(element) and element[0].tag == "sup" and not (element.text or "").strip():
        mark = element[0]
    label = plain_text(mark)
    return text.removeprefix(label).strip() if label else text


def _authors(meta: Element) -> tuple[Author, ...]:
    groups = meta.findall("contrib-group")
    affiliations = {aff.get("id"): _affiliation(aff) for aff in meta.iter("aff") if aff.get("id")}
    shared = _shared_affiliation(meta)
    authors = []
    for group in groups:
        for contrib in group.findall("contrib"):
            if contrib.get("contrib-type") not in (None, "author"):
                continue
            surname = given = orcid = None
            collab = False
            own: list[str] = []
            for child in contrib:
                tag = child.tag
                if tag == "name-alternatives":
                    child = next((c for c in child if c.tag in ("name", "string-name")), child)
                    tag = child.tag
                if tag == "name" or tag == "string-name":
                    surname = plain_text(child.find("surname")) or plain_text(child)
                    given = plain_text(child.find("given-names"))
                elif tag == "collab" and surname is None:
                    # A collab may list its members; the name is the text before them.
                    surname = plain_text(child.find("institution")) or " ".join((child.text or "").split())
                    surname = surname or plain_text(child)
                    collab = True
                elif tag == "contrib-id" and child.get("contrib-id-type") == "orcid":
                    match = _ORCID.search(child.text or "")
                    orcid = match[0] if match else None
                elif tag == "xref" and child.get("ref-type") == "aff":
                    own += [affiliations[r] for r in (child.get("rid") or "").split() if r in affiliations]
                elif tag == "aff":
                    own.append(_affiliation(child))
            if surname:
                authors.append(
                    Author(
                        surname=surname,
                        given_names=given,
                        collab=collab,
                        orcid=orcid,
                        affiliations=tuple(own) or shared,
                    )
                )
    return tuple(authors)


def _shared_affiliation(meta: Element) -> tuple[str, ...]:
    """Return the affiliation shared by all authors: the only one in the byline, if no author refers to it."""
    loose = [a for p in (meta, *meta.iterchildren("contrib-group")) for a in p.iterchildren("aff")]
    linked = any(x.get("ref-type") == "aff" for g in meta.iterchildren("contrib-group") for x in g.iter("xref"))
    return (_affiliation(loose[0]),) if len(loose) == 1 and not linked else ()


def _notes(article: Element, front: Element, meta: Element) -> list[Element]:
    """Return elements that contain the licence in some journals."""
    notes = [*meta.findall("author-notes"), *front.findall("notes")]
    back = article.find("back")
    return notes if back is None else [*notes, *back.findall("fn-group"), *back.findall("notes")]


def _events(article: Element, meta: Element) -> Iterator[str]:
    """Yield the types of the article's dates and events, and of its sub-articles and responses."""
    for child in meta:
        if child.tag in ("pub-date", "history", "pub-history"):
            for e in child.iter("pub-date", "date", "event"):
                yield e.get("date-type") or e.get("event-type") or e.get("pub-type") or ""
    for sub in article.iterchildren("sub-article", "response"):
        yield sub.get("article-type") or sub.get("response-type") or ""


def _notices(article: Element, front: Element, meta: Element) -> Iterator[str]:
    """Yield the texts that may state that an article is retracted."""
    for e in (*_notes(article, front, meta), *meta.iterchildren("abstract", "product")):
        yield " ".join(e.itertext())
    body = article.find("body")
    if body is not None:
        yield from (" ".join(e.itertext()) for e in islice(body.iter("p", "title"), 2))


def _funder(element: Element | None) -> str | None:
    """Return the name of a funder without its registry identifier, which some files append to the name."""
    name = plain_text(element)
    if element is None or name is None:
        return name
    for part in element.iter("named-content"):
        if _REGISTRY_ID.fullmatch(known := plain_text(part) or ""):
            name = name.replace(known, " ")
    return " ".join(name.split()) or None


@dataclass
class _Meta:
    """The content of the children of `article-meta`, read one by one."""

    title: str | None = None
    ids: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str | None] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    keywords: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    mesh: list[str] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    related: list[RelatedArticle] = field(default_factory=list)
    custom: list[Stated] = field(default_factory=list)

    def take(self, child: Element) -> None:
        """Read a child; the first of two identifiers or dates of a kind counts."""
        tag = child.tag
        if tag == "article-id":
            self.ids.setdefault(child.get("pub-id-type") or "", (child.text or "").strip())
        elif tag == "title-group":
            self.title = plain_text(child.find("article-title"))
            subtitle = plain_text(child.find("subtitle"))
            if self.title and subtitle:
                self.title = f"{self.title}: {subtitle}"
        elif tag == "article-categories":
            self.subjects = [s for e in child.iter("subject") if (s := plain_text(e))]
        elif tag in ("pub-date", "history", "pub-history"):
            self._take_dates(child)
        elif tag in ("volume", "issue", "fpage", "lpage", "elocation-id"):
            self.texts[tag] = plain_text(child)
        elif tag == "kwd-group":
            target = self.mesh if "mesh" in (child.get("kwd-group-type") or "").lower() else self.keywords
            target += [k for e in child.iter("kwd", "compound-kwd") if (k := plain_text(e))]
        elif tag == "funding-group":
            self._take_funding(child)
        elif tag in ("related-article", "related-object"):
            self._take_related(child)
        elif tag == "custom-meta-group":
            self.custom += [c for e in child.iter("custom-meta") if (c := custom_statement(e)) is not None]

    def _take_dates(self, child: Element) -> None:
        for e in [child] if child.tag == "pub-date" else child.iter("date", "pub-date"):
            kind, value = date_kind(e), iso_date(e)
            if kind and value:
                self.dates.setdefault(kind, value)

    def _take_funding(self, child: Element) -> None:
        for award in child.iter("award-group"):
            source = _funder(next(award.iter("institution"), award.find("funding-source")))
            numbers = [plain_text(a) for a in award.findall("award-id")] or [None]
            self.funding += [Funding(source=source, award_id=n) for n in numbers if source or n]

    def _take_related(self, child: Element) -> None:
        link = child.get(HREF) or plain_text(child)
        if link:
            relation = child.get("related-article-type") or child.get("content-type") or child.tag
            self.related.append(RelatedArticle(relation=relation, id_type=child.get("ext-link-type"), id=link))


def _pages(texts: Mapping[str, str | None]) -> str | None:
    """Return the range of pages; without pages, the article number."""
    first, last = texts.get("fpage"), texts.get("lpage")
    if first is None:
        return texts.get("elocation-id")
    return f"{first}-{last}" if last and last != first else first


def read_front(article: Element, as_of: str | None = None) -> Front:
    """Read `front` (or the article's own front matter in older dialects).

    Args:
        article: the article.
        as_of: day of the snapshot, today if None; a licence that starts later is not in force.
    """
    front = article.find("front")
    front = article if front is None else front
    journal = front.find("journal-meta")
    meta = front.find("article-meta")
    empty = front.makeelement("empty")
    journal = empty if journal is None else journal
    meta = empty if meta is None else meta

    read = _Meta()
    for child in meta:
        read.take(child)
    # Older dialects have copyright and licence beside the other metadata.
    permissions = read_permissions((*meta.findall("permissions"), meta), as_of or today())
    stated = combine((permissions.stated, footnoted(_notes(article, front, meta)), *read.custom))
    ids, texts = read.ids, read.texts
    pmcid = next((m for k in ("pmcid", "pmc") if (m := _PMCID.fullmatch(ids.get(k, "")))), None)
    article_type = article.get("article-type")
    return Front(
        pmcid=f"PMC{int(pmcid[1])}" if pmcid else None,
        pmid=ids.get("pmid") or None,
        doi=ids.get("doi") or None,
        title=read.title,
        journal=plain_text(next(journal.iter("journal-title"), None)),
        journal_abbreviation=next(
            (plain_text(e) for e in journal.findall("journal-id") if e.get("journal-id-type") == "nlm-ta"),
            None,
        ),
        issn=tuple(dict.fromkeys(i for e in journal.findall("issn") if (i := plain_text(e)))),
        publisher=plain_text(next(journal.iter("publisher-name"), None)),
        volume=texts.get("volume"),
        issue=texts.get("issue"),
        pages=_pages(texts),
        dates=Dates(**{field.name: read.dates.get(field.name) for field in fields(Dates)}),
        article_type=article_type,
        language=article.get(LANG),
        authors=_authors(meta),
        keywords=tuple(dict.fromkeys(read.keywords)),
        subjects=tuple(dict.fromkeys(read.subjects)),
        mesh_terms=tuple(dict.fromkeys(read.mesh)),
        funding=tuple(read.funding),
        related=tuple(read.related),
        stated=stated,
        license_text=permissions.text,
        copyright=permissions.copyright,
        retracted=is_retracted(
            Signs(
                article_type=article_type,
                title=read.title,
                subjects=read.subjects,
                links=[r.relation for r in read.related],
                events=_events(article, meta),
                notices=_notices(article, front, meta),
            )
        ),
    )


def read_references(article: Element) -> tuple[Reference, ...]:
    """Read the reference list with the ids of its entries."""
    references: list[Reference] = []
    back = article.find("back")
    if back is None:
        return ()
    found: list[tuple[str, dict[str, str]]] = []
    ids: dict[str, str] = {}
    for element in back.iter("ref", "pub-id"):
        if element.tag == "ref":
            ids = {}
            found.append((element.get("id") or f"ref{len(found)}", ids))
        elif found:
            text = element.text
            if text:
                ids.setdefault(element.get("pub-id-type") or "", text.strip())
    for ref_id, ids in found:
        if not ids:
            references.append(Reference(ref_id=ref_id, pmid=None, pmcid=None, doi=None))
            continue
        pmcid = ids.get("pmcid") or ids.get("pmc")
        if pmcid and pmcid.isdigit():
            pmcid = f"PMC{pmcid}"
        references.append(Reference(ref_id=ref_id, pmid=ids.get("pmid"), pmcid=pmcid, doi=ids.get("doi")))
    return tuple(references)


def bounded(front: Front) -> Front:
    """Shorten front matter that an article's rows repeat; ordinary articles are returned unchanged."""
    text = (front.title, front.journal, front.journal_abbreviation, front.article_type, front.language)
    if (
        sum(len(t) for t in (*text, front.doi, front.pmid) if t) <= bounds.IDENTIFIER
        and len(front.keywords) <= bounds.KEYWORDS
        and all(len(k) <= bounds.TITLE for k in front.keywords)
        and all(len(a.surname) + len(a.given_names or "") <= bounds.TITLE for a in front.authors[:3])
    ):
        return front

    def short(value: str | None) -> str | None:
        return None if value is None else bounds.shorten(value, bounds.TITLE)

    first = tuple(
        replace(a, surname=bounds.shorten(a.surname, bounds.TITLE), given_names=short(a.given_names))
        for a in front.authors[:3]
    )
    return replace(
        front,
        title=short(front.title),
        journal=short(front.journal),
        journal_abbreviation=short(front.journal_abbreviation),
        article_type=short(front.article_type),
        language=bounds.identifier(front.language),
        doi=bounds.identifier(front.doi),
        pmid=bounds.identifier(front.pmid),
        keywords=bounds.keywords(front.keywords),
        authors=(*first, *front.authors[3:]),
    )
