"""How a text is worded: kinds of words, signs, lengths, variety, capitals."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.text.blocks import DIGIT, SPACE, UPPER, Block, Numbers, Places, hashes_of, runs

# What wording tells a kind of text: words and pairs of words, a line each.
_WORDINGS: Final = (
    ("patient", "man woman boy girl he she his her him patient",
     ("year old", "old man", "old woman", "old female", "old male")),
    ("we", "we our us", ()),
    ("this study", "", ("this study", "present study", "current study", "this paper", "this article", "this work")),
    ("patients", "patients participants subjects", ()),
    ("funding and ethics", "fund funds funded funding grant grants conflict conflicts competing ethic ethics ethical "
     "approved consent author authors contributed contribution contributions available availability acknowledge "
     "acknowledgements supplementary supported declare", ()),
    ("present", "is are", ()),
    ("past", "was were", ()),
    ("figures", "fig figs figure figures table tables", ()),
    ("laboratory", "mice rats cells cell protein proteins gene genes expression plant plants bacteria bacterial", ()),
    ("literature", "review reviews literature known reported studies", ("et al",)),
    ("explanation", "because therefore thus mechanism mechanisms function functions such", ("defined as", "refers to",
     "leads to", "known as", "for example", "such as")),
    ("units", "mm mg kg ml nm cm min", ()),
    ("course", "underwent revealed admitted diagnosis diagnosed", ("presented with", "history of")),
)  # fmt: skip
_WORDS: Final = {word: i for i, (_, words, _) in enumerate(_WORDINGS) for word in words.split()}
_PAIRS: Final = {pair: i for i, (_, _, pairs) in enumerate(_WORDINGS) for pair in pairs}
_SPREAD: Final = np.uint64(0x9FB21C651E98DF25)
_LONGEST_CITED: Final = 20  # characters of the numbers in brackets, after the first digit
_N_SIGNS: Final = 5
WORDING: Final = 2 * (len(_WORDINGS) + _N_SIGNS) + 5  # numbers of `wording`: two a count, and five measures


@cache
def _numbers() -> tuple[Numbers, Numbers]:
    """Return the kinds of words, and of pairs of words."""
    return Numbers(hashes_of(_WORDS), _WORDS.values()), Numbers(hashes_of(_PAIRS), _PAIRS.values())


def _is(codes: NDArray[np.uint32], characters: str) -> NDArray[np.bool_]:
    """Tell which code points are one of some characters."""
    out: NDArray[np.bool_] = codes == ord(characters[0])
    for c in characters[1:]:
        out |= codes == ord(c)
    return out


def _p_values(block: Block) -> Places:
    """Find where a p-value is given, as in `P < 0.05`."""
    codes = block.codes
    at = np.flatnonzero(_is(codes, "<=>"))
    before = at - 1 - (codes[at - 1] == ord(" "))
    at = at[_is(codes[before], "pP")]
    after = at + 1
    after += codes[after] == ord(" ")
    after += codes[after] == ord("0")
    out: Places = at[(codes[after] == ord(".")) & (block.kinds[after + 1] & DIGIT != 0)]
    return out


def _cited_numbers(block: Block) -> Places:
    """Find brackets with numbers, as in `[3, 4–7]`, without spaces."""
    codes, digits = block.codes, block.kinds & DIGIT != 0
    at = np.flatnonzero((codes[:-1] == ord("[")) & digits[1:])
    starts, ends = runs(digits | _is(codes, ",–-"))
    ends = ends[np.searchsorted(starts, at + 1, "right") - 1] if len(at) else at
    out: Places = at[(codes[ends] == ord("]")) & (ends - at - 2 <= _LONGEST_CITED)]
    return out


def _units(block: Block) -> Places:
    """Find units with a sign: micrometres, degrees Celsius."""
    codes = block.codes
    at = np.flatnonzero(_is(codes, "μ°"))
    micro = codes[at] == ord("μ")
    return at[np.where(micro, _is(codes[at + 1], "lmgM"), codes[at + 1] == ord("C"))]


def _counts(block: Block) -> NDArray[np.int64]:
    """Count kinds of words, and signs; texts × counts."""
    texts, groups = len(block.texts), len(_WORDINGS)
    hashes, rows = block.words
    pairs, together = block.pairs
    of_words, of_pairs = _numbers()
    found = [of_words.get(hashes), np.where(together, of_pairs.get(pairs), -1)]
    flat = np.concatenate([(rows * groups + n)[n >= 0] for n in found])
    words = np.bincount(flat, minlength=texts * groups).reshape(texts, groups)
    signs = (
        block.count_at(_p_values(block)),
        block.count_at(_cited_numbers(block)),
        block.count(block.kinds & DIGIT != 0),
        block.count(_is(block.codes, "%±")),
        block.count_at(_units(block)),
    )
    return np.column_stack([words, *signs])


def wording(block: Block) -> NDArray[np.float32]:
    """Describe how texts are worded: kinds of words and signs by occurrence and share, lengths, variety, capitals.

    Returns:
        Texts × WORDING.
    """
    filled = block.kinds & SPACE == 0
    starts, ends = runs(filled)  # words between spaces
    rows = block.rows[starts]
    n = np.maximum(np.bincount(rows, minlength=len(block.texts)), 1)
    counts = _counts(block)
    # The text in the upper bits: sorted, equal words of a text stand together.
    spread = block.hashes(starts, ends) * _SPREAD  # of one letter only the lower bits are set
    keys = np.sort((spread >> np.uint64(8)) | (rows.astype(np.uint64) << np.uint64(56)))
    distinct = keys[np.flatnonzero(np.diff(keys, prepend=~keys[:1]))] >> np.uint64(56)
    out = np.empty((len(block.texts), WORDING))
    out[:, 0:-5:2] = np.minimum(counts, 5) / 3
    out[:, 1:-5:2] = np.minimum(counts / n[:, None] * 20, 3)
    out[:, -5] = np.log1p(n) / 3
    out[:, -4] = np.bincount(rows, ends - starts, len(block.texts)) / n / 6
    out[:, -3] = block.count(block.codes == ord(".")) / n * 10
    out[:, -2] = np.bincount(distinct.astype(np.int64), minlength=len(block.texts)) / n
    out[:, -1] = block.count_at(starts[block.kinds[starts] & UPPER != 0]) / n * 3
    return out.astype(np.float32)
