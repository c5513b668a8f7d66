"""Find names by string similarity: scispaCy's candidate generator (Neumann et al. 2019) over a vocabulary.

The index (character 3-grams, TF-IDF, approximate nearest neighbours) is built in memory. Several threads search it, and
results may differ slightly from run to run, so `mine`, which must be reproducible byte for byte, does not use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from pmcmine.errors import VocabularyError
from pmcmine.io.extras import need
from pmcmine.vocabulary.normalise import name_key
from pmcmine.vocabulary.terms import LEVEL_MASK, Level
from pmcmine.vocabulary.vocabulary import Vocabulary

MIN_SIMILARITY: Final = 0.7  # cosine; below it, letters are shared by chance
MIN_RATIO: Final = 0.85  # of letters in order (Ratcliff and Obershelp); separates "disorder" from "tic disorder"
_MAX_WORDS: Final = 5
_MIN_LETTERS: Final = 6
_NEIGHBOURS: Final = 10
_EF_SEARCH: Final = 200  # scispaCy's default
_BATCH: Final = 4096


class FuzzyGenerator:
    """Find names similar to runs of words that the vocabulary does not know letter for letter."""

    def __init__(
        self, vocabulary: Vocabulary, min_similarity: float = MIN_SIMILARITY, min_ratio: float = MIN_RATIO
    ) -> None:
        """Build the index: about a minute for 100,000 names.

        Raises:
            PmcmineError: without scispaCy, or if the vocabulary has too few names for an index.
        """
        need("fuzzy", "similarity of letters")
        import spacy

        self.min_similarity, self.min_ratio = min_similarity, min_ratio
        self._tokeniser = spacy.blank("en").tokenizer
        self._terms: dict[str, int] = {}
        names: dict[str, dict[str, None]] = {}
        for name, term, flags in vocabulary.names():
            if flags & LEVEL_MASK <= Level.NARROW and len(name) >= _MIN_LETTERS:
                concept = vocabulary.term(term).concept
                self._terms.setdefault(concept, term)
                names.setdefault(concept, {}).setdefault(name.lower())
        if sum(map(len, names.values())) < 2:
            raise VocabularyError(f"{vocabulary.path}: too few names for an index by similarity")
        self._generator = candidate_generator({c: list(n) for c, n in names.items()})

    def find(self, text: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int, int, float]]:
        """Return (start, end, term, similarity) of spans that do not overlap those taken; longer ones first."""
        places = list(self._places(text, taken))
        surfaces = sorted({text[a:b].lower() for a, b in places})
        likest: dict[str, tuple[float, str]] = {}
        for at in range(0, len(surfaces), _BATCH):
            batch = surfaces[at : at + _BATCH]
            for surface, candidates in zip(batch, self._generator(batch, _NEIGHBOURS), strict=True):
                ranked = [
                    (round(s, 4), c.concept_id)
                    for c in candidates
                    for s, name in zip(c.similarities, c.aliases, strict=True)
                    if s >= self.min_similarity
                    and SequenceMatcher(None, surface, name, False).ratio() >= self.min_ratio
                ]
                if ranked:
                    likest[surface] = min(ranked, key=lambda r: (-r[0], r[1]))
        found: list[tuple[int, int, int, float]] = []
        for a, b in sorted(places, key=lambda p: (p[0] - p[1], p[0])):
            similarity, concept = likest.get(text[a:b].lower(), (0.0, ""))
            if concept and not any(a < y and x < b for x, y, _, _ in found):
                found.append((a, b, self._terms[concept], similarity))
        return found

    def _places(self, text: str, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Find runs of content words between stop words, punctuation and linked spans."""
        run: list[tuple[int, int]] = []
        for token in [*self._tokeniser(text), None]:
            if token is not None:
                start, end = token.idx, token.idx + len(token)
                touches = any(a < end and start < b for a, b in taken)
                if not (token.is_stop or token.is_punct or token.is_space or touches) and name_key(token.text):
                    run.append((start, end))
                    continue
            for i in range(len(run)):
                for j in range(i, min(i + _MAX_WORDS, len(run))):
                    if run[j][1] - run[i][0] >= _MIN_LETTERS:
                        yield run[i][0], run[j][1]
            run = []


def candidate_generator(names: dict[str, list[str]]) -> Any:
    """Return scispaCy's `CandidateGenerator` over names by concept.

    `scispacy.candidate_generation.create_tfidf_ann_index` makes the same index, but asks the vectorizer for 16-bit
    floats, which scikit-learn rejects; this uses 32 bits.
    """
    import nmslib
    import numpy as np
    from scispacy.candidate_generation import CandidateGenerator
    from scispacy.linking_utils import Entity, KnowledgeBase
    from sklearn.feature_extraction.text import TfidfVectorizer

    class _Names(KnowledgeBase):  # type: ignore[misc]  # scispaCy states no types
        def __init__(self) -> None:
            self.cui_to_entity = {c: Entity(c, n[0], n, [], None) for c, n in names.items()}
            self.alias_to_cuis: dict[str, set[str]] = {}
            for concept, aliases in names.items():
                for alias in aliases:
                    self.alias_to_cuis.setdefault(alias, set()).add(concept)

    base = _Names()
    aliases = sorted(base.alias_to_cuis)
    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 3), min_df=1 if len(aliases) < 10_000 else 10, dtype=np.float32
    )
    vectors = vectorizer.fit_transform(aliases)
    filled = np.asarray(vectors.sum(axis=1)).ravel() > 0
    aliases = [a for a, keep in zip(aliases, filled.tolist(), strict=True) if keep]
    index = nmslib.init(method="hnsw", space="cosinesimil_sparse", data_type=nmslib.DataType.SPARSE_VECTOR)
    index.addDataPointBatch(vectors[filled])
    index.createIndex({"M": 100, "efConstruction": 2000 if len(aliases) < 1000 else 200, "post": 0})
    index.setQueryTimeParams({"efSearch": _EF_SEARCH})
    return CandidateGenerator(index, vectorizer, aliases, base)
