"""Bytes to a tree: every dialect of JATS, and XML that means harm.

No DTD, entity or network is ever loaded. libxml2's own bounds hold (depth 256, text nodes of 10 MB,
entity amplification), and the size of the document is bounded before it is parsed.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from lxml import etree

from pmcmine.bounds import XML_TAGS
from pmcmine.rejects import Reason, Rejected

MAX_XML_BYTES: Final = 64 * 1024 * 1024
MATHML: Final = "{http://www.w3.org/1998/Math/MathML}"
HREF: Final = "{http://www.w3.org/1999/xlink}href"
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

Element = Any  # lxml's element class; its stubs and C types differ between releases


class _Parsers(threading.local):
    """One parser a thread: making one costs as much as parsing a short article."""

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
    """Tag without its namespace; empty for entity references."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def parse_jats(data: bytes, max_bytes: int = MAX_XML_BYTES) -> Element:
    """Parse one article and return its `article` element, JATS namespaces stripped.

    Accepts any DOCTYPE without loading it, JATS with or without a namespace, and the wrappers of OAI-PMH and
    eFetch (`pmc-articleset`), of which the first article is taken.

    Raises:
        Rejected: XML_TOO_LARGE, XML_MALFORMED or XML_NOT_AN_ARTICLE.
    """
    if len(data) > max_bytes:
        raise Rejected(Reason.XML_TOO_LARGE, f"{len(data)} bytes, the bound is {max_bytes}")
    if not data.strip():
        raise Rejected(Reason.XML_MALFORMED, "the file is empty")
    if len(data) > XML_TAGS and data.count(b"<") > XML_TAGS:  # before libxml2 makes nodes of them
        raise Rejected(Reason.XML_TOO_LARGE, f"more than {XML_TAGS} tags")
    try:
        root = etree.fromstring(data, _PARSERS.parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Rejected(Reason.XML_MALFORMED, str(error)) from None
    if root is None:
        raise Rejected(Reason.XML_MALFORMED, "the file holds no element")
    if root.tag == "article":
        return root
    article = next((e for e in root.iter() if local(e) == "article"), None)
    if article is None:
        raise Rejected(Reason.XML_NOT_AN_ARTICLE, f"the root element is {local(root) or '?'}")
    if "}" in article.tag:
        namespace = article.tag[: article.tag.index("}") + 1]
        for element in article.iter(namespace + "*"):
            element.tag = element.tag[len(namespace) :]
    return article
