"""Mark the items of lists."""

from __future__ import annotations

import re
from typing import Final

from pmcmine.jats.dom import Element

BULLET: Final = "•"
# An item that includes its own mark: "1.", "(a)", "iv)", "–".
_OWN_MARK: Final = re.compile(r"\s*(?:[(\[]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)\]:]|[•◦▪●○■□–—−*·‣⁃➢✓-])")
_MARK_LENGTH: Final = 8
_ROMAN: Final = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def mark_items(items: Element, bullet: str = "") -> None:
    """Put a mark in front of each item of a list, in place: its number if the list is ordered, otherwise a bullet.

    Items with a label or their own mark get none; a list that is already marked stays unchanged.

    Args:
        items: a `<list>`.
        bullet: mark of items without a number.
    """
    kind = items.get("list-type") or ""
    for n, item in enumerate(items.iterchildren("list-item"), 1):
        if item.find("label") is None and (mark := _number(kind, n) or bullet):
            _lead(item, mark)


def lead_with_labels(items: Element) -> None:
    """Move the label of each item of a list into its first paragraph, in place."""
    for item in items.iterchildren("list-item"):
        label = item.find("label")
        if label is not None and (mark := " ".join("".join(label.itertext()).split())):
            _lead(item, mark)


def _lead(item: Element, mark: str) -> None:
    first = next((e for e in item if e.tag != "label"), None)
    holder = item if first is None or first.tag != "p" or (item.text and not item.text.isspace()) else first
    said = ""
    for text in holder.itertext():
        said += text
        if len(said.strip()) > _MARK_LENGTH:
            break
    if said and not said.isspace() and not _OWN_MARK.match(said) and not said.lstrip().startswith(mark):
        holder.text = f"{mark} {(holder.text or '').lstrip()}"


def _number(kind: str, n: int) -> str:
    if kind in ("order", "ordered", "arabic"):
        return f"{n}."
    if kind.startswith("alpha") and n <= 26:
        letter = chr(96 + n)
        return f"{letter.upper() if kind.endswith('upper') else letter}."
    if kind.startswith("roman") and n < 400:
        text = ""
        for value, letters in _ROMAN:
            text += letters * (n // value)
            n %= value
        return f"{text.upper() if kind.endswith('upper') else text}."
    return ""
