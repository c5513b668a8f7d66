"""Features of the pieces of a caption: what a model needs to assign them to panels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from pmcmine.panels.pieces import Layout, Piece
from pmcmine.panels.sums import Group

_NONE: Final[frozenset[str]] = frozenset()
_WORDS: Final = re.compile(r"[^\W\d_]{4,}")
_LOWER: Final = bytes(ord(chr(c).lower()) if c < 128 and chr(c).isalpha() else ord(" ") for c in range(256))
COMPARED: Final = ("behind", "between", "tail")  # places of pieces whose words are compared
_SHORTEST: Final = 4  # letters of a word that counts
_LONGEST: Final = 24  # code points of a word that is a feature; what is longer is cut, since sums of weights are kept
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


class Whole(NamedTuple):
    """What the features of all pieces of a caption share.

    Attributes:
        form: how labels are written.
        size: number of markers, at most 5.
        suffix: whether most labels come after their words ("s") or before ("p").
        long: whether panels before the last have several sentences.
        alone: whether all labels are in one sentence ("one") or not ("many").
    """

    form: str
    size: int
    suffix: str
    long: str
    alone: str


def measure(layout: Layout) -> Whole:
    """Measure a caption for the features of its pieces."""
    markers, spans = layout.markers, layout.spans
    after = sum([s is not None and s[0] < m.start for m, s in zip(markers, spans, strict=True)])
    several = len({p.before for p in layout.pieces if p.nth and 0 <= p.before < len(markers) - 1})
    return Whole(
        form=markers[min(1, len(markers) - 1)].form,
        size=min(len(markers), 5),
        suffix="s" if 2 * after > len(markers) else "p",
        long="0" if not several else "some" if 2 * several < len(markers) else "most",
        alone="one" if layout.groups[-1] == 0 else "many",
    )


def _words(text: str) -> frozenset[str]:
    """Return the words in lower case; of those that are shorter than `_SHORTEST` only some."""
    if text.isascii():
        return frozenset(text.encode().translate(_LOWER).decode().split())
    return frozenset(_WORDS.findall(text.lower()))


class PanelWords:
    """Words of a caption's panels, by rule, to compare those of pieces with; they are looked for when first needed."""

    def __init__(self, layout: Layout) -> None:
        """Take the caption."""
        self._text, self._spans = layout.text, layout.spans
        # No `cached_property`: mypyc would look for them each time.
        self._held: list[frozenset[str]] = []  # words of each marker
        self._every: set[str] = set()  # words of any marker
        self._several: set[str] = set()  # words that several have: of each piece the others' words would take n² time

    def _look(self) -> None:
        """Look for the words of each marker."""
        for span in self._spans:
            held = _words(self._text[span[0] : span[1]]) if span is not None else _NONE
            self._several |= held & self._every
            self._every |= held
            self._held.append(held)

    def compared(self, piece: Piece) -> Group:
        """Compare the words of a piece with those of the marker before it, and of the others.

        The group has the number of words, at most 3, that the marker has, others have, the marker alone has, and others
        alone have.
        """
        if not self._held:
            self._look()
        words = frozenset([w for w in _words(self._text[piece.start : piece.end]) if len(w) >= _SHORTEST])
        mine = words & self._held[piece.before]
        both = len(mine & self._several)
        theirs = len(words & self._every) - len(mine)
        counts = (len(mine), theirs + both, len(mine) - both, theirs)
        return ("overlap", piece.place, *[min(n, 3) for n in counts])


def describe(
    layout: Layout,
    piece: Piece,
    about: Whole,
    words: PanelWords,
    last: str,
    left: int,
    again: frozenset[str] | None = None,
) -> list[str]:
    """List the features of a piece, which are combined with each of its options.

    Args:
        layout: the caption.
        piece: the piece.
        about: what `measure` returned.
        words: of the caption's panels.
        last: the option that was chosen for the piece before it.
        left: number of pieces behind it.
        again: labels that it names, if that is an option.
    """
    described = groups(layout, piece, about, last, left, again)
    if piece.place in COMPARED:
        described.append(words.compared(piece))
    return [name for group in described for name in names(group)]


def groups(
    layout: Layout, piece: Piece, about: Whole, last: str, left: int, again: frozenset[str] | None = None
) -> list[Group]:
    """List the features of a piece in groups, by what they are made of, but for those of `PanelWords`.

    Arguments are those of `describe`.
    """
    text = layout.text
    said = text[piece.start : piece.end]
    place, ruled = piece.place, piece.ruled
    first = _FIRST.match(said)
    cue = _CUE.match(said, first.start(1)) if first is not None else None
    kind = (cue.lastgroup or "") if cue is not None else ""
    at = layout.markers[piece.before].end if piece.before >= 0 else len(text)
    named = "" if again is None else str(len(again) > 1)
    out: list[Group] = [
        ("caption", place, ruled, about.suffix, about.alone, about.form, about.size, about.long),
        ("piece", place, ruled, last, kind, text[at : at + 1] in (".", ":")),
        ("size", place, about.suffix, _size(said.count(" ")), min(piece.nth, 3), min(left, 3)),
        ("end", place, named, said.rstrip()[-1:] in ".!?;", piece.end >= len(text)),
    ]
    if first is not None:
        out.append(("first", place, first[1][:_LONGEST], (first[2] or "")[:_LONGEST]))
    if place in COMPARED:
        out.append(("cue", place, kind, last, about.long))
        if "arrow" in said:
            out.append(("word", place, "arrow"))
        if "respectively" in said:
            out.append(("word", place, "respectively"))
    return out


def _size(blanks: int) -> str:
    return "0" if blanks < 3 else "3" if blanks < 8 else "8" if blanks < 20 else "20"


def names(group: Group) -> tuple[str, ...]:
    """Return the names of the features of a group."""
    what, place, *said = group
    return _NAMES[what](place, *said)


def _of_caption(place: str, ruled: str, suffix: str, alone: str, form: str, count: int, long: str) -> tuple[str, ...]:
    key = f"{place} {ruled}"
    return (
        key,
        f"{key} {suffix}",
        f"{key} {suffix} {alone}",
        f"{key} {form}",
        f"{key} n{count}",
        f"{place} long {long}",
    )


def _of_piece(place: str, ruled: str, last: str, kind: str, stop: bool) -> tuple[str, ...]:
    key = f"{place} {ruled}"
    return f"{key} last {last}", f"{key} stop {stop}", f"{place} cue {kind}", f"{key} cue {kind}"


def _of_size(place: str, suffix: str, size: str, nth: int, left: int) -> tuple[str, ...]:
    return f"{place} size {size}", f"{place} {suffix} size {size}", f"{place} nth {nth}", f"{place} left {left}"


def _of_end(place: str, again: str, ends: bool, last: bool) -> tuple[str, ...]:
    return f"{place} again {again}", f"{place} ends {ends}", f"{place} end of text {last}"


def _of_first(place: str, word: str, next_word: str) -> tuple[str, ...]:
    first = word.lower()
    out = (f"{place} word {first}", f"{place} {'lower' if word[0].islower() else 'upper'} first")
    return (*out, f"{place} words {first} {next_word.lower()}") if next_word else out


def _of_overlap(place: str, mine: int, theirs: int, own: int, other: int) -> tuple[str, ...]:
    return f"{place} overlap {mine} {theirs}", f"{place} own {own}", f"{place} other {other}"


def overlap_names(place: str) -> tuple[tuple[str, ...], ...]:
    """List the features that words compared may have; of each row one holds."""
    every = [_of_overlap(place, a, b, c, b) for a in range(4) for b in range(4) for c in range(4)]
    return tuple(tuple(dict.fromkeys(row)) for row in zip(*every, strict=True))


_NAMES: Final[Mapping[str, Callable[..., tuple[str, ...]]]] = {
    "caption": _of_caption,
    "piece": _of_piece,
    "size": _of_size,
    "end": _of_end,
    "first": _of_first,
    "cue": lambda place, kind, last, long: (f"{place} cue {kind} last {last}", f"{place} long {long} last {last}"),
    "word": lambda place, word: (f"{place} {word}",),
    "overlap": _of_overlap,
}
