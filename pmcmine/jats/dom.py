"""Parse bytes into a tree: every dialect of JATS, and hostile XML.

No DTD, external entity or network is ever loaded; entities that the document defines itself are expanded within limits
(`pmcmine/jats/entities.py`). libxml2's own limits hold (depth 256, text nodes of 10 MB, entity amplification), and the
size of the document is limited before it is parsed.
"""

from __future__ import annotations

import re
import threading
from typing import Any, Final

from lxml import etree

from pmcmine.jats.entities import expand
from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import XML_TAGS

MAX_XML_BYTES: Final = 64 * 1024 * 1024
MATHML: Final = "{http://www.w3.org/1998/Math/MathML}"
HREF: Final = "{http://www.w3.org/1999/xlink}href"
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

_PMCID = re.compile(r"(?:PMC)?(\d{1,12})", re.IGNORECASE)
_UNDECLARED = re.compile(r"Namespace prefix ([A-Za-z_][\w.-]{0,40}) ")
_ROOT = re.compile(rb"<[A-Za-z_][\w.:-]{0,60}(?=[\s/>])")
_NAMESPACES: Final = {
    "xlink": HREF[1:-5],
    "mml": MATHML[1:-1],
    "ali": "http://www.niso.org/schemas/ali/1.0/",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}

Element = Any  # lxml's element class; its stubs and C types differ between releases


class _Parsers(threading.local):
    """One parser per thread: making one costs as much as parsing a short article."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            resolve_entities=False,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )


_PARSERS: Final = _Parsers()


def local(element: Element) -> str:
    """Return the tag without its namespace; empty for entity references."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def parse_jats(data: bytes, max_bytes: int = MAX_XML_BYTES, pmcid: str | None = None) -> Element:
    """Parse one article and return its `article` element, JATS namespaces stripped.

    Accepts any DOCTYPE without loading it, JATS with or without a namespace, prefixes that only the DTD declares, and
    the wrappers of OAI-PMH and eFetch (`pmc-articleset`): of several articles, the one with the requested PMCID is
    returned, otherwise the first.

    Raises:
        Rejected: XML_TOO_LARGE, XML_MALFORMED or XML_NOT_AN_ARTICLE.
    """
    if len(data) > max_bytes:
        raise Rejected(Reason.XML_TOO_LARGE, f"{len(data)} bytes, the bound is {max_bytes}")
    if not data.strip():
        raise Rejected(Reason.XML_MALFORMED, "the file is empty")
    tags = data.count(b"<") if len(data) > XML_TAGS else 0
    if tags > XML_TAGS:  # before libxml2 makes nodes of them
        raise Rejected(Reason.XML_TOO_LARGE, f"more than {XML_TAGS} tags")
    try:
        root = _parse(data)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Rejected(Reason.XML_MALFORMED, str(error)) from None
    if root is None:
        raise Rejected(Reason.XML_MALFORMED, "the file holds no element")
    root = expand(root, len(data), tags, _PARSERS.parser)
    if root.tag == "article":
        return root
    articles = [e for e in root.iter() if local(e) == "article"]
    if not articles:
        raise Rejected(Reason.XML_NOT_AN_ARTICLE, f"the root element is {local(root) or '?'}")
    article = articles[0]
    if len(articles) > 1 and pmcid is not None:
        article = next((a for a in articles if stated_pmcid(a) == pmcid), article)
    if "}" in article.tag:
        namespace = article.tag[: article.tag.index("}") + 1]
        for element in article.iter(namespace + "*"):
            element.tag = element.tag[len(namespace) :]
    return article


def _parse(data: bytes) -> Element:
    """Parse; if prefixes lack a namespace that a DTD would declare, parse again with declarations.

    Raises:
        etree.XMLSyntaxError, ValueError, LookupError: as lxml.
    """
    parser = _PARSERS.parser
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        log: Any = parser.error_log  # the error's own log holds errors of earlier documents, too
        missing = {m[1] for entry in log if (m := _UNDECLARED.match(entry.message))}
        start = _ROOT.search(data)
        if not missing or start is None:
            raise
        declared = "".join(f' xmlns:{p}="{_NAMESPACES.get(p, f"urn:undeclared:{p}")}"' for p in sorted(missing))
        return etree.fromstring(data[: start.end()] + declared.encode() + data[start.end() :], parser)


def stated_pmcid(article: Element) -> str | None:
    """Return `PMC<digits>` as stated by an article in any namespace."""
    for element in article.iter():
        name = local(element)
        if name == "article-id" and element.get("pub-id-type") in ("pmcid", "pmc"):
            match = _PMCID.fullmatch((element.text or "").strip())
            if match:
                return f"PMC{int(match[1])}"
        elif name == "body":
            break
    return None


def other_articles(article: Element) -> list[str | None]:
    """Return the PMCIDs of the other articles in an article's file."""
    if article.getparent() is None:
        return []
    root = article.getroottree().getroot()
    return [stated_pmcid(e) for e in root.iter() if local(e) == "article" and e is not article]
