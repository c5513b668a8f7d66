"""Series that the markers of a caption may form, with what a model needs to choose among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from pmcmine.panels.labels import MAX_PANELS, kinds, series
from pmcmine.panels.markers import FIRM_FORMS, Marker

NAMES: Final = ("upper", "lower", "upper+", "lower+", "roman", "ROMAN", "digit")
_CASES: Final = ("upper", "lower")
_FEWEST: Final = {"digit": 2, "ROMAN": 3}  # markers of a series; "clusters (I, II and III)" name no panels

_IN_ORDER: Final = ("dotted", "comma", "bare", "unstopped", "glued", "enumerated", "free")  # forms that need their turn
_FIXED_FORMS: Final = (*FIRM_FORMS, "dotted")
_LISTING: Final = ("dotted", "comma")  # forms that may name a label of a list before them again
_NEARER: Final = ("dotted", "comma", "bare", "unstopped", "glued")
_LETTERS: Final = re.compile(r"\bletters? ?$", re.IGNORECASE)
_LETTERS_INNER: Final = re.compile(r"\bletters? \([^()]*$", re.IGNORECASE)  # "by letters (p < 0.05; a–d)"
_PROBABILITY: Final = re.compile(r"[ :,]?[Pp] ?[<>=≤]")
_COMPOUNDS: Final = re.compile(r"\b(?:structures? of|compounds?|synthesis|reagents|synthetic)\b", re.IGNORECASE)
_LAST_WORD: Final = re.compile(r"([A-Za-z])[\w-]*\W{0,2}$")
_STOP: Final = re.compile(r"[.!?;] +(?=[A-Z(])|[.!?;] ?$")
_MOST: Final = 400  # markers of a caption that are considered
_LEAPING: Final = 10  # labels of a series that may have a gap, as `labels.series` allows
NEAR: Final = 28  # code points before a marker that are looked at


class Series(NamedTuple):
    """Markers of one sort of label that follow each other.

    Attributes:
        name: sort of label.
        markers: in order of the text.
        labels: all labels of the markers.
        rest: number of other markers of the sort.
    """

    name: str
    markers: tuple[Marker, ...]
    labels: frozenset[str]
    rest: int


def candidates(markers: Sequence[Marker], text: str) -> list[Series]:
    """List the series of at least two labels that the markers may form; none twice."""
    markers = markers[:_MOST]
    if "etter" in text:
        markers = [m for m in markers if not _marks_values(m, text)]
    markers = [m for m in markers if m.form in FIRM_FORMS or not _tells_probability(m, text)]
    sorts = [_sorts(m.labels) for m in markers]
    present = frozenset().union(*sorts)
    out: dict[tuple[int, ...], Series] = {}
    for name in NAMES:
        if name not in present:
            continue
        mine = [m for m, some in zip(markers, sorts, strict=True) if name in some]
        if mine and name in _CASES and present.issuperset(_CASES):
            mine = _with_other_case(mine, markers, name)
        if mine and name.endswith("+"):  # "A1, A2, B"
            mine = [m for m, some in zip(markers, sorts, strict=True) if {name, name.rstrip("+")} & some]
        if len(mine) < 2 and not (mine and len(mine[0].labels) > 1):
            continue
        tried: list[list[Marker]] = []
        for chosen in _ways(mine, name, text):
            if not chosen or chosen in tried:
                continue
            tried.append(chosen)
            labels = frozenset([label for m in chosen for label in m.labels])
            kept, run = tuple(chosen), _run(labels, name)
            if len(run) < len(labels):
                kept = tuple([m for m in chosen if run.issuperset(m.labels)])
                labels = frozenset([label for m in kept for label in m.labels])
            if len(labels) >= _LEAPING and len(in_turn := _in_turn(kept, name)) < len(kept):
                kept = in_turn
                labels = frozenset([label for m in kept for label in m.labels])
            if len(labels) < 2 or len(kept) < _FEWEST.get(name, 1):
                continue
            if name == "digit" and _COMPOUNDS.search(text):
                break
            out.setdefault(tuple(m.start for m in kept), Series(name, kept, labels, len(mine) - len(kept)))
    return list(out.values())


def _run(labels: frozenset[str], name: str) -> frozenset[str]:
    return _run_of(labels, name) if len(labels) <= MAX_PANELS else frozenset(series(labels, name))


@lru_cache(maxsize=1024)
def _run_of(labels: frozenset[str], name: str) -> frozenset[str]:
    return frozenset(series(labels, name))


def _with_other_case(mine: Sequence[Marker], markers: Sequence[Marker], name: str) -> list[Marker]:
    """Add a label that a series lacks and that stands in its place in the other case: "(b) Cells. C. Tissue. (d)"."""
    one = {m.labels[0]: m for m in mine if len(m.labels) == 1 and m.form in FIRM_FORMS}
    if len(one) < 2:
        return list(mine)
    out = list(mine)
    for m in markers:
        label = m.labels[0].swapcase()
        if len(m.labels) > 1 or len(label) > 1 or m.form not in _FIXED_FORMS or label in one or not label.isalpha():
            continue
        before, after = one.get(chr(ord(label) - 1)), one.get(chr(ord(label) + 1))
        if before is not None and after is not None and before.start < m.start < after.start and m not in out:
            out.append(Marker(m.start, m.end, (label,), before.form))
    return sorted(out, key=lambda m: m.start)


def _marks_values(m: Marker, text: str) -> bool:
    """Check whether the letters are those of a statistic: "marked by different letters (a–d)"."""
    if m.form == "inner" and _LETTERS_INNER.search(text[max(m.start - NEAR, 0) : m.start]):
        return True
    return _LETTERS.search(text[max(m.start - 12, 0) : m.start]) is not None


def _tells_probability(m: Marker, text: str) -> bool:
    """Check whether a plain letter is a mark of significance: "a P < 0.05 versus control"."""
    return text[m.end + 1 : m.end + 2] in ("P", "p") and _PROBABILITY.match(text, m.end) is not None


def _ways(mine: Sequence[Marker], name: str, text: str) -> Iterator[list[Marker]]:
    """Yield choices of markers of one sort."""
    forms = {m.form for m in mine}
    firm = [m for m in mine if m.form not in _IN_ORDER]
    first = _unwritten(firm, name, text)
    if first is not None:
        yield [first, *firm]
    if len(firm) > 1 or (firm and len(firm[0].labels) > 1):
        yield firm
        plain = [m for m in firm if not is_initial(m, text)]
        if len(plain) < len(firm):
            yield plain
        if len(forms) > 1:
            for form in ("bracket", "half", "opening", "inner"):
                if form in forms and len(some := [m for m in firm if m.form == form]) < len(firm):
                    yield some
        if "[" in text and (square := [m for m in firm if text[m.start] == "["]):
            yield square
    if name in ("digit", "roman", "ROMAN"):
        return
    loose = [form for form in _IN_ORDER if form in forms]
    if not loose:
        return
    for form in loose:
        yield _in_order([m for m in mine if m.form == form], name, text)
    if len(loose) > 1:
        yield _in_order([m for m in mine if m.form in _IN_ORDER], name, text)
        near = [m for m in mine if m.form in _NEARER]
        yield _in_order(near, name, text)
    if firm:
        chosen = _in_order(mine, name, text)
        if not _begins_with_article(chosen, text):
            yield chosen
        if "free" in loose and len(loose) > 1:
            yield _in_order([m for m in mine if m.form != "free"], name, text)


def _unwritten(firm: Sequence[Marker], name: str, text: str) -> Marker | None:
    """Return a marker of no width for a first panel without a letter: "A scan shows a mass. MRI (B), CT (C)."."""
    if name not in ("upper", "lower") or not firm or firm[0].form not in ("bracket", "half", "bold"):
        return None
    if firm[0].labels[0] in ("A", "a"):
        return None  # as in most
    numbers = sorted({number for m in firm for number in _numbers(m.labels, name)})
    if len(numbers) < 2 or numbers[0] != 1 or numbers[-1] > len(numbers):
        return None
    head = text[: firm[0].start]
    ends = [m.end() for m in _STOP.finditer(head)]
    if not ends:
        return None
    own = ends[-1] < len(head.rstrip())  # whether the words of the second panel are before its label
    begin = ends[-2] if own and len(ends) > 1 else 0 if own else ends[-2] if len(ends) > 1 else 0
    return Marker(begin, begin, ("A" if name == "upper" else "a",), "unwritten")


def _in_order(mine: Sequence[Marker], name: str, text: str) -> list[Marker]:
    """Choose markers in the order of their labels; those of firm forms are always chosen.

    A first label gives way to a later one if the words behind it are no sentence: "A mouse. A Cells. B Tissue." The
    labels of a list may follow it one by one: "A–C, whole embryos. A, lateral view. B, …".
    """
    out: list[Marker] = []
    had: set[int] = set()
    following = again = 0
    last = -1  # of the list whose labels may be named again from `again` on
    for m in mine:
        numbers = _numbers(m.labels, name)
        if m.form in _IN_ORDER:
            if not numbers:
                continue
            if len(out) == 1 and numbers[0] == 0 and out[0].labels[0] == m.labels[0] and is_article(out[0], text):
                out, had, following = [], set(), 0
            if min(numbers) != following and (m.form not in _LISTING or not _names_again(numbers, again, last)):
                continue
        if _names_again(numbers, again, last):
            again = numbers[-1] + 1
        else:
            again, last = (numbers[0], numbers[-1]) if len(numbers) > 1 else (0, -1)
        out.append(m)
        had.update(numbers)
        while following in had:
            following += 1
    return out


def _begins_with_article(markers: Sequence[Marker], text: str) -> bool:
    """Check whether an article stands for the first of labels in brackets or bold: "a slope (b) and an end (c)"."""
    if not markers or markers[0].form != "free" or not is_article(markers[0], text):
        return False
    return markers[0].labels[0] == "a" and all(m.form in FIRM_FORMS for m in markers[1:])


def _in_turn(markers: tuple[Marker, ...], name: str) -> tuple[Marker, ...]:
    """Drop labels behind a gap of the series that stand before others: the (L) of "Abies (L) first (A), … last (J)"."""
    first: dict[int, int] = {}
    for m in markers:
        for number in _numbers(m.labels, name):
            first.setdefault(number, m.start)
    order = sorted(first)
    beyond = next((b for a, b in pairwise(order) if b > a + 1), None)
    if beyond is None or min(first[n] for n in order if n >= beyond) >= max(first[n] for n in order if n < beyond):
        return markers
    return tuple([m for m in markers if all(n < beyond for n in _numbers(m.labels, name))])


def _names_again(numbers: Sequence[int], first: int, last: int) -> bool:
    """Check whether labels are the next ones of a list."""
    return 0 < len(numbers) <= last - first + 1 and list(numbers) == list(range(first, first + len(numbers)))


def is_article(m: Marker, text: str) -> bool:
    """Check whether a letter is an article: the words behind it begin with a small letter."""
    return m.form in ("bare", "free") and m.labels[0] in "Aa" and text[m.end + 1 : m.end + 2].islower()


def is_initial(m: Marker, text: str) -> bool:
    """Check whether a letter in brackets may stand for the word before it: "curcumin (C)"."""
    if len(m.labels) > 1 or m.form not in ("bracket", "inner"):
        return False
    start = m.start
    first = max(start - NEAR, 0)
    begin = text.rfind(" ", first, max(start - 2, 0)) + 1 or first
    last = text[begin:start].rstrip(" .,;")
    if last.isascii() and last.isalpha() and start - begin - len(last) <= 2:
        return last[0].lower() == m.labels[0][0].lower()  # as in most
    word = _LAST_WORD.search(text[first:start], begin - first)
    return word is not None and word[1].lower() == m.labels[0][0].lower()


def _numbers(labels: tuple[str, ...], name: str) -> tuple[int, ...]:
    """Return the places of labels in the order of a sort, of those that are of it."""
    return _numbers_of(labels, name) if len(labels) <= MAX_PANELS else _numbers_of.__wrapped__(labels, name)


@lru_cache(maxsize=4096)
def _numbers_of(labels: tuple[str, ...], name: str) -> tuple[int, ...]:
    return tuple([k.number for x in labels for k in kinds(x) if k.name == name])


def _sorts(labels: tuple[str, ...]) -> frozenset[str]:
    """Return sorts of label that a list may be of; for numbered letters it is enough that one of them has a number."""
    return _sorts_of(labels) if len(labels) <= MAX_PANELS else _sorts_of.__wrapped__(labels)  # long ones are not kept


@lru_cache(maxsize=4096)
def _names(label: str) -> frozenset[str]:
    return frozenset([k.name for k in kinds(label)])


@lru_cache(maxsize=4096)
def _sorts_of(labels: tuple[str, ...]) -> frozenset[str]:
    names = {_names(x) for x in labels}
    every = frozenset.intersection(*names)
    base = set.intersection(*({n.rstrip("+") for n in some} for some in names))
    some = {n for n in frozenset.union(*names) if n.endswith("+") and n.rstrip("+") in base}
    return frozenset({n for n in every if not n.endswith("+")} | some)
