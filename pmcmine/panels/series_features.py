"""Features of the series that a caption may have: what a model needs to choose among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from itertools import pairwise
from typing import Final

from pmcmine.panels.labels import kinds
from pmcmine.panels.markers import Marker, most_common
from pmcmine.panels.series_candidates import NEAR, Series, is_article, is_initial
from pmcmine.panels.sums import Group

NAMED: Final = "text names "  # begins the feature of what the article's mentions say
_REFERENCE: Final = re.compile(r"\b(?:in|from|of|see|to|with|as|than|panels?|figs?\.?|figures?|and)\s*$", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"\b(?:vitamins?|hepatitis|influenza|types?|(?:sub)?groups?|class(?:es)?|grades?|phases?|stages?|steps?|lanes?|factors?|proteins?|models?|"
    r"tables?|fig(?:ure|\.)?s?|cases?|patients?|regions?|sites?|clusters?|clades?|categor(?:y|ies)|days?|arms?|zones?|letters?|"
    r"eqs?\.?|equations?|scheme|lines?|strains?|chains?|positions?|points?|arrows?|peaks?|bars?|compounds?) ?[(]?$",
    re.IGNORECASE,
)
_MEASURE: Final = re.compile(r"(?:[µμ]m|\bmm|\bcm|\bnm|\b[Bb]ars?[:,]?|[×x] ?\d+) ?$")
_NO_NAME: Final = ",;:!?"  # how none of the words that a letter names ends, empty ones included
_SHORTENED: Final = "gGqQsSſ"  # before a stop: "fig.", "eq.", "eqs."
_MEASURES: Final = frozenset("mrs:,0123456789")  # how a measure ends
_GENUS_FORMS: Final = ("bold", "dotted", "opening", "unstopped")
_GENUS: Final = re.compile(r"[A-Za-z]?\. [a-z]{4,}")  # "(A. comosus)"
_COUNTED: Final = (
    "begins", "comma before", "reference", "named", "measure", "initial", "ends", "capital", "lower", "digit", "joined",
    "genus",
)  # fmt: skip
_BITS: Final = 10  # of a count
_ONE: Final[Mapping[str, int]] = {what: 1 << (_BITS * n) for n, what in enumerate(_COUNTED)}


def features(some: Series, every: Sequence[Series], text: str, named: Set[str] | None = None) -> list[str]:
    """List the features of a series that hold; each has a weight in the model.

    Args:
        some: the series.
        every: all series that the caption may have.
        text: the caption.
        named: letters of panels that the article's mentions of the figure name, in upper case; None if not known.
    """
    return [name for group in groups(some, every, text, named, Beside(text)) for name in names(group)]


class Beside(dict[Marker, int]):
    """What is beside the markers of a caption, as counts of `_COUNTED`: each marker may be in several series."""

    def __init__(self, text: str) -> None:
        """Take the caption."""
        self._text = text

    def __missing__(self, m: Marker) -> int:
        """Look beside a marker."""
        out = self[m] = _around(m, self._text)
        return out


def groups(
    some: Series, every: Sequence[Series], text: str, named: Set[str] | None, beside: Mapping[Marker, int]
) -> list[Group]:
    """List the features of a series in groups, by what they are made of; arguments are those of `features`."""
    markers, name = some.markers, some.name
    n, k, size = len(some.labels), len(markers), max(len(text), 1)
    forms = [m.form for m in markers]
    main = most_common(forms)
    first, last = markers[0].start, markers[-1].start
    numbers = [_number(m.labels[0], name) for m in markers]
    more = outside = 0
    around = ""
    for r in every:
        if r.name != name:
            more = max(more, len(r.labels))
            if not around and r.markers[0].start < first and r.markers[-1].start > last:
                around = r.name
        elif r is not some:
            outside = max(outside, len(r.labels))
    out: list[Group] = [
        ("sort", name, main, min(n, 8), len(set(forms)), min(k, 4)),
        ("counts", main, k, sum([beside[m] for m in markers])),
        (
            "order",
            min(sum([a > b for a, b in pairwise(numbers)]), 2),
            min(sum([len(m.labels) for m in markers]) - n, 3),
            min(some.rest, 4),
            main,
            int(4 * some.rest / (some.rest + k)),
        ),
        ("others", _compared(more, n), name, _compared(outside, n), around),
        (
            "places",
            _nearness(min([b.start - a.end for a, b in pairwise(markers)], default=99)),
            int(4 * (last - first) / size),
            "at 0" if not first else str(int(3 * first / size)),
        ),
    ]
    if is_article(markers[0], text):
        out.append(("article", main, min(n, 4)))
    if named is not None:
        out.append(("naming", *naming(some, named)))
    if name == "digit" and any(text[m.end : m.end + 1].isalnum() for m in markers):
        out.append(("digit",))
    return out


@lru_cache(maxsize=4096)
def _number(label: str, name: str) -> int:
    """Return the place of a label in the order of its sort."""
    return max([x.number for x in kinds(label) if x.name.rstrip("+") == name.rstrip("+")], default=0)


def _compared(labels: int, own: int) -> str:
    return "none" if not labels else "fewer" if labels < own else "same" if labels == own else "more"


def _nearness(gap: int) -> int:
    return 0 if gap < 2 else 1 if gap < 6 else 2 if gap < 15 else 3


def naming(some: Series, named: Set[str]) -> tuple[str, ...]:
    """Tell whether the article names no letters, or only letters of a series; other letters say nothing against it."""
    if not named:
        return (NAMED + "none",)
    return (NAMED + "these",) if named <= {x[0].upper() for x in some.labels} else ()


def names(group: Group) -> tuple[str, ...]:
    """Return the names of the features of a group."""
    what, *values = group
    return _NAMES[what](*values)


def _of_sort(name: str, main: str, n: int, forms: int, k: int) -> tuple[str, ...]:
    return (
        f"name {name}",
        f"form {main}",
        f"labels {n}",
        f"{main} {name}",
        f"{main} labels {min(n, 5)}",
        f"{main} forms {forms}",
        f"{main} markers {k}",
    )


def _of_counts(main: str, k: int, counts: int) -> tuple[str, ...]:
    out: list[str] = []
    for n, what in enumerate(_COUNTED):
        count = counts >> (_BITS * n) & ((1 << _BITS) - 1)
        level = "none" if not count else "all" if count == k else "most" if 2 * count > k else "few"
        out += (f"{what} {level}", f"{what} {level} {main}")
    return tuple(out)


def _of_order(falls: int, repeats: int, rest: int, main: str, share: int) -> tuple[str, ...]:
    return f"falls {falls}", f"repeats {repeats}", f"rest {rest} {main}", f"rest share {share}"


def _of_others(rivals: str, name: str, siblings: str, around: str) -> tuple[str, ...]:
    return f"rivals {rivals} {name}", f"siblings {siblings}", f"before {around}"


_NAMES: Final[Mapping[str, Callable[..., tuple[str, ...]]]] = {
    "sort": _of_sort,
    "counts": _of_counts,
    "order": _of_order,
    "others": _of_others,
    "places": lambda near, spread, first: (f"near {near}", f"spread {spread}", f"first {first}"),
    "article": lambda main, n: ("article", f"article {main} {n}"),
    "naming": lambda *said: said,
    "digit": lambda: ("digit in a name",),
}


def _around(m: Marker, text: str) -> int:
    """Count what is beside a marker."""
    start, end = m.start, m.end
    before = text[max(start - NEAR, 0) : start].rstrip()
    out = _of_last_word(before[before.rfind(" ") + 1 :])
    if before[-1:] in _MEASURES and _MEASURE.search(before):
        out += _ONE["measure"]
    if is_initial(m, text):
        out += _ONE["initial"]
    after = text[end : end + 3].lstrip(" ")
    if not after or after[0] in ",.;)":
        out += _ONE["ends"]
    elif after[0].isupper():
        out += _ONE["capital"]
    elif after[0].islower():
        out += _ONE["lower"]
    elif after[0].isdigit():
        out += _ONE["digit"]
    if text[end : end + 1] not in " ,.;:":
        out += _ONE["joined"]
    if m.form in _GENUS_FORMS and _GENUS.match(text, end - 1):
        out += _ONE["genus"]
    return out


@lru_cache(maxsize=2048)
def _of_last_word(word: str) -> int:
    """Count what the word before a marker says of it."""
    if not word or word[-1] in ".;:!?":
        out = _ONE["begins"]
    elif word[-1] == ",":
        out = _ONE["comma before"]
    else:
        out = _ONE["reference"] if _REFERENCE.search(word) else 0
    if word[-1:] in _NO_NAME or (word[-1] == "." and word[-2:-1] not in _SHORTENED):
        return out
    return out + _ONE["named"] if _NAMED.search(word + " ") else out
