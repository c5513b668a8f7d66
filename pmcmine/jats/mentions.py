"""Where a text names figures: linked, in ranges, and in plain words, with panel letters as written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pmcmine.jats.text import Ref

_PANEL = r"(?:[A-Z]|[a-z])(?![A-Za-z0-9])(?:['’′])?"
_PANELS = (
    rf"(?:\s?\({_PANEL}(?:\s?(?:[-–—,&]|,?\s?and|to)\s?{_PANEL})*\)"
    rf"|{_PANEL}(?:\s?(?:[-–—]|,|,?\sand|&|\sto)\s?{_PANEL}(?!\.[A-Za-z]))*"
    rf"|\s[A-Z](?:\s?[-–—,&]\s?[A-Z](?![A-Za-z]))*(?=[\s)\].,;:]|$)(?!\s[a-z]))"
)
_ITEM = rf"\d{{1,3}}(?![\d%])(?!\.\d)(?:{_PANELS})?"
_SEPARATOR = r"(?:\s?[-–—]\s?|\s?,\s?(?:and\s|&\s)?|\s(?:and|to|through|&)\s|\s?/\s?)(?:[Ff]igs?\.?\s?|[Ff]igures?\s?)?"
_GROUP = re.compile(
    rf"(?<![A-Za-z])(?P<word>(?:Fig(?:ure)?|FIG(?:URE)?|fig(?:ure)?)(?P<plural>s|S)?\.?)\s?"
    rf"(?P<items>{_ITEM}(?:{_SEPARATOR}{_ITEM})*)"
)
_ONE = re.compile(rf"(?P<number>\d{{1,3}})(?P<panels>{_PANELS})?")
_RANGE = re.compile(r"\s?(?:[-–—]|\bto\b|\bthrough\b)")
_BARE_RANGE = re.compile(r"\s*(?:[-–—]|to|through)\s*(?:[Ff]ig(?:ure)?s?\.?\s*)?")
_BARE_LINK = re.compile(rf"(?P<number>\d{{1,3}})?\s?(?P<panels>{_PANELS})")
_SUFFIX = re.compile(rf"(?P<panels>{_PANELS})")
_ELSEWHERE = re.compile(
    r"\s{0,2},?\s{0,2}(?:of|in|from)\s{1,2}(?:the\s{1,2})?"
    r"(?:refs?\b|references?\b|\[|\(?[A-Z]\w{1,40}\s{1,2}(?:et\s{1,2}al|and\b|\())"
)
# Words before "figure" that make it another series than the article's own.
_OTHER_SERIES = re.compile(
    r"(?:suppl\w*\.?|supporting|additional|extended\s+data|appendix|\bpl(?:ate)?s?\.?\s*\w{1,6}\s*[,:])\s*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:fig(?:ure)?s?\.?|abb(?:ildung)?\.?)?\s*(\d{1,3})\s*[.:|]?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A figure named at one place of a text; offsets are code points of that text."""

    figure: int
    start: int
    end: int
    how: str
    panels: str | None


@dataclass(frozen=True, slots=True)
class FigureIndex:
    """The figures of an article as texts name them, by ordinal."""

    by_id: Mapping[str, int]
    by_number: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: Sequence[str | None], labels: Sequence[str | None], main: Sequence[bool]) -> FigureIndex:
        """Build from the figures' XML ids, labels, and whether each is of the main series."""
        by_id: dict[str, int] = {}
        by_number: dict[int, int] = {}
        for ordinal, (xml_id, label, is_main) in enumerate(zip(ids, labels, main, strict=True)):
            if xml_id:
                by_id.setdefault(xml_id, ordinal)
            match = _LABEL.fullmatch(label or "")
            if match and is_main:
                by_number.setdefault(int(match[1]), ordinal)
        return cls(by_id, by_number)


@dataclass(frozen=True, slots=True)
class _Item:
    """A number after the word figure: `start` takes the word in, `at` is the number itself."""

    start: int
    at: int
    end: int
    number: int
    panels: str | None
    range_from: int | None  # the number that a range reaches from
    certain: bool  # whether it may count without a link


def _tidy(panels: str | None) -> str | None:
    return panels.strip(" ()") or None if panels else None


def _groups(text: str) -> Iterator[re.Match[str]]:
    """Matches of _GROUP in order; looking for its first letters by `find` is ten times as fast as by pattern."""
    if "FIG" in text:
        yield from _GROUP.finditer(text)
        return
    at = text.find("ig")
    while at >= 0:
        match = _GROUP.match(text, at - 1) if at and text[at - 1] in "Ff" else None
        if match:
            yield match
        at = text.find("ig", match.end() if match else at + 2)


def _items(text: str) -> list[_Item]:
    found: list[_Item] = []
    for group in _groups(text):
        base = group.start("items")
        supplement = _OTHER_SERIES.search(text[max(0, group.start() - 24) : group.start()]) is not None
        elsewhere = _ELSEWHERE.match(text, group.end()) is not None
        items = group["items"]
        previous: re.Match[str] | None = None
        for item in _ONE.finditer(items):
            between = items[previous.end() : item.start()] if previous else ""
            is_range = previous is not None and _RANGE.match(between) is not None
            number, before = int(item["number"]), int(previous["number"]) if previous else 0
            if is_range and number < before:
                break  # "Fig. 5G-4": part of a name, no range of figures
            if is_range and number == before and item["panels"] and found and found[-1].panels:
                # "Fig. 2A–2D": one figure, and its panels as written.
                last = found[-1]
                panels = text[last.end - len(last.panels or "") : base + item.end()].strip(" ()")
                found[-1] = replace(last, end=base + item.end(), panels=panels)
                previous = item
                continue
            certain = not supplement and not elsewhere
            certain &= previous is None or bool(group["plural"]) or is_range or bool(item["panels"])
            found.append(
                _Item(
                    start=group.start() if previous is None else base + item.start(),
                    at=base + item.start(),
                    end=base + item.end(),
                    number=number,
                    panels=_tidy(item["panels"]),
                    range_from=before if is_range and number > before else None,
                    certain=certain,
                )
            )
            previous = item
    return found


def find_mentions(text: str, refs: Sequence[Ref], index: FigureIndex) -> tuple[list[Named], list[Ref]]:
    """All figures that a text names, in order of place, and the figure links that lead nowhere.

    Args:
        text: the text of a paragraph, caption or title.
        refs: its cross-references, offsets in `text`.
        index: the article's figures.
    """
    if not refs and not index.by_number:
        return [], []
    links: list[tuple[Ref, list[int]]] = []
    dangling: list[Ref] = []
    for ref in refs:
        figures = [index.by_id[r] for r in ref.rids if r in index.by_id]
        if figures:
            links.append((ref, figures))
        if ref.kind == "fig" and len(figures) < max(len(ref.rids), 1):
            dangling.append(ref)
    if not links and not index.by_number:
        return [], dangling
    # Most paragraphs name no figure.
    items = _items(text) if "Fig" in text or "fig" in text or "FIG" in text else []
    if not items and not links:
        return [], dangling
    named: list[Named] = []
    taken: set[tuple[int, int]] = set()  # (item, figure) that a link covers

    for ref, figures in links:
        inside = [n for n, i in enumerate(items) if i.start < ref.end and ref.start < i.end]
        for figure in figures:
            n = next((n for n in inside if index.by_number.get(items[n].number) == figure), None)
            if n is None and len(inside) == 1 and len(figures) == 1:
                n = inside[0]
            if n is not None and (n, figure) not in taken:
                item = items[n]
                taken.add((n, figure))
                # A link with several numbers names each figure at its own; otherwise all of the link is the mention.
                whole = len(inside) == 1
                start = min(item.start, ref.start) if whole else item.start
                end = max(item.end, ref.end) if whole else item.end
                named.append(Named(figure, start, end, "xref", item.panels))
            else:
                panels, end = _of_link(text, ref, figure, index)
                named.append(Named(figure, ref.start, end, "xref", panels))
    covered = {n for n, _ in taken}
    linked_spans = [(r.start, r.end) for r, _ in links]
    for n, item in enumerate(items):
        if n not in covered:
            figure_at = index.by_number.get(item.number)
            # A number inside a link to another thing (a supplement, a figure elsewhere) is that link's.
            foreign = any(r.start <= item.at < r.end and not any(r is x for x, _ in links) for r in refs)
            if figure_at is not None and item.certain and not foreign:
                inside_link = any(s <= item.at < e for s, e in linked_spans)
                how = "range" if inside_link and item.range_from is not None else "plain"
                named.append(Named(figure_at, item.start, item.end, how, item.panels))
        if item.range_from is not None and 0 < item.number - item.range_from <= 100:
            start = items[n - 1].start
            for number in range(item.range_from + 1, item.number):
                figure_between = index.by_number.get(number)
                if figure_between is not None:
                    named.append(Named(figure_between, start, item.end, "range", None))
    if len(links) > 1:
        named += _unnumbered_ranges(text, links, index, named)
    named.sort(key=lambda m: (m.start, m.end, m.figure))
    return named, dangling


def _of_link(text: str, ref: Ref, figure: int, index: FigureIndex) -> tuple[str | None, int]:
    """Panels of a link that does not say figure, such as "2C" or "B" after "Fig. 2A", or of letters behind it."""
    own = _BARE_LINK.fullmatch(text, ref.start, ref.end)
    if own and (own["number"] is None or index.by_number.get(int(own["number"])) == figure):
        return _tidy(own["panels"]), ref.end
    suffix = _SUFFIX.match(text, ref.end) if text[ref.end - 1 : ref.end].isdigit() else None
    return (_tidy(suffix["panels"]), suffix.end()) if suffix else (None, ref.end)


def _unnumbered_ranges(
    text: str, links: Sequence[tuple[Ref, list[int]]], index: FigureIndex, named: Sequence[Named]
) -> list[Named]:
    """Figures between two linked ends of a range whose labels hold no numbers: by document order."""
    between = []
    numbered = set(index.by_number.values())
    for (a, first), (b, second) in pairwise(links):
        low, high = first[-1], second[0]
        if high - low < 2 or low in numbered or not _BARE_RANGE.fullmatch(text, a.end, b.start):
            continue
        known = {m.figure for m in named if a.start <= m.start < b.end}
        between += [Named(f, a.start, b.end, "range", None) for f in range(low + 1, high) if f not in known]
    return between
