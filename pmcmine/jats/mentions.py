"""Find mentions of figures in a text: linked, in ranges, and in plain words, with panel letters as written."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from types import MappingProxyType

from pmcmine.jats.mention_words import (
    LONGEST_PANELS,
    PANELS_PATTERN,
    RANGE_WORD,
    FigureItem,
    extended_to,
    find_items,
    is_half_name,
    panels_of_match,
    tidy_panels,
)
from pmcmine.jats.text import Ref
from pmcmine.rejects import Reason, Rejected
from pmcmine.text import bounds

_BEFORE = re.compile(r"\s?(?:[-–—,&]|\b(?:and|to|through))$")
_BARE_RANGE = re.compile(r"\s*(?:[-–—]|to|through)\s*(?:[Ff]ig(?:ure)?s?\.?\s*)?")
_BARE_LINK = re.compile(rf"(?P<number>\d{{1,3}})?\s?(?P<panels>{PANELS_PATTERN})")
_SUPPLEMENTARY = re.compile(r"S\d{1,2}")
# Panels of a supplementary figure: "Figure S1B", "S1B Fig", "Figure 2—figure supplement 1B".
_OF_SUPPLEMENT = re.compile(
    rf"(?:(?:(?![Ss]\d).){{0,80}}[\s.—–-])?(?:S|[Ff]igure\s[Ss]upplement\s)\d{{1,2}}(?P<panels>{PANELS_PATTERN})(?:\s[Ff]igs?\.?)?"
)
_LETTERED = re.compile(r"\d[A-Za-z]\W*$")
_SUFFIX = re.compile(rf"(?P<panels>{PANELS_PATTERN})")
_JOINT = re.compile(r"\s?(?:[-–—,&]|,?\s?(?:and|to|through|&))\s?(?:[Ff]ig(?:ure)?s?\.?\s?)?")
_LABEL = re.compile(
    r"(?:(?:fig(?:ure)?s?\.?|abb(?:ildung)?\.?)(?:\s?[-‐‑])?)?\s*+(\d{1,3})\s*+[.:|]?+\s*+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Named:
    """A figure named in a span of a text; offsets are code points of that text."""

    figure: int
    start: int
    end: int
    how: str
    panels: str | None


@dataclass(frozen=True, slots=True)
class FigureIndex:
    """The figures of an article by their names in texts, as ordinals."""

    by_id: Mapping[str, int]
    by_number: Mapping[int, int] = field(default_factory=dict)
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    lettered: frozenset[int] = frozenset()  # labels that end with a letter, which is not a panel: "Figure S1A"

    @classmethod
    def of(
        cls,
        ids: Sequence[str | None],
        labels: Sequence[str | None],
        main: Sequence[bool],
        groups: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ) -> FigureIndex:
        """Build from the figures' XML ids, labels, whether each belongs to the main series, and the ids of groups."""
        by_id: dict[str, int] = {}
        by_number: dict[int, int] = {}
        for ordinal, (xml_id, label, is_main) in enumerate(zip(ids, labels, main, strict=True)):
            if xml_id:
                by_id.setdefault(xml_id, ordinal)
            match = _LABEL.fullmatch(label or "")
            if match and is_main:
                by_number.setdefault(int(match[1]), ordinal)
        lettered = frozenset(n for n, label in enumerate(labels) if label and _LETTERED.search(label))
        return cls(by_id, by_number, groups, lettered)

    def knows(self, xml_id: str) -> bool:
        """Return whether an id belongs to a figure or a group of figures."""
        return xml_id in self.by_id or xml_id in self.groups

    def figures(self, xml_ids: Sequence[str]) -> list[int]:
        """Return the figures with these ids, each once; the id of a group stands for all its figures."""
        found: dict[int, None] = {}
        for xml_id in xml_ids:
            if xml_id in self.groups:
                found.update(dict.fromkeys(self.groups[xml_id]))
            elif xml_id in self.by_id:
                found[self.by_id[xml_id]] = None
        return list(found)


def find_mentions(text: str, refs: Sequence[Ref], index: FigureIndex) -> tuple[list[Named], list[Ref]]:
    """Find all figures that a text names, in order of position, and the figure links without a target.

    Args:
        text: the text of a paragraph, caption or title.
        refs: its cross-references, offsets in `text`.
        index: the article's figures.

    Raises:
        Rejected: XML_TOO_LARGE above the limit on mentions in one text.
    """
    if not refs and not index.by_number:
        return [], []
    links, dangling = _links(refs, index)
    if not links and not index.by_number:
        return [], dangling
    # Most paragraphs name no figure.
    items = find_items(text) if "Fig" in text or "fig" in text or "FIG" in text else []
    if not items and not links:
        return [], dangling
    named, taken = _linked(text, links, items, index)
    if items:
        named += _unlinked(items, refs, links, {n for n, _ in taken}, index, len(named))
    if len(links) > 1:
        named += _unnumbered_ranges(text, links, index, named)
    named.sort(key=lambda m: (m.start, m.end, m.figure))
    return named, dangling


def _links(refs: Sequence[Ref], index: FigureIndex) -> tuple[list[tuple[Ref, list[int]]], list[Ref]]:
    """Return the links to figures, each with its figures, and figure links without a target."""
    links: list[tuple[Ref, list[int]]] = []
    dangling: list[Ref] = []
    n_linked = 0
    for ref in refs:
        figures = index.figures(ref.rids)
        if figures:
            n_linked += len(figures)
            _check_number(n_linked)
            links.append((ref, figures))
        if ref.kind == "fig" and not (ref.rids and all(map(index.knows, ref.rids))):
            dangling.append(ref)
    return links, dangling


def _linked(
    text: str, links: Sequence[tuple[Ref, list[int]]], items: Sequence[FigureItem], index: FigureIndex
) -> tuple[list[Named], set[tuple[int, int]]]:
    """Return mentions that are links, and the (item, figure) pairs that these cover."""
    named: list[Named] = []
    taken: set[tuple[int, int]] = set()
    begins = sorted(ref.start for ref, _ in links)
    item_starts, item_ends = [i.start for i in items], [i.end for i in items]
    for ref, linked in links:
        inside = range(bisect_right(item_ends, ref.start), bisect_left(item_starts, ref.end))
        figures = _meant(linked, [items[n].number for n in inside], ref, index)
        _check_number(len(named) + len(figures))
        saying: dict[int | None, list[int]] = {}  # items of this link by the figure with their number
        for n in inside:
            saying.setdefault(index.by_number.get(items[n].number), []).append(n)
        for figure in figures:
            own = [n for n in saying.get(figure, ()) if (n, figure) not in taken]
            if not own and len(inside) == 1 and len(figures) == 1:
                own = [n for n in inside if (n, figure) not in taken]
            if own:
                item, covered = _as_one(text, items, own, ref)
                taken.update((n, figure) for n in covered)
                item = _before_next(text, item, ref, begins)
                # If a link has several numbers, each names its own figure; otherwise the whole link is the mention.
                whole = len(inside) == 1
                start = min(item.start, ref.start) if whole else item.start
                end = max(item.end, ref.end) if whole else item.end
                panels = item.panels or (_of_supplement(text, ref, figure, index) if whole else None)
                named.append(Named(figure, start, end, "xref", panels))
            else:
                panels, end = _of_link(text, ref, figure, index)
                named.append(Named(figure, ref.start, end, "xref", panels))
    return named, taken


def _as_one(text: str, items: Sequence[FigureItem], own: Sequence[int], ref: Ref) -> tuple[FigureItem, list[int]]:
    """Return the first item of a link joined with those that follow it, and the indices of all these.

    "Fig. 2A and 2C" in one link is one mention.
    """
    item, covered = items[own[0]], [own[0]]
    for n in own[1:]:
        if n != covered[-1] + 1 or not _JOINT.fullmatch(text, item.end, items[n].at) or not item.panels:
            break
        if items[n].at >= ref.end or not items[n].panels or len(item.panels) > LONGEST_PANELS:
            break
        item = extended_to(text, item, items[n].end)
        covered.append(n)
    return item, covered


class _Spans:
    """Spans of links; querying a range takes constant time for any number of links."""

    def __init__(self, refs: Sequence[Ref]) -> None:
        spans = sorted((r.start, r.end) for r in refs)
        self._starts = [start for start, _ in spans]
        self._ends = list(accumulate((end for _, end in spans), max))  # farthest end up to each

    def overlap(self, start: int, end: int) -> bool:
        """Return whether a span begins before `end` and ends after `start`."""
        n = bisect_left(self._starts, end)
        return n > 0 and self._ends[n - 1] > start

    def cover(self, at: int) -> bool:
        """Return whether a span contains the character at an offset."""
        return self.overlap(at, at + 1)


def _check_number(n: int) -> None:
    """Check the number of mentions in one text.

    Raises:
        Rejected: XML_TOO_LARGE above the limit: links to whole groups of figures multiply.
    """
    if n > bounds.MENTIONS_READ:
        raise Rejected(Reason.XML_TOO_LARGE, f"more than {bounds.MENTIONS_READ} mentions of figures in one text")


def _unlinked(
    items: Sequence[FigureItem],
    refs: Sequence[Ref],
    links: Sequence[tuple[Ref, list[int]]],
    covered: set[int],
    index: FigureIndex,
    before: int,
) -> list[Named]:
    """Return figures that a text names in plain words, and those between the ends of a range.

    Args:
        items: the numbers after the word figure, in order.
        refs: all links of the text.
        links: those that lead to figures, with the figures.
        covered: items that a link has named.
        index: the article's figures.
        before: number of mentions found before.
    """
    named: list[Named] = []
    to_figures = {id(ref) for ref, _ in links}
    # A number inside a link to something else (a supplement, a figure elsewhere) belongs to that link.
    foreign = _Spans([r for r in refs if id(r) not in to_figures])
    linked = _Spans([r for r, _ in links])
    to_one: dict[int, _Spans] = {}
    if any(i.range_from is not None for i in items):
        by_figure: dict[int, list[Ref]] = {}
        for ref, figures in links:
            for figure in figures:
                by_figure.setdefault(figure, []).append(ref)
        to_one = {figure: _Spans(of) for figure, of in by_figure.items()}
    for n, item in enumerate(items):
        sure = item.certain and not is_half_name(items, n, lambda last: last.number in index.by_number)
        if n not in covered:
            figure_at = index.by_number.get(item.number)
            if figure_at is not None and sure and not foreign.cover(item.at):
                how = "range" if item.range_from is not None and linked.cover(item.at) else "plain"
                named.append(Named(figure_at, item.start, item.end, how, item.panels))
        # The range of a supplement has the numbers of the article's own figures, unless its ends are links to them.
        ours = sure or {n - 1, n} <= covered
        if ours and item.range_from is not None and 0 < item.number - item.range_from <= 100:
            start = items[n - 1].start
            for number in range(item.range_from + 1, item.number):
                figure_between = index.by_number.get(number)
                if figure_between is None:
                    continue
                # A link around the range that lists its figures names them already.
                if figure_between not in to_one or not to_one[figure_between].overlap(start, item.end):
                    named.append(Named(figure_between, start, item.end, "range", None))
        _check_number(before + len(named))
    return named


def _meant(linked: list[int], numbers: Sequence[int], ref: Ref, index: FigureIndex) -> list[int]:
    """Return the figures that a link means: for a group with several numbers, those with the numbers in its text."""
    said = {index.by_number[n] for n in numbers if n in index.by_number}
    if not said or not any(r in index.groups for r in ref.rids):
        return linked
    numbered = set(index.by_number.values()).intersection(linked)
    chosen = [f for f in linked if f in said]
    return chosen if len(numbered) > 1 and chosen else linked


def _without_separator(text: str) -> str:
    """Drop the end of a text that joins it to the next item: a separator, opening brackets and white space."""
    end = len(text)
    while end and (text[end - 1] == "(" or text[end - 1].isspace()):
        end -= 1
    separator = _BEFORE.search(text, max(0, end - 10), end)
    return text[: separator.start() if separator else end]


def _before_next(text: str, item: FigureItem, ref: Ref, begins: Sequence[int]) -> FigureItem:
    """Cut the panels of an item at the start of another link: in "Fig. 2A, B" both letters may be separate links.

    The second end of a range stays, as only the link of the first end names the figures in between.
    """
    if not item.panels:
        return item
    for start in begins[bisect_left(begins, max(ref.end, item.at)) :]:
        if start >= item.end:
            break
        kept = _without_separator(text[item.at : start])
        if not RANGE_WORD.match(text, item.at + len(kept)) and item.at + len(kept) >= ref.end:
            return replace(item, end=item.at + len(kept), panels=tidy_panels(kept.lstrip("0123456789")))
    return item


def _of_link(text: str, ref: Ref, figure: int, index: FigureIndex) -> tuple[str | None, int]:
    """Return the panels of a link without the word figure, such as "2C" or "B" after "Fig. 2A", or behind it."""
    own = _BARE_LINK.fullmatch(text, ref.start, ref.end)
    if own and not own["number"] and _SUPPLEMENTARY.fullmatch(text, ref.start, ref.end):
        return None, ref.end
    if own and (own["number"] is None or index.by_number.get(int(own["number"])) == figure):
        return tidy_panels(own["panels"]), ref.end
    if supplement := _of_supplement(text, ref, figure, index):
        return supplement, ref.end
    suffix = _SUFFIX.match(text, ref.end) if text[ref.end - 1 : ref.end].isdigit() else None
    written, end = panels_of_match(text, suffix) if suffix else (None, ref.end)
    return (written, end) if written else (None, ref.end)


def _of_supplement(text: str, ref: Ref, figure: int, index: FigureIndex) -> str | None:
    """Return the panels in a link to a supplementary figure."""
    match = None if figure in index.lettered else _OF_SUPPLEMENT.fullmatch(text, ref.start, ref.end)
    return tidy_panels(match["panels"]) if match else None


def _unnumbered_ranges(
    text: str, links: Sequence[tuple[Ref, list[int]]], index: FigureIndex, named: Sequence[Named]
) -> list[Named]:
    """Return figures between two linked ends of a range if their labels have no numbers: by document order."""
    between: list[Named] = []
    numbered = set(index.by_number.values())
    ordered = sorted((m.start, m.figure) for m in named)
    starts = [start for start, _ in ordered]
    for (a, first), (b, second) in pairwise(links):
        low, high = first[-1], second[0]
        if high - low < 2 or low in numbered or not _BARE_RANGE.fullmatch(text, a.end, b.start):
            continue
        _check_number(len(named) + len(between) + high - low)
        known = {f for _, f in ordered[bisect_left(starts, a.start) : bisect_left(starts, b.end)]}
        between += [Named(f, a.start, b.end, "range", None) for f in range(low + 1, high) if f not in known]
    return between
