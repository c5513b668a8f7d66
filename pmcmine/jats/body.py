"""Walk over an article once: paragraphs, figures, tables and texts that may mention figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pmcmine.jats.captions import read_caption
from pmcmine.jats.dom import LANG, Element
from pmcmine.jats.elements import Body, FoundAbstract, FoundFigure, FoundParagraph, FoundTable, Place
from pmcmine.jats.figure_statements import read_statements
from pmcmine.jats.figures import figure_kind, read_figure
from pmcmine.jats.lists import lead_with_labels, mark_items
from pmcmine.jats.loose_text import has_loose_text, wrap_loose_text
from pmcmine.jats.sections import AUTHOR_PORTRAIT, OTHER, SELF_KINDS, is_of_authors, kind_of, kind_of_part
from pmcmine.jats.supplements import supplement_text
from pmcmine.jats.table_notes import table_notes
from pmcmine.jats.text import Text, flatten, formula_text, is_picture, plain_text

_SUB_ARTICLES: Final = frozenset({"sub-article", "response"})
# Not part of the article's text: references, bylines of other articles, and parts read elsewhere.
_CLOSED: Final = frozenset(
    {"ref-list", "title", "label", "object-id", "caption", "sec-meta", "sig-block", "alt-text", "permissions",
     "front-stub", "kwd-group", "table", "term-head", "def-head"}
)  # fmt: skip
# Elements that become one text each if they are siblings of paragraphs. (`tr` here is a row of an array.)
_TEXTS: Final = frozenset(
    {"disp-formula", "disp-formula-group", "def-item", "code", "preformat", "verse-group", "speech", "attrib", "tr"}
)


def read_body(article: Element) -> Body:
    """Walk abstract, body, back matter and floats of an article, but not sub-articles."""
    body = Body()
    language = article.get(LANG)
    front = article.find("front")
    meta = (article if front is None else front).find("article-meta")
    if meta is not None:
        counts: dict[str, int] = {}
        for child in meta:
            if child.tag == "abstract" or child.tag == "trans-abstract":
                n = counts[child.tag] = counts.get(child.tag, -1) + 1
                kind = child.get("abstract-type")
                graphical = any(word in (kind or "").lower() for word in ("graphical", "visual"))
                title = plain_text(child.find("title"))
                place = Place(
                    f"{child.tag}[{n}]",
                    (title,) if title else (),
                    "abstract",
                    child.get(LANG) or language,
                    "graphical_abstract" if graphical else "figure",
                )
                body.abstracts.append(FoundAbstract(place.path, kind, child.get(LANG), title))
                if title:
                    body.add_heading(place, title)
                _container(child, place, body)
    root = Place(language=language)
    for child in article:
        tag = child.tag
        if tag == "body":
            _container(child, root, body)
        elif tag == "back":
            _container(child, Place("back", (), "back", language), body)
        elif tag == "floats-group" or tag == "floats-wrap":
            _container(child, Place(tag, (), OTHER, language), body)
        elif tag in _SUB_ARTICLES:
            body.sub_articles.append(child)
    _left_over(article, body, language)
    return body


def _container(element: Element, place: Place, body: Body) -> None:
    if has_loose_text(element):
        wrap_loose_text(element)
    counts: dict[str, int] = {}
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or tag in _CLOSED:
            continue
        n = counts[tag] = counts.get(tag, -1) + 1
        if tag == "p" or tag in _TEXTS:
            _paragraph(child, place, n, body)
        elif tag in _FLOATS:
            _FLOATS[tag](child, place, n, body)
        elif tag in _SUB_ARTICLES:
            body.sub_articles.append(child)
        else:
            if tag == "list":
                lead_with_labels(child)
                mark_items(child)
            _container(child, _inside(child, tag, place, n, body), body)


def _inside(element: Element, tag: str, place: Place, n: int, body: Body) -> Place:
    """Return the position inside a section or another container."""
    path = f"{place.path}/{tag}[{n}]" if place.path else f"{tag}[{n}]"
    language = element.get(LANG) or place.language
    figures = "appendix" if tag in ("app", "app-group") else place.figure_kind
    if tag in ("list-item", "def"):
        return Place(path, place.titles, place.kind, language, figures)
    title = None
    notes: list[Element] = []
    heading = _heading(element)
    if heading is not None:
        if len(heading):
            flat = flatten(heading)
            title = flat.text or None
            if flat.refs:
                body.titles.append((Place(path, place.titles, place.kind), flat))
            notes = [f for f in flat.floats if f.tag == "fn"]
        else:
            title = plain_text(heading)
    if tag == "statement" and (label := plain_text(element.find("label"))):
        title = f"{label} {title}" if title else label  # "Theorem 2" may be its only name
    if is_of_authors(tag, title, path.startswith("back")):
        figures = AUTHOR_PORTRAIT
    titles = (*place.titles, title) if title else place.titles
    if place.kind == "abstract":
        kind = place.kind
    elif tag in SELF_KINDS:
        kind = kind_of_part(tag, title)
    else:
        kind = kind_of(element.get("sec-type") or element.get("notes-type"), title, place.kind) or place.kind
    here = Place(path, titles, kind, language, figures)
    if title:
        body.add_heading(here, title)
    for m, note in enumerate(notes):
        _note(note, Place(path, place.titles, place.kind, language, figures), m, body)
    return here


def _heading(element: Element) -> Element | None:
    """Find the title of a section: its first child, or the one after a label or metadata."""
    for n, candidate in enumerate(element):
        if candidate.tag == "title":
            return candidate
        if n == 2:
            return None
    return None


def _paragraph(element: Element, place: Place, n: int, body: Body) -> None:
    tag = element.tag
    # For a formula, only its readable form, and no image of it.
    flat = flatten(element) if tag != "disp-formula" else Text(formula_text(element))
    path = f"{place.path}/{tag}[{n}]" if place.path else f"{tag}[{n}]"
    if flat.text:
        here = Place(path, place.titles, place.kind, element.get(LANG) or place.language)
        body.add_paragraph(FoundParagraph(here, flat))
    elif not flat.floats:
        body.empty_paragraphs.append(path)
    counts: dict[str, int] = {}
    for floating in flat.floats:
        tag = floating.tag
        m = counts[tag] = counts.get(tag, -1) + 1
        if floating not in body.seen:
            _FLOATS[tag](floating, place._replace(path=path), m, body)


def _note(element: Element, place: Place, n: int, body: Body) -> None:
    """Read a footnote in a paragraph: its own paragraphs follow that one."""
    _container(element, place.down(f"fn[{n}]"), body)


def _figure(
    element: Element, place: Place, n: int, body: Body, parent: int | None = None, *, grouped: bool = False
) -> None:
    if element in body.seen:
        return
    body.seen.add(element)
    nests = parent is not None and not grouped
    kind = "supplement" if nests else figure_kind(element, place.figure_kind)
    ordinal = len(body.figures)
    here = place.down(f"fig[{n}]")
    body.add_figure(FoundFigure(here, read_figure(element, kind, body.around), parent, grouped))
    nested = [f for f in element.iterdescendants("fig") if next(f.iterancestors("fig")) is element]
    for m, child in enumerate(nested):
        _figure(child, here, m, body, ordinal)


def _bare_graphic(element: Element, place: Place, n: int, body: Body) -> None:
    """Read a graphic in the text that is not in a figure."""
    if element in body.seen:
        return
    body.seen.add(element)
    holder = element.makeelement("fig")
    if element.get("id"):
        holder.set("id", element.get("id"))
    for name, value in element.attrib.items():
        if name != "id":
            holder.set(name, value)
    picture = element.makeelement("graphic", dict(element.attrib))
    picture.attrib.pop("id", None)
    holder.append(picture)
    figure = read_figure(holder, place.figure_kind, body.around)
    if element.tag == "graphic" or figure.graphics:
        # A bare graphic may carry its own label and caption.
        figure = replace(
            figure,
            element=element,
            label=plain_text(element.find("label")),
            caption=read_caption(element),
            alt_text=plain_text(element.find("alt-text")),
            long_description=plain_text(element.find("long-desc")),
            statements=read_statements(element, body.around),
        )
        body.add_figure(FoundFigure(place.down(f"graphic[{n}]"), figure, None))


def _bare_alternatives(element: Element, place: Place, n: int, body: Body) -> None:
    """Read renditions of one image in the text that are not in a figure."""
    if element in body.seen:
        return
    if not is_picture(element):
        _container(element, place.down(f"alternatives[{n}]"), body)
        return
    body.seen.add(element)
    body.seen.update(element)
    figure = read_figure(element, place.figure_kind, body.around)
    if figure.graphics:
        label = next((t for e in element.iter("label") if (t := plain_text(e))), None)
        body.add_figure(FoundFigure(place.down(f"alternatives[{n}]"), replace(figure, label=label), None))


def _media(element: Element, place: Place, n: int, body: Body) -> None:
    """Read the caption of a video or data file in the text, which is not a figure."""
    _file(element, place.down(f"media[{n}]"), body)


def _supplement(element: Element, place: Place, n: int, body: Body) -> None:
    if element in body.seen:
        return
    body.seen.add(element)
    figure = read_figure(element, "supplement", body.around)
    here = place.down(f"supplementary-material[{n}]")
    if figure.graphics:
        body.add_figure(FoundFigure(here, figure, None))
    else:
        _file(element, here if here.kind == "abstract" else here._replace(kind="supplementary"), body)
    for m, fig in enumerate(element.iterdescendants("fig")):
        _figure(fig, here, m, body)


def _file(element: Element, place: Place, body: Body) -> None:
    """Read label and caption of a file that is not an image as a paragraph, then the paragraphs beside them."""
    text = supplement_text(element)
    if text is not None:
        body.add_paragraph(FoundParagraph(place._replace(language=element.get(LANG) or place.language), text))
    for m, child in enumerate(element.iterchildren("p")):
        _paragraph(child, place, m, body)


def _group(element: Element, place: Place, n: int, body: Body) -> None:
    """Read a group of figures; it is a figure itself if it has its own text and a label or link.

    Its figures do not inherit its caption. A caption without a label or link is a paragraph.
    """
    here = place.down(f"{element.tag}[{n}]")
    first = len(body.figures)
    xml_id = element.get("id")
    caption = element.find("caption")
    parent: int | None = None
    if element.tag == "fig-group":
        body.seen.add(element)
        label = element.find("label")
        if label is not None or (caption is not None and xml_id):
            parent = first
            own = read_figure(element, figure_kind(element, place.figure_kind), body.around)
            body.add_figure(FoundFigure(here, own, None))
        elif caption is not None:
            if (title := caption.find("title")) is not None:
                _paragraph(title, here.down("caption[0]"), 0, body)
            _captioned(caption, here, body)
    counts: dict[str, int] = {}
    for child in element:
        tag = child.tag
        if tag in _FLOATS:
            m = counts[tag] = counts.get(tag, -1) + 1
            if tag == "fig":
                _figure(child, here, m, body, parent, grouped=parent is not None)
            elif parent is None or tag not in ("graphic", "media", "alternatives"):
                _FLOATS[tag](child, here, m, body)
    if xml_id and element.tag == "fig-group":
        body.groups.setdefault(xml_id, tuple(range(first, len(body.figures))))


def _boxed(element: Element, place: Place, n: int, body: Body) -> None:
    kind = AUTHOR_PORTRAIT if place.figure_kind == AUTHOR_PORTRAIT else "boxed"
    here = _inside(element, "boxed-text", place._replace(figure_kind=kind), n, body)
    caption = element.find("caption")
    title = plain_text(caption.find("title")) if caption is not None else None
    title = title or (None if here.titles != place.titles else plain_text(element.find("label")))
    if title:
        here = here._replace(titles=(*here.titles, title))
        if is_of_authors("boxed-text", title, here.path.startswith("back")):
            here = here._replace(figure_kind=AUTHOR_PORTRAIT)
        body.add_heading(here, title)
    if caption is not None:
        _captioned(caption, here, body)
    _container(element, here, body)


def _captioned(caption: Element, place: Place, body: Body) -> None:
    """Read the paragraphs of a caption, without its title."""
    if any(child.tag != "title" for child in caption) or has_loose_text(caption):
        _container(caption, place.down("caption[0]"), body)


def _table(element: Element, place: Place, n: int, body: Body) -> None:
    if element in body.seen:
        return
    body.seen.add(element)
    here = place.down(f"table-wrap[{n}]")
    caption = read_caption(element)
    n_rows = sum(1 for _ in element.iter("tr"))
    ordinal = None
    if not n_rows:
        figure = read_figure(element, "table_image", body.around)
        if figure.graphics:
            ordinal = len(body.figures)
            body.add_figure(FoundFigure(here, figure, None))
    notes = table_notes(element)
    body.add_table(
        FoundTable(
            here,
            element,
            plain_text(element.find("label")),
            (caption.title, caption.text),
            caption.flat,
            notes,
            n_rows,
            ordinal,
        )
    )
    for m, fig in enumerate(element.iterdescendants("fig")):
        _figure(fig, here, m, body)


_FLOATS: Final = {
    "fig": _figure,
    "fig-group": _group,
    "table-wrap": _table,
    "table-wrap-group": _group,
    "boxed-text": _boxed,
    "supplementary-material": _supplement,
    "graphic": _bare_graphic,
    "media": _media,
    "alternatives": _bare_alternatives,
    "fn": _note,
}


def _left_over(article: Element, body: Body, language: str | None) -> None:
    """Read figures and tables in places that the walk does not enter, so that none is lost."""
    for n, element in enumerate(article.iter("fig", "table-wrap")):
        if element in body.seen or any(a.tag in _SUB_ARTICLES for a in element.iterancestors()):
            continue
        in_bio = next(element.iterancestors("bio"), None) is not None
        place = Place(f"elsewhere[{n}]", (), OTHER, language, AUTHOR_PORTRAIT if in_bio else "figure")
        if element.tag == "fig":
            parent = next((a for a in element.iterancestors("fig")), None)
            if parent is not None and parent not in body.seen:
                continue  # read with its parent
            group = None if parent is not None else next(element.iterancestors("fig-group"), None)
            if group is not None and group not in body.seen:
                _group(group, place, 0, body)
            _figure(element, place, 0, body)
        else:
            _table(element, place, 0, body)
