"""Lines of a page to blocks in reading order: headings, paragraphs, captions. Works on plain numbers, not on a PDF."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple


class Rect(NamedTuple):
    """A rectangle in points, y downwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Width."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Area; 0 for a turned rectangle."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    def union(self, other: Rect) -> Rect:
        """Compute the smallest rectangle around both."""
        return Rect(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def overlap(self, other: Rect) -> float:
        """Return the area of what both share."""
        return (
            Rect(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1)).area
            if self.meets(other)
            else 0.0
        )

    def meets(self, other: Rect, by: float = 0.0) -> bool:
        """Check whether they share a point, or lie no more than `by` points apart each way."""
        return (
            self.x0 <= other.x1 + by
            and other.x0 <= self.x1 + by
            and self.y0 <= other.y1 + by
            and other.y0 <= self.y1 + by
        )

    def beside(self, other: Rect) -> float:
        """Find how much of the narrower one's width both share, 0 to 1."""
        shared = min(self.x1, other.x1) - max(self.x0, other.x0)
        return max(shared, 0.0) / max(min(self.width, other.width), 1e-6)


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal line of text: its box, font size in points, name of the font that most of it is in."""

    box: Rect
    text: str
    size: float
    font: str
    bold: bool
    head: str = ""  # font of its first letters


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together. `kind` is text, heading, caption or margin."""

    page: int
    lines: tuple[Line, ...]
    kind: str = "text"
    label: str = ""

    @property
    def box(self) -> Rect:
        """Box around the lines."""
        box = self.lines[0].box
        for line in self.lines[1:]:
            box = box.union(line.box)
        return box

    @property
    def text(self) -> str:
        """The lines as one text; words parted at a line's end are joined."""
        return join_lines([line.text for line in self.lines])

    @property
    def size(self) -> float:
        """Median font size."""
        return statistics.median(line.size for line in self.lines)


@dataclass(frozen=True, slots=True)
class Page:
    """Contents of one page."""

    number: int
    width: float
    height: float
    blocks: tuple[tuple[Line, ...], ...]
    pictures: tuple[Rect, ...] = ()
    drawings: tuple[Rect, ...] = field(default=())


_HYPHEN: Final = re.compile(r"[A-Za-z]{2}[-\u00ad\u2010]$")
_CAPTION: Final = re.compile(
    r"^(?P<label>(?:(?:Supplementary|Supplemental|Additional|Extended Data)\s+)?"
    r"(?:Fig(?:ure)?\s?\.?|FIG(?:URE)?\s?\.?|Scheme|SCHEME|Chart|CHART|Plate|PLATE)\s*[-–]?\s*[A-Z]?\.?\d{1,3}[A-Za-z]?)"
    r"(?P<mark>\s*[.:|•–—-]+\s*|\s*$|\s+|(?=[(A-Z]))"
)
_VERB: Final = re.compile(
    r"^(?:and|or|to|in|of|with|for|is|are|was|were|has|have|shows?|showed|shown|illustrates?|illustrated|presents?|depicts?|"
    r"demonstrates?|gives?|displays?|reports?|summari[sz]es?|represents?|describes?|indicates?|reveals?|compares?|plots?|"
    r"provides?|outlines?|below|above|we|which|that|can|it|the|also|[),;])\b|^[),;]"
)
_TABLE: Final = re.compile(r"^(?:Table|TABLE|Tab\.|Box)\s*[A-Z]?\.?[\dIVX]{1,4}\b")
_COLUMN_GAP: Final = 7.0  # points
_COLUMN_LETTERS: Final = 12  # a column of fewer is a label or a number
_HEADING_WORDS: Final = 14
_ENDS: Final = re.compile(
    r"^(?:\d+\.?\s*)?(?:references|bibliography|literature cited|works cited|references and notes)\s*:?$", re.IGNORECASE
)
_FRONT: Final = re.compile(r"^(?:abstract|summary|a\s?b\s?s\s?t\s?r\s?a\s?c\s?t)\s*[:.]?$", re.IGNORECASE)


def join_lines(texts: Iterable[str]) -> str:
    """Join lines into one text; a hyphen at a line end is dropped if the next line continues in lower case."""
    out = ""
    for text in texts:
        text = " ".join(text.split())
        if not text:
            continue
        if out and _HYPHEN.search(out) and text[0].islower():
            out = out[:-1] + text
        else:
            out += (" " if out else "") + text
    return out.replace("\u00ad", "")


def body_style(pages: Sequence[Page]) -> tuple[str, float]:
    """Return font and size (rounded to halves) of most letters."""
    count: Counter[tuple[str, float]] = Counter()
    for page in pages:
        for block in page.blocks:
            for line in block:
                count[line.font, _half(line.size)] += len(line.text)
    return count.most_common(1)[0][0] if count else ("", 10.0)


def _half(size: float) -> float:
    return round(size * 2) / 2


def margins(pages: Sequence[Page]) -> set[str]:
    """Return texts of running heads and feet: what is in the same place of several pages, digits aside."""
    seen: Counter[str] = Counter()
    for page in pages:
        found = {
            _without_digits(line.text)
            for block in page.blocks
            for line in block
            if (line.box.y0 < 0.1 * page.height or line.box.y1 > 0.9 * page.height) and not _CAPTION.match(line.text)
        }
        seen.update(found)
    least = 2 if len(pages) < 6 else 3
    return {text for text, n in seen.items() if n >= least}


def _without_digits(text: str) -> str:
    return re.sub(r"\d+", "0", " ".join(text.split()))


def is_caption(text: str, line: Line, style: tuple[str, float]) -> re.Match[str] | None:
    """Extract the label at the start of a caption; None if the text only mentions a figure."""
    m = _CAPTION.match(text)
    if m is None:
        return None
    rest = text[m.end() :].lstrip()
    if m["mark"].strip():
        return None if _VERB.match(rest) and rest[:1].islower() and m["mark"].strip() in "-–—" else m
    if not rest:
        return m  # a label on a line of its own
    if _VERB.match(rest):
        return None
    other = line.head != style[0] or abs(line.size - style[1]) > 0.4 or line.bold
    return m if other and not rest[0].islower() else (m if rest[0].isupper() and other else None)


def _columns(block: tuple[Line, ...]) -> list[tuple[Line, ...]]:
    """Split a block whose lines are side by side: two columns may arrive as one block."""
    spans: list[tuple[float, float]] = []
    for line in sorted(block, key=lambda n: n.box.x0):
        if spans and line.box.x0 < spans[-1][1] + _COLUMN_GAP:
            spans[-1] = (spans[-1][0], max(spans[-1][1], line.box.x1))
        else:
            spans.append((line.box.x0, line.box.x1))
    if len(spans) < 2:
        return [block]
    parts = [tuple(n for n in block if low <= n.box.x0 <= high) for low, high in spans]
    wide = [sum(len(n.text) for n in p) for p in parts]
    return parts if min(wide) > _COLUMN_LETTERS else [block]


def _split(block: tuple[Line, ...], style: tuple[str, float]) -> list[tuple[Line, ...]]:
    """Split a block where a caption begins, and between lines of a heading and of text."""
    columns = _columns(block)
    if len(columns) > 1:
        return [part for column in columns for part in _split(column, style)]
    parts: list[list[Line]] = []
    for line in block:
        previous = parts[-1][-1] if parts else None
        if previous is None or _parts(parts[-1], previous, line, style):
            parts.append([line])
        else:
            parts[-1].append(line)
    return [tuple(p) for p in parts]


def _parts(part: Sequence[Line], previous: Line, line: Line, style: tuple[str, float]) -> bool:
    """Check whether a block is to be parted before a line."""
    if is_caption(line.text, line, style) is not None and line.box.y0 > previous.box.y0 + 0.5 * previous.size:
        return True
    if _heads(previous, style) != _heads(line, style) and is_caption(part[0].text, part[0], style) is None:
        return True
    if previous.bold and not line.bold and _is_body(line, style) and all(n.bold for n in part):
        return True
    return line.box.y0 - previous.box.y1 > 1.3 * line.size


def _is_body(line: Line, style: tuple[str, float]) -> bool:
    """Check whether a line is set as most of the text is."""
    return line.font == style[0] and abs(line.size - style[1]) <= 0.3


def _heads(line: Line, style: tuple[str, float]) -> bool:
    """Check whether a whole line is set as a heading is: bold, or larger, or in another font than most."""
    return line.bold or line.size > style[1] + 0.8 or (line.font != style[0] and line.size >= style[1] - 0.8)


def order(boxes: Sequence[Rect], width: float) -> list[int]:
    """Sort the blocks of a page in reading order.

    Wide blocks separate bands; in a band the left column comes first.
    """
    middle = width / 2
    by_top = sorted(range(len(boxes)), key=lambda i: (round(boxes[i].y0, 1), boxes[i].x0))
    out: list[int] = []
    band: list[int] = []

    def flush() -> None:
        left = [i for i in band if (boxes[i].x0 + boxes[i].x1) / 2 < middle]
        right = [i for i in band if i not in set(left)]
        out.extend([*left, *right])
        band.clear()

    for i in by_top:
        wide = boxes[i].x0 < middle - 0.06 * width and boxes[i].x1 > middle + 0.06 * width
        if wide:
            flush()
            out.append(i)
        else:
            band.append(i)
    flush()
    return out


def read_page(page: Page, style: tuple[str, float], running: set[str]) -> list[Block]:
    """Read the blocks of a page in reading order, with captions and headings recognised."""
    parts: list[tuple[Line, ...]] = []
    for block in page.blocks:
        kept = tuple(
            line
            for line in block
            if not (
                (line.box.y0 < 0.1 * page.height or line.box.y1 > 0.9 * page.height)
                and _without_digits(line.text) in running
            )
        )
        if kept:
            parts += _split(kept, style)
    blocks = []
    boxes = [Block(page.number, p).box for p in parts]
    for i in order(boxes, page.width):
        lines = parts[i]
        text = join_lines(line.text for line in lines)
        m = is_caption(text, lines[0], style)
        if m is not None:
            blocks.append(Block(page.number, lines, "caption", " ".join(m["label"].split())))
        elif (
            len(text.split()) <= _HEADING_WORDS
            and all(_heads(line, style) for line in lines)
            and not text.endswith((",", ";", "-"))
            and text[:1].isupper() | text[:1].isdigit()
            and sum(c.isalpha() for c in text) >= 3
        ):
            blocks.append(Block(page.number, lines, "heading"))
        else:
            blocks.append(Block(page.number, lines))
    return _whole_captions(blocks, style)


def _whole_captions(blocks: Sequence[Block], style: tuple[str, float]) -> list[Block]:
    """Return the captions with the blocks that go on with them: just below, in the same column and of the same size."""
    out: list[Block] = []
    for block in blocks:
        last = out[-1] if out else None
        if (
            last is not None
            and last.kind == "caption"
            and block.kind in ("text", "heading")
            and _goes_on(last, block, style)
        ):
            out[-1] = replace(last, lines=(*last.lines, *block.lines))
        else:
            out.append(block)
    return out


def _goes_on(caption: Block, block: Block, style: tuple[str, float]) -> bool:
    below = caption.lines[-1]
    first = block.lines[0]
    gap = first.box.y0 - below.box.y1
    if (
        not -0.5 * below.size <= gap <= 0.9 * below.size
        or caption.box.beside(block.box) < 0.5
        or _TABLE.match(first.text)
    ):
        return False
    alone = len(caption.text) <= len(caption.label) + 2
    if abs(first.size - (below.size if not alone else first.size)) > 0.4:
        return False
    if alone or not _is_body(first, style):
        return True
    if caption.text[-1:] not in ".!?" and first.text.lstrip()[:1].islower():
        return True
    # A caption in the style of the body differs from the text below it only by a gap.
    return _is_body(below, style) and gap <= 0.25 * below.size


def caption_text(block: Block) -> str:
    """Remove the label of a caption."""
    text = block.text
    m = _CAPTION.match(text)
    return text[m.end() :].strip() if m else text


def is_table(text: str) -> bool:
    """Check whether a block is the caption of a table."""
    return _TABLE.match(text) is not None


def ends_body(text: str) -> bool:
    """Check whether a heading begins the list of references."""
    return _ENDS.match(text.strip()) is not None


def begins_abstract(text: str) -> bool:
    """Check whether a heading begins the abstract."""
    return _FRONT.match(text.strip()) is not None
