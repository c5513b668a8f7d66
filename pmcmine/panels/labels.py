"""Panel labels: how they are written, lists and ranges of them, and which follow each other."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_PANELS: Final = 40
_DASH: Final = "-‐‑‒–—−"
ROMAN: Final = tuple("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi".split())
_ROMAN_NUMBER: Final = {r: i for i, r in enumerate(ROMAN)}
POSITIONS: Final = (
    r"(?:(?:upper|top|lower|bottom|middle|center|centre|central)[ -]?(?:left|right|middle|center|centre)?"
    r"|left|right|inner|outer|first|second|third|fourth)"
)
_ROW: Final = r"(?: (?:panels?|images?|rows?|columns?|lanes?|half|side|part|graphs?|plots?|pictures?|photos?))"
LABEL: Final = (
    r"(?:[A-Za-z](?:\d{1,2}|['′’″]{1,2})?|\d{1,2}[A-Za-z]?|[ivx]{2,5}|[IVX]{2,5}|[A-Za-z]-(?:[ivx]{1,4}|\d{1,2}))"
)
_ITEM: Final = re.compile(LABEL)
_PRIMES: Final = "'′’″"
_LETTERS_TO: Final = re.compile(r"([A-Za-z])-([ivx])")  # a range of letters, or a letter with a Roman number
SUBPANELS: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]-ii(?![A-Za-z])")  # labels such as a-i and a-ii
_RANGE: Final = re.compile(rf"({LABEL}) ?(?:[{_DASH}]|to|through|thru) ?({LABEL})$")
_SPLIT: Final = re.compile(r" ?(?:,|;|/|&|\+|\band\b|\bor\b) ?(?:and |or |& )?")
# In a list, `a-i` reads as two labels with a dash between them; as a label of its own it could be read in two ways, and
# a list of them in 2^n.
_LISTED: Final = r"(?:[A-Za-z](?:\d{1,2}|['′’″]{1,2})?|\d{1,2}[A-Za-z]?|[ivx]{2,5}|[IVX]{2,5})"
LIST: Final = rf"{_LISTED}(?:(?: ?[{_DASH}] ?| to | through | ?[,;/&+] ?(?:and |or )?| and | or ){_LISTED}){{0,19}}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of label: `upper`, `lower`, `digit`, `roman`, `ROMAN` or `position`, and the place in its order."""

    name: str
    number: int


@lru_cache(maxsize=4096)
def kinds(label: str) -> tuple[Kind, ...]:
    """List the sorts that a label may belong to: `i` is a letter and a Roman number."""
    out = []
    head = label.rstrip(_PRIMES)
    if re.fullmatch(r"[A-Z]", head):
        out.append(Kind("upper", ord(head) - 65))
    elif re.fullmatch(r"[a-z]", head):
        out.append(Kind("lower", ord(head) - 97))
    elif re.fullmatch(r"\d{1,2}", head):
        out.append(Kind("digit", int(head) - 1))
    elif re.fullmatch(r"[A-Z]\d{1,2}", head):
        out.append(Kind("upper+", (ord(head[0]) - 65) * 100 + int(head[1:])))
    elif re.fullmatch(r"[a-z]\d{1,2}", head):
        out.append(Kind("lower+", (ord(head[0]) - 97) * 100 + int(head[1:])))
    elif m := re.fullmatch(r"([A-Za-z])-([ivx]+|\d{1,2})", head):
        second = _ROMAN_NUMBER.get(m[2], 50) if not m[2].isdigit() else int(m[2])
        name = "upper+" if m[1].isupper() else "lower+"
        out.append(Kind(name, (ord(m[1].lower()) - 97) * 100 + second + 1))
    if head in _ROMAN_NUMBER:
        out.append(Kind("roman", _ROMAN_NUMBER[head]))
    elif head.lower() in _ROMAN_NUMBER and head.isupper():
        out.append(Kind("ROMAN", _ROMAN_NUMBER[head.lower()]))
    return tuple(out)


@lru_cache(maxsize=16384)
def expand(text: str, subpanels: bool = False) -> tuple[str, ...]:
    """Return the labels of a list such as `A, C–E and G`; empty if it is no list of labels.

    Args:
        text: the list.
        subpanels: whether `a-i` is a label of its own, not the range from a to i.
    """
    out: list[str] = []
    for part in _SPLIT.split(text.strip()):
        part = part.strip()
        if not part:
            continue
        letters = None if subpanels or "-" not in part else _LETTERS_TO.fullmatch(part)
        if letters is not None and _between(letters[1], letters[2]):
            out += _between(letters[1], letters[2])
        elif _ITEM.fullmatch(part):
            if part.isdigit() and out and re.fullmatch(r"[A-Za-z]\d{1,2}", out[-1]):
                part = out[-1][0] + part  # "A1, 2"
            out.append(part)
        else:
            m = _RANGE.fullmatch(part)
            between = _between(m[1], m[2]) if m is not None else []
            if not between:
                return ()
            out += between
        if len(out) > MAX_PANELS:
            return ()
    return tuple(dict.fromkeys(out))


def _between(first: str, last: str) -> list[str]:
    """Return all labels from the first to the last; none if they are of different sorts or out of order."""
    if len(first) == len(last) == 1 and first.isalpha() and last.isalpha():
        if first.isupper() == last.isupper() and first < last:
            return [chr(c) for c in range(ord(first), ord(last) + 1)]
        return []
    marks = first[len(first.rstrip(_PRIMES)) :], last[len(last.rstrip(_PRIMES)) :]
    if any(marks):
        heads = first.rstrip(_PRIMES), last.rstrip(_PRIMES)
        if heads[0] == heads[1]:  # "A–A″"
            run = ["", "′", "″"]
            have = [len(m.replace("″", "′′")) for m in marks]
            return [first, *(heads[0] + x for x in run[have[0] + 1 : have[1]]), last] if have[0] < have[1] < 3 else []
        return [x + marks[0] for x in _between(*heads)] if marks[0] == marks[1] else []
    if re.fullmatch(r"[A-Za-z]\d{1,2}", first) and re.fullmatch(r"[A-Za-z]?\d{1,2}", last):
        head, low = first[0], int(first[1:])
        if last[0].isalpha() and last[0] != head:
            return []
        high = int(last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        return [f"{head}{i}" for i in range(low, high + 1)] if low < high <= low + MAX_PANELS else []
    if first.isdigit() and last.isdigit() and int(first) < int(last) <= int(first) + MAX_PANELS:
        return [str(i) for i in range(int(first), int(last) + 1)]
    if first in _ROMAN_NUMBER and last in _ROMAN_NUMBER:
        return list(ROMAN[_ROMAN_NUMBER[first] : _ROMAN_NUMBER[last] + 1])
    if first.isupper() and last.isupper() and {first.lower(), last.lower()} <= _ROMAN_NUMBER.keys():
        return [r.upper() for r in _between(first.lower(), last.lower())]
    return []


def series(found: Set[str], name: str) -> set[str]:
    """Select the labels of one sort that form a series from its start (one in ten may be missing)."""
    number = {label: k.number for label in found for k in kinds(label) if k.name == name}
    if name.endswith("+"):
        if len(number) < 2 or min(n % 100 for n in number.values()) > 1:
            return set()
        plain = {label: k.number * 100 for label in found for k in kinds(label) if k.name == name.rstrip("+")}
        number |= plain  # "A1, A2, B"
        out, last = set(), -1
        for letter in sorted({n // 100 for n in number.values()}):
            if letter > last + 1:
                break
            last = letter
            out |= {label for label, n in number.items() if n // 100 == letter}
        first = min((number[x] % 100 for x in out), default=9)
        return out if len(out) > 1 and first <= 1 else set()
    have = set(number.values())
    run = 0
    while run in have or (run > 9 and run + 1 in have):
        run += 1
    return {label for label, n in number.items() if n < run} if run > 1 else set()


def position(text: str) -> str:
    """Extract a position such as `left` or `top right` from "left panel"; empty if there is none."""
    m = re.fullmatch(rf"(?:the )?({POSITIONS}){_ROW}?", text.strip(), re.IGNORECASE)
    return " ".join(m[1].lower().replace("-", " ").split()) if m else ""
