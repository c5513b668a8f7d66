"""Split captions into panels: offsets of the words that describe each panel.

A small model chooses the most probable series of labels; their places say where each panel's words begin and end.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from pmcmine.panels.assignment import PieceWeights, choose
from pmcmine.panels.labels import LIST, expand, kinds
from pmcmine.panels.marker_choice import SeriesWeights, choose_markers
from pmcmine.panels.markers import Marker, Span, most_common
from pmcmine.panels.pieces import lay_out
from pmcmine.panels.sentences import WHITE_SPACE, sentences
from pmcmine.panels.sides import STOPPED, votes_after

_BLANKS: Final = "\t\n\r\xa0\u2002\u2003\u2009\u202f"  # white space that is read as a blank
_READ: Final = 20_000  # code points of a caption; the rest is shared text


class PanelText(NamedTuple):
    """Text of one panel in a caption.

    Attributes:
        label: as the caption writes it, without brackets.
        spans: code points of the caption, in order; several panels may share one span.
        confidence: 0 to 1, by how the labels are written and whether they are a series.
        also: further words about it, most of them shared with some of the other panels.
    """

    label: str
    spans: tuple[Span, ...]
    confidence: float
    also: tuple[Span, ...] = ()


class SplitCaption(NamedTuple):
    """A caption's panels, in order of their labels, and the words about all of them."""

    panels: tuple[PanelText, ...]
    shared: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class CaptionWeights:
    """Weights of both models, which keep sums of them; build them once for many captions."""

    series: SeriesWeights
    pieces: PieceWeights

    @classmethod
    def of(cls, series: Mapping[str, float], pieces: Mapping[str, Sequence[float]]) -> CaptionWeights:
        """Take the weights of the model of series, by feature, and of that of pieces, by feature for each option."""
        return cls(SeriesWeights(series), PieceWeights(pieces))


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
_LEGEND: Final = re.compile(
    r"(?:[A-Z][a-z]+ )?(?:[Aa]rrow(?:head)?s?|(?:[Ss]cale |[Ee]rror )?[Bb]ars?|[Aa]sterisks?)\b(?![ -]?(?:plot|graph|chart))"
)
_CONNECT: Final = re.compile(r"(?:[\s,;:.)\]–—-]|and\b|or\b|as well as\b|while\b|whereas\b|in\s*$|respectively\b)+")
_CONNECTING: Final = "aowir"  # what its words begin with
_TRAILING: Final = ",;:.([•–—-" + WHITE_SPACE
_TRAILING_WORDS: Final = ("and", "or", "as well as", "while", "whereas")
_TRAILING_LAST: Final = "dres"  # what these end with
_WORD: Final = re.compile(r"(\w+)\s+")
_PREPOSITIONS: Final = frozenset(
    "of in on for with by from to at between during using under after show shows showing include includes included "
    "including against versus via within into are is as following than".split()
)
_AGAIN: Final = re.compile(
    rf"^(?:In |For |Panels? )?(?P<list>{LIST})(?=[,:;]| (?:and|are|is|show|represent|were|was|scale|bars?)\b)"
)
_AGAIN_APART: Final = re.compile(rf"[^.(]{{0,40}}\({LIST}\)(?:,? and |, ?| ?[–-] ?| to )\({LIST}\)")
_STRENGTH: Final = {
    "bracket": 0.95,
    "half": 0.85,
    "bold": 0.9,
    "dotted": 0.8,
    "unstopped": 0.7,
    "bare": 0.8,
    "panel": 0.85,
    "inner": 0.75,
    "opening": 0.75,
    "comma": 0.75,
    "glued": 0.75,
    "enumerated": 0.6,
    "free": 0.6,
    "unwritten": 0.5,
    "position": 0.7,
    "numbered": 0.6,
}


def split_caption(
    text: str, bold: Sequence[Span] = (), weights: CaptionWeights | None = None, named: Set[str] | None = None
) -> SplitCaption:
    """Split a caption into panels.

    Args:
        text: the caption.
        bold: spans that the markup sets in bold or italics; a label there needs no brackets.
        weights: of the models; without them those that come with the package.
        named: letters of panels that the article's mentions of the figure name (`letters_named`); None if not known.
    """
    whole = text
    text = _with_blanks(text[:_READ])
    markers = choose_markers(text, bold, weights.series if weights else None, named)
    if not markers:
        return SplitCaption((), ((0, len(whole)),) if whole else ())
    spans = rule_spans(text, markers)
    own, several, common = _assigned(text, markers, spans, weights.pieces if weights else None)
    found: dict[str, list[Span]] = {}
    shared_by: dict[str, list[int]] = {}  # number of labels that have the words
    for marker, span in zip(markers, own, strict=True):
        if span is None:
            continue
        for label in marker.labels:
            found.setdefault(label, []).append(span)
            shared_by.setdefault(label, []).append(len(marker.labels))
    confidence = _STRENGTH[most_common([m.form for m in markers])]
    panels = []
    for label, words in found.items():
        main = _main(text, _own(text, words, shared_by[label]))
        sure = confidence if main[1] - main[0] > 2 else round(confidence / 2, 3)
        further = several.get(label, ())
        also = tuple(sorted({*words, *further} - {main})) if further or len(words) > 1 else ()
        panels.append(PanelText(label, (main,), sure, also))
    rest = ((len(text), len(whole)),) if len(whole) > len(text) else ()
    roman = {"ii", "II"} & found.keys() != set()
    panels.sort(key=lambda p: _order(p.label, roman) or ("~", p.spans[0][0]))
    return SplitCaption(tuple(panels), (*common, *rest))


def rule_spans(text: str, markers: Sequence[Marker]) -> list[Span | None]:
    """Return the words of each marker by rule; None if it has none."""
    return [s if s is not None and s[0] < s[1] else None for s in _spans(text, markers)]


_Assigned = tuple[list[Span | None], dict[str, list[Span]], tuple[Span, ...]]


def _assigned(
    text: str,
    markers: Sequence[Marker],
    spans: Sequence[Span | None],
    weights: PieceWeights | None,
) -> _Assigned:
    """Return the own words of each marker, further words of labels, and words about all panels."""
    every = frozenset(label for m in markers for label in m.labels)
    runs: list[list[Span]] = [[] for _ in markers]
    several: dict[str, list[Span]] = {}
    common: list[Span] = []
    last = -1
    for piece, option, labels in choose(lay_out(text, markers, spans), every, weights):
        mine = piece.before if option == "P" else piece.after if option == "N" else -1
        if mine >= 0:
            if last == mine:
                runs[mine][-1] = (runs[mine][-1][0], piece.end)
            else:
                runs[mine].append((piece.start, piece.end))
        elif option == "A" and common and last == -2 and not text[common[-1][1] : piece.start].strip():
            common[-1] = (common[-1][0], piece.end)
        elif option == "A":
            common.append((piece.start, piece.end))
        else:
            for label in labels:
                several.setdefault(label, []).append((piece.start, piece.end))
        last = -2 if option == "A" else mine
    own: list[Span | None] = []
    for marker, run, span in zip(markers, runs, spans, strict=True):
        trimmed = [t for r in run if (t := r if r == span else _trim(text, *r))[0] < t[1]]
        main = _main(text, trimmed) if trimmed else span
        own.append(main)
        if len(trimmed) > 1:
            for label in marker.labels:
                several.setdefault(label, []).extend(t for t in trimmed if t != main)
    return _filled(own), several, tuple(common)


def _main(text: str, spans: Sequence[Span]) -> Span:
    """Return the longest span that is no legend of arrows or bars; if all are, the longest."""
    if len(spans) == 1:
        return spans[0]
    return _longest([s for s in spans if not _LEGEND.match(text, s[0])] or spans)


def _own(text: str, spans: Sequence[Span], shared_by: Sequence[int]) -> Sequence[Span]:
    """Return the spans that may be a panel's own words, of those that it has.

    Words that begin with an overview are not: "(B–E) mutants: (B) striped, (C) white". Where the overview follows, as in
    "… striped (B), white (C). Mutants (B–E) …", readers take the longest.

    Args:
        text: the caption.
        spans: the words of each marker with its label, in the order of the text.
        shared_by: how many labels each of these markers has.
    """
    least = min(shared_by)
    if shared_by[0] == least:
        return spans
    few = [span for span, n in zip(spans, shared_by, strict=True) if n == least]
    return spans if all(_LEGEND.match(text, start) for start, _ in few) else few


def _longest(spans: Sequence[Span]) -> Span:
    """Return the longest span; of equal ones the first in the text."""
    return spans[0] if len(spans) == 1 else max(spans, key=lambda s: (s[1] - s[0], -s[0]))


def _with_blanks(text: str) -> str:
    """Replace each other white space with a blank; offsets stay."""
    for c in _BLANKS:
        text = text.replace(c, " ")
    return text


def _filled(spans: Sequence[Span | None]) -> list[Span | None]:
    """Give a label without words those of the label before it, or else of the one after it."""
    full = [s if s is not None and s[0] < s[1] else None for s in spans]
    if None not in full:
        return full
    out = []
    for n, span in enumerate(full):
        before = next((s for s in reversed(full[:n]) if s is not None), None) if span is None else None
        after = next((s for s in full[n + 1 :] if s is not None), None) if span is None and before is None else None
        out.append(span or before or after)
    return out


@lru_cache(maxsize=4096)
def _order(label: str, roman: bool) -> tuple[str, int] | None:
    """Return a key to sort panels by; I and i are letters unless their series is of Roman numbers."""
    found = [k for k in kinds(label) if (k.name.lower() == "roman") == roman] or kinds(label)
    if not found:
        return None
    name, number = found[0].name, found[0].number
    return (name.rstrip("+"), number if name.endswith("+") else number * 100)


def _spans(text: str, markers: Sequence[Marker]) -> list[Span | None]:
    """Decide for each marker whether its text follows or precedes it: as for most, except for reliable ones."""
    votes = [votes_after(text, m, i == len(markers) - 1) for i, m in enumerate(markers)]
    suffix = sum(votes) > 0
    modes = [v > 0 if abs(v) >= 1.5 or (v > 0) == suffix else suffix for v in votes]
    if suffix or not any(modes):
        modes = [suffix] * len(markers) if not suffix else [v > -2 for v in votes]
    elif len(modes) > 2 and modes[0] and not any(modes[1:]) and STOPPED.match(text, markers[0].end):
        modes[0] = False  # a title's end: "Effects in cells (A). Western blots of … (B). Stained tissue."
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
                stop = _without_shared(text, span, last=False)
                if stop < span[1] or text[span[0]] in _CONNECTING:
                    span = _trim(text, span[0], stop)
            out.append(span)
        at = m.end
    return out


def _trim(text: str, start: int, end: int) -> Span:
    """Trim connecting words and punctuation at the edges; closing brackets stay with their opening ones."""
    first = text[start : start + 1]
    if first == " " and start + 1 < end and (second := text[start + 1]).isalnum() and second not in _CONNECTING:
        start += 1  # as in most
    elif not first.isalnum() or first in _CONNECTING:
        lead = _CONNECT.match(text, start, end)
        start = lead.end() if lead else start
    while end > start:
        at = cut = start + len(text[start:end].rstrip(_TRAILING))
        if at > start and text[at - 1] in _TRAILING_LAST and text.endswith(_TRAILING_WORDS, start, at):
            begin = at - len(next(w for w in _TRAILING_WORDS if text.endswith(w, start, at)))
            cut = at if begin > start and text[begin - 1].isalnum() else begin
        if cut > start:
            end = cut
        if cut in (start, at):
            break
    return (start, max(end, start))


def _is_list(text: str, markers: Sequence[Marker]) -> bool:
    """Check whether the panels are items of one sentence rather than sentences."""
    inner = [text[a.end : b.start].rstrip() for a, b in itertools.pairwise(markers)]
    if not inner:
        return False
    ended = sum([t.endswith((".", "!", "?")) for t in inner])
    return ended * 2 < len(inner) and all(len(t) < 250 for t in inner)


def _last_prefix(text: str, span: Span, listed: bool, before: Sequence[Span | None]) -> Span:
    """Trim the last panel's text: drop the end of the caption that refers to all panels."""
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
            known = {text[a:b].lower() for s in before if s is not None for a, b, _ in _prepositions(text, *s)}
            for a, b, _ in _prepositions(text, start, stop):
                if text[a:b].lower() not in known and a > start:
                    stop = a
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
        if (again and len(expand(again["list"])) > 1) or ("(" in said and _AGAIN_APART.match(said)):
            return parts[n - 1][1]
        if last and (_SHARED.match(said) or _ABBREVIATION.match(said)):
            return parts[n - 1][1]
    return span[1]


def _prepositions(text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield where prepositions, and some verbs, begin and end, and where the next word begins."""
    for m in _WORD.finditer(text, start, end):
        if m[1].lower() in _PREPOSITIONS:
            yield m.start(), m.end(1), m.end()


def _suffix_span(text: str, m: Marker, at: int, following: Marker | None, fresh: bool) -> Span:
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
    """Find where the first item of a list begins, judging by the second one and their lengths."""
    if later is None or later[0] >= later[1]:
        return span
    second = text[later[0] : later[1]]
    if len(sentences(text, *later)) > 1:
        return span
    words = max(len(second.split()), 1)
    starts = [span[0], *(following for _, _, following in _prepositions(text, *span))]
    lead = second.split()[0].lower()

    def cost(start: int) -> tuple[float, int]:
        said = text[start : span[1]].split()
        same = bool(said) and said[0].lower() == lead
        return (abs(len(said) - words) - (2.0 if same else 0.0), -start)

    return (min((s for s in starts if s < span[1]), key=cost, default=span[0]), span[1])
