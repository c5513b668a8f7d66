"""Answer queries from an index: BM25, vectors and concepts, each a list of documents, fused by reciprocal rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.find import layout
from pmcmine.find.layout import IndexFile, VectorFacts, read_facts
from pmcmine.find.opened import Opened
from pmcmine.find.vectors import Vectors
from pmcmine.find.words import STOP, stem_of, words_of
from pmcmine.release.condition_text import quoted
from pmcmine.release.conditions import check_values, explain, known_values, time_limit
from pmcmine.release.nearest import choose

Ranked = list[tuple[int, float]]  # numbers of documents with scores, best first
# By kind (text, image): facts of the vectors and text or image bytes → the model's vector.
Encoders = Mapping[str, Callable[[VectorFacts, Any], Any]]
K1: Final = 0.9  # Anserini's defaults for BM25
B: Final = 0.4
RRF: Final = 60  # Cormack, Clarke, Büttcher 2009
DEPTH: Final = 200  # documents of each list to fuse
_MOST_POSTINGS: Final = 50_000_000  # maximum rows read by a query
_MOST_TERMS: Final = 64  # words of a query
_MOST_QUERY: Final = 10_000  # characters
_LONGEST_NAME: Final = 6  # words of a concept's name
_BELOW: Final = """
WITH RECURSIVE below(concept) AS (
    SELECT unnest($ids)
    UNION
    SELECT coalesce(p.cui, p.source_id) FROM concept_parents p JOIN below ON p.parent = below.concept
)
SELECT concept FROM below
"""


class Searcher:
    """A release and its index, opened for queries. Not thread-safe.

    Raises:
        PmcmineError: if the release has no index, or an outdated one.
    """

    def __init__(self, opened: Opened, table: str = "figures", seconds: float = 600.0) -> None:
        self.opened, self.table, self._seconds = opened, table, seconds
        self.sql = opened.sql
        self.facts = read_facts(opened)
        if table not in self.facts.tables:
            raise PmcmineError(f"--table {table}: {choose(table, list(self.facts.tables))}")
        stated = opened.stated()
        if any(stated.get(name) != sha for name, sha in self.facts.of.items()):
            raise PmcmineError(f"{opened.said}: its index is of an earlier state; run `pmcmine index` again")
        self._of = self.facts.tables[table]
        self._postings = IndexFile(opened, layout.postings(table), layout.POSTINGS)
        self._documents = IndexFile(opened, layout.documents(table), layout.DOCUMENTS)
        self._vectors: dict[str, Vectors] = {}  # opened on first use
        self._has_parents: bool | None = None
        self._names: IndexFile | None = None
        self._concepts: IndexFile | None = None
        if layout.NAMES in stated:
            self._names = IndexFile(opened, layout.NAMES, layout.NAMED)
            self._concepts = IndexFile(opened, layout.concepts(table), layout.CONCEPTS)

    def close(self) -> None:
        """Close all files."""
        self.opened.close()
        for file in (self._postings, self._documents, self._names, self._concepts):
            if file is not None:
                file.close()

    def terms(self, text: str) -> list[str]:
        """Return the distinct words of a query to look up."""
        if len(text) > _MOST_QUERY:
            raise PmcmineError(f"the query has more than {_MOST_QUERY:,} characters")
        query = f"SELECT {stem_of('w')}, w FROM (SELECT unnest({words_of('CAST($text AS VARCHAR)')}) AS w)"
        try:
            rows = self.sql.execute(query, {"text": text}).fetchall()
        except (duckdb.Error, TypeError, UnicodeError) as error:
            raise PmcmineError(f"the query is no text ({type(error).__name__})") from None
        return list(dict.fromkeys(stem for stem, word in rows if word not in STOP))[:_MOST_TERMS]

    def allowed(self, where: str | None) -> NDArray[np.bool_] | None:
        """Return for each document whether it meets a condition; None without a condition.

        Raises:
            PmcmineError: one line, if the condition is invalid.
        """
        if not where:
            return None
        key, _ = layout.TABLES[self.table]
        said = f"--where {quoted(where)}"
        check_values(self.sql, where, known_values(self.opened.schema(self.table)), said)
        try:
            with time_limit(self.sql, self._seconds, said):
                changed = self.opened.condition(where, self.table)
                ids = self.sql.sql(f"SELECT {key} FROM {self.table} WHERE ({changed}\n)").to_arrow_table().column(0)
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where)}") from None
        return self._numbers(ids)

    def _numbers(self, ids: pa.ChunkedArray) -> NDArray[np.bool_]:
        """Return for each document whether its id is in `ids`."""
        found = np.zeros(self._of.documents, bool)
        at = 0
        for group in range(self._documents.metadata.num_row_groups):
            held = self._documents.groups([group], ["id"])["id"]
            if at + len(held) > len(found):
                raise self._documents.damaged(ValueError("rows"))
            found[at : at + len(held)] = pc.is_in(held, value_set=ids.combine_chunks()).to_numpy()
            at += len(held)
        return found

    def ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the ids of documents."""
        found: dict[int, str] = {}
        for group in sorted({n // layout.DOCUMENT_GROUP for n in numbers}):
            rows, first = self._documents.groups([group], ["doc", "id"]), group * layout.DOCUMENT_GROUP
            inside = [n for n in numbers if first <= n < first + len(rows)]
            held = rows.take([n - first for n in inside])
            found |= {
                n: i for n, d, i in zip(inside, *(held[c].to_pylist() for c in ("doc", "id")), strict=True) if n == d
            }
        return found

    def by_words(self, text: str, k: int = DEPTH, allowed: NDArray[np.bool_] | None = None) -> Ranked:
        """Rank documents by BM25."""
        scores = np.zeros(self._of.documents, np.float64)
        n = self._of.documents
        read = 0
        for term in self.terms(text):
            rows = self._postings.matching("term", [term]).combine_chunks()
            read += len(rows)
            if read > _MOST_POSTINGS:
                raise PmcmineError(f"the query reads more than {_MOST_POSTINGS:,} postings; leave out common words")
            if not len(rows):
                continue
            docs, tf, length = (rows[c].to_numpy().astype(np.int64) for c in ("doc", "n", "length"))
            if (
                docs.min() < 0
                or docs.max() >= n
                or tf.min() < 1
                or length.min() < 1
                or len(np.unique(docs)) != len(docs)
            ):
                raise DamagedError(
                    f"{self.opened.said}/{layout.postings(self.table)}: is damaged; run `pmcmine index` again"
                )
            idf = math.log(1 + (n - len(docs) + 0.5) / (len(docs) + 0.5))
            scores[docs] += idf * tf / (tf + K1 * (1 - B + B * length / self._of.mean_length))
        if allowed is not None:
            scores[~allowed] = 0
        return _best(scores, k)

    def by_vector(self, what: str, query: Any, k: int = DEPTH, allowed: NDArray[np.bool_] | None = None) -> Ranked:
        """Rank documents by their vectors; the query is the model's original vector."""
        if what not in self._vectors:
            self._vectors[what] = Vectors(self.opened, self.table, what, self._of.vectors[what])
        return self._vectors[what].nearest(query, k, allowed, self._of.documents)

    def stored(self, what: str, row_id: str) -> list[float] | None:
        """Return the original vector of a row, from the score or column that is the source of the index.

        Returns:
            None if the row or the index has none.
        """
        if what not in self._of.vectors:
            return None
        key, _ = layout.TABLES[self.table]
        return self.opened.vector(self.table, self._of.vectors[what].source, key, row_id)

    @property
    def vectors(self) -> Mapping[str, VectorFacts]:
        """Return the facts of the vectors in the index, by kind: text, image."""
        return self._of.vectors

    def concepts_in(self, text: str) -> list[str]:
        """Return the concepts that a query names with the words used in the release."""
        if self._names is None:
            return []
        words = [
            w for (w,) in self.sql.execute(f"SELECT unnest({words_of('CAST($t AS VARCHAR)')})", {"t": text}).fetchall()
        ]
        words = words[:_MOST_TERMS]
        names = {
            " ".join(words[a : a + n]): (a, n) for n in range(1, _LONGEST_NAME + 1) for a in range(len(words) - n + 1)
        }
        if not names:
            return []
        held = self._names.matching("name", names)
        rows = list(zip(held["name"].to_pylist(), held["concept"].to_pylist(), strict=True))
        taken: set[int] = set()
        found: dict[str, None] = {}
        for name in sorted({r[0] for r in rows}, key=lambda x: (-names[x][1], names[x][0])):  # the longest first
            a, n = names[name]
            if taken.isdisjoint(range(a, a + n)):
                taken |= {*range(a, a + n)}
                found |= dict.fromkeys(c for of, c in sorted(rows) if of == name)
        return list(found)

    def by_concepts(self, concepts: Sequence[str], k: int = DEPTH, allowed: NDArray[np.bool_] | None = None) -> Ranked:
        """Rank documents that affirm concepts, or concepts below them, by the rarity of these."""
        scores = np.zeros(self._of.documents, np.float64)
        postings = self._concepts
        for concept in concepts:
            if postings is None:
                break
            docs = postings.matching("concept", self._below(concept))["doc"].to_numpy()
            if len(docs) and not 0 <= int(docs.min()) <= int(docs.max()) < len(scores):
                raise postings.damaged(ValueError("documents"))
            docs = np.unique(docs)
            scores[docs] += math.log(1 + (len(scores) - len(docs) + 0.5) / (len(docs) + 0.5))
        if allowed is not None:
            scores[~allowed] = 0
        return _best(scores, k)

    def _below(self, concept: str) -> list[str]:
        """Return a concept and all below it; only the concept if the release has no hierarchy."""
        if self._has_parents is None:
            self._has_parents = self.opened.parents()
        if not self._has_parents:
            return [concept]
        return [c for (c,) in self.sql.execute(_BELOW, {"ids": [concept]}).fetchall()]


def _best(scores: NDArray[np.float64], k: int) -> Ranked:
    """Return the best documents with a score above 0; ties by number."""
    some = np.flatnonzero(scores > 0)
    order = some[np.lexsort((some, -np.round(scores[some], 6)))][:k]
    return [(int(i), round(float(scores[i]), 6)) for i in order]


def fuse(lists: Mapping[str, Ranked], k: int) -> list[tuple[int, float, dict[str, int]]]:
    """Fuse lists by reciprocal rank: documents, best first, with their score and their rank in each list."""
    ranks: dict[int, dict[str, int]] = {}
    for name, ranked in lists.items():
        for place, (doc, _) in enumerate(ranked, 1):
            ranks.setdefault(doc, {})[name] = place
    scored = [(doc, round(sum(1 / (RRF + r) for r in held.values()), 6), held) for doc, held in ranks.items()]
    return sorted(scored, key=lambda s: (-s[1], s[0]))[:k]
