"""Assign the pieces of a caption between and after its labels: to a panel, to the panels of a sentence, or to all.

Rules propose each panel's words. The caption is cut into pieces, and a conditional logistic regression chooses the
panels that each piece is about.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import chain
from typing import Final

from pmcmine.panels.labels import LIST, expand
from pmcmine.panels.pieces import Layout, Piece

OPTIONS: Final = "APNSR"  # all; the marker before; the next one; those of the sentence; those that are named again
# Kinds of pieces, and what the rules say of them, that are seldom decided otherwise.
_SURE: Final = {
    ("intro", "A"): "A",
    ("head", "N"): "N",
    ("item", "P"): "P",
    ("item", "N"): "N",
    ("tail", "P"): "P",
    ("between", "P"): "P",
}
_WORDS: Final = re.compile(r"[^\W\d_]{4,}")
_ASCII_WORDS: Final = re.compile(r"[a-z]{4,}")  # the same, quicker
# "In A and E, …", "(A, B) Means of …", "For (a), …": panels that a sentence names again.
_AGAIN: Final = re.compile(
    rf"[\s,;:.)–—-]*(?:(?:[Ii]n|[Ff]or|[Pp]anels?|[Tt]he) )?(?:panels? )?"
    rf"(?:\((?P<inner>{LIST})\)(?: and \((?P<other>{LIST})\))?"
    rf"|(?P<list>{LIST})(?=[,:;]| (?:and|are|is|show|represent|were|was|scale|bars?)\b))"
)
_FIRST: Final = re.compile(r"[\s,;:.)\]–—-]*[(\[“‘\"']?([^\W_]+|[*†‡#])(?: ([^\W\d_]+))?")
# What a sentence behind the labels speaks of; the first that fits.
_CUES: Final = (
    ("bar", r"[Ss]cale|[Bb]ars?\b|[Mm]agnification|[Oo]riginal magn"),
    ("error", r"[Ee]rror bars?|[Vv]ertical bars?|[Ww]hiskers|[Bb]ox(?:es|plots?)?\b"),
    (
        "mark",
        r"\*|†|‡|#|[Aa]sterisks?|[Nn]\.?[Ss]\.?\b|[Pp] ?[<=>≤]|[Ll]etters"
        r"|[Dd]ifferent (?:lower|small|capital|upper)?\w* ?letters",
    ),
    (
        "data",
        r"[Dd]ata|[Vv]alues?|[Rr]esults?|[Mm]eans?|[Ss]tatistic|[Ss]ignifican|[Ee]xperiments?|[Ee]ach |[Nn] ?="
        r"|[Rr]epresentative of|[Ss]imilar results|[Oo]ne-way|[Tt]wo-way|[Ss]tudent|[Tt]ukey",
    ),
    ("abbreviations", r"[Aa]bbreviation|[A-Z][A-Za-z0-9./+-]{0,12}(?:,|:| =| –| -) ?[a-z]"),
    ("all", r"[Ii]n (?:all|each|both)|[Ff]or (?:each|all|both|details|further)|[Aa]ll |[Bb]oth "),
    (
        "source",
        r"[Nn]otes?\b|[Ss]ources?\b|[Aa]dapted|[Rr]eproduced|[Mm]odified|[Ii]mages? (?:by|from|courtesy)|[Pp]hotos?"
        r"|[Ss]ee |[Cc]olou?rs?\b|[Tt]he colou?r",
    ),
    (
        "arrow",
        r"(?:[A-Z][a-z]+ |[Tt]he )?(?:[Aa]rrow|[Tt]riangle|[Cc]ircle|[Ss]quare|[Dd]ots?\b|[Ll]ines?\b|[Dd]ashed"
        r"|[Ss]olid|[Rr]ed |[Bb]lue |[Gg]reen |[Bb]lack |[Ww]hite |[Yy]ellow )",
    ),
    (
        "refers",
        r"[Tt]his |[Tt]hese |[Tt]he same|[Nn]ote |[Ii]t |[Tt]hey |[Hh]ere|[Hh]owever|[Aa]rea|[Ii]nset|[Ll]eft|[Rr]ight"
        r"|[Tt]op|[Uu]pper|[Ll]ower|[Bb]ottom|[Mm]iddle",
    ),
)
_CUE: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _CUES))


def options(layout: Layout, piece: Piece, every: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the panels that a piece may be about, by the option's name; none twice."""
    markers, groups = layout.markers, layout.groups
    out = {"A": every}
    again = _named_again(layout.text, piece) if piece.before >= 0 else frozenset()
    if again and again < every:
        out["R"] = again
    near = -1
    if piece.before >= 0:
        mine = frozenset(markers[piece.before].labels)
        if out.get("R") == mine:
            del out["R"]
        if len(out.get("R", ())) < 2:
            out["P"] = mine
        near = piece.before
    if piece.after < len(markers) and piece.place in ("intro", "head", "item"):
        out["N"] = frozenset(markers[piece.after].labels)
        near = piece.after if piece.place != "item" else near
    if near >= 0:
        group = layout.labels[groups[near]]
        if group not in out.values():
            out["S"] = group
    return out


def ruled_option(layout: Layout, piece: Piece, every: frozenset[str]) -> tuple[str, frozenset[str]] | None:
    """Return the option of a piece that needs no model, and its panels; None for other pieces.

    Rules are right in nearly all pieces of its kind.
    """
    option = _SURE.get((piece.place, piece.ruled))
    if option == "A":
        return option, every
    if option == "N":
        return "N", frozenset(layout.markers[piece.after].labels)
    if option == "P":
        mine = frozenset(layout.markers[piece.before].labels)
        again = _named_again(layout.text, piece)
        return ("P", mine) if len(again) < 2 or again == mine or not again < every else None
    return None


def _named_again(text: str, piece: Piece) -> frozenset[str]:
    """Return the labels that a piece names at its begin."""
    m = _AGAIN.match(text, piece.start, piece.end) if piece.place != "item" else None
    if m is None:
        return frozenset()
    return frozenset((*expand(m["inner"] or m["list"]), *(expand(m["other"]) if m["other"] else ())))


@dataclass(frozen=True, slots=True)
class Whole:
    """What the features of all pieces of a caption share.

    Attributes:
        form: how labels are written.
        count: number of markers, at most 5.
        suffix: whether most labels come after their words ("s") or before ("p").
        long: whether panels before the last have several sentences.
        words: of each marker, by rule.
        holders: number of markers that hold each word.
    """

    form: str
    count: str
    suffix: str
    long: str
    words: tuple[frozenset[str], ...]
    holders: Mapping[str, int]


def measure(layout: Layout) -> Whole:
    """Measure a caption for the features of its pieces."""
    markers, spans = layout.markers, layout.spans
    after = sum(s is not None and s[0] < m.start for m, s in zip(markers, spans, strict=True))
    size = [0] * len(markers)
    for p in layout.pieces:
        if 0 <= p.before < len(markers) - 1:
            size[p.before] = max(size[p.before], p.nth + 1)
    several = sum(n > 1 for n in size[:-1])
    words = tuple(_words(layout.text[s[0] : s[1]]) if s is not None else frozenset() for s in spans)
    return Whole(
        form=markers[min(1, len(markers) - 1)].form,
        count=str(min(len(markers), 5)),
        suffix="s" if 2 * after > len(markers) else "p",
        long="0" if not several else "some" if 2 * several < len(size) else "most",
        words=words,
        holders=Counter(chain.from_iterable(words)),
    )


def _words(text: str) -> frozenset[str]:
    """Return the words of at least four letters, in lower case."""
    return frozenset((_ASCII_WORDS if text.isascii() else _WORDS).findall(text.lower()))


def describe(
    layout: Layout, piece: Piece, about: Whole, last: str, left: int, again: frozenset[str] | None = None
) -> list[str]:
    """List the features of a piece, which are combined with each of its options.

    Args:
        layout: the caption.
        piece: the piece.
        about: what `whole` measured.
        last: the option that was chosen for the piece before it.
        left: number of pieces behind it.
        again: labels that it names, if that is an option.
    """
    text = layout.text
    said = text[piece.start : piece.end]
    place = piece.place
    alone = "one" if layout.groups[-1] == 0 else "many"
    first = _FIRST.match(said)
    cue = _CUE.match(said, first.start(1)) if first is not None else None
    kind = (cue.lastgroup or "") if cue is not None else ""
    n_words = said.count(" ")
    size = "0" if n_words < 3 else "3" if n_words < 8 else "8" if n_words < 20 else "20"
    at = layout.markers[piece.before].end if piece.before >= 0 else len(text)
    out = [
        *_of_caption(place, piece.ruled, about.suffix, alone, about.form, about.count, about.long),
        *_of_piece(place, piece.ruled, last, kind, text[at : at + 1] in (".", ":")),
        *_of_size(place, about.suffix, size, min(piece.nth, 3), min(left, 3)),
        f"{place} again {'' if again is None else len(again) > 1}",
        f"{place} ends {said.rstrip()[-1:] in '.!?;'}",
        f"{place} end of text {piece.end >= len(text)}",
    ]
    if first is not None:
        out.append(f"{place} word {first[1].lower()}")
        out.append(f"{place} {'lower' if first[1][0].islower() else 'upper'} first")
        if first[2]:
            out.append(f"{place} words {first[1].lower()} {first[2].lower()}")
    if place in ("behind", "between", "tail"):
        out.append(f"{place} cue {kind} last {last}")
        out.append(f"{place} long {about.long} last {last}")
        out += _overlaps(place, _words(said), about, piece.before)
        if "arrow" in said:
            out.append(f"{place} arrow")
        if "respectively" in said:
            out.append(f"{place} respectively")
    return out


@lru_cache(maxsize=1024)  # few values, which would else be written again for each piece
def _of_caption(place: str, ruled: str, suffix: str, alone: str, form: str, count: str, long: str) -> tuple[str, ...]:
    key = f"{place} {ruled}"
    return (
        key,
        f"{key} {suffix}",
        f"{key} {suffix} {alone}",
        f"{key} {form}",
        f"{key} n{count}",
        f"{place} long {long}",
    )


@lru_cache(maxsize=1024)
def _of_piece(place: str, ruled: str, last: str, kind: str, stop: bool) -> tuple[str, ...]:
    key = f"{place} {ruled}"
    return f"{key} last {last}", f"{key} stop {stop}", f"{place} cue {kind}", f"{key} cue {kind}"


@lru_cache(maxsize=1024)
def _of_size(place: str, suffix: str, size: str, nth: int, left: int) -> tuple[str, ...]:
    return f"{place} size {size}", f"{place} {suffix} size {size}", f"{place} nth {nth}", f"{place} left {left}"


def _overlaps(place: str, words: frozenset[str], about: Whole, before: int) -> list[str]:
    """Compare the words of a piece with those of the marker before it, and of the others."""
    own = mine = theirs = other = 0
    for w in words:
        held = about.holders.get(w, 0)
        if held:
            has = w in about.words[before]
            mine += has
            theirs += held > has
            own += has and held == 1
            other += not has
    return [
        f"{place} overlap {min(mine, 3)} {min(theirs, 3)}",
        f"{place} own {min(own, 3)}",
        f"{place} other {min(other, 3)}",
    ]


def choose(
    layout: Layout, every: frozenset[str], weights: Mapping[str, Sequence[float]] | None = None
) -> list[tuple[Piece, str, frozenset[str]]]:
    """Choose for each piece the panels that it is about, with the option's name, from the left to the right."""
    weights = weights or _weights()
    about: Whole | None = None
    out: list[tuple[Piece, str, frozenset[str]]] = []
    last = ""
    for n, piece in enumerate(layout.pieces):
        ruled = ruled_option(layout, piece, every)
        if ruled is not None:
            last, labels = ruled
        else:
            about = about or measure(layout)
            found = options(layout, piece, every)
            last = _best(
                found, describe(layout, piece, about, last, len(layout.pieces) - n - 1, found.get("R")), weights
            )
            labels = found[last]
        out.append((piece, last, labels))
    return out


def _best(found: Mapping[str, frozenset[str]], named: Sequence[str], weights: Mapping[str, Sequence[float]]) -> str:
    """Return the most probable option; of equal ones the last in the alphabet."""
    rows = [row for f in named if (row := weights.get(f)) is not None]
    sums = dict(zip(OPTIONS, map(sum, zip(*rows, strict=True)), strict=False))
    return max(found, key=lambda o: (sums.get(o, 0.0), o))


@lru_cache(maxsize=1)
def _weights() -> Mapping[str, tuple[float, ...]]:
    """Read the weights of the model that comes with the package: by feature, one for each of `OPTIONS`."""
    data = json.loads(resources.files("pmcmine.panels").joinpath("models/pieces.json").read_text("utf-8"))
    return by_option({str(k): float(v) for k, v in data["weights"].items()})


def by_option(weights: Mapping[str, float]) -> dict[str, tuple[float, ...]]:
    """Group the weights of "option feature" by feature."""
    out: dict[str, list[float]] = {}
    for name, weight in weights.items():
        if name:
            out.setdefault(name[2:], [0.0] * len(OPTIONS))[OPTIONS.index(name[0])] = weight
    return {k: tuple(v) for k, v in out.items()}
