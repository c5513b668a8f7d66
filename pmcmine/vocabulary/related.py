"""Names of findings that their source calls related, and that share what they speak of with their concept's name.

"Imperforate anus" is a related name of "Anal atresia", and both speak of the anus. A shared word proves something only
if it tells concepts apart: "acute episode" and "acute pancreatitis" share none that does.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.vocabulary.normalise import TOKEN, fold, token_key
from pmcmine.vocabulary.terms import LEVEL_MASK, Flag, Level
from pmcmine.vocabulary.variants import GENERAL
from pmcmine.vocabulary.word_classes import COORDINATORS, STOP, word_class

# A word is common if more terms than both of these hold it. Chosen by the words of HPO: "kidney" (262 of 19,000 terms)
# is not common; "increased" (1,600), "level" and "finger" are. Small vocabularies have no common words.
_COMMON_SHARE: Final = 1 / 60
_COMMON_COUNT: Final = 20
# Words that say of any finding that it is one, when it came or which one of several it is, but are not common in all
# vocabularies. `STOP` and `GENERAL` hold more of them.
_SAYS_NOTHING: Final = frozenset(
    "disease syndrome disorder abnormality condition symptom sign finding episode attack subacute st nd rd th".split()
)


@cache
def _dull() -> tuple[frozenset[str], frozenset[str]]:
    """Return keys of words that say nothing, and classes of words that say nothing in any form ("abnormal")."""
    return frozenset(map(token_key, GENERAL | STOP | COORDINATORS)), frozenset(map(word_class, _SAYS_NOTHING))


def _class(token: str) -> str:
    """Return the class of a word that can tell concepts apart, empty for others: "face" is general, "facial" is not."""
    keys, kinds = _dull()
    key, kind = token_key(token), word_class(token)
    return "" if key in keys or kind in kinds or key.isdigit() or len(fold(token)) < 2 else kind


class RelatedNames:
    """Collects related names, and how many terms hold each word, while a vocabulary is read."""

    def __init__(self) -> None:
        self._terms = 0
        self._last = -1
        self._held: dict[int, int] = {}  # hash of a class of words → terms that hold it
        self._holder: dict[int, int] = {}  # → the last of them
        self._pairs = array("Q")

    def count(self, hashes: Sequence[int], term: int) -> None:
        """Count the words of one name of a finding.

        A term whose names do not come one after the other counts several times, with its words: such sources (RRF) call
        no name related.

        Args:
            hashes: hashes of the classes of its words; those below 1 are skipped.
            term: number of its term.
        """
        self._terms += term != self._last
        self._last = term
        for h in hashes:
            if h > 0 and self._holder.get(h) != term:
                self._holder[h] = term
                self._held[h] = self._held.get(h, 0) + 1

    def add(self, term: int, name: int) -> None:
        """Add a related name, as numbers of term and name."""
        self._pairs.append(term << 32 | name)

    def forget(self) -> None:
        """Free what only reading needs."""
        self._holder.clear()
        self._held.clear()

    def trusted(self, names_of: Callable[[int, int], tuple[str, str]], hash_of: Callable[[str], int]) -> NDArray[Any]:
        """Select the related names that share an informative word, or all their words, with their concept's name.

        Args:
            names_of: returns a name, and the own name of its concept, by numbers of term and name.
            hash_of: hashes the class of a word as `count` gets it.

        Returns:
            term << 32 | name, as uint64 of shape (n,).
        """
        limit = max(_COMMON_COUNT, int(self._terms * _COMMON_SHARE))
        rare: dict[str, str] = {}

        def informative(token: str) -> str:
            if token not in rare:
                kind = _class(token)
                rare[token] = kind if self._held.get(hash_of(token), 0) <= limit else ""
            return rare[token]

        kept = array("Q")
        for pair in dict.fromkeys(self._pairs):
            said, own = (TOKEN.split(name)[1::2] for name in names_of(pair >> 32, pair & 0xFFFFFFFF))
            if len(said) < 2:
                continue
            shared = {informative(t) for t in said} & {informative(t) for t in own}
            if shared - {""} or _classes(said) == _classes(own):
                kept.append(pair)
        return np.frombuffer(kept, np.uint64) if kept else np.zeros(0, np.uint64)


def _classes(tokens: Sequence[str]) -> set[str]:
    return {kind for token in tokens if (kind := word_class(token))}


def flag_kin(arrays: Mapping[str, NDArray[Any]], kin: NDArray[Any]) -> None:
    """Set `Flag.KIN` on the names of a vocabulary's arrays that `RelatedNames.trusted` has selected."""
    for kind in ("posting", "bag"):
        flags = arrays[f"{kind}_flags"]
        pairs = arrays[f"{kind}_term"].astype(np.uint64) << np.uint64(32) | arrays[f"{kind}_name"]
        flags[np.isin(pairs, kin) & (flags & LEVEL_MASK == Level.RELATED)] |= np.uint16(Flag.KIN)
