"""Where a text names figures: linked, in ranges, and in plain words, with panel letters as written."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from types import MappingProxyType

from pmcmine.jats.text import Ref
from pmcmine.rejects import Reason, Rejected
from pmcmine.text import bounds

# Possessive and atomic where what is given back could not help: each list is read in one way only. A list of panels
# has a bound, so that a mention does.
_PANEL = r"(?:[A-Z]|[a-z])\d{0,2}+(?![A-Za-z0-9])['’′″]{0,2}+"
_BETWEEN = r"(?>\s?(?:[-–—&]|,?\s?(?:and|&)(?=\W)|,|to(?=\W))\s?)"
_MORE = rf"(?:{_BETWEEN}{_PANEL}){{0,80}}+"
_IN_BRACKETS = rf"\((?:[Pp]anels?\s)?{_PANEL}{_MORE}\)"
# Generous: `_kept` drops what is no panel, such as the P of "Fig. 1A, P < 0.05".
_PANELS = (
    rf"(?:\s?{_IN_BRACKETS}(?:{_BETWEEN}{_IN_BRACKETS}){{0,20}}"
    rf"|{_PANEL}{_MORE}"
    rf"|\s?,?\s(?:[Pp]anels?\s)?{_PANEL}{_MORE})"
)
_LETTER = re.compile(r"(?<![A-Za-z])([A-Za-z])\d{0,2}(?![A-Za-z])['’′″]{0,2}")
# What follows a letter that is a statistic, a unit of a name or a genus: "P < .05", "n = 3", "T cells", "E. coli".
_NO_PANEL = re.compile(
    r"\s?[<>=≤≥≈~]|\s?,?\s?0?\.\d|,\d|\.[A-Za-z]|\s?\.\s?[a-z]|\s?\(\d|[-‐‑–—\s](?:values?|tests?|cells?|lymphocytes?|statistics?|scores?|rays?|"
    r"termin(?:al|us|i)|chromosomes?|domains?|axis|axes|receptors?)\b|\s?for\s(?:trend|interaction|heterogeneity)\b|"
    r"\s(?:not\s|non-?)significant|[-‐‑](?!(?:upper|lower|left|right|top|bottom|middle|inset|panel)\b)[a-z]{2}"
)
_CLOSED = re.compile(r"\s?(?:[)\];,:]|\.(?!\s?[a-z])|$)")
_FOLLOWED = re.compile(
    r"\s(?:shows?|showed|depicts?|illustrates?|presents?|displays?|indicates?|represents?|demonstrates?|summari[sz]es?|"
    r"reveals?|suggests?|compares?|plots?|describes?|respectively|(?:are|is|and|to|for|in)(?=\s))"
)
_MAX_STEP = 6  # letters between two panels of a list that is followed by a word: more is a name, "Fig. 1A and T cells"
_ITEM = rf"\d{{1,3}}(?![\d%])(?!\.\d)(?:{_PANELS})?"
_SEPARATOR = r"(?:\s?[-–—]\s?|\s?,\s?(?:and\s|&\s)?|\s(?:and|to|through|&)\s|\s?/\s?)(?:[Ff]igs?\.?\s?|[Ff]igures?\s?)?"
_GROUP = re.compile(
    rf"(?<![A-Za-z])(?P<word>(?:Fig(?:ure)?|FIG(?:URE)?|fig(?:ure)?)(?P<plural>s|S)?\.?)\s?"
    rf"(?P<items>{_ITEM}(?:{_SEPARATOR}{_ITEM})*)"
)
_ONE = re.compile(rf"(?P<number>\d{{1,3}})(?P<panels>{_PANELS})?")
_BEFORE = re.compile(r"\s?(?:[-–—,&]|\b(?:and|to|through))$")
_RANGE = re.compile(r"\s?(?:[-–—]|\bto\b|\bthrough\b)")
_BARE_RANGE = re.compile(r"\s*(?:[-–—]|to|through)\s*(?:[Ff]ig(?:ure)?s?\.?\s*)?")
_HEAD = re.compile(r"^[\s,]*(?:[Pp]anels?\s)?")
_BARE_LINK = re.compile(rf"(?P<number>\d{{1,3}})?\s?(?P<panels>{_PANELS})")
_SUPPLEMENTARY = re.compile(r"S\d{1,2}")
_SUFFIX = re.compile(rf"(?P<panels>{_PANELS})")
_JOINT = re.compile(r"\s?(?:[-–—,&]|,?\s?(?:and|to|through|&))\s?(?:[Ff]ig(?:ure)?s?\.?\s?)?")
_ELSEWHERE = re.compile(
    r"\s{0,2},?\s{0,2}(?:of|in|from)\s{1,2}(?:the\s{1,2})?"
    r"(?:refs?\b|references?\b|\[|\(?[A-Z]\w{1,40}\s{1,2}(?:et\s{1,2}al|and\b|\())"
)
# Words before "figure" that make it another series than the article's own.
_OTHER_SERIES = re.compile(
    r"(?:suppl\w*\.?|supporting|additional|extended\s+data|appendix|\bpl(?:ate)?s?\.?\s*\w{1,6}\s*[,:])\s*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:fig(?:ure)?s?\.?|abb(?:ildung)?\.?)?\s*+(\d{1,3})\s*+[.:|]?+\s*+", re.IGNORECASE)
_LONGEST = 600  # characters of the panels of one mention that is joined from several


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
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        ids: Sequence[str | None],
        labels: Sequence[str | None],
        main: Sequence[bool],
        groups: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ) -> FigureIndex:
        """Build from the figures' XML ids, labels, whether each is of the main series, and the ids of groups."""
        by_id: dict[str, int] = {}
        by_number: dict[int, int] = {}
        for ordinal, (xml_id, label, is_main) in enumerate(zip(ids, labels, main, strict=True)):
            if xml_id:
                by_id.setdefault(xml_id, ordinal)
            match = _LABEL.fullmatch(label or "")
            if match and is_main:
                by_number.setdefault(int(match[1]), ordinal)
        return cls(by_id, by_number, groups)

    def knows(self, xml_id: str) -> bool:
        """Return whether an id is that of a figure or of a group of figures."""
        return xml_id in self.by_id or xml_id in self.groups

    def figures(self, xml_ids: Sequence[str]) -> list[int]:
        """Return the figures of some ids, each once; the id of a group stands for all figures in it."""
        found: dict[int, None] = {}
        for xml_id in xml_ids:
            if xml_id in self.groups:
                found.update(dict.fromkeys(self.groups[xml_id]))
            elif xml_id in self.by_id:
                found[self.by_id[xml_id]] = None
        return list(found)


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
    """Return panels without brackets around them and without a comma or "panel" in front."""
    if not panels:
        return None
    said = _HEAD.sub("", panels).strip()
    if said.startswith("(") and said.find(")") == len(said) - 1:
        said = said[1:-1]
    return _HEAD.sub("", said).strip() or None


def _kept(text: str, start: int, end: int) -> int:
    """Return where the panel letters of text[start:end] end; `start` if there are none.

    Letters stand right behind the number ("1A, B"), or after a space or a comma ("1, A and B"), where less is believed.
    """
    letters = list(_LETTER.finditer(text, start, end))
    if not letters or "(" in text[start:end]:
        return end
    first = letters[0]
    attached = first.start() == start
    named = "anel" in text[start : first.start()]
    closed = _CLOSED.match(text, letters[-1].end()) is not None
    kept = start
    for n, letter in enumerate(letters):
        after = letter.end()
        follows = n + 1 < len(letters) or _CLOSED.match(text, after) is not None
        if n or not (attached or named):
            if _NO_PANEL.match(text, after):
                break
            if (
                not follows
                and letter[1] in "aA"
                and text.startswith(" ", after)
                and not (n == 0 and _FOLLOWED.match(text, after))
            ):
                break  # the article of "Fig. 1B, a few"
        if n:
            numbered = len(letter[0].rstrip("'’′″")) > 1
            another = letter[1].isupper() != first[1].isupper()
            another |= numbered and len(first[0].rstrip("'’′″")) == 1
            if another and not closed:
                break
            if numbered and letter[1] == "S" and first[1] != "S":
                break  # "Figs. 5A and S11"
            step = ord(letter[1]) - ord(letters[n - 1][1])
            if not follows and not 0 <= step <= _MAX_STEP and not _FOLLOWED.match(text, after):
                break
        kept = after
    if attached or named or kept == start:
        return kept
    # After a space or a comma, a lone letter or a list must be closed or have a verb behind it.
    one = kept == first.end()
    if first[1] == "S" and len(first[0]) > 1:
        return start  # "Fig. 2, S6 Table"
    if _CLOSED.match(text, kept):
        return kept
    sure = first[1].isupper() and (not one or not text.startswith(",", start)) and _FOLLOWED.match(text, kept)
    return kept if sure else start


def _panels_of(text: str, match: re.Match[str]) -> tuple[str | None, int]:
    """Return the panels of a matched number as written, and where they end."""
    if match["panels"] is None:
        return None, match.end()
    end = _kept(text, match.start("panels"), match.end("panels"))
    return _tidy(text[match.start("panels") : end]), end


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


def _joined(text: str, item: _Item, end: int) -> _Item:
    """Extend an item with panels to `end`, where another naming of the same figure ends."""
    panels = text[item.end - len(item.panels or "") : end].strip(" ()")
    return replace(item, end=end, panels=panels)


def _items(text: str) -> list[_Item]:
    found: list[_Item] = []
    for group in _groups(text):
        base = group.start("items")
        supplement = _OTHER_SERIES.search(text[max(0, group.start() - 24) : group.start()]) is not None
        elsewhere = _ELSEWHERE.match(text, group.end()) is not None
        previous: re.Match[str] | None = None
        for item in _ONE.finditer(text, base, group.end()):
            is_range = previous is not None and _RANGE.match(text, previous.end(), item.start()) is not None
            number, before = int(item["number"]), int(previous["number"]) if previous else 0
            written, end = _panels_of(text, item)
            if is_range and number < before:
                break  # "Fig. 5G-4": part of a name, no range of figures
            if is_range and number == before and written and found and 0 < len(found[-1].panels or "") < _LONGEST:
                # "Fig. 2A–2D": one figure, and its panels as written.
                found[-1] = _joined(text, found[-1], end)
                previous = item
                continue
            certain = not supplement and not elsewhere
            certain &= previous is None or bool(group["plural"]) or is_range or bool(written)
            found.append(
                _Item(
                    start=group.start() if previous is None else item.start(),
                    at=item.start(),
                    end=end,
                    number=number,
                    panels=written,
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

    Raises:
        Rejected: XML_TOO_LARGE above the bound on mentions of one text.
    """
    if not refs and not index.by_number:
        return [], []
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
    if not links and not index.by_number:
        return [], dangling
    # Most paragraphs name no figure.
    items = _items(text) if "Fig" in text or "fig" in text or "FIG" in text else []
    if not items and not links:
        return [], dangling
    named: list[Named] = []
    taken: set[tuple[int, int]] = set()  # (item, figure) that a link covers

    begins = sorted(ref.start for ref, _ in links)
    item_starts, item_ends = [i.start for i in items], [i.end for i in items]
    for ref, linked in links:
        inside = range(bisect_right(item_ends, ref.start), bisect_left(item_starts, ref.end))
        figures = _meant(linked, [items[n].number for n in inside], ref, index)
        _check_number(len(named) + len(figures))
        saying: dict[int | None, list[int]] = {}  # items of this link by the figure that their number says
        for n in inside:
            saying.setdefault(index.by_number.get(items[n].number), []).append(n)
        for figure in figures:
            own = [n for n in saying.get(figure, ()) if (n, figure) not in taken]
            if not own and len(inside) == 1 and len(figures) == 1:
                own = [n for n in inside if (n, figure) not in taken]
            if own:
                item = items[own[0]]
                taken.add((own[0], figure))
                for n in own[1:]:  # "Fig. 2A and 2C" in one link is one mention
                    if n != own[0] + 1 or not _JOINT.fullmatch(text, item.end, items[n].at) or not item.panels:
                        break
                    if items[n].at >= ref.end or not items[n].panels or len(item.panels) > _LONGEST:
                        break
                    item = _joined(text, item, items[n].end)
                    taken.add((n, figure))
                    own[0] = n
                item = _before_next(text, item, ref, begins)
                # A link with several numbers names each figure at its own; otherwise all of the link is the mention.
                whole = len(inside) == 1
                start = min(item.start, ref.start) if whole else item.start
                end = max(item.end, ref.end) if whole else item.end
                named.append(Named(figure, start, end, "xref", item.panels))
            else:
                panels, end = _of_link(text, ref, figure, index)
                named.append(Named(figure, ref.start, end, "xref", panels))
    if items:
        named += _unlinked(items, refs, links, {n for n, _ in taken}, index, len(named))
    if len(links) > 1:
        named += _unnumbered_ranges(text, links, index, named)
    named.sort(key=lambda m: (m.start, m.end, m.figure))
    return named, dangling


class _Spans:
    """Spans of links, asked for what they cover; a question costs the same however many they are."""

    def __init__(self, refs: Sequence[Ref]) -> None:
        spans = sorted((r.start, r.end) for r in refs)
        self._starts = [start for start, _ in spans]
        self._ends = list(accumulate((end for _, end in spans), max))  # how far they reach up to each

    def overlap(self, start: int, end: int) -> bool:
        """Return whether a span begins before `end` and ends after `start`."""
        n = bisect_left(self._starts, end)
        return n > 0 and self._ends[n - 1] > start

    def cover(self, at: int) -> bool:
        """Return whether a span holds the character at an offset."""
        return self.overlap(at, at + 1)


def _check_number(n: int) -> None:
    """Check the number of mentions in one text.

    Raises:
        Rejected: XML_TOO_LARGE above the bound: links to whole groups of figures multiply.
    """
    if n > bounds.MENTIONS_READ:
        raise Rejected(Reason.XML_TOO_LARGE, f"more than {bounds.MENTIONS_READ} mentions of figures in one text")


def _unlinked(
    items: Sequence[_Item],
    refs: Sequence[Ref],
    links: Sequence[tuple[Ref, list[int]]],
    covered: set[int],
    index: FigureIndex,
    before: int,
) -> list[Named]:
    """Figures that a text names in plain words, and those between the ends of a range.

    Args:
        items: the numbers after the word figure, in order.
        refs: all links of the text.
        links: those that lead to figures, with the figures.
        covered: items that a link has named.
        index: the article's figures.
        before: mentions that were found before.
    """
    named: list[Named] = []
    to_figures = {id(ref) for ref, _ in links}
    # A number inside a link to another thing (a supplement, a figure elsewhere) is that link's.
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
        if n not in covered:
            figure_at = index.by_number.get(item.number)
            if figure_at is not None and item.certain and not foreign.cover(item.at):
                how = "range" if item.range_from is not None and linked.cover(item.at) else "plain"
                named.append(Named(figure_at, item.start, item.end, how, item.panels))
        if item.range_from is not None and 0 < item.number - item.range_from <= 100:
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
    """Return the figures that a link means: of a group of several numbers, those whose number it says."""
    said = {index.by_number[n] for n in numbers if n in index.by_number}
    if not said or not any(r in index.groups for r in ref.rids):
        return linked
    numbered = set(index.by_number.values()).intersection(linked)
    chosen = [f for f in linked if f in said]
    return chosen if len(numbered) > 1 and chosen else linked


def _without_separator(text: str) -> str:
    """Drop what joins a text to the next item: a separator, opening brackets and white space."""
    end = len(text)
    while end and (text[end - 1] == "(" or text[end - 1].isspace()):
        end -= 1
    separator = _BEFORE.search(text, max(0, end - 10), end)
    return text[: separator.start() if separator else end]


def _before_next(text: str, item: _Item, ref: Ref, begins: Sequence[int]) -> _Item:
    """Cut the panels of an item where another link begins: in "Fig. 2A, B" both letters may be links of their own.

    The second end of a range stays, for the link of the first end is the only one that names what is between.
    """
    if not item.panels:
        return item
    for start in begins[bisect_left(begins, max(ref.end, item.at)) :]:
        if start >= item.end:
            break
        kept = _without_separator(text[item.at : start])
        if not _RANGE.match(text, item.at + len(kept)) and item.at + len(kept) >= ref.end:
            return replace(item, end=item.at + len(kept), panels=_tidy(kept.lstrip("0123456789")))
    return item


def _of_link(text: str, ref: Ref, figure: int, index: FigureIndex) -> tuple[str | None, int]:
    """Panels of a link that does not say figure, such as "2C" or "B" after "Fig. 2A", or of letters behind it."""
    own = _BARE_LINK.fullmatch(text, ref.start, ref.end)
    if own and not own["number"] and _SUPPLEMENTARY.fullmatch(text, ref.start, ref.end):
        return None, ref.end
    if own and (own["number"] is None or index.by_number.get(int(own["number"])) == figure):
        return _tidy(own["panels"]), ref.end
    suffix = _SUFFIX.match(text, ref.end) if text[ref.end - 1 : ref.end].isdigit() else None
    written, end = _panels_of(text, suffix) if suffix else (None, ref.end)
    return (written, end) if written else (None, ref.end)


def _unnumbered_ranges(
    text: str, links: Sequence[tuple[Ref, list[int]]], index: FigureIndex, named: Sequence[Named]
) -> list[Named]:
    """Figures between two linked ends of a range whose labels hold no numbers: by document order."""
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
