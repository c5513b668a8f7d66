"""Features of a paragraph: words, wording, and where it stands in its article.

Words are weighted as TF-IDF and, a second time, projected onto the directions in which the words of a large corpus go
together (latent semantic analysis, Deerwester et al. 1990), so that words that no labelled paragraph holds still count.
Everything that says where a paragraph stands may be missing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise, repeat
from operator import mul
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pmcmine.jats.sections import kind_of

if TYPE_CHECKING:
    from scipy import sparse

MAX_CHARACTERS: Final = 20_000  # of a text; the rest changes nothing
_TELLING: Final = 80  # characters of a paragraph that counts for what its article is about; shorter ones are lists
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
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
_LEXICON: Final[Mapping[str, int]] = {
    term: i for i, (_, words, pairs) in enumerate(_WORDINGS) for term in (*words.split(), *pairs)
}
_SIGNS: Final = tuple(
    re.compile(p) for p in (r"[pP] ?[<=>] ?0?\.\d", r"\[\d[\d,–-]{0,20}\]", r"\d", r"[%±]", r"μ[lmgM]|°C")
)
WORDING: Final = 2 * (len(_WORDINGS) + len(_SIGNS)) + 5  # numbers of `wording`: two a count, and five measures
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


def wording(text: str, found: Mapping[str, int]) -> list[float]:
    """Describe how a text is worded: kinds of words by occurrence and share, signs, lengths, variety, capitals.

    Args:
        text: the text.
        found: its `terms`.
    """
    text = text[:MAX_CHARACTERS]
    words = text.split()
    n = max(len(words), 1)
    counts = [0] * len(_WORDINGS)
    for term in found.keys() & _LEXICON.keys():
        counts[_LEXICON[term]] += found[term]
    counts += [len(sign.findall(text)) for sign in _SIGNS]
    out: list[float] = []
    for count in counts:
        out += [min(count, 5) / 3, min(count / n * 20, 3)]
    return [
        *out,
        math.log1p(n) / 3,
        sum(map(len, words)) / n / 6,
        text.count(".") / n * 10,
        len(set(text.lower().split())) / n,
        sum(map(str.isupper, [w[0] for w in words])) / n * 3,
    ]


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
    def _weights(self) -> list[float]:
        return list(self.idf.tolist())

    def words(self, counted: Sequence[Mapping[str, int]]) -> sparse.csr_matrix:
        """Return TF-IDF rows of length 1, texts × terms, from the `terms` of each text."""
        from scipy import sparse  # a second of every start of `mine` otherwise

        places, values, starts = [], [], [0]
        idf = self._weights
        for found in counted:
            numbers = list(map(self.numbers.get, found, repeat(-1)))
            kept = [n for n in numbers if n >= 0]
            row = [
                idf[n] if c == 1 else (1 + math.log(c)) * idf[n]
                for n, c in zip(numbers, found.values(), strict=True)
                if n >= 0
            ]
            norm = 1 / (math.sqrt(sum(map(mul, row, row))) or 1.0)
            places += kept
            values += [v * norm for v in row]
            starts.append(len(places))
        shape = (len(counted), len(self.idf))
        return sparse.csr_matrix((np.array(values, np.float32), np.array(places, np.int32), starts), shape=shape)

    def rows(self, passages: Sequence[Passage]) -> tuple[sparse.csr_matrix, NDArray[np.float32]]:
        """Return TF-IDF rows, and dense rows of topics, wording and structure."""
        counted = [terms(p.text) for p in passages]
        words = self.words(counted)
        topics = np.asarray(words @ self.projection)
        topics /= np.maximum(np.linalg.norm(topics, axis=1, keepdims=True), 1e-6)
        style = np.array([wording(p.text, c) for p, c in zip(passages, counted, strict=True)], np.float32)
        place = np.array([structure(p) for p in passages], np.float32)
        # The weights balance the parts for linear models: chosen by cross-validation on the labelled paragraphs.
        return words, np.hstack([topics * 1.5, style * 0.3, place * 0.5]).astype(np.float32)

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
