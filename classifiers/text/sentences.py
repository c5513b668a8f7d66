"""What the sentences of a paragraph do: cite, point to figures, tell what the authors did, say what is known.

Shares of sentences say more of a text than counts of words: a review cites in most of its sentences, a method gives a
number in each. Citations and pointers to figures are found first, so that their full stops end no sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MOST: Final = 20_000  # characters of a text; the rest changes nothing
# Begins with a set of characters, so that the search skips the others quickly.
_POINTER: Final = re.compile(
    r"[(\[A-Z](?:(?<=\()[^()]{1,300}\)|(?<=\[)\d[\d,;–\- ]{0,30}\]"
    r"|(?<=\bF)ig(?:ure)?s?\.? ?S?\d+[A-Za-z]?|(?<=\bT)ables?\.? ?S?\d+[A-Za-z]?"
    r"|(?<=\b[A-Z])[a-z]{1,40} (?:et al\.?|and [A-Z][a-z]{1,40}),? ?\(?(?:19|20)\d\d[a-z]?\)?)"
)
_FIGURE: Final = re.compile(r"[Ff]ig|[Tt]able|Supplementary")
_YEAR: Final = re.compile(r"[A-Z][a-z].*(?:19|20)\d\d|\[\d", re.DOTALL)
_BORDER: Final = re.compile(r"[.?!]\s+(?=[A-Z])")
_LETTERS: Final = re.compile(r"[a-z]+")
_DIGIT: Final = re.compile(r"\d")
_COMPARED: Final = re.compile("[<=>]")
# Stand in the text for a citation and a pointer to a figure or table; in capitals, for they may begin a sentence.
_CITED, _POINTED = "XCITE", "XFIGURE"
# Kinds of words that a sentence has.
_KINDS: Final = (
    _CITED.lower(), _POINTED.lower(), "we our us", "was were had", "is are has have", "can may could might", "al",
    "aim aims aimed objective objectives purpose hypothesis hypothesized hypothesised", "patient he she his her",
    "show shows showed shown found demonstrated reported suggest suggests suggested",
    "known defined referred characterized play plays important essential major common",
    "using used performed calculated measured according obtained purchased",
    "higher lower increased decreased significant significantly compared",
)  # fmt: skip
# Pairs of kinds that a sentence has both of: what is known, others' work, own work.
_PAIRS: Final = (
    ("has have", "been"),
    ("previous recent several many", "study studies report reports work works"),
    ("this present current our", "study work paper article trial case"),
)
_GROUPS: Final = (*_KINDS, *(words for pair in _PAIRS for words in pair))
# The bits of each word: one for each group that has it.
_BITS: Final = {
    word: sum(1 << i for i, words in enumerate(_GROUPS) if word in words.split()) for word in " ".join(_GROUPS).split()
}
_KNOWN: Final = frozenset(_BITS)
_WIDTH: Final = 16  # bits of a count; a text has fewer sentences than it can hold
_FULL: Final = (1 << _WIDTH) - 1
_LINKS: Final = frozenset("however moreover furthermore therefore thus although".split())
_OWN: Final = frozenset("we our".split())
_SHARES: Final = len(_KINDS) + len(_PAIRS) + 3
SENTENCES: Final = _SHARES + 10  # numbers of `sentences`


def _pointer(found: re.Match[str]) -> str:
    said = found[0]
    if said[0] == "(":
        if _FIGURE.search(said):
            return f" {_POINTED} "
        return f" {_CITED} " if _YEAR.search(said) else said
    return f" {_POINTED} " if _FIGURE.match(said) and " et al" not in said else f" {_CITED} "


@lru_cache(maxsize=4096)
def _packed(bits: int) -> int:
    """Return one for each kind and pair of kinds that a sentence has, in one number: sums of it count sentences."""
    kinds = len(_KINDS)
    pairs = (bits >> i & bits >> i + 1 & 1 for i in range(kinds, len(_GROUPS), 2))
    return sum(b << _WIDTH * i for i, b in enumerate([*(bits >> i & 1 for i in range(kinds)), *pairs]))


def sentences(text: str) -> list[float]:
    """Describe what the sentences of a text do: shares of them, and the first and the last one."""
    whole = _POINTER.sub(_pointer, text[:_MOST])
    parts = [s for s in _BORDER.split(whole) if s.strip()] or [""]
    packed = numbered = linked = compared = 0
    listed = [_LETTERS.findall(s.lower()) for s in parts]
    for part, words in zip(parts, listed, strict=True):
        bits = 0
        for word in _KNOWN.intersection(words):
            bits |= _BITS[word]
        packed += _packed(bits)
        numbered += _DIGIT.search(part) is not None
        linked += bool(words) and words[0] in _LINKS
        compared += _COMPARED.search(part) is not None
    counts = [packed >> _WIDTH * i & _FULL for i in range(_SHARES - 3)] + [numbered, linked, compared]
    first, last, n = listed[0], listed[-1], len(parts)
    cited, pointed = whole.count(_CITED), whole.count(_POINTED)
    return [
        *(c / n for c in counts),
        float(_CITED.lower() in first),
        float(_CITED.lower() in last),
        float("was" in first or "were" in first),
        float(not _OWN.isdisjoint(first)),
        float(not _OWN.isdisjoint(last)),
        math.log1p(n) / 3,
        float(cited > 0),
        min(cited, 8) / 4,
        min(pointed, 5) / 3,
        min(cited / max(len(whole.split()), 1) * 20, 5),
    ]


def sentences_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return `sentences` of each text, texts × numbers."""
    return np.array([sentences(t) for t in texts], np.float32).reshape(-1, SENTENCES)
