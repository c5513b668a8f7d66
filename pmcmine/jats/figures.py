"""Read figures from the XML: label, caption, graphics and rights, each only from its nearest owner."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pmcmine.images.names import IMAGE_SUFFIXES, VECTOR_SUFFIXES
from pmcmine.jats.captions import Caption, read_caption, with_texts_beside
from pmcmine.jats.dom import HREF, Element
from pmcmine.jats.figure_statements import Around, read_statements
from pmcmine.jats.text import plain_text
from pmcmine.rights.figures import Statement

# A graphic below one of these belongs to it, not to the enclosing figure.
_OTHER_OWNERS = frozenset(
    {"fig", "fig-group", "caption", "table-wrap", "supplementary-material", "permissions", "disp-formula",
     "inline-formula", "label", "boxed-text"}
)  # fmt: skip
BOILERPLATE = re.compile(r"\(?click here (?:for|to)\b.{0,60}", re.IGNORECASE)
_WITH_TEXTS = frozenset({"fig", "supplementary-material"})  # in tables, texts beside the caption are notes
_NO_WORDS = (None, None, None)


@dataclass(frozen=True, slots=True)
class GraphicRef:
    """A graphic as named in the XML.

    Attributes:
        href: `xlink:href`, empty if there is none.
        role: primary, alternative, panel or thumbnail.
        caption: label and caption of the graphic alone.
        alt_text: alternative text of the graphic alone.
        long_description: long description of the graphic alone.
    """

    href: str
    role: str
    caption: str | None = None
    alt_text: str | None = None
    long_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JatsFigure:
    """One figure of the XML."""

    element: Element
    kind: str
    label: str | None
    caption: Caption
    alt_text: str | None
    long_description: str | None
    graphics: tuple[GraphicRef, ...]
    statements: tuple[Statement, ...]

    @property
    def permissions(self) -> str:
        """Return the text of the permissions and attributions of the figure and of enclosing elements."""
        return " ".join(s.text for s in self.statements if s.credit)


def _is_thumbnail(graphic: Element) -> bool:
    flags = f"{graphic.get('specific-use') or ''} {graphic.get('content-type') or ''}".lower()
    return "thumb" in flags


def _is_image(element: Element) -> bool:
    if element.tag != "media":
        return True
    mime = element.get("mimetype")
    suffix = PurePosixPath(element.get(HREF) or "").suffix.lower()
    return mime == "image" or suffix in IMAGE_SUFFIXES


def _collect_graphics(
    element: Element, alternatives: Element | None, found: list[tuple[Element, Element | None]]
) -> None:
    """Collect (graphic, its enclosing `<alternatives>`) of an element, without those of nested owners.

    A function of its own: a closure that calls itself is a reference cycle, which would keep the tree in memory.
    """
    for child in element:
        tag = child.tag
        if tag == "graphic" or tag == "media":
            if _is_image(child):
                found.append((child, alternatives))
        elif tag == "alternatives":
            _collect_graphics(child, child, found)
        elif isinstance(tag, str) and tag not in _OTHER_OWNERS:
            _collect_graphics(child, alternatives, found)


def own_graphics(owner: Element) -> tuple[GraphicRef, ...]:
    """Return all graphics of an element, ranked: document order, thumbnails last, first wins ties.

    Graphics in one `<alternatives>`, or with one stem, are one image; bare siblings are panels.
    """
    found: list[tuple[Element, Element | None]] = []
    _collect_graphics(owner, owner if owner.tag == "alternatives" else None, found)
    refs: list[tuple[int, GraphicRef]] = []
    groups: dict[object, int] = {}
    pictures: set[int] = set()
    for graphic, alternatives in found:
        href = (graphic.get(HREF) or "").strip()
        name = PurePosixPath(href)
        suffix = name.suffix.lower()
        stem = name.stem if suffix in IMAGE_SUFFIXES or suffix in VECTOR_SUFFIXES else name.name
        said = _own_words(graphic) if len(graphic) else _NO_WORDS
        if _is_thumbnail(graphic):
            refs.append((1, GraphicRef(href, "thumbnail", *said)))
            continue
        same = groups.get(stem) if stem else None
        if same is None and alternatives is not None:
            same = groups.get(alternatives)
        if same is not None:
            role = "alternative" if same == 0 else "thumbnail"
            refs.append((0 if same == 0 else 1, GraphicRef(href, role, *said)))
        else:
            same = len(pictures)
            refs.append((0, GraphicRef(href, "panel" if same else "primary", *said)))
        pictures.add(groups.setdefault(stem, same))
        if alternatives is not None:
            pictures.add(groups.setdefault(alternatives, same))
    refs.sort(key=lambda r: r[0])
    return _raster_first([r for _, r in refs])


def _raster_first(refs: list[GraphicRef]) -> tuple[GraphicRef, ...]:
    """Prefer the raster rendition of an image that also has a vector drawing, as it can be read."""
    first = refs[0] if len(refs) > 1 else None
    if first is not None and first.role == "primary" and _is_vector(first):
        n = next((n for n, r in enumerate(refs) if r.role == "alternative" and not _is_vector(r)), None)
        if n is not None:
            refs[n], refs[0] = replace(first, role="alternative"), replace(refs[n], role="primary")
    return tuple(refs)


def _is_vector(ref: GraphicRef) -> bool:
    return PurePosixPath(ref.href).suffix.lower() in VECTOR_SUFFIXES


def _says_something(caption: Caption) -> bool:
    """Check whether a graphic's caption is more than PMC's boilerplate for supplements."""
    return caption.text is not None and not BOILERPLATE.fullmatch(caption.text)


def _own_words(graphic: Element) -> tuple[str | None, str | None, str | None]:
    """Return (label and caption, alternative text, long description) of one graphic."""
    caption = read_caption(graphic)
    words = (plain_text(graphic.find("label")), caption.text if _says_something(caption) else None)
    described = (plain_text(graphic.find("alt-text")), plain_text(graphic.find("long-desc")))
    return " ".join(w for w in words if w) or None, *described


def _is_own(picture: Element, owner: Element) -> bool:
    """Check whether a graphic, or its renditions, belong to this figure rather than to one nested in it."""
    return picture.tag in ("graphic", "media", "alternatives") and (
        next(picture.iterancestors(*_OTHER_OWNERS, owner.tag), None) is owner
    )


def _caption_of(element: Element, graphics: tuple[GraphicRef, ...]) -> Caption:
    """Read a figure's caption; without one, that of its only graphic with a caption."""
    caption = read_caption(element)
    if caption.text is None and any(g.caption for g in graphics):
        pictures = [
            g for g in element.iter("graphic", "media") if g.find("caption") is not None and _is_own(g, element)
        ]
        captions = [c for g in pictures if _says_something(c := read_caption(g))]
        if len(captions) == 1:
            caption = captions[0]
    return with_texts_beside(caption, element) if element.tag in _WITH_TEXTS else caption


def _described(own: Element | None, of_graphics: Iterable[str | None]) -> str | None:
    """Read a figure's own description, otherwise those of its graphics, each text once."""
    return plain_text(own) or "\n".join(dict.fromkeys(t for t in of_graphics if t)) or None


def figure_kind(element: Element, inherited: str) -> str:
    """Return the kind of a `<fig>`, from its own markup, otherwise from its context."""
    said = f"{element.get('fig-type') or ''} {element.get('specific-use') or ''}".lower()
    if "scheme" in said or (plain_text(element.find("label")) or "").lower().startswith("scheme"):
        return "scheme"
    if "graphical" in said:
        return "graphical_abstract"
    if "child-fig" in said or "supp" in said:
        return "supplement"
    return inherited


def read_figure(element: Element, kind: str, around: Around | None = None) -> JatsFigure:
    """Read a `<fig>`, or another element that holds an image with its caption.

    Args:
        element: the element.
        kind: kind of the figure.
        around: see `read_statements`.
    """
    graphics = own_graphics(element)
    return JatsFigure(
        element=element,
        kind=kind,
        label=plain_text(element.find("label")),
        caption=_caption_of(element, graphics),
        alt_text=_described(element.find("alt-text"), (g.alt_text for g in graphics)),
        long_description=_described(element.find("long-desc"), (g.long_description for g in graphics)),
        graphics=graphics,
        statements=read_statements(element, around),
    )
