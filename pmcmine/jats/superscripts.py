"""Convert superscripts and subscripts to plain text: powers, marks, and the markup's white space before them."""

from __future__ import annotations

import re
from typing import Final

from pmcmine.jats.dom import Element

_NUMBER: Final = re.compile(r"(?:[-−–‐‑－+]\s?)?\d+(?:[./·]\d+)?")
_NUMBERS: Final = re.compile(r"\d+[a-z]?(?:\s?[,;–-]\s?\d+[a-z]?)+")  # several citations
_VARIABLE_POWER: Final = re.compile(r"\(?[-−–‐‑－]\s?\(?[Δ∆A-Za-z]|[nNx]$")  # 2^−ΔΔCt, 2^n
_WORD: Final = re.compile(r"[^\W\d_][a-zß-ÿ]{3,}$")
_SPACED_TEN: Final = re.compile(r"[×xX·*∙•]\s?10 $")
_REACH: Final = 48  # characters before a superscript that determine its meaning
_CHARGE: Final = re.compile(r"\d?[-−–‐‑+]{1,2}")
_ORDINALS: Final = frozenset({"st", "nd", "rd", "th"})
_SQUARED: Final = re.compile(r"(?<!\w)(?:[kcdmnµμ]?m|[χηRrI])$")


def before_script(element: Element, parts: list[str]) -> str:
    """Return the text needed before a superscript or subscript; the markup's white space there is removed.

    Args:
        element: the `<sup>` or `<sub>`.
        parts: the text before it in pieces, at least one; the last one may change.
    """
    if element.tag == "sub":
        if parts[-1].isspace() and _belongs_to_previous(element):
            parts.pop()
        return ""
    if parts[-1][-1:].isspace():
        _join_superscript(element, parts)
    return _before_superscript(element, parts) if parts else ""


def _belongs_to_previous(element: Element) -> bool:
    """Check whether only white space of the markup separates a subscript or superscript from its symbol.

    `<italic>T</italic> <sub>agg</sub>` is printed as one: files of some publishers have a line break there.
    """
    previous = element.getprevious()
    if previous is None or not (previous.tail or "").isspace():
        return False
    text = "".join(element.itertext()).strip()
    if element.tag == "sub":
        return previous.tag in ("italic", "bold") and " " not in text  # "P for trend" are separate words
    if next(element.iter("xref"), None) is not None:
        return False
    if previous.tag == "sub":
        return _CHARGE.fullmatch(text) is not None
    base = "".join(previous.itertext()).split(" ")[-1]
    is_mark = text.isdigit() or (len(text) == 1 and text.islower())  # behind a word, not behind a symbol
    return previous.tag == "italic" and (not is_mark or (len(base) < 4 and base.isalpha()))


def _join_superscript(element: Element, parts: list[str]) -> None:
    """Remove white space between a superscript and its base: `<italic>R</italic> 2`."""
    if parts[-1].isspace() and _belongs_to_previous(element):
        parts.pop()
        return
    text = (element.text or "").strip()
    if len(element) or not (text in _ORDINALS or text in ("2", "3")):
        return
    before = _tail(parts).rstrip(" \t\n\r")
    if text in _ORDINALS:
        separated = before[-1:].isdigit()
    else:
        separated = _SQUARED.search(before) is not None and (text == "2" or before[-1:] == "m")
    if separated:
        parts[-1] = parts[-1].rstrip(" \t\n\r")


def _tail(parts: list[str]) -> str:
    """Return the last characters of a text in pieces."""
    text = parts[-1]
    if len(text) >= _REACH:
        return text[-_REACH:]
    for part in reversed(parts[-9:-1]):
        text = part[-_REACH:] + text
        if len(text) >= _REACH:
            break
    return text[-_REACH:]


def _before_superscript(element: Element, parts: list[str]) -> str:
    """Return the text needed before a superscript: a caret for a power, a space for a mark, otherwise nothing.

    `10<sup>6</sup>` must not become 106, nor a citation after a year part of the year.
    """
    last = parts[-1][-1:]
    if last == " " and parts[-1].endswith("10 ") and _SPACED_TEN.search(_tail(parts)):
        # The markup separates the power from its base: `5 × 10 <sup>6</sup>`.
        power = element.text or ""
        if len(element) == 0 and _NUMBER.fullmatch(power.strip()):
            parts[-1] = parts[-1][:-1]
            return "^"
    if not (last.isalnum() or last in ".,)%°"):
        return ""
    text = ("".join(element.itertext()) if len(element) else element.text or "").strip()
    if text[-1:] == "," and text[:-1].isdigit():
        text = text[:-1]  # the first of several marks: `2013<sup>1,</sup><sup>2</sup>`
    if not text or (last.isalpha() and not len(element) and (text == "2" or not text[0].isdigit())):
        return ""
    if len(element) and (element[0].tag == "xref" or next(element.iter("xref"), None) is not None):
        if last in ".,":
            glued = text[0].isdigit() and _tail(parts)[-2:-1].isdigit()
        else:
            glued = text[0].isalnum() and last != ")"
        return " " if glued else ""
    if last.isdigit():
        return _after_number(element, text, parts)
    if last == ")":
        return "^" if _NUMBER.fullmatch(text) and _is_expression(parts) else ""
    if last.isalpha() and text[0].isdigit():
        if _NUMBERS.fullmatch(text):
            return " "
        if text.isdigit() and text not in ("2", "3") and _WORD.search(_tail(parts)):
            return " "
    return ""


def _after_number(element: Element, text: str, parts: list[str]) -> str:
    """Return the separator that a superscript needs after a digit."""
    before = _tail(parts)
    at = len(before)
    while at and (before[at - 1].isdigit() or before[at - 1] in ".,"):
        at -= 1
    base = before[at:].lstrip(".,")
    lead, second = (" " + before[: len(before) - len(base)])[-1], ("  " + before[: len(before) - len(base)])[-2]
    number = _NUMBER.fullmatch(text) is not None
    if number and not text[0].isdigit():
        return "^"
    ten = base == "10" or base.endswith((".10", ",10"))
    sibling = element.getprevious()
    if sibling is not None and sibling.tag == "sub" and not sibling.tail:
        if not number and not _NUMBERS.fullmatch(text):
            return ""
        isotope = (element.tail or "")[:1].isupper()
        variable = lead.isalpha() and not second.isalpha()
        return "^" if number and variable and not isotope else " "
    named = (lead.isalpha() and not (lead in "xX" and not second.isalpha())) or (lead in "-‐‑" and second.isalpha())
    if named and base == "10" and lead.islower() and second.islower():
        named = False  # "of10": a space is missing, it is not a name
    if number:
        return "^" if not named and (ten or _is_base(base, text)) else " "
    if _NUMBERS.fullmatch(text):
        return "^" if not named and (ten or base == "2") else " "
    return "^" if not named and base in ("2", "10") and _VARIABLE_POWER.match(text) else ""


def _is_base(base: str, exponent: str) -> bool:
    """Check whether a number (not a name, not 10) has an unsigned power, rather than a citation."""
    if not exponent.isdigit():
        return True
    power = int(exponent) if len(exponent) < 4 else 1000
    if "." in base or "," in base:
        return power in (0, 2, 3) and base.count(".") < 2
    if len(base) == 4 and base[:2] in ("18", "19", "20"):
        return False  # a year
    return base == "2" or power < 10 or (len(base) == 1 and power < 30)


def _is_expression(parts: list[str]) -> bool:
    """Check whether the closing bracket ends a calculation: `(x − y)<sup>2</sup>`, but not `(DIC)<sup>1</sup>`."""
    before = _tail(parts)
    start = before.rfind("(")
    inside = before[start + 1 : -1] if start >= 0 else ""
    return bool(re.search(r"[-+−–×·*/=]", inside)) and not re.search(r"[A-Za-z]{4}|et al", inside)
