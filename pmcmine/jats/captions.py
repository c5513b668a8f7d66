"""Read captions from the XML."""

from __future__ import annotations

from dataclasses import dataclass

from pmcmine.jats.dom import Element
from pmcmine.jats.text import BLOCKS, FLOATS, Text, flatten, flatten_caption

# Parts of a caption; anything else, such as bare text, is first put into paragraphs.
_CAPTION_PARTS = frozenset({"title", "p", "object-id", "alt-text"})
_BESIDE = ("p", "attrib", "statement")  # texts of a figure outside its caption


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption and the mentions in it; offsets refer to `text`.

    `stated` is its text without that of the figure beside the `<caption>`.
    """

    title: str | None
    paragraphs: tuple[str, ...]
    text: str | None
    flat: tuple[tuple[int, Text], ...]  # (offset of the part in `text`, part)
    stated: str | None

    @property
    def emphasis(self) -> tuple[tuple[int, int], ...]:
        """Return the spans of `text` that the markup emphasises."""
        return tuple((at + a, at + b) for at, part in self.flat for a, b in part.emphasis)


def read_caption(owner: Element) -> Caption:
    """Read the caption that is a direct child of a figure or table."""
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
    return _joined(title, title_flat, parts)


def _joined(title: str | None, title_flat: Text | None, parts: list[Text], beside: int = 0) -> Caption:
    """Join the parts of a caption; the last `beside` ones are outside the `<caption>`."""
    flats = ([title_flat] if title_flat is not None else []) + parts
    placed, offset = [], 0
    for flat in flats:
        placed.append((offset, flat))
        offset += len(flat.text) + 1
    text = " ".join(f.text for f in flats) or None
    stated = " ".join(f.text for f in flats[: len(flats) - beside]) or None if beside else text
    return Caption(title, tuple(p.text for p in parts), text, tuple(placed), stated)


def with_texts_beside(caption: Caption, owner: Element) -> Caption:
    """Add the paragraphs and attributions of a figure beside its `<caption>`, such as texts of panels."""
    beside = [flat for e in owner.iterchildren(*_BESIDE) if (flat := flatten_caption(e)).text]
    if not beside:
        return caption
    parts = [flat for _, flat in caption.flat]
    title_flat = parts.pop(0) if caption.title is not None else None
    return _joined(caption.title, title_flat, parts + beside, len(beside))


def _caption_parts(caption: Element) -> list[Element]:
    """Return children of a caption; bare text and inline elements are wrapped into paragraphs, in place."""
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
