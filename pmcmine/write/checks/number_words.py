"""Read numbers in words: "two hundred and fifty", "forty-eight", "seven and a half"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
VALUES: Final = {w: n for n, w in enumerate(_SMALL)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_BELOW: Final = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(reversed(_SMALL))})"
_HUNDREDS: Final = rf"(?:(?:{_BELOW}|an?)\s)?hundred(?:\s(?:and\s)?{_BELOW})?"
_WHOLE: Final = (
    rf"(?:(?:(?:{_HUNDREDS}|{_BELOW}|an?)\s)?(?:thousand|million)(?:\s(?:and\s)?(?:{_HUNDREDS}|{_BELOW}))?|"
    rf"{_HUNDREDS}|{_BELOW})"
)
SEQUENCE: Final = rf"\b{_WHOLE}(?:\s+and\s+(?:a\s+)?half|(?:\s+point(?:\s(?:{'|'.join(_SMALL[:10])}))+))?\b"
WORDS: Final = frozenset((*VALUES, *_SCALES))


def value_of(text: str) -> Decimal | None:
    """Return the value of a match of `SEQUENCE`; None if it has no number."""
    low = text.lower()
    whole, _, digits = low.partition(" point ")
    half = whole.endswith("half")
    words = [w for w in re.split(r"[\s-]+", whole.removesuffix("half")) if w in WORDS]
    if not words:
        return None
    total, current = 0, 0
    for word in words:
        scale = _SCALES.get(word)
        if scale is None:
            current += VALUES[word]
        elif scale == 100:
            current = max(current, 1) * scale
        else:
            total += max(current, 1) * scale
            current = 0
    out = Decimal(total + current)
    if digits:
        out += Decimal("0." + "".join(str(VALUES[d]) for d in digits.split()))
    return out + Decimal("0.5") if half else out
