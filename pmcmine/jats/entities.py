"""Expand entities that a document defines itself, within limits.

The parser does not expand references, because expansion can turn a small file into a large one. Only definitions in the
document count; files and addresses that an entity names are never opened.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import EXPANDED, XML_TAGS

_REFERENCE: Final = re.compile(r"&([^#&;\s][^&;\s]{0,200});")
_OF_XML: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DEPTH: Final = 40  # nesting of entities

Element = Any  # as in `pmcmine.jats.dom`


def meaning(name: str) -> str:
    """Return the text of an entity that the document does not define: the HTML entity of this name, or nothing."""
    return html5.get(name + ";", "")


class _Definitions:
    """The entities of a document with their expansions, as source text."""

    def __init__(self, contents: dict[str, str]) -> None:
        self._contents = contents
        self._sizes: dict[str, tuple[int, int]] = {}
        self._sources: dict[str, str] = {}

    def size(self, name: str, depth: int = 0) -> tuple[int, int]:
        """Return the number of characters and tags in an entity's expansion, without expanding it.

        Raises:
            Rejected: XML_MALFORMED for entities that contain themselves.
        """
        known = self._sizes.get(name)
        if known is not None:
            return known
        if depth > _DEPTH:
            raise Rejected(Reason.XML_MALFORMED, f"entities within entities, deeper than {_DEPTH}: &{name[:40]};")
        content = self._contents[name]
        characters, tags = len(content), content.count("<")
        for inner in _REFERENCE.findall(content):
            if inner in self._contents:
                more = self.size(inner, depth + 1)
                characters, tags = characters + more[0], tags + more[1]
        self._sizes[name] = characters, tags
        return characters, tags

    def source(self, name: str) -> str:
        """Return the expansion of an entity, as XML."""
        known = self._sources.get(name)
        if known is None:
            known = self._sources[name] = _REFERENCE.sub(self._inner, self._contents[name])
        return known

    def _inner(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in _OF_XML:
            return match[0]
        return self.source(name) if name in self._contents else escape(meaning(name))


def expand(root: Element, size: int, tags: int, parser: Any) -> Element:
    """Replace references to the document's own entities in a tree by their expansions.

    Args:
        root: the root element; it is changed.
        size: bytes of the document.
        tags: tags of the document.
        parser: the parser, for entities with markup.

    Returns:
        The root; a new one if entities contain markup.

    Raises:
        Rejected: XML_TOO_LARGE if they expand beyond the limit, XML_MALFORMED if they are not XML.
    """
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is None:  # true for nearly all documents
        return root
    contents = {e.name: str(e.content) for e in dtd.iterentities() if e.name and e.content is not None}
    if not contents:
        return root
    found = [e for e in root.iter(etree.Entity) if e.name in contents]
    if not found:
        return root
    definitions = _Definitions(contents)
    characters = 0
    for element in found:
        more = definitions.size(element.name)
        characters, tags = characters + more[0], tags + more[1]
        if characters > EXPANDED + size or tags > XML_TAGS:
            raise Rejected(Reason.XML_TOO_LARGE, "its entities expand beyond the bound")
    fragments: dict[str, Element] = {}
    try:
        for name in {e.name for e in found}:
            fragments[name] = etree.fromstring(f"<x>{definitions.source(name)}</x>", parser)
        for parent in dict.fromkeys(e.getparent() for e in found):
            _replace(parent, fragments)
        if any(len(f) for f in fragments.values()):
            return etree.fromstring(etree.tostring(root), parser)  # parsed again to check limits, above all depth
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Rejected(Reason.XML_MALFORMED, f"entities: {error}") from None
    return root


def _replace(parent: Element, fragments: dict[str, Element]) -> None:
    """Replace the references among the children of one element, setting each text once."""
    before: Element | None = None
    texts = [parent.text or ""]

    def flush() -> None:
        joined = "".join(texts) or None
        if before is None:
            parent.text = joined
        else:
            before.tail = joined

    for child in list(parent):
        fragment = fragments.get(child.name) if child.tag is etree.Entity else None
        if fragment is None:
            flush()
            before, texts = child, [child.tail or ""]
            continue
        texts.append(fragment.text or "")
        for inner in fragment:
            copy = etree.fromstring(etree.tostring(inner, with_tail=False))
            flush()
            child.addprevious(copy)
            before, texts = copy, [inner.tail or ""]
        texts.append(child.tail or "")
        parent.remove(child)
    flush()
