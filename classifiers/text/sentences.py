"""What the sentences of a paragraph do: cite, point to figures, tell what the authors did, say what is known.

Shares of sentences say more of a text than counts of words: a review cites in most of its sentences, a method gives a
number in each. Citations and pointers to figures are found first, so that their full stops end no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.text.blocks import DIGIT, LATIN, SPACE, Block, Numbers, Places, blocks, hashes_of, runs

# Begins with a set of characters, so that the search skips the others quickly.
_POINTER: Final = re.compile(
    r"[(\[A-Z](?:(?<=\()[^()]{1,300}\)|(?<=\[)\d[\d,;–\- ]{0,30}\]"
    r"|(?<=\bF)ig(?:ure)?s?\.? ?S?\d+[A-Za-z]?|(?<=\bT)ables?\.? ?S?\d+[A-Za-z]?"
    r"|(?<=\b[A-Z])[a-z]{1,40} (?:et al\.?|and [A-Z][a-z]{1,40}),? ?\(?(?:19|20)\d\d[a-z]?\)?)"
)
_FIGURE: Final = re.compile(r"[Ff]ig|[Tt]able|Supplementary")
_YEAR: Final = re.compile(r"[A-Z][a-z].*(?:19|20)\d\d|\[\d", re.DOTALL)
# Stand for a citation, and for a pointer to a figure or table, among the kinds of words.
_CITED, _POINTED = "XCITE", "XFIGURE"
_CITES, _POINTS = 0, 1  # their places in _KINDS
# Kinds of words that a sentence has.
_KINDS: Final = (
    _CITED, _POINTED, "we our us", "was were had", "is are has have", "can may could might", "al",
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
_OTHERS: Final = ("was were", "we our", "however moreover furthermore therefore thus although")
_WORDS: Final = sorted({word for words in (*_GROUPS, *_OTHERS) for word in words.split()} - {_CITED, _POINTED})
# Columns of what a sentence has: the groups; then what only the first or the last one are asked for; numbers, signs.
_PAST, _OWN, _LINK, _NUMBER, _COMPARED, _NOTHING = range(len(_GROUPS), len(_GROUPS) + 6)
_COLUMNS: Final = _NOTHING + 1
_SHARES: Final = len(_KINDS) + len(_PAIRS) + 3
SENTENCES: Final = _SHARES + 10  # numbers of `sentences`


def _columns_of_words() -> NDArray[np.int64]:
    """Return the columns of each word, filled up with the column of nothing; words × columns."""
    groups = [[i for i, g in enumerate((*_GROUPS, *_OTHERS)) if word in g.split()] for word in _WORDS]
    width = max(map(len, groups))
    return np.array([g + [_NOTHING] * (width - len(g)) for g in groups])


_OF_WORD: Final = _columns_of_words()


@cache
def _numbers() -> Numbers:
    """Return the numbers of words."""
    return Numbers(hashes_of(_WORDS))


def _kind(found: re.Match[str]) -> int:
    """Return the column of what a pointer points to, −1 if it is none."""
    said = found[0]
    if said[0] == "(":
        if _FIGURE.search(said):
            return _POINTS
        return _CITES if _YEAR.search(said) else -1
    return _POINTS if _FIGURE.match(said) and " et al" not in said else _CITES


@dataclass(frozen=True)
class _Sentences:
    """Where the sentences and pointers of a block are.

    Attributes:
        starts: where each sentence begins; sentences without a character but their stop are left out.
        first: number of the first sentence of each text, and how many there are in all.
        pointers: where each citation and pointer to a figure or table begins.
        kinds: `_CITES` or `_POINTS` for each of them.
        outside: tells of each character of the block whether it is in none of them.
        pieces: how many words each text has, each pointer being one.
    """

    starts: Places
    first: Places
    pointers: Places
    kinds: Places
    outside: NDArray[np.bool_]
    pieces: Places


def _sentences_in(block: Block) -> _Sentences:
    """Find the sentences of texts; the full stops of citations and pointers end none."""
    found = [
        (at + m.start(), at + m.end(), kind)
        for at, text in zip(block.starts.tolist(), block.texts, strict=True)
        for m in _POINTER.finditer(text)
        if (kind := _kind(m)) >= 0
    ]
    pointers, ends, kinds = np.array(found, np.int64).reshape(-1, 3).T
    edges = np.zeros(len(block.codes), np.int8)
    edges[pointers] = 1
    edges[ends] -= 1
    outside = np.cumsum(edges, dtype=np.int8) == 0
    seen = outside & (block.kinds & SPACE == 0)
    seen[pointers] = True
    at = np.flatnonzero(seen)  # what is no space, a pointer being one character
    codes, rows = block.codes[at], block.rows[at]
    pointing = ~outside[at]
    capital = (codes >= ord("A")) & (codes <= ord("Z")) | pointing
    stop = ((codes == ord(".")) | (codes == ord("?")) | (codes == ord("!"))) & ~pointing
    new = np.ones(len(at), bool)  # begins a text
    new[1:] = rows[1:] != rows[:-1]
    apart = new.copy()  # begins a word
    apart[1:] |= (np.diff(at) > 1) | pointing[1:] | pointing[:-1]
    border = np.zeros(len(at), bool)
    border[1:] = stop[:-1] & capital[1:] & apart[1:] & ~new[1:]
    empty = np.zeros(len(at), bool)  # a stop that ends a sentence without anything else
    empty[:-1] = border[1:] & (new | border)[:-1]
    begins = at[(new | border) & ~empty]
    texts = len(block.texts)
    first = np.concatenate([[0], np.cumsum(np.bincount(block.rows[begins], minlength=texts))])
    return _Sentences(begins, first, pointers, kinds, outside, np.bincount(rows[apart], minlength=texts))


def _what_they_have(block: Block, found: _Sentences) -> NDArray[np.bool_]:
    """Tell which columns each sentence has, sentences × columns."""
    outside = found.outside
    starts, ends = runs((block.kinds & LATIN != 0) & outside)
    numbers = _numbers().get(block.hashes(starts, ends))
    marked = np.zeros(len(block.codes), np.int32)
    marked[found.starts] = 1
    of = np.cumsum(marked, dtype=np.int32) - 1  # the sentence of each character
    has = np.zeros((len(found.starts), _COLUMNS), bool)
    known = np.flatnonzero(numbers >= 0)
    has[of[starts[known]][:, None], _OF_WORD[numbers[known]]] = True
    # A word like "however" counts if a sentence begins with it, without a pointer before.
    begins = np.flatnonzero(np.diff(of[starts], prepend=-1))
    pointed = np.full(len(found.starts), len(block.codes))
    pointed[of[found.pointers][::-1]] = found.pointers[::-1]
    begun, one = of[starts[begins]], numbers[begins]
    has[begun, _LINK] = (one >= 0) & (_OF_WORD[one] == _LINK).any(axis=1) & (starts[begins] < pointed[begun])
    has[of[found.pointers], found.kinds] = True
    has[of[np.flatnonzero((block.kinds & DIGIT != 0) & outside)], _NUMBER] = True
    has[of[np.flatnonzero((block.codes >= ord("<")) & (block.codes <= ord(">")) & outside)], _COMPARED] = True
    return has


def sentences(block: Block) -> NDArray[np.float32]:
    """Describe what the sentences of texts do: shares of them, and the first and the last one.

    Returns:
        Texts × SENTENCES.
    """
    found = _sentences_in(block)
    has = _what_they_have(block, found)
    kinds = len(_KINDS)
    pairs = has[:, kinds : len(_GROUPS) : 2] & has[:, kinds + 1 : len(_GROUPS) : 2]
    shown = np.column_stack([has[:, :kinds], pairs, has[:, [_NUMBER, _LINK, _COMPARED]]])
    sums = np.concatenate([np.zeros((1, _SHARES), np.int64), np.cumsum(shown, axis=0)])
    begins, ends = found.first[:-1], found.first[1:]
    n = np.maximum(ends - begins, 1)
    bounded = np.concatenate([has, np.zeros((1, _COLUMNS), bool)])
    first = bounded[np.where(ends > begins, begins, -1)]
    last = bounded[np.where(ends > begins, ends - 1, -1)]
    cited = block.count_at(found.pointers[found.kinds == _CITES])
    pointed = block.count_at(found.pointers[found.kinds == _POINTS])
    measures = (
        first[:, _CITES],
        last[:, _CITES],
        first[:, _PAST],
        first[:, _OWN],
        last[:, _OWN],
        np.log1p(n) / 3,
        cited > 0,
        np.minimum(cited, 8) / 4,
        np.minimum(pointed, 5) / 3,
        np.minimum(cited / np.maximum(found.pieces, 1) * 20, 5),
    )
    return np.column_stack([(sums[ends] - sums[begins]) / n[:, None], *measures]).astype(np.float32)


def sentences_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return `sentences` of any number of texts, texts × numbers."""
    return np.concatenate([np.zeros((0, SENTENCES), np.float32), *map(sentences, blocks(texts))])
