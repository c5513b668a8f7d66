"""Convert mixed content to plain text, with the positions of cross-references in code points.

White space is collapsed to single spaces (only ASCII white space: a no-break space stays), block elements separate
words, formulas become readable text, and floats are left out and returned separately.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final, NamedTuple

from lxml import etree

from pmcmine.jats.dom import HREF, MATHML, Element
from pmcmine.jats.lists import BULLET, mark_items
from pmcmine.jats.mathml import entity_text, mathml_text
from pmcmine.jats.superscripts import before_script
from pmcmine.jats.tex import tex_text

FLOATS: Final = frozenset(
    {
        "fig",
        "fig-group",
        "table-wrap",
        "table-wrap-group",
        "boxed-text",
        "supplementary-material",
        "graphic",
        "media",
    }
)
_SKIPPED: Final = frozenset(
    {"object-id", "inline-graphic", "alt-text", "long-desc", "label-alternatives", "institution-id"}
)
BLOCKS: Final = frozenset(
    {"p", "list", "list-item", "def-list", "def-item", "term", "def", "title", "subtitle", "disp-quote", "sec",
     "disp-formula", "disp-formula-group", "speech", "speaker", "statement", "verse-group", "verse-line", "break",
     "array", "table", "tr", "td", "th", "attrib", "label", "chem-struct-wrap", "preformat", "code", "license-p",
     "caption"}
)  # fmt: skip
_FORMULAS: Final = frozenset({"inline-formula", "disp-formula", "alternatives", "tex-math", MATHML + "math", "math"})
_RUNS = re.compile(r"[ \t\n\r]{2,}|[\t\n\r]")
_EMPHASIS: Final = frozenset({"bold", "italic", "underline"})
_LABELISH: Final = re.compile(r"[\s().,]*(?:[A-Za-z]\d{0,2}|\d{1,2}|[ivx]{1,4})?(?![A-Za-z])")
_SIGN_LENGTH: Final = 200  # characters of the text for an image
_CELLS: Final = frozenset({"td", "th", "entry"})  # their line breaks keep list items apart
_NOTHING: Final[frozenset[str]] = frozenset()
_WALK, _XREF, _SCRIPT, _FLOAT, _FORMULA, _BLOCK, _SKIP, _NOTE = range(8)
_ACTIONS: Final[dict[str, int]] = (
    dict.fromkeys(FLOATS, _FLOAT)
    | dict.fromkeys(_SKIPPED, _SKIP)
    | dict.fromkeys(BLOCKS, _BLOCK)
    | dict.fromkeys(_FORMULAS, _FORMULA)
    | {"xref": _XREF, "sup": _SCRIPT, "sub": _SCRIPT, "fn": _NOTE}
)


class Ref(NamedTuple):
    """One `<xref>` in a text; offsets are code points."""

    start: int
    end: int
    kind: str
    rids: tuple[str, ...]
    element: Element


class Text(NamedTuple):
    """Plain text with its cross-references, its floats and footnotes, and emphasised spans if requested."""

    text: str
    refs: tuple[Ref, ...] = ()
    floats: tuple[Element, ...] = ()
    emphasis: tuple[tuple[int, int], ...] = ()


def tidy(text: str) -> str:
    """Collapse runs of ASCII white space to one space."""
    return text if _is_tidy(text) else _RUNS.sub(" ", text)


def _stripped(text: str) -> str:
    """Strip spaces around a text; a text of only white space, such as a no-break space, becomes empty."""
    return "" if text.isspace() else text.strip(" ")


def _is_tidy(text: str) -> bool:
    return not ("\n" in text or "  " in text or "\t" in text or "\r" in text)


def _walk(  # noqa: C901, PLR0915 - where parsing spends its time: a call a kind of child would slow it
    element: Element,
    parts: list[str],
    marks: list[tuple[int, int, Element]],
    floats: list[Element],
    emphasis: frozenset[str] = _NOTHING,
) -> None:
    """Append the raw pieces of an element's content; links, and tags in `emphasis`, are marked by the pieces they span.

    Offsets are counted afterwards, once per link instead of once per piece: this walk dominates the time of parsing.
    """
    if text := element.text:
        parts.append(text)
    for child in element:
        tag = child.tag
        action = _ACTIONS.get(tag, _WALK)
        if action == _WALK:
            if isinstance(tag, str):
                start = len(parts)
                if len(child):
                    _walk(child, parts, marks, floats, emphasis)
                elif inner := child.text:  # most inline elements are leaves, which need no walk
                    parts.append(inner)
                if emphasis and tag in emphasis:
                    marks.append((start, len(parts), child))
            elif tag is etree.Entity:
                parts.append(entity_text(child.name))
        elif action == _XREF:
            if parts and parts[-1][-1:].isalnum() and _is_glued(child):
                parts.append(" ")
            start = len(parts)
            if len(child):
                _walk(child, parts, marks, floats, emphasis)
            elif inner := child.text:
                parts.append(inner)
            marks.append((start, len(parts), child))
        elif action == _SCRIPT:
            if mark := before_script(child, parts) if parts else "":
                parts.append(mark)
            if mark == "^" and not len(child):
                parts.append((child.text or "").lstrip())
            else:
                _walk(child, parts, marks, floats, emphasis)
        elif action == _FLOAT:
            floats.append(child)
            parts.append(" ")
        elif action == _NOTE:
            floats.append(child)
        elif action == _FORMULA:
            if tag == "alternatives" and is_picture(child):
                floats.append(child)
                parts.append(" ")
            else:
                formula = formula_text(child) or picture_sign(child)
                parts.append(f" {formula} " if tag == "disp-formula" else formula)
        elif action == _BLOCK:
            if tag == "list" and element.tag not in _CELLS:
                mark_items(child, BULLET)
            parts.append(" ")
            _walk(child, parts, marks, floats, emphasis)
            parts.append(" ")
        if tail := child.tail:
            parts.append(tail)


def _is_glued(xref: Element) -> bool:
    """Check whether a citation after a letter or digit would run into it: `2015<xref>12</xref>`."""
    if xref.get("ref-type") != "bibr":
        return False
    text = xref.text
    if not text and len(xref) and xref[0].tag == "sup":
        text = xref[0].text
    return text is not None and text.strip()[:1].isdigit()


def is_picture(alternatives: Element) -> bool:
    """Check whether `<alternatives>` are renditions of an image, none of them text."""
    found = False
    for child in alternatives:
        tag = child.tag
        if tag == "graphic" or tag == "media":
            found = True
        elif tag not in _SKIPPED:
            return False
    return found


def picture_sign(element: Element) -> str:
    """Return a text for a cell or formula that is only an image: its alternative text, otherwise its file name."""
    picture = next(element.iter("graphic", "inline-graphic"), None)
    if picture is None:
        return ""
    words = plain_text(picture.find("alt-text")) or tidy(picture.get(HREF) or "").strip(" ")
    return f"[image: {words[:_SIGN_LENGTH]}]" if words else "[image]"


def flatten(element: Element, emphasis: frozenset[str] = _NOTHING) -> Text:
    """Return the text of an element's content: offsets are code points of `Text.text`.

    Elements with a tag in `emphasis` are returned among the links.
    """
    parts: list[str] = []
    marks: list[tuple[int, int, Element]] = []
    floats: list[Element] = []
    _walk(element, parts, marks, floats, emphasis)
    if not marks:
        return Text(_stripped(tidy("".join(parts))), (), tuple(floats))
    whole = "".join(parts)
    if _is_tidy(whole):
        ends = list(accumulate(map(len, parts), initial=0))
        lead = whole[:1] == " "
        text = _stripped(whole)
        return Text(
            text,
            tuple([_ref(text, max(ends[start] - lead, 0), max(ends[end] - lead, 0), e) for start, end, e in marks]),
            tuple(floats),
        )
    # Pieces are joined from link to link, so that both ends of each link are at a known offset.
    cuts = sorted({cut for start, end, _ in marks for cut in (start, end)} | {len(parts)})
    at: dict[int, int] = {}
    pieces: list[str] = []
    length = previous = 0
    spaced = True
    for cut in cuts:
        piece = tidy("".join(parts[previous:cut]))
        if spaced and piece[:1] == " ":
            piece = piece[1:]
        if piece:
            pieces.append(piece)
            length += len(piece)
            spaced = piece[-1] == " "
        at[cut] = length
        previous = cut
    text = "".join(pieces)
    if spaced or text.isspace():
        text = _stripped(text)
    return Text(text, tuple([_ref(text, at[start], at[end], e) for start, end, e in marks]), tuple(floats))


def flatten_caption(element: Element) -> Text:
    """Run `flatten` on a caption's part, with its bold spans; without any, those in italics or underlined."""
    if not any(_LABELISH.match(e.text or "") for e in element.iter(*_EMPHASIS)):
        return flatten(element)  # species and symbols, as most of them are
    found = flatten(element, _EMPHASIS)
    refs = tuple(r for r in found.refs if r.element.tag not in _EMPHASIS)
    marked = [r for r in found.refs if r.element.tag in _EMPHASIS and found.text[r.start : r.end].strip()]
    chosen = [r for r in marked if r.element.tag == "bold"]
    if not chosen and {"a", "b"} <= {found.text[r.start : r.end].strip(" ().:,;").lower() for r in marked}:
        chosen = marked  # italics are symbols and species far more often than labels
    return found._replace(refs=refs, emphasis=tuple(dict.fromkeys((r.start, r.end) for r in chosen)))


def _ref(text: str, start: int, end: int, element: Element) -> Ref:
    """Build a link at its offsets, excluding white space at its ends."""
    if end > len(text):
        end = len(text)
        start = min(start, end)
    if start < end and (text[start] == " " or text[end - 1] == " "):
        while start < end and text[start] == " ":
            start += 1
        while end > start and text[end - 1] == " ":
            end -= 1
    get = element.get
    rid = get("rid", "")
    return Ref(start, end, get("ref-type", ""), (rid,) if " " not in rid and rid else tuple(rid.split()), element)


def plain_text(element: Element | None) -> str | None:
    """Return the text of an element, None if the element is missing or empty."""
    if element is None:
        return None
    if not len(element):  # a leaf is common, and this takes a tenth of the time
        text = element.text
        return _stripped(tidy(text)) or None if text else None
    return flatten(element).text or None


def formula_text(element: Element) -> str:
    """Return readable text of a formula: its MathML if there is any, otherwise its TeX or its marked-up text."""
    text = ""
    math = element if element.tag in (MATHML + "math", "math") else None
    if math is None:
        math = next(element.iter(MATHML + "math", "math"), None)
    if math is not None:
        text = " ".join(mathml_text(math).split())
    if not text:
        tex = element if element.tag == "tex-math" else next(element.iter("tex-math"), None)
        if tex is not None:
            raw = flatten(tex).text if len(tex) else tex.text
            text = tex_text(raw) if raw else ""
    if text:
        label = plain_text(element.find("label"))
        return f"{text} {label}" if label else text
    if element.tag == "alternatives":  # renditions of the same content: take the first text
        chosen = next((c for c in element if c.tag not in FLOATS and c.tag not in _SKIPPED), None)
        return (plain_text(chosen) or "") if chosen is not None else ""
    return flatten(element).text
