"""Features of a paragraph: words, wording, and where it stands in its article.

Words are weighted as TF-IDF and, a second time, projected onto the directions in which the words of a large corpus go
together (latent semantic analysis, Deerwester et al. 1990), so that words that no labelled paragraph holds still count.
Everything that says where a paragraph stands may be missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifiers.text.blocks import MAX_CHARACTERS, Block, Numbers, blocks, hashes_of
from classifiers.text.wording import WORDING, wording
from pmcmine.jats.sections import kind_of

if TYPE_CHECKING:
    from scipy import sparse

_TELLING: Final = 80  # characters of a paragraph that counts for what its article is about; shorter ones are lists
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_TYPES: Final = (
    "case-report", "research-article", "review-article", "brief-report", "other", "letter", "correction", "editorial",
    "methods-article", "abstract",
)  # fmt: skip
_KINDS: Final = (
    "abstract", "introduction", "methods", "results", "discussion", "conclusion", "case", "supplementary",
    "acknowledgements", "funding", "ethics", "data_availability", "conflicts", "back", "other", "body",
)  # fmt: skip
_CROSSED: Final = ("abstract", "introduction", "discussion", "case", "body", "other", "methods", "results")
_PLACE: Final = re.compile(r"sec\[(\d{1,3})\]")


# TF-IDF rows of words, and dense rows.
Rows: TypeAlias = "tuple[sparse.csr_matrix, NDArray[np.float32]]"


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph as classifiers see it; empty strings where nothing is known.

    Attributes:
        text: the paragraph.
        section_kind: kind of its section, as in the `paragraphs` table, or `body` and `back`.
        article_type: `article-type` of the article.
        path: its place, with section numbers as `sec[2]`.
    """

    text: str
    section_kind: str = ""
    article_type: str = ""
    path: str = ""

    def bare(self) -> Passage:
        """Drop everything but the text."""
        return Passage(self.text)


def passage_of(row: Mapping[str, Any]) -> Passage:
    """Convert a labelled paragraph or a row of `paragraphs`.

    Labelled paragraphs have `part`, `section`, `article_type` and `xpath`.
    """
    if "section_kind" in row:
        kind, path = row["section_kind"], row["path"]
    else:
        part = str(row.get("part") or "")
        kind = "abstract" if part == "abstract" else kind_of(None, row.get("section")) or part
        path = str(row.get("xpath") or "")
    return Passage(str(row["text"]), str(kind or ""), str(row.get("article_type") or ""), str(path))


def terms(text: str) -> Counter[str]:
    """Return words of two letters or more and their pairs, in lower case."""
    words = _WORD.findall(text[:MAX_CHARACTERS].lower())
    found = Counter(words)
    found.update(map(" ".join, pairwise(words)))
    return found


@lru_cache(maxsize=1024)
def _standing(kind: str, article_type: str) -> tuple[float, ...]:
    """Return the kind of section and type of article, and the two together."""
    return (
        *(float(kind == k) for k in _KINDS),
        *(float(article_type == t) for t in _TYPES),
        *(float(kind == k and article_type == t) for k in _CROSSED for t in _TYPES[:5]),
    )


def structure(passage: Passage) -> list[float]:
    """Encode where a paragraph is in its article; all zeros if nothing is known."""
    sections = _PLACE.findall(passage.path)
    return [
        *_standing(passage.section_kind, passage.article_type),
        float(sections[0]) / 5 if sections else 0.0,
        len(sections) / 3,
        float("/back/" in passage.path),
    ]


def weighted(
    places: NDArray[np.int32], rows: NDArray[np.int32], texts: int, idf: NDArray[np.float32]
) -> sparse.csr_matrix:
    """Return TF-IDF rows of length 1.

    Args:
        places: number of each term that occurs, in the order of the texts.
        rows: the text of each.
        texts: how many there are.
        idf: weight of each term.
    """
    from scipy import sparse  # a second of every start of `mine` otherwise

    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=texts))])
    out = sparse.csr_matrix((np.ones(len(places)), places, starts), shape=(texts, len(idf)))
    out = out.tocsc().tocsr()  # sorts the terms of each row in linear time
    out.sum_duplicates()
    values = (1 + np.log(out.data)) * idf[out.indices]
    of = np.repeat(np.arange(texts), np.diff(out.indptr))
    norm = np.sqrt(np.bincount(of, values * values, texts))
    out.data = (values / norm[of]).astype(np.float32)
    return out


@dataclass(frozen=True)
class Space:
    """The words that count, their weights, and the projection.

    Attributes:
        numbers: number of each term.
        idf: weight of each term.
        projection: terms × directions; rows of terms that are pairs of words are zero.
    """

    numbers: Mapping[str, int]
    idf: NDArray[np.float32]
    projection: NDArray[np.float32]

    @cached_property
    def _lookup(self) -> tuple[Numbers, Numbers]:
        """Return the numbers of words, and of pairs of words."""
        words = {t: n for t, n in self.numbers.items() if " " not in t}
        pairs = {t: n for t, n in self.numbers.items() if " " in t}
        return (
            Numbers(hashes_of(words), words.values()),
            Numbers(hashes_of(pairs), pairs.values()),
        )

    def words(self, block: Block) -> sparse.csr_matrix:
        """Return TF-IDF rows of length 1, texts × terms."""
        single, paired = self._lookup
        hashes, rows = block.words
        pairs, together = block.pairs
        places = np.column_stack([single.get(hashes), np.where(together, paired.get(pairs), -1)]).ravel()
        known = places >= 0
        return weighted(places[known], np.repeat(rows, 2)[known], len(block.texts), self.idf)

    def rows_of(self, passages: Sequence[Passage], block: Block) -> Rows:
        """Return TF-IDF rows, and dense rows of topics, wording and structure, of the passages of a block."""
        words = self.words(block)
        topics = np.asarray(words @ self.projection)
        topics /= np.maximum(np.linalg.norm(topics, axis=1, keepdims=True), 1e-6)
        place = np.array([structure(p) for p in passages], np.float32)
        # The weights balance the parts for linear models: chosen by cross-validation on the labelled paragraphs.
        return words, np.hstack([topics * 1.5, wording(block) * 0.3, place * 0.5]).astype(np.float32)

    def rows(self, passages: Sequence[Passage]) -> Rows:
        """Return `rows_of` any number of passages."""
        from scipy import sparse

        found, at = [], 0
        for block in blocks([p.text for p in passages]):
            end = at + len(block.texts)
            found.append(self.rows_of(passages[at:end], block))
            at = end
        return sparse.vstack([words for words, _ in found], "csr"), np.vstack([dense for _, dense in found])

    def wording_of(self, dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """Select the columns of dense `rows` that say how passages are worded."""
        topics = self.projection.shape[1]
        return dense[:, topics : topics + WORDING]

    def about(self, passages: Sequence[Passage], dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what an article is about: the mean of the topics of its paragraphs, zeros if none is long enough.

        Args:
            passages: the paragraphs of one article.
            dense: their dense `rows`, of which the topics come first.
        """
        directions = self.projection.shape[1]
        long = np.array([len(p.text) >= _TELLING for p in passages], bool)
        if not long.any():
            return np.zeros(directions, np.float32)
        mean: NDArray[np.float32] = dense[long, :directions].astype(np.float64).mean(axis=0).astype(np.float32)
        return mean
