"""Figures as the XML has them: label, caption, graphics and rights, each of the nearest owner only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from pmcmine.jats.dom import HREF, Element
from pmcmine.jats.permissions import license_of
from pmcmine.jats.text import Text, flatten_caption, plain_text
from pmcmine.rights.licenses import License

# A graphic below one of these belongs to it, not to the figure around it.
_OTHER_OWNERS = frozenset(
    {"fig", "fig-group", "caption", "table-wrap", "supplementary-material", "permissions", "disp-formula",
     "inline-formula", "label", "boxed-text"}
)  # fmt: skip
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp", ".jp2"})


@dataclass(frozen=True, slots=True)
class GraphicRef:
    """A graphic as the XML names it.

    Attributes:
        href: `xlink:href`, empty where there is none.
        role: primary, alternative, panel or thumbnail.
    """

    href: str
    role: str


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption and the mentions in it; offsets count in `text`."""

    title: str | None
    paragraphs: tuple[str, ...]
    text: str | None
    flat: tuple[tuple[int, Text], ...]  # (offset of the part in `text`, part)

    @property
    def emphasis(self) -> tuple[tuple[int, int], ...]:
        """Spans of `text` that the markup emphasises."""
        return tuple((at + a, at + b) for at, part in self.flat for a, b in part.emphasis)


@dataclass(frozen=True, slots=True, kw_only=True)
class JatsFigure:
    """One figure of the XML."""

    element: Element
    kind: str
    label: str | None
    caption: Caption
    alt_text: str | None
    graphics: tuple[GraphicRef, ...]
    permissions: str
    stated_license: License | None


def read_caption(owner: Element) -> Caption:
    """The caption that is a direct child of a figure or table."""
    title: str | None = None
    title_flat: Text | None = None
    parts: list[Text] = []
    for caption in owner.iterchildren("caption"):
        loose = " ".join((caption.text or "").split())
        if loose:
            parts.append(Text(loose))
        for child in caption:
            flat = flatten_caption(child)
            if not flat.text:
                continue
            if child.tag == "title" and title_flat is None:
                title, title_flat = flat.text, flat
            elif child.tag not in ("object-id", "alt-text"):
                parts.append(flat)
    flats = ([title_flat] if title_flat is not None else []) + parts
    placed, offset = [], 0
    for flat in flats:
        placed.append((offset, flat))
        offset += len(flat.text) + 1
    text = " ".join(f.text for f in flats) or None
    return Caption(title, tuple(p.text for p in parts), text, tuple(placed))


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
    """(graphic, the `<alternatives>` around it) of an element, not of what it holds for others.

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
    """All graphics of an element, ranked: document order, thumbnails last, first wins ties.

    Graphics in one `<alternatives>`, or with one stem, are one picture; bare siblings are panels.
    """
    found: list[tuple[Element, Element | None]] = []
    _collect_graphics(owner, None, found)
    refs: list[tuple[int, GraphicRef]] = []
    groups: dict[object, int] = {}
    for graphic, alternatives in found:
        href = (graphic.get(HREF) or "").strip()
        name = PurePosixPath(href)
        stem = name.stem if name.suffix.lower() in IMAGE_SUFFIXES else name.name
        if _is_thumbnail(graphic):
            refs.append((1, GraphicRef(href, "thumbnail")))
            continue
        same = groups.get(stem) if stem else None
        if same is None and alternatives is not None:
            same = groups.get(alternatives)
        if same is not None:
            role = "alternative" if same == 0 else "thumbnail"
            refs.append((0 if same == 0 else 1, GraphicRef(href, role)))
        else:
            same = len(set(groups.values()))
            refs.append((0, GraphicRef(href, "panel" if same else "primary")))
        groups.setdefault(stem, same)
        if alternatives is not None:
            groups.setdefault(alternatives, same)
    refs.sort(key=lambda r: r[0])
    return tuple(r for _, r in refs)


def _permissions(element: Element) -> tuple[str, License | None]:
    holders = [c for c in element if c.tag in ("permissions", "attrib")]
    texts = [t for h in holders if (t := plain_text(h))]
    if not holders:
        return "", None
    licence = license_of([h for h in holders if h.tag == "permissions"])[0]
    return " ".join(texts), licence


def figure_kind(element: Element, inherited: str) -> str:
    """Kind of a `<fig>`: what it says of itself, else what surrounds it."""
    said = f"{element.get('fig-type') or ''} {element.get('specific-use') or ''}".lower()
    if "scheme" in said or (plain_text(element.find("label")) or "").lower().startswith("scheme"):
        return "scheme"
    if "graphical" in said:
        return "graphical_abstract"
    if "child-fig" in said or "supp" in said:
        return "supplement"
    return inherited


def read_figure(element: Element, kind: str) -> JatsFigure:
    """Read a `<fig>`, or another element that holds a picture with its caption."""
    permissions, stated = _permissions(element)
    return JatsFigure(
        element=element,
        kind=kind,
        label=plain_text(element.find("label")),
        caption=read_caption(element),
        alt_text=plain_text(element.find("alt-text")),
        graphics=own_graphics(element),
        permissions=permissions,
        stated_license=stated,
    )
