"""Markers of panels in captions, in each of the ways in which they are written."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final, NamedTuple

from pmcmine.panels.labels import LIST, SUBPANELS, expand, kinds, position

Span = tuple[int, int]


class Marker(NamedTuple):
    """A place that may be a label: of the labels, from start to end, in a way of writing."""

    start: int
    end: int
    labels: tuple[str, ...]
    form: str


_BRACKETED_LIST: Final = rf"\s?(?:(?:[Pp]anels?|[Pp]arts?|[Ff]igs?\.?|[Ff]igures?|[Mm]ap|[Pp]lot|[Gg]raph|[Ii]mage) )?(?P<list>{LIST})(?:[,;] ?[^\w\s()\[\]]{{1,3}}|\s?[:.])?\s?[)\]]"
_BRACKETED: Final = re.compile(rf"[(\[]{_BRACKETED_LIST}")
_ROUND: Final = re.compile(rf"\({_BRACKETED_LIST}")  # where there are no others: the engine skips to a single character
_IN_BRACKETS: Final = re.compile(
    rf"\([^()]{{1,60}}?[:;,] ?(?P<list>{LIST})\)|\((?P<head>{LIST})(?:[:;,.]| (?=[A-Za-z\d+-]{{2}}))(?=[^()]{{3,200}})"
)
_HALF: Final = re.compile(rf"(?<![\w(\[{{])(?P<list>{LIST})\)(?=[\s:])")
# A literal space first: the engine skips to it. A lookbehind would be tried at each character.
_DOTTED: Final = re.compile(rf" (?<=[.;:,!?)] )(?P<list>{LIST})(?P<mark>[.:],?|\s?[–—-])(?= )")
_DOTTED_FIRST: Final = re.compile(rf"(?P<list>{LIST})(?P<mark>[.:],?|\s?[–—-])(?= )")
# "A, Cells at rest. B, Cells in motion."
_COMMA_NEXT: Final = r",(?= [A-Z\d“(αβγδΔ])(?! [A-Za-z\d]{1,2}[ ,])"
_COMMA: Final = re.compile(rf" (?<=[.!?)] )(?P<list>{LIST}){_COMMA_NEXT}")
_COMMA_FIRST: Final = re.compile(rf"(?P<list>{LIST}){_COMMA_NEXT}")
# The title or the words of the panel before lack their full stop: "Survey of the plots A: Maps. B: Counts."
_UNSTOPPED: Final = re.compile(
    rf" (?<=[^\s.;:,!?(\[–—-] )(?=[A-Za-z])(?P<list>{LIST})(?P<mark>[.:])(?= [A-Z\d“(αβγδΔ])"
)
_NO_WORD: Final = r"(?![A-Za-z][A-HJ-UWYZa-hj-uwyz])"  # two letters that are no Roman number, which begin most words
# Blanks before what may be a label; behind a mark or not. The patterns that begin with a blank match nowhere else.
_PLACE: Final = re.compile(
    rf" {_NO_WORD}"
    r"(?=(?:[A-Za-z]\d{0,2}|\d{1,2}[A-Za-z]?|[ivxIVX]{2,5})[^A-Za-z\d])(?:(?<=[.;:,!?)’”] )(?P<marked>)|(?=[A-Za-z]))"
)
_NAMED_BY_LETTER: Final = re.compile(
    r"\b(?:vitamins?|hepatitis|influenza|types?|(?:sub)?groups?|class(?:es)?|grades?|phases?|stages?|steps?|lanes?|factors?|proteins?|"
    r"tables?|fig(?:ure|\.)?s?|cases?|patients?|models?|regions?|sites?|clusters?|clades?|categor(?:y|ies)|days?|arms?|zones?|"
    r"and|or|to|of|in|the|for|with|vs|versus) $",
    re.IGNORECASE,
)
# "A 65-year-old woman" has an article, no label.
_BARE_NEXT: Final = r"(?= [A-Z\d“‘\"'(αβγδΔ*]| [a-z]{2,})(?! \d{1,3}(?:[ ‐-–-]?(?:year|month|week|day)|[ -]y))"
_BARE: Final = re.compile(rf" (?<=[.;:!?)’”,] )(?P<list>{LIST}){_BARE_NEXT}")
_BARE_FIRST: Final = re.compile(rf"(?P<list>{LIST}){_BARE_NEXT}")
# "in tumour tissues.A, Breast." and "tissues.A Breast.": the white space before the label is lost.
_GLUED_LABEL: Final = rf"(?<=[a-z\d%)\]][a-z\d%)\]].)(?P<list>(?=[A-Za-z]){LIST})(?:[.:,)](?= )|(?= [A-Z\d]))"
_GLUED: Final = re.compile(rf"[.;?!]{_GLUED_LABEL}")
_GLUED_TO_STOP: Final = re.compile(rf"\.{_GLUED_LABEL}")
_NO_LABEL: Final = r"(?= )(?! (?:and )?[A-Za-z]\d?(?:[ ,–-]|$))"
_COMMA_ANY: Final = re.compile(rf" (?<=[.;:!?)] )(?P<list>(?=[A-Za-z]){LIST}),{_NO_LABEL}")
_COMMA_ANY_FIRST: Final = re.compile(rf"(?P<list>(?=[A-Za-z]){LIST}),{_NO_LABEL}")
# Looked for only where no other way of writing makes a series: "for A, wheat, B, rice and C, maize", "of a factor A Cells".
_ENUMERATED: Final = re.compile(r" (?P<list>[A-Za-z](?:\d{1,2})?)(?:[,:.]|\)(?=,))(?= )")
_FREE: Final = re.compile(rf" {_NO_WORD}(?P<list>(?=[A-Za-z]){LIST})(?= (?:[A-Z\d(]|[a-z]{{2}}))")
# At the begin of the text, and behind a mark.
_LOOSE: Final = (
    (_DOTTED_FIRST, _DOTTED, "dotted"),
    (_COMMA_FIRST, _COMMA, "dotted"),
    (_COMMA_ANY_FIRST, _COMMA_ANY, "comma"),
    (_BARE_FIRST, _BARE, "bare"),
)
_PANEL_WORD: Final = re.compile(rf"\b[Pp]anels? (?:\((?P<list>{LIST})\)|(?P<bare>{LIST})(?=[\s:,.;)]))")
_POSITION: Final = re.compile(
    r"\((?P<list>(?:[Tt]he )?(?:[Uu]pper|[Tt]op|[Ll]ower|[Bb]ottom|[Mm]iddle|[Cc]ent(?:er|re|ral)|[Ll]eft|[Rr]ight|[Ff]irst|[Ss]econd|[Tt]hird)"
    r"(?:[ -](?:left|right|middle|center|centre))?(?: (?:panels?|images?|rows?|columns?|graphs?|plots?))?)\)"
    r"|(?:^| (?<=[.;:] ))(?P<bare>(?:Upper|Top|Lower|Bottom|Middle|Center|Centre|Left|Right|First|Second|Third)"
    r"(?:[ -](?:left|right))?(?: (?:panels?|images?|rows?|columns?|graphs?|plots?))?)(?=[:,])",
)
# "Allotype 2A Body, dorsal 2B Body, ventral", "Fig. 2A. Body.", "(2A) Body": the figure's number before the letter.
_NUMBERED: Final = re.compile(
    r"(?<![\w.–-])(?P<open>\()?(?:[Ff]ig(?:ure|\.)? ?)?(?P<number>\d{1,2})(?P<letter>[A-Za-z])"
    r"(?(open)\)|(?:[.:)](?= )|,?(?= [A-Z][a-z])))"
)
_MAY_BE_NUMBERED: Final = re.compile(r"\d[Aa](?!\w)")  # quick to look for
_NO_NUMBERED: Final = re.compile(
    r"\b(?:in|from|of|see|to|with|as|than|and|or|by|chromosomes?|types?|schemes?|clusters?|lanes?|stages?) \(?$"
)
_FIRST_POSITIONED: Final = re.compile(
    r"(?:Upper|Top|Lower|Bottom|Middle|Cent|Left|Right|First|Second|Third)[^.;]{0,20}[:,]"
)
_POSITIONED: Final = (  # quick tests of which a position needs to pass one
    re.compile(
        r"\((?:[Tt]he )?(?:[Uu]pper|[Tt]op|[Ll]ower|[Bb]ottom|[Mm]iddle|[Cc]ent|[Ll]eft|[Rr]ight|[Ff]irst|[Ss]econd|[Tt]hird)"
    ),
    re.compile(rf" (?<=[.;:] ){_FIRST_POSITIONED.pattern}"),
)
_JOINT: Final = re.compile(r" ?(?:, ?(?:and |& )?|and |& ?|[–—-] ?|to |)")
_JOINED: Final = re.compile(r" ?(?:[,;/&] ?|,? ?(?:and|or) ?|(?P<range>[–—-]|to|through) ?)?(?:and |& )?")
_SEPARATORS: Final = re.compile(r" ?[,;/&+–—-] ?(?:and |or )?| (?:and|or|to|through) ")
_CLAUSE: Final = re.compile(r"[.,;:] ?$")
_LABEL_LAST: Final = re.compile(rf"[.:;)] (?P<list>{LIST})[.:)]? ?$")
_AROUND: Final = " ().:,;"  # what may be emphasised along with a label
_LONGEST: Final = 80  # code points of an emphasised list of labels
FIRM_FORMS: Final = ("bracket", "half", "panel", "bold")  # ways of writing that make a letter a label by themselves


def find_markers(text: str, bold: Sequence[Span], widely: bool = False) -> list[Marker]:
    """Find all places that may be labels, in order; of two that overlap the one of the firmer form, which is read first.

    Args:
        text: the caption.
        bold: spans that the markup emphasises.
        widely: look also in the middle of sentences for letters without brackets.
    """
    out: list[Marker] = []
    used = bytearray(len(text))  # 1 at characters of a marker
    subpanels = "-ii" in text and SUBPANELS.search(text) is not None
    widest = _widest(text) if widely else ()
    for start, end, said, form in itertools.chain(_firm(text, bold, subpanels), _loose(text), widest):
        if used.find(1, start, end) >= 0:
            continue
        labels = expand(said, subpanels)
        if labels and not (form == "bracket" and _is_sum(labels)):
            out.append(Marker(start, end, labels, form))
            used[start:end] = b"\1" * (end - start)
    return _joined(text, sorted(out))


def most_common(forms: Sequence[str]) -> str:
    """Return the most frequent of some ways of writing; of equal ones the first."""
    first = forms[0]
    if forms.count(first) * 2 >= len(forms):
        return first
    return Counter(forms).most_common(1)[0][0]


@lru_cache(maxsize=4096)
def _is_sum(labels: tuple[str, ...]) -> bool:
    """Return whether a list is that of "(n + 1)"."""
    return len(labels) > 1 and any(x.isdigit() for x in labels) and any(x.isalpha() for x in labels)


def _firm(text: str, bold: Sequence[Span], subpanels: bool) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, list of labels, form) of what is written after "panel", in brackets or in bold."""
    if "anel" in text:
        for m in _PANEL_WORD.finditer(text):
            yield m.start(), m.end(), m["list"] or m["bare"], "panel"
    for m in (_BRACKETED if "[" in text else _ROUND).finditer(text):
        yield m.start(), m.end(), m["list"], "bracket"
    for m in _IN_BRACKETS.finditer(text):
        if m["list"] is not None:
            start = _own_start(m, subpanels)
            yield start, m.end(), text[start : m.end("list")], "inner"
        else:
            yield m.start(), m.end(), m["head"], "opening"
    if text.count(")") > text.count("("):
        for m in _HALF.finditer(text):
            start = _own_start(m, subpanels)
            yield start, m.end(), text[start : m.end("list")], "half"
    for start, end, stop in emphasised_labels(text, bold) if bold else ():
        yield start, stop, text[start:end], "bold"


def _loose(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield the same of what begins a sentence."""
    marked: list[int] = []
    others: list[int] = []
    for m in _PLACE.finditer(text):
        (others if m.lastindex is None else marked).append(m.start())
    word = text[1:2].isalpha() and text[1] not in "ivxIVX"  # begins the text, and no label
    for first, later, form in _LOOSE:
        found = _matches(later, text, marked)
        if not word and (begins := first.match(text)) is not None:
            found.insert(0, begins)
        for m in found:
            said = _own_list(m["list"]) if form == "bare" else m["list"]
            if said == m["list"]:
                yield m.start("list"), m.end(), said, form
            else:  # "B, A screen shows …"
                yield m.start("list"), m.start("list") + len(said) + 1, said, "comma"
    for m in _matches(_UNSTOPPED, text, others):
        if not _NAMED_BY_LETTER.search(text[max(m.start() - 16, 0) : m.start() + 1]):
            yield m.start("list"), m.end(), m["list"], "unstopped"
    for m in (_GLUED if ";" in text or "?" in text or "!" in text else _GLUED_TO_STOP).finditer(text):
        yield m.start("list"), m.end(), m["list"], "glued"


def _matches(pattern: re.Pattern[str], text: str, places: Sequence[int]) -> list[re.Match[str]]:
    """Find the matches that begin at some places and do not overlap."""
    end = 0
    out = []
    for at in places:
        if at >= end and (m := pattern.match(text, at)) is not None:
            end = m.end()
            out.append(m)
    return out


def _widest(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield the same of letters in the middle of sentences."""
    for m in _ENUMERATED.finditer(text):
        yield m.start("list"), m.end(), m["list"], "enumerated"
    for m in _FREE.finditer(text):
        yield m.start("list"), m.end(), m["list"], "free"


def find_positions(text: str) -> list[Marker]:
    """Find panels that are named by their position."""
    if not _FIRST_POSITIONED.match(text) and not any(p.search(text) for p in _POSITIONED):
        return []
    places = [
        (m.start("bare") if m["bare"] else m.start(), m.end(), position(m["list"] or m["bare"]))
        for m in _POSITION.finditer(text)
    ]
    return [Marker(start, end, (label,), "position") for start, end, label in places if label]


def find_numbered(text: str) -> list[Marker]:
    """Find labels that are written with the figure's number, if they are a series from A: "2A … 2B"; none otherwise.

    Mentions of panels of figures ("as in Fig. 2A") and what else is written so (chromosomes) are no series.
    """
    if not _MAY_BE_NUMBERED.search(text):
        return []
    found: dict[str, list[Marker]] = {}
    for m in _NUMBERED.finditer(text):
        if not _NO_NUMBERED.search(text, max(m.start() - 14, 0), m.start()):
            form = "bracket" if m["open"] else "numbered"
            found.setdefault(m["number"], []).append(Marker(m.start(), m.end(), (m["letter"],), form))
    for markers in found.values():
        letters = [m.labels[0] for m in markers]
        if len(letters) > 1 and "".join(letters) in f"{ascii_uppercase} {ascii_lowercase}" and letters[0] in "Aa":
            return markers
    return []


def _own_start(m: re.Match[str], subpanels: bool) -> int:
    """Return where the list of a half bracket begins: in "N = 4, B)" the 4 is no label."""
    said, start = m["list"], m.start("list")
    while True:
        labels = expand(said, subpanels)
        numbers = [k.number for x in labels for k in kinds(x)[:1]]
        alike = labels and set.intersection(*({k.name.rstrip("+") for k in kinds(x)} for x in labels))
        if len(labels) < 2 or (alike and numbers == sorted(numbers)):
            return start
        cut = _SEPARATORS.search(said)
        if cut is None:
            return start
        start, said = start + cut.end(), said[cut.end() :]


def _own_list(said: str) -> str:
    """Return what of a list is one: in "B, A screen" the A is no label, nor is the G1 in "C-D, G1 expression"."""
    while "," in said:
        labels = expand(said)
        last = {k.name for x in labels[-1:] for k in kinds(x)}
        if not labels or (labels[-1] not in "Aa" and last & {k.name for k in kinds(labels[0])}):
            return said
        said = said[: said.rindex(",")]
    return said


def _joined(text: str, markers: Sequence[Marker]) -> list[Marker]:
    """Make one marker of labels that are a list: "(a) and (b)", "(a), (b)", "(a)–(c)".

    A list whose labels all stand alone elsewhere only names them again, and is dropped; if they follow at once, it says
    what they share and is kept: "(D)–(F) vertebrae, (D) third, (E) fourth, (F) fifth".
    """
    if not any(_continues(text, a, b) for a, b in itertools.pairwise(markers)):
        return list(markers)
    lists: list[list[Marker]] = []
    had: set[str] = set()  # labels of the last list
    for m in markers:
        if lists and _continues(text, lists[-1][-1], m) and had.isdisjoint(m.labels):
            lists[-1].append(m)
        else:
            lists.append([m])
            had = set()
        had.update(m.labels)
    alone = {label for run in lists if len(run) == 1 for label in run[0].labels}
    out: list[Marker] = []
    for run, later in itertools.zip_longest(lists, lists[1:]):
        following = later[0] if later else None
        if len(run) == 1:
            out.append(run[0])
            continue
        if alone.issuperset(label for m in run for label in m.labels) and not _heads(text, run, following):
            continue
        labels: list[str] = []
        for n, m in enumerate(run):
            joint = _JOINED.fullmatch(text, run[n - 1].end, m.start) if n else None
            if joint is not None and joint["range"]:
                labels += expand(f"{labels[-1]}–{m.labels[0]}")
            labels += m.labels
        out.append(Marker(run[0].start, run[-1].end, tuple(dict.fromkeys(labels)), run[0].form))
    return out


def _heads(text: str, run: Sequence[Marker], following: Marker | None) -> bool:
    """Return whether a list begins a clause whose words are about the labels that follow it."""
    start, end = run[0].start, run[-1].end
    if following is None or following.labels != run[0].labels:
        return False
    if start and not _CLAUSE.search(text, max(start - 2, 0), start):
        return False
    return len(text[end : following.start].split()) > 1


def _continues(text: str, last: Marker, m: Marker) -> bool:
    """Return whether a marker continues the list that ends with another one."""
    if not last.end <= m.start < last.end + 12 or last.form != m.form or m.form not in FIRM_FORMS:
        return False
    if not _JOINED.fullmatch(text, last.end, m.start):
        return False
    return any(a.name == b.name and a.number < b.number for a in kinds(last.labels[-1]) for b in kinds(m.labels[0]))


def emphasised_labels(text: str, emphasis: Sequence[Span]) -> list[tuple[int, int, int]]:
    """Find emphasised spans that are labels, and join those of one list ("**a**, **b**", "**a**–**f**").

    Spans count as far as they are in the text. Returns their starts, their ends, and the ends of the stop or colon that
    is emphasised along with them.
    """
    out: list[tuple[int, int, int]] = []
    for first, last in sorted([(x, y) for a, b in emphasis if (x := max(a, 0)) < (y := min(b, len(text)))]):
        if last - first > _LONGEST or not expand(text[first:last].strip(_AROUND)):
            label = _LABEL_LAST.search(text, max(first, last - _LONGEST), last)  # "Figure 1. A"
            if label is None:
                continue
            first = label.start("list")
        said = text[first:last]
        start = first + len(said) - len(said.lstrip(_AROUND))
        end = first + len(said.rstrip(_AROUND))
        if start >= end or not expand(text[start:end]):
            continue
        stop = end + 1 if end < last and text[end] in ".:" else end
        if out and start >= out[-1][2]:
            begin = out[-1][0]
            if _JOINT.fullmatch(text, out[-1][2], start) and expand(text[begin:end]):
                out[-1] = (begin, end, stop)
                continue
        if not out or start >= out[-1][2]:
            out.append((start, end, stop))
    return out
