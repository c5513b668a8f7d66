"""Convert a table to text: its cells, and the table as HTML and as Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from lxml import etree

from pmcmine.jats.dom import MATHML, Element
from pmcmine.jats.grids import Layout, slots
from pmcmine.jats.mathml import entity_text
from pmcmine.jats.text import FLOATS, flatten, formula_text, picture_sign, tidy

# Noncharacters mark line breaks and note marks while a cell is converted to text.
_LINE: Final = "\ufdd0"
_MARK: Final = "\ufdd1"
_END: Final = "\ufdd2"
_OURS = re.compile(f"[{_LINE}{_MARK}{_END}]")
_LINES = re.compile(rf"[ {_LINE}]*{_LINE}[ {_LINE}]*")
_MARKED = re.compile(rf"(?P<before>[^\s{_MARK}{_END}\n])?{_MARK}(?P<mark>[^{_MARK}{_END}]*){_END}(?=(?P<after>\w))?")
_LETTERED = re.compile(r"(?!(?:st|nd|rd|th)$)[a-zA-Z]{1,4}(?:\s?[,–-]\s?[a-zA-Z]{1,4})*")
_NUMBERED = re.compile(r"\d{1,2}(?:\s?,\s?\d{1,2}){0,5}")
_BR = re.compile(r" ?(?:<br> ?)++")
_BREAKS: Final = frozenset({"break", "p", "list-item", "disp-formula", "disp-quote", "tr", "def-item", "verse-line"})
_NOTE_LINKS: Final = frozenset({"table-fn", "fn"})
_FORMULAS: Final = frozenset({"inline-formula", "disp-formula", "tex-math", "math", MATHML + "math"})
_INLINE: Final = {"sup": "sup", "sub": "sub", "bold": "b", "italic": "i", "underline": "u", "sc": "small",
                  "monospace": "code"}  # fmt: skip
_NOT_SHOWN: Final = FLOATS | {"inline-graphic", "object-id", "alt-text", "long-desc"}
_HTML_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ENTITY_LIKE = re.compile(r"&(?=#?\w{1,40};)")
_TAG_LIKE = re.compile(r"<(?=[A-Za-z/!?])")
_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~\n]|$)")
_MEANT = re.compile(r"[\\&<*_~`\]|\n]")
# Signs of emphasis, which come in pairs; of code, which may begin in one cell and end in another.
_PAIRS: Final = tuple((sign, re.compile(rf"{re.escape(sign)}[^{sign}]+{re.escape(sign)}")) for sign in "*_~")


class Contents(NamedTuple):
    """Contents of cells: texts with line breaks, their note marks, and HTML."""

    texts: list[str]
    notes: list[tuple[str, ...]]
    html: list[str]


def read_cells(cells: Iterable[Element]) -> Contents:
    """Read the contents of cells; as three lists, because an object per cell would cost as much as reading it."""
    texts: list[str] = []
    notes: list[tuple[str, ...]] = []
    htmls: list[str] = []
    for cell in cells:
        marks: tuple[str, ...] = ()
        if len(cell):
            html = _cell_html(cell)
            text, marks = _cell_text(cell)
            if not text and (sign := picture_sign(cell)):
                text, html = sign, _escape(sign)
        else:  # the common case
            text = html = cell.text or ""
            if text and not text.isalnum():
                text = "" if text.isspace() else tidy(text).strip(" ")
                html = _escape(text)
        texts.append(text)
        notes.append(marks)
        htmls.append(html)
    return Contents(texts, notes, htmls)


def _cell_text(cell: Element) -> tuple[str, tuple[str, ...]]:
    """Return the text of a cell, with its line breaks, and its note marks; changes the cell.

    A mark that would run into the word or number before it gets a caret, as a power does: `12.5^a`.
    """
    for element in cell.iter():
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if tag in _BREAKS:
            element.text = _LINE + (element.text or "")
            if tag != "break":
                element.tail = _LINE + (element.tail or "")
        elif tag == "xref":
            if element.get("ref-type") in _NOTE_LINKS and not _is_marked(element):
                _mark(element)
        elif tag == "sup" and not len(element):
            mark = (element.text or "").strip()
            if _LETTERED.fullmatch(mark) or (_NUMBERED.fullmatch(mark) and _ends_with_note(element, mark, cell)):
                element.text = f"{_MARK}{mark}{_END}"
    text = flatten(cell).text
    marks: list[str] = []
    if _LINE in text:
        text = _LINES.sub("\n", text).strip("\n ")
    if _MARK in text:
        text = _MARKED.sub(lambda m: _written(m, marks), text)
        text = _OURS.sub("", text)
    return text, tuple(marks)


def _ends_with_note(sup: Element, numbers: str, cell: Element) -> bool:
    """Check whether numbers at the end of a cell, behind a bracket, are marks of notes below the table.

    A power is not: `(x)<sup>2</sup>` in a table without a note 2.
    """
    before, inner = "", sup
    while inner is not cell:
        if (inner.tail or "").strip() or inner.getnext() is not None:
            return False
        previous, parent = inner.getprevious(), inner.getparent()
        if not before:
            before = ((parent.text if previous is None else previous.tail) or "").rstrip()
        inner = parent
    if not before.endswith((")", "]")):
        return False
    wrap = next(cell.iterancestors("table-wrap"), None)
    if wrap is None:
        return False
    below = {
        (e.text or "").strip(" \n.,:;)")
        for foot in wrap.iterchildren("table-wrap-foot")
        for e in foot.iter("sup", "label", "italic", "bold")
    }
    return all(n.strip() in below for n in numbers.split(","))


def _is_marked(xref: Element) -> bool:
    return any(_MARK in (e.text or "") for e in xref.iter() if isinstance(e.tag, str))


def _mark(xref: Element) -> None:
    """Put noncharacters around the visible text of a link to a note."""
    inner = xref
    while len(inner) == 1 and not (inner.text or "").strip() and not (inner[0].tail or "").strip():
        if not isinstance(inner[0].tag, str):
            return
        inner = inner[0]
    if len(inner):
        return
    text = (inner.text or "").strip()
    if text:
        inner.text = f"{_MARK}{text}{_END}"


def _written(match: re.Match[str], marks: list[str]) -> str:
    """Write a note mark behind the text that it follows."""
    before, mark, after = match["before"] or "", match["mark"].strip(), match["after"]
    if before.isalpha() and len(mark) > 1 and "," not in mark and mark.replace("-", "").isalpha():
        return before + mark  # part of a name, such as the max of a maximum
    marks += [m for m in re.split(r"\s?,\s?|\s", mark) if m]
    caret = "^" if before and mark[:1].isalnum() and (before.isalnum() or before in ")%]'’″.") else ""
    return before + caret + mark + (" " if after and mark[-1:].isalnum() else "")


def _cell_html(cell: Element) -> str:
    """Return the content of a cell as HTML: text, line breaks, superscripts, subscripts and emphasis only."""
    parts: list[str] = []
    _inline(cell, parts)
    html = tidy("".join(parts)).strip(" ")
    return _BR.sub(lambda m: "<br>" if m.start() and m.end() < len(html) else "", html) if "<br>" in html else html


def _inline(element: Element, parts: list[str]) -> None:
    if element.text:
        parts.append(_escape(element.text))
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            if tag is etree.Entity:
                parts.append(_escape(entity_text(child.name)))
        elif tag in _FORMULAS:
            formula = _escape(formula_text(child) or picture_sign(child))
            parts.append(f"<br>{formula}<br>" if tag == "disp-formula" else formula)
        elif tag == "alternatives":
            parts.append(_escape(formula_text(child)))
        elif tag == "break":
            parts.append("<br>")
        elif tag in _BREAKS:
            parts.append("<br>")
            _inline(child, parts)
            parts.append("<br>")
        elif tag not in _NOT_SHOWN:
            name = _INLINE.get(tag)
            if name:
                parts.append(f"<{name}>")
            _inline(child, parts)
            if name:
                parts.append(f"</{name}>")
        if child.tail:
            parts.append(_escape(child.tail))


def _escape(text: str) -> str:
    return text.translate(_HTML_ESCAPES) if "&" in text or "<" in text or ">" in text else text


def table_html(layout: Layout, contents: Sequence[str]) -> str:
    """Return a table as HTML; `contents` are the HTML contents of its cells."""
    rows: list[list[str]] = [[] for _ in range(layout.n_rows)]
    head = layout.head
    for c, content in zip(layout.cells, contents, strict=True):
        _, row, _, row_span, column_span, heading = c
        name = "th" if heading or row in head else "td"
        if row_span == column_span == 1:
            rows[row].append(f"<{name}>{content}</{name}>")
            continue
        spans = (f' rowspan="{row_span}"' if row_span > 1 else "") + (
            f' colspan="{column_span}"' if column_span > 1 else ""
        )
        rows[row].append(f"<{name}{spans}>{content}</{name}>")
    parts = ["<table>"]
    at = 0
    for name, n in _shown_groups(layout):
        if n:
            parts.append(f"<{name}>")
            parts += [f"<tr>{''.join(row)}</tr>" for row in rows[at : at + n]]
            parts.append(f"</{name}>")
        at += n
    parts.append("</table>")
    return "".join(parts)


def _shown_groups(layout: Layout) -> list[tuple[str, int]]:
    """Return the row groups; header rows without a `<thead>` get one."""
    groups = list(layout.groups)
    if groups and groups[0][0] == "tbody" and layout.n_header_rows:
        rest = groups[0][1] - layout.n_header_rows
        groups[:1] = [("thead", layout.n_header_rows), ("tbody", rest)]
    return groups


def table_markdown(layout: Layout, texts: Sequence[str]) -> str:
    """Return a table as Markdown.

    Cells that span several slots are repeated in each, except a cell with the only text of its row; in a header row,
    only if it spans the whole table. Header rows become one, their texts joined by " / ". Rows without text are
    omitted.
    """
    if not layout.n_columns:
        return ""
    shown = [t if not t or t.isalnum() else for_markdown_cell(t) for t in texts]
    wide = {n for n, c in enumerate(layout.cells) if c.column_span > 1 and c.row_span == 1}
    if wide:
        held = [c for c, text in zip(layout.cells, texts, strict=True) if text]
        filled = Counter([row for c in held for row in range(c.row, c.row + c.row_span)])
        wide = {n for n in wide if filled[layout.cells[n].row] == 1 and _stays_once(layout, n)}

    shown.append("")  # for slots without a cell, with index -1

    def _row(row: Sequence[int]) -> list[str]:
        if not wide:
            return [shown[n] for n in row]
        return [shown[n] if n not in wide or column == layout.cells[n].column else "" for column, n in enumerate(row)]

    header: list[list[str]] = [[] for _ in range(layout.n_columns)]
    body: list[str] = []
    for r, row in enumerate(slots(layout)):
        if r < layout.n_header_rows:
            for column, text in enumerate(_row(row)):
                if text and (not header[column] or header[column][-1] != text):
                    header[column].append(text)
            continue
        line = _row(row)
        if any(line):
            body.append(_line(line))
    return "\n".join([_line([" / ".join(h) for h in header]), "|" + " --- |" * layout.n_columns, *body])


def _stays_once(layout: Layout, n: int) -> bool:
    """Check whether a wide cell is a title, or in the body: a heading applies to each of its columns."""
    cell = layout.cells[n]
    return cell.row >= layout.n_header_rows or cell.column_span == layout.n_columns


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def for_markdown_cell(text: str) -> str:
    """Escape a text for a cell of a Markdown table, so that it renders as is.

    Characters are escaped only if they would have a meaning, so that `5.2*` stays readable.
    """
    if _MEANT.search(text) is None:  # the common case
        return text
    if "\\" in text:
        text = _BACKSLASH.sub(r"\\\\", text)
    if "&" in text:
        text = _ENTITY_LIKE.sub("&amp;", text)
    if "<" in text:
        text = _TAG_LIKE.sub("&lt;", text)
    for sign, pair in _PAIRS:
        if sign in text and pair.search(text):
            text = text.replace(sign, "\\" + sign)
    if "`" in text:
        text = text.replace("`", "\\`")
    if "](" in text:
        text = text.replace("](", "]\\(")
    return text.replace("|", "\\|").replace("\n", "<br>")
