"""Parse numbers and panels in words that name figures: groups, ranges and lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

# Possessive and atomic wherever backtracking can't help: each list is read in one way only. A list of panels has a
# limit, so that a mention has one.
_PANEL = r"(?:[A-Z]|[a-z])\d{0,2}+(?![A-Za-z0-9])['’′″]{0,2}+"
_BETWEEN = r"(?>\s?(?:[-–—&]|,?\s?(?:and|&)(?=\W)|,|to(?=\W))\s?)"
_MORE = rf"(?:{_BETWEEN}{_PANEL}){{0,80}}+"
_IN_BRACKETS = rf"\((?:[Pp]anels?\s)?{_PANEL}{_MORE}\)"
# Generous: `_kept` drops matches that are not panels, such as the P of "Fig. 1A, P < 0.05".
PANELS_PATTERN = (
    rf"(?:\s?{_IN_BRACKETS}(?:{_BETWEEN}{_IN_BRACKETS}){{0,20}}"
    rf"|{_PANEL}{_MORE}"
    rf"|\s?,?\s(?:[Pp]anels?\s)?{_PANEL}{_MORE})"
)
_LETTER = re.compile(r"(?<![A-Za-z])([A-Za-z])\d{0,2}(?![A-Za-z])['’′″]{0,2}")
# Text after a letter that is a statistic, a unit of a name or a genus: "P < .05", "n = 3", "T cells", "E. coli".
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
_MAX_STEP = 6  # letters between two panels of a list before a word: more is a name, "Fig. 1A and T cells"
_ITEM = rf"\d{{1,3}}(?![\d%])(?!\.\d)(?:{PANELS_PATTERN})?"
_SEPARATOR = r"(?:\s?[-–—]\s?|\s?,\s?(?:and\s|&\s)?|\s(?:and|to|through|&)\s|\s?/\s?)(?:[Ff]igs?\.?\s?|[Ff]igures?\s?)?"
_GROUP = re.compile(
    rf"(?<![A-Za-z])(?P<word>(?:Fig(?:ure)?|FIG(?:URE)?|fig(?:ure)?)(?P<plural>s|S)?\.?)(?:\s|[-‐‑](?=\d))?"
    rf"(?P<items>{_ITEM}(?:{_SEPARATOR}{_ITEM})*)"
)
_ONE = re.compile(rf"(?P<number>\d{{1,3}})(?P<panels>{PANELS_PATTERN})?")
RANGE_WORD = re.compile(r"\s?(?:[-–—]|\bto\b|\bthrough\b)")
_HEAD = re.compile(r"^[\s,]*(?:[Pp]anels?\s)?")
OF_ANOTHER_WORK = re.compile(
    r"\s{0,2},?\s{0,2}(?:of|in|from)\s{1,2}(?:the\s{1,2})?"
    r"(?:refs?\b|references?\b|\[|\(\d{1,3}[),]|\(?[A-Z]\w{1,40}\s{1,2}(?:et\s{1,2}al|and\b|\())"
)
# "Additional file 1: Figure 2", "Dataset S1, Table 1": in that file.
OF_FILE = r"\b(?:additional\s+(?:data\s+)?files?\s+\w{1,3}|(?:dataset|data|file|text|appendix)\s+S\d{1,2})\s*[,:]"
# Words before "figure" that indicate another series than the article's own.
_OTHER_SERIES = re.compile(
    r"(?:(?:suppl\w*\.?|supporting)(?:\s+(?:materials?|information|data|files?|notes?|text))?(?:\s+S?\d{1,2})?\s*[,:]?"
    r"|additional|extended\s+data\s*,?|appendix|(?-i:\bSI)\s*,?|\bpl(?:ate)?s?\.?\s*\w{1,6}\s*[,:]"
    rf"|{OF_FILE})\s*$",
    re.IGNORECASE,
)
_BEFORE_SERIES = 48  # characters before "figure" searched for them
LONGEST_PANELS = 600  # characters of the panels of one mention that is joined from several


@dataclass(frozen=True, slots=True)
class FigureItem:
    """A number after the word figure: `start` includes the word, `at` is the number itself."""

    start: int
    at: int
    end: int
    number: int
    panels: str | None
    range_from: int | None  # the start of a range that ends here
    plural: bool  # "figures", as usual for a range
    certain: bool  # whether it counts without a link


def tidy_panels(panels: str | None) -> str | None:
    """Return panels without surrounding brackets and without a leading comma or "panel"."""
    if not panels:
        return None
    said = _HEAD.sub("", panels).strip()
    if said.startswith("(") and said.find(")") == len(said) - 1:
        said = said[1:-1]
    return _HEAD.sub("", said).strip() or None


def _kept(text: str, start: int, end: int) -> int:
    """Return the end of the panel letters of text[start:end]; `start` if there are none.

    Letters follow the number directly ("1A, B"), or after a space or a comma ("1, A and B"), which needs more evidence.
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
                break  # the article in "Fig. 1B, a few"
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
    # After a space or a comma, a lone letter or a list must be closed or followed by a verb.
    one = kept == first.end()
    if first[1] == "S" and len(first[0]) > 1:
        return start  # "Fig. 2, S6 Table"
    if _CLOSED.match(text, kept):
        return kept
    sure = first[1].isupper() and (not one or not text.startswith(",", start)) and _FOLLOWED.match(text, kept)
    return kept if sure else start


def panels_of_match(text: str, match: re.Match[str]) -> tuple[str | None, int]:
    """Return the panels of a matched number as written, and their end."""
    if match["panels"] is None:
        return None, match.end()
    end = _kept(text, match.start("panels"), match.end("panels"))
    return tidy_panels(text[match.start("panels") : end]), end


def _groups(text: str) -> Iterator[re.Match[str]]:
    """Find matches of _GROUP in order.

    Searching for its first letters with `find` is ten times as fast as the pattern.
    """
    if "FIG" in text:
        yield from _GROUP.finditer(text)
        return
    at = text.find("ig")
    while at >= 0:
        match = _GROUP.match(text, at - 1) if at and text[at - 1] in "Ff" else None
        if match:
            yield match
        at = text.find("ig", match.end() if match else at + 2)


def is_name(group: re.Match[str]) -> bool:
    """Return whether word and number are one name: a gene such as FIG4, FIG-4 or TAB1, or "FigS2" of a supplement."""
    word, glued = group["word"], not group.string[group.end("word") : group.start("items")].isspace()
    return glued and (word in ("FIG", "TAB") or (group["plural"] == "S" and word.endswith("S")))


class _Numbered(Protocol):
    """A number of a figure or a table in a text."""

    @property
    def range_from(self) -> object | None: ...

    @property
    def plural(self) -> bool: ...


_Item = TypeVar("_Item", bound=_Numbered)


def is_half_name(items: Sequence[_Item], n: int, known: Callable[[_Item], bool]) -> bool:
    """Return whether a number is half of a name: "Fig. 4-15" without a plural, if there is no figure 15."""
    last = items[n] if items[n].range_from is not None else items[n + 1] if n + 1 < len(items) else None
    return last is not None and last.range_from is not None and not last.plural and not known(last)


def extended_to(text: str, item: FigureItem, end: int) -> FigureItem:
    """Extend an item with panels to `end`, the end of another mention of the same figure."""
    panels = text[item.end - len(item.panels or "") : end].strip(" ()")
    return replace(item, end=end, panels=panels)


def find_items(text: str) -> list[FigureItem]:
    """Find the figure numbers in a text."""
    found: list[FigureItem] = []
    for group in _groups(text):
        base = group.start("items")
        supplement = _OTHER_SERIES.search(text[max(0, group.start() - _BEFORE_SERIES) : group.start()]) is not None
        supplement |= is_name(group)
        elsewhere = OF_ANOTHER_WORK.match(text, group.end()) is not None
        previous: re.Match[str] | None = None
        for item in _ONE.finditer(text, base, group.end()):
            is_range = previous is not None and RANGE_WORD.match(text, previous.end(), item.start()) is not None
            number, before = int(item["number"]), int(previous["number"]) if previous else 0
            written, end = panels_of_match(text, item)
            if is_range and number < before:
                break  # "Fig. 5G-4": part of a name, not a range of figures
            if is_range and number == before and written and found and 0 < len(found[-1].panels or "") < LONGEST_PANELS:
                # "Fig. 2A–2D": one figure, and its panels as written.
                found[-1] = extended_to(text, found[-1], end)
                previous = item
                continue
            certain = not supplement and not elsewhere
            certain &= previous is None or bool(group["plural"]) or is_range or bool(written)
            found.append(
                FigureItem(
                    start=group.start() if previous is None else item.start(),
                    at=item.start(),
                    end=end,
                    number=number,
                    panels=written,
                    range_from=before if is_range and number > before else None,
                    plural=bool(group["plural"]),
                    certain=certain,
                )
            )
            previous = item
    return found
