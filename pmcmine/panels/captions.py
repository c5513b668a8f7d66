"""Captions to panels: which words of a caption describe which panel, as offsets into the caption.

Deterministic and without a model: labels are found in all the ways that they are written, a series of them is chosen
that begins at A, a, 1 or i and has no gaps, and its place before or after the words decides where each panel's words
begin and end.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pmcmine.panels.labels import LABEL, LIST, SUBPANELS, expand, kinds, position, series

_EDGE: Final = 24  # code points at the end of a span that may be connecting words
_READ: Final = 20_000  # code points of a caption; the rest is shared text
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PanelText:
    """What a caption says of one panel.

    Attributes:
        label: as the caption writes it, without brackets.
        spans: code points of the caption, in order; several panels may share one span.
        confidence: 0 to 1, by how the labels are written and whether they are a series.
    """

    label: str
    spans: tuple[Span, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class SplitCaption:
    """A caption's panels, in order of their labels, and the text that all share."""

    panels: tuple[PanelText, ...]
    shared: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Marker:
    """A place that may be a label: of the labels, from start to end, in a way of writing."""

    start: int
    end: int
    labels: tuple[str, ...]
    form: str


_BRACKETED: Final = re.compile(
    rf"[(\[]\s?(?:(?:[Pp]anels?|[Pp]arts?|[Ff]igs?\.?|[Ff]igures?|[Mm]ap|[Pp]lot|[Gg]raph|[Ii]mage) )?(?P<list>{LIST})(?:\s?[:.])?\s?[)\]]"
)
_IN_BRACKETS: Final = re.compile(
    rf"\([^()]{{1,60}}[:;,] ?(?P<list>{LABEL})\)|\((?P<head>{LIST})[:;,] ?[^()]{{3,200}}\)"
)
_HALF: Final = re.compile(rf"(?<![\w(\[{{])(?P<list>{LIST})\)(?=[\s:])")
# A literal space first: the engine skips to it, where a lookbehind first would be tried at each character.
_DOTTED: Final = re.compile(rf" (?<=[.;:,!?)] )(?P<list>{LIST})(?P<mark>[.:]|\s?[–—-])(?= )")
_DOTTED_FIRST: Final = re.compile(rf"(?P<list>{LIST})(?P<mark>[.:]|\s?[–—-])(?= )")
# "A, Cells at rest. B, Cells in motion."
_COMMA_NEXT: Final = r",(?= [A-Z\d“(αβγδΔ])(?! [A-Za-z\d]{1,2}[ ,])"
_COMMA: Final = re.compile(rf" (?<=[.!?)] )(?P<list>{LIST}){_COMMA_NEXT}")
_COMMA_FIRST: Final = re.compile(rf"(?P<list>{LIST}){_COMMA_NEXT}")
# The title or the words of the panel before lack their full stop: "Survey of the plots A: Maps. B: Counts."
_UNSTOPPED: Final = re.compile(
    rf" (?<=[^\s.;:,!?(\[–—-] )(?=[A-Za-z])(?P<list>{LIST})(?P<mark>[.:])(?= [A-Z\d“(αβγδΔ])"
)
_MAY_BE_UNSTOPPED: Final = re.compile(r"[ –-][A-Za-z](?:\d{1,2}|['′’″]{1,2})?[.:] [A-Z\d“(αβγδΔ]")  # quick to look for
_NAMED_BY_LETTER: Final = re.compile(
    r"\b(?:vitamins?|hepatitis|influenza|types?|(?:sub)?groups?|class(?:es)?|grades?|phases?|stages?|steps?|lanes?|factors?|proteins?|"
    r"tables?|fig(?:ure|\.)?s?|cases?|patients?|models?|regions?|sites?|clusters?|clades?|categor(?:y|ies)|days?|arms?|zones?|"
    r"and|or|to|of|in|the|for|with|vs|versus) $",
    re.IGNORECASE,
)
_BARE_NEXT: Final = r"(?= [A-Z\d“‘\"'(αβγδΔ*]| [a-z]{2,})"
_BARE: Final = re.compile(rf" (?<=[.;:!?)’”,] )(?P<list>{LIST}){_BARE_NEXT}")
_BARE_FIRST: Final = re.compile(rf"(?P<list>{LIST}){_BARE_NEXT}")
_PANEL_WORD: Final = re.compile(rf"\b[Pp]anels? (?:\((?P<list>{LIST})\)|(?P<bare>{LIST})(?=[\s:,.;)]))")
_POSITION: Final = re.compile(
    r"\((?P<list>(?:the )?(?:upper|top|lower|bottom|middle|center|centre|central|left|right|first|second|third)"
    r"(?:[ -](?:left|right|middle|center|centre))?(?: (?:panels?|images?|rows?|columns?|graphs?|plots?))?)\)"
    r"|(?:^| (?<=[.;:] ))(?P<bare>(?:Upper|Top|Lower|Bottom|Middle|Center|Centre|Left|Right|First|Second|Third)"
    r"(?:[ -](?:left|right))?(?: (?:panels?|images?|rows?|columns?|graphs?|plots?))?)(?=[:,])",
)
_POSITIONED: Final = re.compile(  # what a place needs, quick to look for
    r"\((?:the )?(?:upper|top|lower|bottom|middle|cent|left|right|first|second|third)"
    r"|(?:^| )(?:Upper|Top|Lower|Bottom|Middle|Center|Centre|Left|Right|First|Second|Third)[^.;]{0,20}[:,]"
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])[)\]”’\"']? +(?=[(\[“‘\"']?[A-Z0-9*†‡#αβγδΔ])")
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:[Ff]igs?|[Tt]abs?|[Rr]efs?|[Nn]os?|vs|cv|cvs|var|subsp|ssp|spp?|approx|ca|et al|e\.g|i\.e|[A-Z]|st|Dr|min|max|resp|Eq|"
    r"St|Ex|Em|ext|Supp?l|inc|Inc|Ltd|Co|cf|etc|rel|conc|pv|sec|hr?s?))\.$"
)
# Sentences that speak of all panels: statistics, bars, abbreviations, symbols.
_SHARED: Final = re.compile(
    r"^(?:(?:(?:All |The |Each |Different |Same |These )?(?:scale )?bars?(?: represent| indicate| show| denote|[:=,]| =)|scale\b|(?:the )?(?:error|vertical) bars?)"
    r"|(?:data|values?|results?|statistic\w*|significan\w*|asterisks?|stars?|(?:different |the same |same )(?:lower\w* |small |upper\w* |capital )?letters?|"
    r"letters?|abbreviations?|experiments?|the experiments?|each (?:value|bar|point|data|experiment|column|box|symbol|dot|treatment)|means?|columns?|"
    r"n ?[=:]|ns\b|p ?[<=>]|similar results|magnification|original magnification|one-way|two-way|student|tukey|notes?|sources?|adapted|reproduced|modified from|"
    r"for (?:each|all|details|further|interpretation)|in (?:all|each|both) |all (?:data|values|experiments|images|panels|samples|results|measurements|figures|plots)|both |the data|the values?|the results?|"
    r"the (?:asterisks?|letters|x-?axis|y-?axis|error)|symbols?|abbreviation)\b|\*|†|‡|#)",
    re.IGNORECASE,
)
_ABBREVIATION: Final = re.compile(r"^[A-Z][A-Za-z0-9./+-]{0,12}(?: \d)?(?:,|:| =| –| -) ?[a-z]")
_CONNECT: Final = re.compile(r"^(?:[\s,;:.)\]–—-]|and\b|or\b|as well as\b|while\b|whereas\b|in\s*$|respectively\b)+")
_TRAILING: Final = re.compile(r"(?:[\s,;:.(\[–—-]|\band|\bor|\bas well as|\bwhile|\bwhereas)+$")
_TRAILING_WORDS: Final = ("and", "or", "as well as", "while", "whereas")
_PREPOSITION: Final = re.compile(
    r"\b(?:of|in|on|for|with|by|from|to|at|between|during|using|under|after|show(?:s|ing)?|include[sd]?|including|against|versus|via|within|into|are|is|as|following|than)\s+", re.IGNORECASE
)  # fmt: skip
_REFERENCE: Final = re.compile(r"\b(?:in|from|of|see|to|with|as|than|panels?|figs?\.?|figures?|and)\s*$", re.IGNORECASE)
_LETTERS: Final = re.compile(r"\b(?:letters?|lanes?|steps?|eqs?\.?|equations?) $", re.IGNORECASE)
_MODELS: Final = re.compile(r"\bmodels? $", re.IGNORECASE)
_GRAPHS: Final = re.compile(
    r"\b(?:graphs?|panels?|pictures?|photos?|photographs?|images?|plots?|figures?|diagrams?)$", re.IGNORECASE
)
_LEADING: Final = re.compile(
    r"\b(?:with|of|for|on|in|by|are|is|were|to|between|from|includes?|including|show|shows|showing|at)$", re.IGNORECASE
)
_COMPOUNDS: Final = re.compile(r"\b(?:structures? of|compounds?|synthesis|reagents|synthetic)\b", re.IGNORECASE)
_MEASURE: Final = re.compile(r"(?:[µμ]m|\bmm|\bcm|\bnm|\b[Bb]ars?[:,]?|[×x] ?\d+) ?$")
_AGAIN: Final = re.compile(
    rf"^(?:In |For |Panels? )?(?P<list>{LIST})(?=[,:;]| (?:and|are|is|show|represent|were|was|scale|bars?)\b)"
)
_AGAIN_APART: Final = re.compile(rf"[^.(]{{0,40}}\({LIST}\)(?:,? and |, ?| ?[–-] ?| to )\({LIST}\)")
_JOINT: Final = re.compile(r" ?(?:, ?(?:and |& )?|and |& ?|[–—-] ?|to |)")
_JOINED: Final = re.compile(r" ?(?:[,;/&] ?|,? ?(?:and|or) ?|(?P<range>[–—-]|to|through) ?)?(?:and |& )?")
_SEPARATORS: Final = re.compile(r" ?[,;/&+–—-] ?(?:and |or )?| (?:and|or|to|through) ")
_AROUND: Final = " ().:,;"  # what may be emphasised along with a label
_FIRM: Final = ("bracket", "half", "panel", "bold")  # ways of writing that make a letter a label by themselves
_STRENGTH: Final = {
    "bracket": 0.95,
    "half": 0.85,
    "bold": 0.9,
    "dotted": 0.8,
    "unstopped": 0.7,
    "bare": 0.8,
    "panel": 0.85,
    "inner": 0.75,
    "position": 0.7,
}


def split_caption(text: str, bold: Sequence[Span] = ()) -> SplitCaption:
    """The panels of a caption.

    Args:
        text: the caption.
        bold: spans that the markup sets in bold or italics; a label there needs no brackets.
    """
    whole = text
    text = text[:_READ]
    markers = _choose(_markers(text, bold), text)
    if not markers:
        return SplitCaption((), ((0, len(whole)),) if whole else ())
    found: dict[str, list[Span]] = {}
    for marker, span in zip(markers, _filled(_spans(text, markers)), strict=True):
        if span is None:
            continue
        for label in marker.labels:
            found.setdefault(label, []).append(span)
    forms = Counter(m.form for m in markers)
    confidence = _STRENGTH[forms.most_common(1)[0][0]]
    panels = []
    for label, spans in found.items():
        main = max(spans, key=lambda s: (s[1] - s[0], -s[0]))
        panels.append(PanelText(label, (main,), confidence if main[1] - main[0] > 2 else round(confidence / 2, 3)))
    taken = sorted({s for p in panels for s in p.spans} | {(m.start, m.end) for m in markers})
    return SplitCaption(tuple(sorted(panels, key=_order)), _gaps(taken, len(whole)))


def _filled(spans: Sequence[Span | None]) -> list[Span | None]:
    """Give a label without words those of the label before it, or else of the one after it."""
    full = [s if s is not None and s[0] < s[1] else None for s in spans]
    out: list[Span | None] = []
    for n, span in enumerate(full):
        before = next((s for s in reversed(full[:n]) if s is not None), None) if span is None else None
        after = next((s for s in full[n + 1 :] if s is not None), None) if span is None and before is None else None
        out.append(span or before or after)
    return out


def _order(panel: PanelText) -> tuple[str, int, int]:
    found = kinds(panel.label)
    if not found:
        return ("~", 0, panel.spans[0][0])
    name, number = found[0].name, found[0].number
    return (name.rstrip("+"), number if name.endswith("+") else number * 100, 0)


def _gaps(taken: Sequence[Span], end: int) -> tuple[Span, ...]:
    """What no span covers."""
    out, at = [], 0
    for a, b in [*taken, (end, end)]:
        if a > at:
            out.append((at, a))
        at = max(at, b)
    return tuple(out)


def _markers(text: str, bold: Sequence[Span]) -> list[_Marker]:
    """All places that may be labels, in order."""
    out: dict[int, _Marker] = {}
    used = bytearray(len(text))  # where a marker is
    subpanels = "-ii" in text and SUBPANELS.search(text) is not None

    def labels_of(said: str) -> tuple[str, ...]:
        return expand(said, subpanels)

    def add(start: int, end: int, labels: tuple[str, ...], form: str) -> None:
        if labels and used.find(1, start, end) < 0:
            out[start] = _Marker(start, end, labels, form)
            used[start:end] = b"\1" * (end - start)

    if "anel" in text:
        for m in _PANEL_WORD.finditer(text):
            add(m.start(), m.end(), labels_of(m["list"] or m["bare"]), "panel")
    for m in _BRACKETED.finditer(text):
        add(m.start(), m.end(), labels_of(m["list"]), "bracket")
    for m in _IN_BRACKETS.finditer(text):
        if m["list"] is not None:
            add(m.start("list"), m.end(), labels_of(m["list"]), "inner")
    if text.count(")") > text.count("("):
        for m in _HALF.finditer(text):
            start = _own_start(m, subpanels)
            add(start, m.end(), labels_of(text[start : m.end("list")]), "half")
    for start, end in _lists(text, bold):
        add(start, end, labels_of(text[start:end]), "bold")
    for first, later, form in (
        (_DOTTED_FIRST, _DOTTED, "dotted"),
        (_COMMA_FIRST, _COMMA, "dotted"),
        (_BARE_FIRST, _BARE, "bare"),
    ):
        begins = first.match(text)
        for m in itertools.chain((begins,) if begins else (), later.finditer(text)):
            add(m.start("list"), m.end(), labels_of(m["list"]), form)
    for m in _UNSTOPPED.finditer(text) if _MAY_BE_UNSTOPPED.search(text) else ():
        if not _NAMED_BY_LETTER.search(text[max(m.start() - 16, 0) : m.start() + 1]):
            add(m.start("list"), m.end(), labels_of(m["list"]), "unstopped")
    if _POSITIONED.search(text):
        for m in _POSITION.finditer(text):
            label = position(m["list"] or m["bare"])
            add(m.start("bare") if m["bare"] else m.start(), m.end(), (label,) if label else (), "position")
    return _joined(text, [out[k] for k in sorted(out)])


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


def _joined(text: str, markers: Sequence[_Marker]) -> list[_Marker]:
    """Make one marker of labels that are a list: "(a) and (b)", "(a), (b)", "(a)–(c)".

    A list whose labels all stand alone elsewhere only names them again, and is dropped.
    """
    if len(markers) < 2:
        return list(markers)
    lists: list[list[_Marker]] = []
    for m in markers:
        if lists and _continues(text, lists[-1], m):
            lists[-1].append(m)
        else:
            lists.append([m])
    alone = {label for run in lists if len(run) == 1 for label in run[0].labels}
    out: list[_Marker] = []
    for run in lists:
        if len(run) > 1 and alone.issuperset(label for m in run for label in m.labels):
            continue
        labels: list[str] = []
        for n, m in enumerate(run):
            joint = _JOINED.fullmatch(text, run[n - 1].end, m.start) if n else None
            if joint is not None and joint["range"]:
                labels += expand(f"{labels[-1]}–{m.labels[0]}")
            labels += m.labels
        out.append(_Marker(run[0].start, run[-1].end, tuple(dict.fromkeys(labels)), run[0].form))
    return out


def _continues(text: str, run: Sequence[_Marker], m: _Marker) -> bool:
    """Return whether a marker continues a list of markers."""
    last = run[-1]
    if last.form != m.form or m.form not in _FIRM or not last.end <= m.start < last.end + 12:
        return False
    if not _JOINED.fullmatch(text, last.end, m.start) or any(set(o.labels) & set(m.labels) for o in run):
        return False
    return any(a.name == b.name and a.number < b.number for a in kinds(last.labels[-1]) for b in kinds(m.labels[0]))


def _lists(text: str, emphasis: Sequence[Span]) -> list[Span]:
    """The emphasised spans that are labels, those of one list ("**a**, **b**", "**a**–**f**") in one."""
    out: list[Span] = []
    for start, end in sorted(emphasis):
        said = text[start:end]
        start += len(said) - len(said.lstrip(_AROUND))
        end = start + len(said.strip(_AROUND))
        if start >= end or not expand(text[start:end]):
            continue
        if out and start >= out[-1][1]:
            begin = out[-1][0]
            if _JOINT.fullmatch(text, out[-1][1], start) and expand(text[begin:end]):
                out[-1] = (begin, end)
                continue
        if not out or start >= out[-1][1]:
            out.append((start, end))
    return out


def _choose(markers: Sequence[_Marker], text: str) -> list[_Marker]:
    """The markers of the best series of labels; none where there is none."""
    square = [m for m in markers if text[m.start] == "["]
    best: tuple[float, list[_Marker]] = (0.0, [])
    for some in (markers, square) if len(square) > 1 else (markers,):
        present = {k.name for m in some for label in m.labels for k in kinds(label)}
        firm_only = all(m.form in _FIRM for m in some if m.form != "position")
        for name in ("upper", "lower", "upper+", "lower+", "roman", "digit"):
            if name not in present:
                continue
            for loose in (False,) if firm_only else (False, True):
                chosen = _series(some, name, text, loose)
                labels = {label for m in chosen for label in m.labels}
                if len(labels) < 2 or (name in ("roman", "digit") and best[0] > 0):
                    continue
                firm = sum(m.form in (*_FIRM, "inner") for m in chosen)
                score = (
                    len(labels) + 0.2 * min(firm, len(labels)) - (0.5 if loose else 0) + (0.3 if some is square else 0)
                )
                if score > best[0]:
                    best = (score, chosen)
    if best[1]:
        return _without_references(best[1], text)
    positions = [m for m in markers if m.form == "position"]
    names = {m.labels[0] for m in positions}
    pairs = (("left", "right"), ("top", "bottom"), ("upper", "lower"), ("first", "second"), ("top left", "top right"))
    return positions if any(set(p) <= names for p in pairs) else []


def _without_references(markers: Sequence[_Marker], text: str) -> list[_Marker]:
    """Without those that only name again, within a sentence, a panel that was named with others before it."""
    out: list[_Marker] = []
    seen: set[str] = set()
    grouped: set[str] = set()
    for m in markers:
        begins = _begins_sentence(text, m.start)
        again = set(m.labels) <= seen
        near = text[max(m.start - 12, 0) : m.start]
        if again and _MEASURE.search(near):
            continue  # "10 µm (b, f)" tells of a bar
        if again and not begins and (set(m.labels) <= grouped or _REFERENCE.search(near)):
            continue
        out.append(m)
        seen |= set(m.labels)
        if len(m.labels) > 1:
            grouped |= set(m.labels)
    return out


def _begins_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip()
    return not before or before[-1] in ".;:!?"


@lru_cache(maxsize=4096)
def _sorts(labels: tuple[str, ...]) -> frozenset[str]:
    """Sorts of label that a list may be of; for numbered letters it is enough that one of them has a number."""
    names = [{k.name for k in kinds(x)} for x in labels]
    every = set.intersection(*names)
    base = set.intersection(*({n.rstrip("+") for n in some} for some in names))
    some = {n for n in set.union(*names) if n.endswith("+") and n.rstrip("+") in base}
    return frozenset({n for n in every if not n.endswith("+")} | some)


def _series(markers: Sequence[_Marker], name: str, text: str, loose: bool) -> list[_Marker]:
    """Markers of one sort of label. Letters without brackets count only where the series wants them next."""
    mine = [m for m in markers if m.form != "position" and name in _sorts(m.labels)]
    if mine and name.endswith("+"):  # "A1, A2, B"
        mine = [m for m in markers if m.form != "position" and {name, name.rstrip("+")} & _sorts(m.labels)]
    out: list[_Marker] = []
    seen: set[str] = set()
    had: set[int] = set()
    following = 0
    compounds = name == "digit" and _COMPOUNDS.search(text) is not None
    stopped = _stopped(text, mine, name) if any(m.form == "unstopped" for m in mine) else {}
    for n, m in enumerate(mine):
        numbers = [k.number for x in m.labels for k in kinds(x) if k.name == name]
        firm = m.form in _FIRM
        if not firm:
            if not loose or name in ("digit", "roman") or not numbers or min(numbers) != following:
                continue
            if (
                m.form == "bare"
                and name == "upper"
                and (min(numbers) == 0 and text[m.end : m.end + 1] == " " and not text[m.end + 1 : m.end + 2].isupper())
            ):
                continue  # "A mouse" begins a sentence
            if m.form == "unstopped" and not _expected(text, m, n, stopped, name, following):
                continue
        if _LETTERS.search(text[max(m.start - 24, 0) : m.start]):
            continue  # "marked by letters (A-D)"
        if m.form not in ("bracket", "half") and _MODELS.search(text[max(m.start - 24, 0) : m.start]):
            continue  # "model A"
        if compounds:
            continue
        if name == "digit" and m.form == "bracket" and text[m.end : m.end + 1].isalnum():
            continue
        if seen >= set(m.labels) and _REFERENCE.search(text[max(m.start - 12, 0) : m.start]) and not firm:
            continue
        out.append(m)
        seen |= set(m.labels)
        had |= set(numbers)
        while following in had:
            following += 1
    if name == "digit" and len(out) < 2:
        return []  # "(1, 2)" is a citation
    run = series(seen, name)
    return [m for m in out if set(m.labels) <= run]


def _stopped(text: str, markers: Sequence[_Marker], name: str) -> dict[tuple[int, str], int]:
    """Return for the number and the mark of each label with a stop before it its last place among the markers."""
    return {
        (k.number, text[m.end - 1]): n
        for n, m in enumerate(markers)
        if m.form == "dotted"
        for k in kinds(m.labels[0])
        if k.name == name
    }


def _expected(text: str, m: _Marker, n: int, stopped: Mapping[tuple[int, str], int], name: str, number: int) -> bool:
    """Return whether a label without a full stop before it, at place n, is the one that its series lacks."""
    mark = text[m.end - 1]
    if (number and mark == ":") or (number > 1 and name == "lower"):
        return True
    return stopped.get((number + len(m.labels), mark), -1) > n


def _word_after(text: str, at: int) -> str:
    m = re.match(r"\s*([^\s,.;:)]*)", text[at : at + 40])
    return m[1] if m else ""


_AFTER_SUFFIX: Final = frozenset(
    "and or as of in was were is are with for at on to during from by versus vs under respectively compared can".split()
)


def _votes(text: str, m: _Marker, last: bool) -> float:
    """How much speaks for a label that stands after what it names (above 0) or before it (below)."""
    if m.form in ("dotted", "bare", "unstopped"):
        return -3.0
    if m.form == "inner":
        return 3.0
    rest = text[m.end :]
    stripped = rest.lstrip(" ")
    ends = not stripped or stripped[0] in ",.;)" or not rest.startswith((" ", ":"))
    if m.start == 0:
        return -3.0
    before = text[max(m.start - 60, 0) : m.start].rstrip() or "."
    if before[-1] in ".;:!?(":
        return 0.5 if ends else -2.5
    if before[-1] == "," and not ends:
        return -2.0
    if _GRAPHS.search(before):
        return -2.5
    if before[-1] == "," or before.endswith((" and", " or")):
        return 0.5 if ends else -1.0
    if ends:
        return 2.5 if not last or stripped.strip(" .;)") else 3.0
    if _LEADING.search(before):
        return -1.0
    return 1.5 if _word_after(text, m.end) in _AFTER_SUFFIX else -0.2


def _spans(text: str, markers: Sequence[_Marker]) -> list[Span | None]:
    """Where each marker's words stand: after it or before it, as most of them do, but for those that are sure."""
    votes = [_votes(text, m, i == len(markers) - 1) for i, m in enumerate(markers)]
    suffix = sum(votes) > 0
    modes = [v > 0 if abs(v) >= 1.5 or (v > 0) == suffix else suffix for v in votes]
    if suffix or not any(modes):
        modes = [suffix] * len(markers) if not suffix else [v > -2 for v in votes]
    out: list[Span | None] = []
    prefixed = [m for m, after in zip(markers, modes, strict=True) if not after]
    listed = _is_list(text, prefixed) if len(prefixed) > 1 else False
    at = 0
    for i, (m, after) in enumerate(zip(markers, modes, strict=True)):
        following = markers[i + 1] if i + 1 < len(markers) else None
        if after:
            out.append(_suffix_span(text, m, at, following, fresh=i == 0 or not modes[i - 1]))
        else:
            end = following.start if following is not None else len(text)
            if following is not None and modes[i + 1]:
                parts = sentences(text, m.end, following.start)
                end = parts[-1][0] if len(parts) > 1 else end
            span = _trim(text, m.end, end)
            if following is None:
                span = _last_prefix(text, span, listed, out)
            elif span[0] < span[1]:
                span = _trim(text, span[0], _without_shared(text, span, last=False))
            out.append(span)
        at = m.end
    return out


def _trim(text: str, start: int, end: int) -> Span:
    """Without connecting words and punctuation at the edges; closing brackets stay with their opening ones."""
    lead = _CONNECT.match(text[start:end])
    if lead:
        start += lead.end()
    while end > start:
        if text[end - 1].isalnum() and not text.endswith(_TRAILING_WORDS, start, end):
            break
        near = max(start, end - _EDGE)
        tail = _TRAILING.search(text[near:end])
        if not tail or near + tail.start() in (start, end):
            break
        end = near + tail.start()
    return (start, max(end, start))


def sentences(text: str, start: int, end: int) -> list[Span]:
    """Sentences between two places."""
    out, at = [], start
    for m in _SENTENCE.finditer(text, start, end):
        if _ABBREVIATED.search(text[max(at, m.start() - 12) : m.start()]):
            continue
        out.append((at, m.start()))
        at = m.end()
    if at < end:
        out.append((at, end))
    return out


def _is_list(text: str, markers: Sequence[_Marker]) -> bool:
    """Whether the panels are items of one sentence rather than sentences."""
    inner = [text[a.end : b.start].rstrip() for a, b in itertools.pairwise(markers)]
    if not inner:
        return False
    ended = sum(t.endswith((".", "!", "?")) or bool(sentences(text, 0, 0)) for t in inner)
    return ended * 2 < len(inner) and all(len(t) < 250 for t in inner)


def _last_prefix(text: str, span: Span, listed: bool, before: Sequence[Span | None]) -> Span:
    """The last panel's words: the caption's tail that speaks of all panels is left away."""
    start, end = span
    if not listed or start >= end:
        return _trim(text, start, _without_shared(text, span))
    stop = sentences(text, start, end)[0][1]
    items = [text[s[0] : s[1]] for s in before if s is not None]
    longest = max((len(x.split()) for x in items), default=0)
    if items and longest <= 10:
        for sign in (";", ","):
            place = text.find(sign, start, stop)
            if place > 0 and not any(sign in x for x in items) and len(text[start:place].split()) <= longest + 1:
                stop = place
                break
        if len(items) > 1 and longest == 1:
            stop = start + len(text[start:stop].split()[0]) if text[start:stop].split() else stop
        elif len(items) > 1 and len(text[start:stop].split()) > longest + 2:
            known = {m[0].strip().lower() for x in items for m in _PREPOSITION.finditer(x)}
            for m in _PREPOSITION.finditer(text[start:stop]):
                if m[0].strip().lower() not in known and m.start() > 0:
                    stop = start + m.start()
                    break
    return _trim(text, start, stop)


def _without_shared(text: str, span: Span, last: bool = True) -> int:
    """End of a panel's words: before the first sentence that speaks of all panels, or again of some by their letters.

    Sentences that speak of all panels are looked for behind the last panel alone.
    """
    parts = sentences(text, *span)
    for n in range(1, len(parts)):
        said = text[parts[n][0] : parts[n][1]]
        again = _AGAIN.match(said)
        if (again and len(expand(again["list"])) > 1) or _AGAIN_APART.match(said):
            return parts[n - 1][1]
        if last and (_SHARED.match(said) or _ABBREVIATION.match(said)):
            return parts[n - 1][1]
    return span[1]


def _suffix_span(text: str, m: _Marker, at: int, following: _Marker | None, fresh: bool) -> Span:
    parts = sentences(text, at, m.start)
    begins = parts[-1][0] if parts else at
    colon = text.rfind(": ", begins, m.start)
    if colon > 0 and m.start - colon > 4:
        begins = colon + 2
    span = _trim(text, begins, m.start)
    if fresh or begins != at:
        later = _trim(text, m.end, following.start) if following is not None else None
        span = _first_suffix(text, span, later)
    return span


def _first_suffix(text: str, span: Span, later: Span | None) -> Span:
    """Where the first item of a list begins: as the second one does, as far as their lengths tell."""
    if later is None or later[0] >= later[1]:
        return span
    second = text[later[0] : later[1]]
    if len(sentences(text, *later)) > 1:
        return span
    words = max(len(second.split()), 1)
    starts = [span[0]] + [span[0] + m.end() for m in _PREPOSITION.finditer(text[span[0] : span[1]])]
    lead = second.split()[0].lower()

    def cost(start: int) -> tuple[float, int]:
        said = text[start : span[1]].split()
        same = bool(said) and said[0].lower() == lead
        return (abs(len(said) - words) - (2.0 if same else 0.0), -start)

    return (min((s for s in starts if s < span[1]), key=cost, default=span[0]), span[1])
