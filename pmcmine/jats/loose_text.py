"""Wrap text of a section that is not in a paragraph."""

from __future__ import annotations

from typing import Final

from lxml import etree

from pmcmine.jats.dom import MATHML, Element
from pmcmine.jats.text import is_picture

# Inline elements: beside paragraphs, they belong to a paragraph that the markup omitted.
_INLINE: Final = frozenset(
    {"bold", "italic", "sup", "sub", "sc", "underline", "overline", "strike", "monospace", "roman", "sans-serif",
     "styled-content", "named-content", "xref", "ext-link", "uri", "email", "inline-formula", "abbrev", "fixed-case",
     "chem-struct", "inline-supplementary-material", "inline-graphic", "tex-math", "math", MATHML + "math", "break",
     "private-char", "milestone-start", "milestone-end", etree.Entity}
)  # fmt: skip


def has_loose_text(element: Element) -> bool:
    """Check whether an element that holds paragraphs has bare text."""
    text = element.text
    if text and not text.isspace():
        return True
    for child in element:
        if child.tag in _INLINE:
            return True
        tail = child.tail
        if tail and not tail.isspace():
            return True
    return False


def wrap_loose_text(element: Element) -> None:
    """Wrap each run of bare text of an element into a paragraph, in place: links must stay the same elements."""
    run = None
    children = list(element)
    if element.text and not element.text.isspace():
        run = element.makeelement("p")
        run.text, element.text = element.text, None
        element.insert(0, run)
    for child in children:
        tag = child.tag
        if tag in _INLINE or (tag == "alternatives" and not is_picture(child)):
            if run is None:
                run = element.makeelement("p")
                child.addprevious(run)
            run.append(child)  # moves the text after it along
            continue
        run, tail = None, child.tail
        if tail and not tail.isspace():
            child.tail = None
            run = element.makeelement("p")
            run.text = tail
            child.addnext(run)
