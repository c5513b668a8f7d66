"""Find the names of a vocabulary in texts: all candidates, including overlapping ones.

Tokens are hashed once per word; the hash of any run of tokens follows from theirs by array arithmetic, so a pass over
all texts of an article costs a few array operations for each name length, and vocabulary look-ups only for runs that
can still be continued. Reference for the approach: cTAKES fast dictionary lookup looks up by a rare word, QuickUMLS by
n-gram similarity; an Aho-Corasick automaton over raw characters needs a gigabyte for a million names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.vocabulary.hashes import mix_array, token_hash
from pmcmine.vocabulary.normalise import TOKEN, token_key
from pmcmine.vocabulary.vocabulary import Vocabulary

MAX_TEXT: Final = 8 << 20  # code points read of one text; nothing in PMC comes near
_CACHE: Final = 200_000  # words with a cached hash
GLUED, JOINED, SLASH, SPACE, MARK, BREAK = range(6)
LAST_SPACE: Final = SPACE  # gaps up to this one may be inside a phrase
_JOINERS: Final = frozenset("-‐‑–−'’/_")  # inside of a word
_MARKS: Final = frozenset(",()[]+*")  # inside a name, if the name has them too


def gap_kind(gap: str) -> int:
    """Classify the gap between two tokens: nothing, a hyphen, a slash, a space, a mark, or the end of a phrase."""
    if not gap:
        return GLUED
    bare = gap.strip()
    if not bare:
        return SPACE if "\n\n" not in gap and len(gap) <= 4 else BREAK
    if len(bare) == 1 and bare in _JOINERS:
        if len(gap) > 1:
            return BREAK
        return SLASH if bare == "/" else JOINED
    if len(gap) <= 3 and all(c in _MARKS or c.isspace() or c in _JOINERS for c in gap):
        return MARK
    if gap in (".", "\u200b", "\u200c", "\u200d", "\ufeff", "\u00ad"):
        return JOINED
    return BREAK


class _Words(dict[str, int]):
    """Index of each word seen, with its hash in growing arrays."""

    def __init__(self) -> None:
        super().__init__()
        self.hashes = np.zeros(1024, np.uint64)
        self.powers = np.ones(1024, np.uint64)

    def __missing__(self, word: str) -> int:
        n = len(self)
        if n >= len(self.hashes):
            self.hashes = np.resize(self.hashes, 2 * n)
            self.powers = np.resize(self.powers, 2 * n)
        # No name has such a long word; its hash would cost more than the rest of the text.
        h, p = token_hash(token_key(word) if len(word) <= MAX_WORD else word[:MAX_WORD] + "\0")
        self.hashes[n] = h
        self.powers[n] = p
        self[word] = n
        return n


MAX_WORD = 200


class _Gaps(dict[str, int]):
    def __missing__(self, gap: str) -> int:
        kind = gap_kind(gap)
        if len(self) < 10_000:
            self[gap] = kind
        return kind


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of several texts, one after another.

    Attributes:
        text: index of the text of each token.
        start: first code point in its text.
        end: one past the last one.
        gap: kind of the gap after each token; a text ends with a break.
        words: the tokens.
    """

    text: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    gap: NDArray[np.int8]
    words: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates: runs of tokens that are a key of the vocabulary.

    Attributes:
        first: number of the first token.
        last: number of the last token.
        row: row of the key in the vocabulary.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    row: NDArray[np.int64]


class Matcher:
    """Find the names of one vocabulary. Caches words it has seen; not thread-safe."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._words = _Words()
        self._gaps = _Gaps()

    def tokenise(self, texts: Sequence[str]) -> Tokens:
        """Split texts into tokens."""
        if len(self._words) > _CACHE:
            self._words = _Words()
        words: list[str] = []
        gaps: list[str] = []
        counts: list[int] = []
        starts: list[NDArray[np.int64]] = []
        ends: list[NDArray[np.int64]] = []
        for text in texts:
            pieces = TOKEN.split(text[:MAX_TEXT])
            n = len(pieces) // 2
            counts.append(n)
            if not n:
                continue
            edges = np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)))
            starts.append(edges[0:-1:2])
            ends.append(edges[1::2])
            words += pieces[1::2]
            gaps += pieces[2:-1:2]
            gaps.append("\n\n")
        if not words:
            none = np.zeros(0, np.int64)
            return Tokens(none.astype(np.int32), none, none, none.astype(np.int8), [])
        return Tokens(
            text=np.repeat(np.arange(len(texts), dtype=np.int32), counts),
            start=np.concatenate(starts),
            end=np.concatenate(ends),
            gap=np.fromiter(map(self._gaps.__getitem__, gaps), np.int8, len(gaps)),
            words=words,
        )

    def begin_names(self, texts: Sequence[str]) -> list[bool]:
        """Check for each text whether longer names begin with it, as far as keys can tell."""
        hashes = np.zeros(len(texts), np.uint64)
        for n, text in enumerate(texts):
            h = 0
            for word in TOKEN.split(text)[1::2]:
                number = self._words[word]
                h = (h * int(self._words.powers[number]) + int(self._words.hashes[number])) & 0xFFFFFFFFFFFFFFFF
            hashes[n] = h
        found: list[bool] = self.vocabulary.begins(hashes).tolist()
        return found

    def find(self, tokens: Tokens) -> Found:
        """Find all runs of tokens that are names, as far as keys can tell."""
        n = len(tokens.words)
        if not n:
            none = np.zeros(0, np.int64)
            return Found(none, none, none)
        numbers = np.fromiter(map(self._words.__getitem__, tokens.words), np.int64, n)
        hashes, powers = self._words.hashes[numbers], self._words.powers[numbers]
        gap = tokens.gap
        # A run begins and ends at word boundaries: "CD" does not match in "CD4".
        begins = np.ones(n, bool)
        begins[1:] = gap[:-1] != GLUED
        ends = gap != GLUED
        active = np.flatnonzero(begins)
        current = hashes[active]
        firsts, lasts, rows = [], [], []
        for length in range(self.vocabulary.longest):
            last = active + length
            whole = ends[last]
            row = self.vocabulary.rows(mix_array(current[whole]))
            hit = row >= 0
            firsts.append(active[whole][hit])
            lasts.append(last[whole][hit])
            rows.append(row[hit])
            if length + 1 == self.vocabulary.longest:
                break
            more = np.flatnonzero(gap[last] != BREAK)
            more = more[self.vocabulary.begins(current[more])]
            if not len(more):
                break
            active = active[more]
            following = active + length + 1
            current = current[more] * powers[following] + hashes[following]
        return Found(np.concatenate(firsts), np.concatenate(lasts), np.concatenate(rows))
