"""Split a text into words, with keys shared by forms of a word, and symbols: genes, compounds, strains."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pmcmine.text.sentences import sentence_starts
from pmcmine.vocabulary.normalise import fold, token_key
from pmcmine.vocabulary.word_classes import word_class
from pmcmine.write.checks.irregular import IRREGULAR

_RUN: Final = r"[^\W_]+(?:['’′](?!s\b)[^\W_]+)?"
_WORD: Final = re.compile(rf"{_RUN}(?:[-‐‑–−;]{_RUN}){{0,7}}")
_PART: Final = re.compile(_RUN)
_RANGE: Final = re.compile(r"\d+(?:[^\W\d_]{0,2})[–−-]\d+[^\W\d_]{0,2}|[A-Za-z][–−-][A-Za-z]")
_SYMBOL: Final = re.compile(r"[^\W\d_]\d|\d[^\W\d_]|[^\W_][A-Z]|^[A-Z]{2}")
_DOUBLED: Final = re.compile(r"([bdgklmnprt])\1$")
# Inflectional endings, with possible replacements.
_ENDINGS: Final = (
    ("ies", ("y",)),
    ("ied", ("y",)),
    ("es", ("", "e")),
    ("s", ("",)),
    ("ed", ("", "e")),
    ("ing", ("", "e")),
    ("ly", ("", "le")),
    ("ally", ("",)),
)
_MADE: Final = re.compile(r"([a-z]{4,})i[sz](?:e|ed|es|ing|ations?)")  # "colonized" is "colonization", and no colon
_LEAST: Final = 3  # letters that remain
_SHORT: Final = 3  # maximum letters of a part of a compound that is not a word
_LONGEST: Final = 64  # maximum characters of a word with a key


@dataclass(frozen=True, slots=True)
class Token:
    """A word or symbol of a text.

    Attributes:
        text: as written; a compound such as `IL-6` is one token if it is a symbol, otherwise each part is one.
        low: in lower case without diacritics.
        key: shared by forms of the word.
        symbol: whether it looks like a symbol or an abbreviation.
        start: first code point.
        end: one past the last code point.
        sentence: number of its sentence.
    """

    text: str
    low: str
    key: str
    symbol: bool
    start: int
    end: int
    sentence: int


def joined(text: str) -> str:
    """Return a symbol without case, punctuation and spaces; Greek letters by name."""
    return "".join(fold(part) for part in re.findall(r"[^\W\d_]|\d+", text[:_LONGEST]))


@lru_cache(maxsize=20_000)
def key_of(word: str) -> str:
    """Compute the key of a word, which ignores case, spelling, number, tense and derivation."""
    if len(word) > _LONGEST:
        return word
    if made := _MADE.fullmatch(word.lower()):
        return f"{made[1]}iz"
    key = word_class(word.lower() if word[1:].islower() else word) or token_key(word)
    if len(key) > 4 and key.endswith(("er", "or")):
        key = key[:-2]
    if len(key) > 4 and (m := _DOUBLED.search(key)):
        key = key[: m.start() + 1]
    return key[:-1] if len(key) > 4 and key[-1] in "eiy" else key


@lru_cache(maxsize=20_000)
def bases(low: str) -> frozenset[str]:
    """Return possible base forms of a word, including itself; some may not be words."""
    out = {low, IRREGULAR.get(low, low)}
    for ending, instead in _ENDINGS:
        if low.endswith(ending) and len(low) - len(ending) >= _LEAST:
            stem = low[: len(low) - len(ending)]
            out |= {stem + x for x in instead}
            if len(stem) > _LEAST and stem[-1] == stem[-2]:
                out.add(stem[:-1])
    return frozenset(out)


def is_symbol(text: str) -> bool:
    """Check whether a word looks like a symbol: a digit beside a letter, or unusual capitals."""
    return bool(_SYMBOL.search(text))


def tokens(text: str) -> tuple[Token, ...]:
    """Split a text into its words and symbols."""
    starts: list[int] = []
    at = 0
    for line in text.splitlines(keepends=True):
        starts += [at + start for start in sentence_starts(line)]
        at += len(line)
    out: list[Token] = []
    for match in _WORD.finditer(text):
        whole = match[0]
        sentence = bisect_right(starts, match.start())
        plain = any(p.isalpha() and p.islower() and len(p) > _SHORT for p in _PART.findall(whole))
        if not plain and is_symbol(whole) and not _RANGE.fullmatch(whole) and any(c.isdigit() for c in whole):
            out.append(Token(whole, whole.lower(), joined(whole), True, *match.span(), sentence))
            continue
        for part in _PART.finditer(whole):
            start, end = match.start() + part.start(), match.start() + part.end()
            word = part[0]
            symbol = is_symbol(word)
            key = joined(word) if symbol else key_of(word)
            out.append(Token(word, fold(word), key, symbol, start, end, sentence))
    return tuple(out)
