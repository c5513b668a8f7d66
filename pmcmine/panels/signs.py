"""A quick look at a caption: whether it may name panels at all.

Each condition is necessary, so that captions without any need no search for labels. A series has a first and a second
label (A and B, 1 and 2, i and ii), and the second one is written out or in a range that begins with the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pmcmine.panels.labels import expand
from pmcmine.panels.markers import Span


class Signs(NamedTuple):
    """What a caption may have: a series of labels, labels with the figure's number (2A), panels named by position."""

    series: bool
    numbered: bool
    positions: bool


_OTHER_DIGITS: Final = 0


def _class_of(code: int, kept: str) -> int:
    c = chr(code)
    if 0xD9 <= code <= 0xE1 or code >= 0xEA:
        return _OTHER_DIGITS  # digits that are no ASCII begin with these bytes
    if code > 127 or not c.isalnum():
        return ord(" ")
    return ord(c.lower()) if c in kept else ord("d" if c.isdigit() else "w")


def _table(kept: str) -> bytes:
    return bytes(_class_of(code, kept) for code in range(256))


# Of UTF-8. Letters become w, digits d, but for those of first and second labels; all else is a blank.
_LETTERS: Final = _table("aAbBiI012")
_NUMBERED: Final = _table("aAbB")
# What may be a range from a first label: "A–C", "(a) to (d)", "A′–C′".
_RANGE: Final = re.compile(rb"[Aa1Ii](?<![A-Za-z1-9].)[^A-Za-z0-9]*?(?:[-'\x80-\xff]|t(?:o|hrough)(?![a-z]))")
_FIRM: Final = (b")", b"(", b"[", b"anel")  # numbers are labels in brackets or behind "panel" alone
_BEHIND: Final = 14  # code points behind an emphasised label, which may make a range of it


def look(text: str, bold: Sequence[Span] = ()) -> Signs:
    """Look for signs of panels; what there is no sign of is not there.

    Args:
        text: the caption.
        bold: emphasised labels of it, if any: they may stand within words.
    """
    said = text
    for start, end in bold:
        labels = expand(text[start:end])
        said += " (".join(("", *labels, labels[-1] + text[end : end + _BEHIND] if labels else ""))
    raw = said.encode("utf-8", "surrogatepass")
    shape = b" %b " % raw.translate(_LETTERS)
    if b" b " in shape or _OTHER_DIGITS in shape:
        return Signs(series=True, numbered=True, positions=True)  # the rest is seldom needed
    numbered = b" %b " % raw.translate(_NUMBERED)
    return Signs(
        series=b" ad" in numbered or b" bd" in numbered or _may_be_series(raw, shape),
        numbered=b"da " in numbered,
        positions=("ight" in text and "eft" in text)
        or ("ottom" in text and "op" in text)
        or ("ower" in text and "pper" in text)
        or ("econd" in text and "irst" in text),
    )


def _may_be_series(raw: bytes, shape: bytes) -> bool:
    """Look for a second label beside a first one, or for a range."""
    one = b"1 " in shape and (b" 1 " in shape or b" 01 " in shape) and any(x in raw for x in _FIRM)
    roman = b" i " in shape
    if (one and (b" 2 " in shape or b" 02 " in shape)) or (roman and b" ii " in shape):
        return True
    return (one or roman or b" a " in shape) and _RANGE.search(raw) is not None
