"""Figures as the XML has them: label, caption, graphics and rights, each of the nearest owner only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import PurePosixPath

from pmcmine.jats.dom import HREF, Element
from pmcmine.jats.text import BLOCKS, FLOATS, Text, flatten, flatten_caption, plain_text
from pmcmine.rights.figures import Statement
from pmcmine.rights.licenses import License, parse_license, strictest
from pmcmine.rights.named import named_licenses
from pmcmine.rights.wordings import normal

# A graphic below one of these belongs to it, not to the figure around it.
_OTHER_OWNERS = frozenset(
    {"fig", "fig-group", "caption", "table-wrap", "supplementary-material", "permissions", "disp-formula",
     "inline-formula", "label", "boxed-text"}
)  # fmt: skip
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp", ".jp2"})
VECTOR_SUFFIXES = frozenset({".svg", ".svgz", ".eps", ".ps", ".ai", ".emf", ".wmf"})
_BOILERPLATE = re.compile(r"\(?click here (?:for|to)\b.{0,60}", re.IGNORECASE)
_NO_WORDS = (None, None, None)
# What a caption is made of; anything else, such as words straight in it, is put into paragraphs first.
_CAPTION_PARTS = frozenset({"title", "p", "object-id", "alt-text"})


@dataclass(frozen=True, slots=True)
class GraphicRef:
    """A graphic as the XML names it.

    Attributes:
        href: `xlink:href`, empty where there is none.
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
    long_description: str | None
    graphics: tuple[GraphicRef, ...]
    statements: tuple[Statement, ...]

    @property
    def permissions(self) -> str:
        """Text of the permissions and attributions of the figure and of what encloses it."""
        return " ".join(s.text for s in self.statements if s.credit)


def read_caption(owner: Element) -> Caption:
    """The caption that is a direct child of a figure or table."""
    title: str | None = None
    title_flat: Text | None = None
    parts: list[Text] = []
    for caption in owner.iterchildren("caption"):
        notes: list[Element] = []
        for child in _caption_parts(caption):
            flat = flatten_caption(child)
            if flat.floats:
                notes += [f for f in flat.floats if f.tag == "fn"]
            if not flat.text:
                continue
            if child.tag == "title" and title_flat is None:
                title, title_flat = flat.text, flat
            elif child.tag not in ("object-id", "alt-text"):
                parts.append(flat)
        parts += [flat for note in notes if (flat := flatten(note)).text]
    flats = ([title_flat] if title_flat is not None else []) + parts
    placed, offset = [], 0
    for flat in flats:
        placed.append((offset, flat))
        offset += len(flat.text) + 1
    text = " ".join(f.text for f in flats) or None
    return Caption(title, tuple(p.text for p in parts), text, tuple(placed))


def _caption_parts(caption: Element) -> list[Element]:
    """Children of a caption; words and inline elements straight in it are put into paragraphs, in place."""
    children = list(caption)
    text = caption.text
    if not text or text.isspace():
        for child in children:
            if child.tag not in _CAPTION_PARTS or ((tail := child.tail) and not tail.isspace()):
                break
        else:
            return children
    run = None
    if text and not text.isspace():
        run = caption.makeelement("p")
        run.text, caption.text = text, None
        caption.insert(0, run)
    for child in children:
        if child.tag in _CAPTION_PARTS or child.tag in BLOCKS or child.tag in FLOATS:
            run, tail = None, child.tail
            if tail and not tail.isspace():
                child.tail = None
                run = caption.makeelement("p")
                run.text = tail
                child.addnext(run)
        else:
            if run is None:
                run = caption.makeelement("p")
                child.addprevious(run)
            run.append(child)
    return list(caption)


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
    """Let a picture that is a vector drawing and a raster image be the raster image, which can be read."""
    first = refs[0] if len(refs) > 1 else None
    if first is not None and first.role == "primary" and _is_vector(first):
        n = next((n for n, r in enumerate(refs) if r.role == "alternative" and not _is_vector(r)), None)
        if n is not None:
            refs[n], refs[0] = replace(first, role="alternative"), replace(refs[n], role="primary")
    return tuple(refs)


def _is_vector(ref: GraphicRef) -> bool:
    return PurePosixPath(ref.href).suffix.lower() in VECTOR_SUFFIXES


def _says_something(caption: Caption) -> bool:
    """Whether a graphic's caption is more than PMC's words at every supplement."""
    return caption.text is not None and not _BOILERPLATE.fullmatch(caption.text)


def _own_words(graphic: Element) -> tuple[str | None, str | None, str | None]:
    """(label and caption, alternative text, long description) of one graphic."""
    caption = read_caption(graphic)
    words = (plain_text(graphic.find("label")), caption.text if _says_something(caption) else None)
    described = (plain_text(graphic.find("alt-text")), plain_text(graphic.find("long-desc")))
    return " ".join(w for w in words if w) or None, *described


def _is_own(picture: Element, owner: Element) -> bool:
    """Whether a graphic, or renditions of one, belong to this figure and not to another in it."""
    return picture.tag in ("graphic", "media", "alternatives") and (
        next(picture.iterancestors(*_OTHER_OWNERS, owner.tag), None) is owner
    )


def _caption_of(element: Element, graphics: tuple[GraphicRef, ...]) -> Caption:
    """A figure's caption; without one, that of the only graphic that has one."""
    caption = read_caption(element)
    if caption.text is None and any(g.caption for g in graphics):
        pictures = [
            g for g in element.iter("graphic", "media") if g.find("caption") is not None and _is_own(g, element)
        ]
        captions = [c for g in pictures if _says_something(c := read_caption(g))]
        if len(captions) == 1:
            return captions[0]
    return caption


def _described(own: Element | None, of_graphics: Iterable[str | None]) -> str | None:
    """A figure's own description, else those of its graphics, each text once."""
    return plain_text(own) or "\n".join(dict.fromkeys(t for t in of_graphics if t)) or None


# Elements around a figure whose permissions, attribution and caption hold for it too.
_ENCLOSING = frozenset(
    {"fig", "fig-group", "boxed-text", "table-wrap", "table-wrap-group", "supplementary-material", "alternatives",
     "media", "disp-quote", "statement", "app", "sec", "graphic", "array", "list-item"}
)  # fmt: skip
_CAPTIONED = frozenset({"fig", "fig-group", "boxed-text", "table-wrap", "table-wrap-group", "supplementary-material"})
_OTHER_FIGURES = frozenset({"fig", "fig-group", "table-wrap", "table-wrap-group", "boxed-text"})
# Read elsewhere, or nothing that a reader sees.
_SILENT = frozenset({"label", "object-id", "caption", "table", "permissions", "attrib", "x", "abstract"})
_NO_STATEMENTS: tuple[Statement, ...] = ()
Around = dict[Element, tuple[Statement, ...]]


def read_statements(element: Element, around: Around | None = None) -> tuple[Statement, ...]:
    """Read what stands in and around a figure, besides its own caption, and may speak of its rights.

    These are permissions and attributions of the figure, of its graphics and of all that encloses it; captions of
    what encloses it and of its graphics; its other texts (notes, paragraphs, descriptions), footnotes of its caption,
    and the addresses that its caption links to.

    Args:
        element: the figure.
        around: what was read of elements around figures before; it is added to.
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
    """What an element says of the rights of all figures in it."""
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
    """Collect the statements of an element and of its graphics, not those of the figures in it."""
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
    """Collect what an element's caption says beside its text: footnotes and Creative Commons addresses."""
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
    """The strictest of the licences that `<permissions>` states; OTHER for a licence that isn't understood."""
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


def read_figure(element: Element, kind: str, around: Around | None = None) -> JatsFigure:
    """Read a `<fig>`, or another element that holds a picture with its caption.

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
