"""The side of its words on which a label stands."""

from __future__ import annotations

import re
from typing import Final

from pmcmine.panels.markers import Marker

_GRAPHS: Final = re.compile(
    r"\b(?:graphs?|panels?|pictures?|photos?|photographs?|images?|plots?|figures?|diagrams?)$", re.IGNORECASE
)
_LEADING: Final = re.compile(
    r"\b(?:with|of|for|on|in|by|are|is|were|to|between|from|includes?|including|show|shows|showing|at)$", re.IGNORECASE
)
_NEXT_WORD: Final = re.compile(r"\s*([^\s,.;:)]*)")
STOPPED: Final = re.compile(r"\. ?[A-Z]")
_ITEM: Final = re.compile(r", (?!and |or |\()")  # behind a label, "(A), liver; (B), spleen"
_SHORT: Final = re.compile(r"\b[A-Za-z]{1,3}\.$")  # may be an abbreviation: "Canna sp. (A), banana (B)"

# Forms that stand before their words.
_BEFORE: Final = frozenset("dotted comma bare unstopped glued enumerated free unwritten numbered".split())
_AFTER_SUFFIX: Final = frozenset(
    "and or as of in was were is are with for at on to during from by versus vs under respectively compared can".split()
)


def votes_after(text: str, m: Marker, last: bool) -> float:
    """Vote whether a label comes after its text (above 0) or before it (below 0)."""
    if m.form in _BEFORE:
        return -3.0
    if m.form == "inner":
        return 3.0
    if m.start == 0:
        return -3.0
    at = m.end
    while text[at : at + 1] == " ":
        at += 1
    ends = text[at : at + 1] in ",.;)" or text[m.end] not in " :"
    before = text[max(m.start - 60, 0) : m.start].rstrip() or "."
    if m.form == "bold" and (text[m.end - 1] in ".:" or _LEADING.search(before[before.rfind(" ") + 1 :])):
        return -2.5
    if before[-1] == "." and STOPPED.match(text, m.end):
        return -1.5  # "… of cells. (B). Western blots of …"
    if before[-1] in ".;:!?(":
        if not ends:
            return -2.5
        return -1.9 if before[-1] != "(" and _ITEM.match(text, m.end) and not _SHORT.search(before) else 0.5
    if before[-1] == "," and not ends:
        return -2.0
    last_word = before[before.rfind(" ") + 1 :]
    if _GRAPHS.search(last_word):
        return -2.5
    if before[-1] == "," or before.endswith((" and", " or")):
        return 0.5 if ends else -1.0
    if ends:
        return 2.5 if not last or text[at:].strip(" .;)") else 3.0
    if _LEADING.search(last_word):
        return -1.0
    word = _NEXT_WORD.match(text, m.end, m.end + 40)
    return 1.5 if word is not None and word[1] in _AFTER_SUFFIX else -0.2
