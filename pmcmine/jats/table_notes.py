"""Read the notes below a table, each with its mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pmcmine.jats.dom import Element
from pmcmine.jats.text import Text, flatten
from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import REPEATED

_MARK: Final = re.compile(r"\s*[^\s]{1,6}(?:,\s?[^\s]{1,6}){0,5}\s*")
_ISOTOPE: Final = re.compile(r"[HCNOPSFI](?![a-z])(?! [a-z])")
_HOLDERS: Final = frozenset({"fn", "fn-group", "table-wrap-foot"})
_GENERIC: Final = frozenset({"note", "notes"})  # titles without information


def table_notes(element: Element) -> tuple[Text, ...]:
    """Read the notes of a `<table-wrap>`.

    A mark in a `<label>` leads its note, as in `a Absolute values`; titles other than "Notes" are separate notes.

    Raises:
        Rejected: XML_TOO_LARGE if nested notes repeat too much.
    """
    notes = []
    characters = 0
    for note in _notes(element):
        characters += len(note.text)
        if characters > REPEATED:
            raise Rejected(Reason.XML_TOO_LARGE, f"notes of a table of more than {REPEATED} characters")
        notes.append(note)
    return tuple(notes)


def _notes(element: Element) -> Iterator[Text]:
    for part in element.iterchildren("table-wrap-foot", "attrib"):
        mark = ""
        for e in part.iter("title", "label", "p", "attrib"):
            if e.tag == "label" or e.tag == "title":
                if e.getparent().tag not in _HOLDERS:
                    continue  # the text of a note, such as an item of a list
                if mark:
                    yield Text(mark)
                mark = flatten(e).text
                if e.tag == "title":
                    if mark and mark.strip(" .:").lower() not in _GENERIC:
                        yield Text(mark)
                    mark = ""
                continue
            _space_marks(e)
            note = flatten(e)
            if note.text:
                yield _led(mark, note)
                mark = ""
        if mark:
            yield Text(mark)


def _led(mark: str, note: Text) -> Text:
    """Put a mark in front of a note, unless the note already has it."""
    if not mark or note.text == mark or note.text.startswith(f"{mark} "):
        return note
    n = len(mark) + 1
    refs = tuple([r._replace(start=r.start + n, end=r.end + n) for r in note.refs])
    return note._replace(text=f"{mark} {note.text}", refs=refs)


def _space_marks(note: Element) -> None:
    """Put a space behind superscript marks before a word, in place: `<sup>a</sup>Absolute values`."""
    for sup in note.iter("sup"):
        mark = "".join(sup.itertext())
        if _MARK.fullmatch(mark) is None or not _begins(sup, note):
            continue
        tail = sup.tail or ""
        if not tail:
            follower = sup.getnext()
            if follower is not None and follower.tag != "sup" and (follower.text or "")[:1].isalnum():
                sup.tail = " "
        elif tail[0].isalnum() and not (mark.strip().isdigit() and mark.strip() != "1" and _ISOTOPE.match(tail)):
            sup.tail = f" {tail}"


def _begins(element: Element, note: Element) -> bool:
    """Check whether an element begins a note, or a word of it."""
    while element is not note:
        before = element.getprevious()
        parent = element.getparent()
        text = (parent.text if before is None else before.tail) or ""
        if text:
            return text[-1].isspace()
        if before is not None:
            return False
        element = parent
    return True
