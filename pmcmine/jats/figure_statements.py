"""Collect statements on rights in, around and below a figure."""

from __future__ import annotations

import re
from functools import reduce

from pmcmine.jats.captions import read_caption
from pmcmine.jats.dom import HREF, Element
from pmcmine.jats.text import plain_text
from pmcmine.rights.figures import Statement
from pmcmine.rights.licenses import License, parse_license, strictest
from pmcmine.rights.named import named_licenses
from pmcmine.rights.wordings import normal

# Elements around a figure with permissions, attribution and caption that also apply to it.
_ENCLOSING = frozenset(
    {"fig", "fig-group", "boxed-text", "table-wrap", "table-wrap-group", "supplementary-material", "alternatives",
     "media", "disp-quote", "statement", "app", "sec", "graphic", "array", "list-item"}
)  # fmt: skip
_CAPTIONED = frozenset({"fig", "fig-group", "boxed-text", "table-wrap", "table-wrap-group", "supplementary-material"})
_OTHER_FIGURES = frozenset({"fig", "fig-group", "table-wrap", "table-wrap-group", "boxed-text"})
# Read elsewhere, or not visible to a reader.
_SILENT = frozenset({"label", "object-id", "caption", "table", "permissions", "attrib", "x", "abstract"})
_NO_STATEMENTS: tuple[Statement, ...] = ()
Around = dict[Element, tuple[Statement, ...]]


def read_statements(element: Element, around: Around | None = None) -> tuple[Statement, ...]:
    """Read all text in and around a figure that may state its rights, besides its own caption.

    This includes permissions and attributions of the figure, of its graphics and of all enclosing elements; captions of
    enclosing elements and of its graphics; its other texts (notes, paragraphs, descriptions), footnotes of its caption,
    and the addresses that its caption links to.

    Args:
        element: the figure.
        around: cache of statements in enclosing elements; it is added to.
    """
    around = {} if around is None else around
    found: list[Statement] = []
    _inside(element, found)
    for ancestor in element.iterancestors():
        tag = ancestor.tag
        if tag not in _ENCLOSING:
            if tag in ("body", "back", "front", "article-meta", "floats-group", "article"):
                break
            continue
        if ancestor not in around:
            around[ancestor] = tuple(_enclosing(ancestor))
        found += around[ancestor]
    return tuple(found) if found else _NO_STATEMENTS


def _enclosing(ancestor: Element) -> list[Statement]:
    """Collect an element's statements about the rights of all figures in it."""
    found: list[Statement] = []
    tag = ancestor.tag
    holder = ancestor.find("sec-meta") if tag == "sec" else ancestor
    if holder is None:
        return found
    for child in holder.iterchildren("permissions", "attrib"):
        _credit(child, found)
    if tag in _CAPTIONED and (text := read_caption(ancestor).text):
        found.append(Statement(text, None, False))
        _links(ancestor, found)
    return found


def _inside(element: Element, found: list[Statement]) -> None:
    """Collect the statements of an element and of its graphics, but not of the figures in it."""
    if element.find("caption") is not None:
        _links(element, found)
    for child in element:
        tag = child.tag
        if tag == "permissions" or tag == "attrib":
            _credit(child, found)
        elif tag in ("graphic", "media", "alternatives", "inline-graphic"):
            if len(child):
                _inside(child, found)
                if text := read_caption(child).text:
                    found.append(Statement(text, None, False))
        elif isinstance(tag, str) and tag not in _SILENT and tag not in _OTHER_FIGURES:
            if (text := "".join(child.itertext(with_tail=False)).strip()) and not _holds_figures(child):
                found.append(Statement(text, None, False))
            for credit in child.iter("permissions", "attrib"):
                if next(a for a in credit.iterancestors(*_OTHER_FIGURES, element.tag)) is element:
                    _credit(credit, found)


def _holds_figures(element: Element) -> bool:
    return next(element.iterdescendants(*_OTHER_FIGURES), None) is not None


def _links(element: Element, found: list[Statement]) -> None:
    """Collect the parts of a caption outside its text: footnotes and Creative Commons addresses."""
    for caption in element.iterchildren("caption"):
        for inner in caption.iter("fn", "ext-link", "uri"):
            if inner.tag == "fn":
                text = "".join(inner.itertext(with_tail=False)).strip()
            else:
                link = inner.get(HREF) or ""
                text = link if "creativecommons.org/" in link.lower() and link not in "".join(inner.itertext()) else ""
            if text:
                found.append(Statement(text, None, False))


def _credit(holder: Element, found: list[Statement]) -> None:
    """Collect an attribution, or the text of `<permissions>` and the licence that it states."""
    text = plain_text(holder) or ""
    if holder.tag == "attrib":
        if text:
            found.append(Statement(text))
        return
    if holder.find("copyright-statement") is None:
        named = [
            t
            for tag in ("copyright-year", "copyright-holder")
            for e in holder.iterchildren(tag)
            if (t := plain_text(e))
        ]
        if named:
            rest = [t for e in holder if e.tag not in ("copyright-year", "copyright-holder") and (t := plain_text(e))]
            text = " ".join(["©", *named]) + ("." if rest else "") + "".join(f" {t}" for t in rest)
    else:
        # The year and the holder repeat the statement.
        said = [t for e in holder if e.tag not in ("copyright-year", "copyright-holder") and (t := plain_text(e))]
        statement = plain_text(holder.find("copyright-statement"))
        if statement and _SIGN.search(statement) is None:
            said[said.index(statement)] = f"© {statement}"
        text = ". ".join(t.rstrip(".") for t in said)
    licence = _stated(holder, text)
    if text or licence is not None:
        found.append(Statement(text, licence))


_SIGN = re.compile(r"©|\(c\)|copyright", re.IGNORECASE)


def _stated(permissions: Element, text: str) -> License | None:
    """Return the strictest licence that `<permissions>` states; OTHER if one is not understood."""
    licences: list[License] = []
    for child in permissions:
        tag = child.tag
        if not isinstance(tag, str) or not (tag == "license" or tag.endswith("license_ref")):
            continue
        links = [child.get(HREF), child.get("license-type")]
        for e in child.iter():
            if e.tag in ("ext-link", "uri"):
                links.append(e.get(HREF))
            elif isinstance(e.tag, str) and e.tag.endswith("license_ref"):
                links.append(e.text)
        words = normal(plain_text(child) or "")
        named = [n.license for link in links if link for n in named_licenses(link)]
        named += [n.license for n in named_licenses(words)]
        coded = parse_license(child.get("license-type"))
        if coded != License.OTHER:
            named.append(coded)
        if named:
            licences += named
        elif words or any(links[:1]):
            licences.append(License.OTHER)
    return reduce(strictest, licences) if licences else None
