"""Find mentions of tables in a text: linked, in ranges, and in plain words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

from pmcmine.jats.mention_words import OF_ANOTHER_WORK, OF_FILE, is_half_name, is_name
from pmcmine.jats.text import Ref
from pmcmine.rejects import Reason, Rejected
from pmcmine.text import bounds

_NUMBER: Final = (
    r"(?:[A-Z]{1,2}[-.]?)?\d{1,3}(?:\.\d{1,2})?(?![\d%])(?:[A-Za-z](?![A-Za-z]))?|(?<![A-Z])[IVX]{1,5}(?![A-Za-z])"
)
_SEPARATOR: Final = r"(?:\s?[-–—]\s?|\s?,\s?(?:and\s|&\s)?|\s(?:and|to|through|&|or)\s|\s?/\s?|\s?;\s?)"
_GROUP = re.compile(
    rf"(?<![A-Za-z])(?P<word>(?:Tab(?:le)?|TAB(?:LE)?|table)(?P<plural>s|S)?\.?)(?:\s|[-‐‑](?=\d))?"
    rf"(?P<items>(?:{_NUMBER})(?:{_SEPARATOR}(?:{_NUMBER}))*)"
)
_ONE = re.compile(rf"(?<!\d)(?P<number>{_NUMBER})")
_RANGE = re.compile(r"\s?(?:[-–—]|\bto\b|\bthrough\b)\s?")
_PARTS = re.compile(r"(?P<letters>[A-Z]{0,2})[-.]?(?P<digits>\d{1,3})(?P<rest>.*)", re.DOTALL)
_LETTERED = re.compile(r"(?P<letters>[A-Z]{1,2})[-.]?(?P<digits>\d{1,3})")
_LABEL = re.compile(
    rf"(?P<series>\D{{0,40}}?)\s*+(?:tab(?:le)?|tabelle|tabla|tableau|tab)?s?\.?[\s:‐‑-]*+(?P<number>{_NUMBER}|[ivx]{{1,5}})[\s.:|)*]*+",
    re.IGNORECASE,
)
_SERIES: Final = (
    (
        "suppl",
        re.compile(r"(?:suppl\w*\.?|supporting|additional|\besm|(?-i:\bSI))\s*(?:information\s*)?$", re.IGNORECASE),
    ),
    ("extended", re.compile(r"extended\s+data\s*$", re.IGNORECASE)),
    ("appendix", re.compile(r"appendix\s*$", re.IGNORECASE)),
    ("file", re.compile(rf"{OF_FILE}\s*$", re.IGNORECASE)),
    ("web", re.compile(r"(?:online|\be|\bweb)\s*-?$", re.IGNORECASE)),
)
_LONGEST_RANGE: Final = 100
_BEFORE_SERIES: Final = 48  # characters before "table" searched for its series


class _Name(NamedTuple):
    """The name of a table: its series, and its number without the letters of the series."""

    series: str
    number: str


def _name(before: str, number: str) -> _Name:
    """Return the name of a table with this number in a text or label, after the words `before`."""
    series = next((s for s, pattern in _SERIES if pattern.search(before)), "")
    number = number.upper().replace("-", "").replace(" ", "")
    if re.match(r"S\.?\d", number):
        series, number = "suppl", number.lstrip("S.")
    return _Name(series, number)


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table named in a span of a text; offsets are code points of that text."""

    table: int
    start: int
    end: int
    how: str


@dataclass(frozen=True, slots=True)
class TableIndex:
    """The tables of an article by their names in texts, as ordinals."""

    by_id: Mapping[str, tuple[int, ...]]
    by_name: Mapping[_Name, int]

    @classmethod
    def of(cls, ids: Mapping[str, tuple[int, ...]], labels: Sequence[str | None]) -> TableIndex:
        """Build from the tables for each XML id (for a group, all its tables) and the tables' labels."""
        by_name: dict[_Name, int] = {}
        for ordinal, label in enumerate(labels):
            match = _LABEL.fullmatch(label[: bounds.IDENTIFIER]) if label else None
            if match:
                by_name.setdefault(_name(match["series"].strip(), match["number"]), ordinal)
        return cls(ids, by_name)

    def tables(self, xml_ids: Sequence[str]) -> list[int]:
        """Return the tables with these ids, each once."""
        return list(dict.fromkeys(t for xml_id in xml_ids for t in self.by_id.get(xml_id, ())))

    def named(self, name: _Name) -> int | None:
        """Return the table with a name; "1a" also names part a of table 1."""
        found = self.by_name.get(name)
        if found is None and name.number[-1:].isalpha() and name.number[:1].isdigit():
            found = self.by_name.get(name._replace(number=name.number[:-1]))
        return found


class _Item(NamedTuple):
    """A number after the word table: `start` includes the word, `at` is the number itself."""

    start: int
    at: int
    end: int
    name: _Name
    range_from: _Name | None  # the start of a range that ends here
    certain: bool  # whether it counts without a link
    plural: bool  # "tables", as usual for a range


def _groups(text: str) -> Iterator[re.Match[str]]:
    """Find matches of _GROUP in order; `find` is faster than the pattern, as few words end in "able"."""
    if "TAB" in text or "Tab." in text or "Tabs" in text:
        yield from _GROUP.finditer(text)
        return
    at = text.find("able")
    while at >= 0:
        match = _GROUP.match(text, at - 1) if at and text[at - 1] in "Tt" else None
        if match:
            yield match
        at = text.find("able", match.end() if match else at + 4)


def _items(text: str) -> list[_Item]:
    found: list[_Item] = []
    for group in _groups(text):
        before = text[max(0, group.start() - _BEFORE_SERIES) : group.start()]
        certain = OF_ANOTHER_WORK.match(text, group.end()) is None and not is_name(group)
        first, letters = True, None  # of a previous number: "S1" in "Tables S1–5"
        plural = bool(group["plural"])
        for match in _ONE.finditer(text, group.start("items"), group.end()):
            start = group.start() if first else match.start()
            ranged = not first and _RANGE.fullmatch(text, found[-1].end, start) is not None
            # Without a plural, "and 2" after "Table 1" usually counts something else.
            sure = certain and (first or ranged or plural)
            number = match["number"]
            if letters is not None and number.isdigit():
                # "S1–5" reaches to S5; "S4–1" is one name, and "S1 and 2" may mean S2.
                grows = ranged and int(number) > int(letters["digits"])
                number, sure = f"{letters['letters']}{number}", sure and grows
                ranged = grows
            else:
                letters = _LETTERED.match(number)
            name = _name(before, number)
            range_from = found[-1].name if ranged else None
            found.append(_Item(start, match.start(), match.end(), name, range_from, sure, plural))
            first = False
    return found


def _between(first: _Name, last: _Name) -> Iterator[_Name]:
    """Yield the names between the ends of a range."""
    a, b = _PARTS.fullmatch(first.number), _PARTS.fullmatch(last.number)
    if a is None or b is None or first.series != last.series or a["rest"] or b["rest"]:
        return
    if a["letters"] == b["letters"] and 0 < int(b["digits"]) - int(a["digits"]) <= _LONGEST_RANGE:
        for n in range(int(a["digits"]) + 1, int(b["digits"])):
            yield _Name(first.series, f"{a['letters']}{n}")


class _Spans:
    """Spans of links; checking for an overlap takes constant time for any number of links."""

    def __init__(self, refs: Sequence[Ref]) -> None:
        spans = sorted((r.start, r.end) for r in refs)
        self._starts = [start for start, _ in spans]
        self._ends = list(accumulate((end for _, end in spans), max))

    def cover(self, at: int) -> bool:
        n = bisect_right(self._starts, at)
        return n > 0 and self._ends[n - 1] > at


def find_table_mentions(text: str, refs: Sequence[Ref], index: TableIndex) -> list[NamedTable]:
    """Find all tables that a text names, in order of position.

    Args:
        text: the text of a paragraph, caption or title.
        refs: its cross-references, offsets in `text`.
        index: the article's tables.

    Raises:
        Rejected: XML_TOO_LARGE above the limit on mentions in one text.
    """
    links = [(ref, tables) for ref in refs if (tables := index.tables(ref.rids))]
    items = _items(text) if index.by_name else []
    if not links and not items:
        return []
    named: list[NamedTable] = []
    taken: set[int] = set()
    starts, ends = [i.start for i in items], [i.end for i in items]
    for ref, tables in links:
        inside = range(bisect_right(ends, ref.start), bisect_left(starts, ref.end))
        _check_number(len(named) + len(tables))
        for table in tables:
            own = [n for n in inside if n not in taken and index.named(items[n].name) == table]
            if not own and len(inside) == 1 and len(tables) == 1:
                own = [n for n in inside if n not in taken]
            start, end = ref.start, ref.end
            if own:
                taken.add(own[0])
                item = items[own[0]]
                whole = len(inside) == 1
                start = min(item.start, ref.start) if whole else item.start
                end = max(item.end, ref.end) if whole else item.end
            named.append(NamedTable(table, start, end, "xref"))
    if items:
        named += _unlinked(items, refs, links, taken, index, len(named))
    named.sort(key=lambda m: (m.start, m.end, m.table))
    return named


def _unlinked(
    items: Sequence[_Item],
    refs: Sequence[Ref],
    links: Sequence[tuple[Ref, list[int]]],
    taken: set[int],
    index: TableIndex,
    before: int,
) -> list[NamedTable]:
    """Return tables that a text names in plain words, and those between the ends of a range."""
    named: list[NamedTable] = []
    ours = {id(ref) for ref, _ in links}
    foreign = _Spans([r for r in refs if id(r) not in ours])
    linked = {table for _, tables in links for table in tables if len(tables) > 1}
    for n, item in enumerate(items):
        table = index.named(item.name)
        sure = item.certain and not is_half_name(items, n, lambda last: index.named(last.name) is not None)
        if n not in taken and table is not None and sure and not foreign.cover(item.at):
            named.append(NamedTable(table, item.start, item.end, "plain"))
        if item.range_from is not None and sure:
            for name in _between(item.range_from, item.name):
                table = index.by_name.get(name)
                if table is not None and table not in linked:
                    named.append(NamedTable(table, items[n - 1].start, item.end, "range"))
        _check_number(before + len(named))
    return named


def _check_number(n: int) -> None:
    if n > bounds.MENTIONS_READ:
        raise Rejected(Reason.XML_TOO_LARGE, f"more than {bounds.MENTIONS_READ} mentions of tables in one text")
