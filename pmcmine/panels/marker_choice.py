"""Choose the markers of a caption that form a series."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from pmcmine.panels.labels import kinds, series
from pmcmine.panels.markers import FIRM_FORMS, Marker

_REFERENCE: Final = re.compile(r"\b(?:in|from|of|see|to|with|as|than|panels?|figs?\.?|figures?|and)\s*$", re.IGNORECASE)
_LETTERS: Final = re.compile(r"\b(?:letters?|lanes?|steps?|eqs?\.?|equations?) $", re.IGNORECASE)
_MODELS: Final = re.compile(r"\bmodels? $", re.IGNORECASE)
_COMPOUNDS: Final = re.compile(r"\b(?:structures? of|compounds?|synthesis|reagents|synthetic)\b", re.IGNORECASE)
_MEASURE: Final = re.compile(r"(?:[µμ]m|\bmm|\bcm|\bnm|\b[Bb]ars?[:,]?|[×x] ?\d+) ?$")


def choose_markers(markers: Sequence[Marker], text: str) -> list[Marker]:
    """Choose the markers of the best series of labels; none if there is none."""
    square = [m for m in markers if text[m.start] == "["]
    best: tuple[float, list[Marker]] = (0.0, [])
    for some in (markers, square) if len(square) > 1 else (markers,):
        present = {k.name for m in some for label in m.labels for k in kinds(label)}
        firm_only = all(m.form in FIRM_FORMS for m in some if m.form != "position")
        for name in ("upper", "lower", "upper+", "lower+", "roman", "digit"):
            if name not in present:
                continue
            for loose in (False,) if firm_only else (False, True):
                chosen = _series(some, name, text, loose)
                labels = {label for m in chosen for label in m.labels}
                if len(labels) < 2 or (name in ("roman", "digit") and best[0] > 0):
                    continue
                firm = sum(m.form in (*FIRM_FORMS, "inner") for m in chosen)
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


def _without_references(markers: Sequence[Marker], text: str) -> list[Marker]:
    """Drop markers that refer back to earlier panels."""
    out: list[Marker] = []
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
    """Return sorts of label that a list may be of; for numbered letters it is enough that one of them has a number."""
    names = [{k.name for k in kinds(x)} for x in labels]
    every = set.intersection(*names)
    base = set.intersection(*({n.rstrip("+") for n in some} for some in names))
    some = {n for n in set.union(*names) if n.endswith("+") and n.rstrip("+") in base}
    return frozenset({n for n in every if not n.endswith("+")} | some)


def _series(markers: Sequence[Marker], name: str, text: str, loose: bool) -> list[Marker]:
    """Return markers of one sort of label. Letters without brackets count only if the series wants them next."""
    mine = [m for m in markers if m.form != "position" and name in _sorts(m.labels)]
    if mine and name.endswith("+"):  # "A1, A2, B"
        mine = [m for m in markers if m.form != "position" and {name, name.rstrip("+")} & _sorts(m.labels)]
    out: list[Marker] = []
    seen: set[str] = set()
    had: set[int] = set()
    following = 0
    compounds = name == "digit" and _COMPOUNDS.search(text) is not None
    stopped = _stopped(text, mine, name) if any(m.form == "unstopped" for m in mine) else {}
    for n, m in enumerate(mine):
        numbers = [k.number for x in m.labels for k in kinds(x) if k.name == name]
        firm = m.form in FIRM_FORMS
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


def _stopped(text: str, markers: Sequence[Marker], name: str) -> dict[tuple[int, str], int]:
    """Return for the number and the mark of each label with a stop before it its last place among the markers."""
    return {
        (k.number, text[m.end - 1]): n
        for n, m in enumerate(markers)
        if m.form == "dotted"
        for k in kinds(m.labels[0])
        if k.name == name
    }


def _expected(text: str, m: Marker, n: int, stopped: Mapping[tuple[int, str], int], name: str, number: int) -> bool:
    """Return whether a label without a full stop before it, at place n, is the one that its series lacks."""
    mark = text[m.end - 1]
    if (number and mark == ":") or (number > 1 and name == "lower"):
        return True
    return stopped.get((number + len(m.labels), mark), -1) > n
