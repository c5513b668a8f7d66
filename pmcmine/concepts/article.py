"""Link the concepts of one article, as rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pmcmine.concepts.linker import Linker, LinkOptions
from pmcmine.release.facts import VocabularyFacts
from pmcmine.release.hierarchy import edges
from pmcmine.vocabulary.locate import local_copy
from pmcmine.vocabulary.vocabulary import Vocabulary
from schemas.concept import Concept

NAMES_FREE = ("open", "attribution")  # licence classes that allow names in a release


@dataclass(frozen=True, slots=True)
class LinkedText:
    """A text of an article to link.

    Attributes:
        context_id: the figure or paragraph.
        context_kind: figure_caption or paragraph.
        text: the text that offsets refer to.
    """

    context_id: str
    context_kind: str
    text: str


def names_published(vocabulary: Vocabulary, wish: bool | None) -> bool:
    """Check whether rows hold the vocabulary's names: as `wish` says, otherwise as its licence class allows."""
    return vocabulary.license_class in NAMES_FREE if wish is None else wish


def release_vocabulary(vocab: str | None, sha256: str | None, names: bool | None) -> VocabularyFacts | None:
    """Describe the vocabulary for `release.json`; None if nothing was linked."""
    if vocab is None:
        return None
    vocabulary = Vocabulary(local_copy(vocab, sha256))
    said = (vocabulary.name, vocabulary.version, vocabulary.license_class, vocabulary.sha256, vocabulary.origins)
    return VocabularyFacts(*said, names_published(vocabulary, names))


def release_hierarchy(vocab: str | None, sha256: str | None, names: bool | None) -> bytes | None:
    """Return the hierarchy file of a release's vocabulary.

    None if nothing was linked, the vocabulary states no hierarchy, or its licence forbids publishing it.
    """
    if vocab is None:
        return None
    vocabulary = Vocabulary(local_copy(vocab, sha256))
    pairs = list(vocabulary.parents())
    if not pairs or not names_published(vocabulary, names):
        return None
    children = {c.number for c, _ in pairs}
    roots = {p.number: p for _, p in pairs if p.number not in children}.values()
    return edges(
        [(c.source_id, c.cui, p.concept, c.name) for c, p in pairs]
        + [(root.source_id, root.cui, None, root.name) for root in roots]
    )


class ArticleLinker:
    """Link articles; may be used by several threads."""

    def __init__(self, vocabulary: Vocabulary, min_score: float, names: bool | None) -> None:
        self.vocabulary = vocabulary
        self.names = names_published(vocabulary, names)
        self._linker = Linker(vocabulary, LinkOptions(min_score=min_score))
        self._lock = threading.Lock()

    def rows(self, article_id: str, pmcid: str, texts: Sequence[LinkedText], read: Sequence[str]) -> Iterator[Concept]:
        """Yield concept rows of the texts, in order.

        Args:
            article_id: the article version.
            pmcid: its PMCID.
            texts: texts to link.
            read: other texts of the article that may define abbreviations.
        """
        captions = frozenset(n for n, t in enumerate(texts) if t.context_kind == "figure_caption")
        with self._lock:
            links = self._linker.link([t.text for t in texts], read, captions)
        for n, link in enumerate(links):
            context = texts[link.text]
            term = link.term
            yield Concept(
                concept_id=f"{article_id}/k{n:05d}",
                article_id=article_id,
                pmcid=pmcid,
                context_id=context.context_id,
                context_kind=context.context_kind,
                cui=term.cui,
                source_id=term.source_id,
                name=term.name if self.names else None,
                text=context.text[link.start : link.end],
                start=link.start,
                end=link.end,
                semantic_types=term.types,
                vocabulary=term.vocabulary,
                vocabulary_version=term.version,
                score=link.score,
                how=link.how,
                negated=link.context.negated,
                uncertain=link.context.uncertain,
                historical=link.context.historical,
                hypothetical=link.context.hypothetical,
                experiencer=link.context.experiencer,
            )


@lru_cache(maxsize=2)
def article_linker(vocab: str, sha256: str, min_score: float, names: bool | None) -> ArticleLinker:
    """Open the linker for a vocabulary, once per process.

    Raises:
        VocabularyError: if the vocabulary is not the one that the run started with.
    """
    return ArticleLinker(Vocabulary(local_copy(vocab, sha256)), min_score, names)
