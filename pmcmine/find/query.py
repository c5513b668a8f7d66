"""Answer queries from an index: BM25, vectors and concepts, each a list of documents, fused by reciprocal rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.find import layout
from pmcmine.find.layout import IndexFile, VectorFacts, read_facts
from pmcmine.find.vectors import Vectors
from pmcmine.find.words import STOP, stem_of, words_of
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import sql_identifier
from pmcmine.release.conditions import check_values, choose, explain, known_values, time_limit
from pmcmine.release.hierarchy import HIERARCHY, prepare
from pmcmine.release.record import load_release
from pmcmine.release.scores import local_scores, score_relation, scores_in
from pmcmine.release.tables import concept_tables, open_tables

Ranked = list[tuple[int, float]]  # numbers of documents with scores, the best first
# By what they are of (text, image): facts of the vectors and text or image bytes → vector as the model gives it.
Encoders = Mapping[str, Callable[[VectorFacts, Any], Any]]
K1: Final = 0.9  # Anserini's defaults for BM25
B: Final = 0.4
RRF: Final = 60  # Cormack, Clarke, Büttcher 2009
DEPTH: Final = 200  # documents of each list that are fused
_MOST_POSTINGS: Final = 50_000_000  # rows that a query reads
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
    """A release and its index, opened for queries. Not to be shared by threads.

    Raises:
        PmcmineError: if the release has no index, or one of an earlier state of it.
    """

    def __init__(self, release: Path, table: str = "figures", seconds: float = 600.0) -> None:
        self.release, self.table, self._seconds = release, table, seconds
        self.facts = read_facts(release)
        if table not in self.facts.tables:
            raise PmcmineError(f"--table {table}: {choose(table, list(self.facts.tables))}")
        stated = {f.name: f.sha256 for f in load_release(Folder(str(release))).files}
        if any(stated.get(name) != sha for name, sha in self.facts.of.items()):
            raise PmcmineError(f"{release}: its index is of an earlier state; run `pmcmine index {release}` again")
        self._of = self.facts.tables[table]
        self.sql, self.files = open_tables(release)
        self.sql.execute("SET threads = 1")
        self._postings = IndexFile(release, layout.postings(table), layout.POSTINGS)
        self._documents = IndexFile(release, layout.documents(table), layout.DOCUMENTS)
        self._vectors = {what: Vectors(release, table, what, f) for what, f in self._of.vectors.items()}
        self._names: pa.Table | None = None
        if (release / layout.NAMES).is_file() and "concepts" in self.files:
            names = IndexFile(release, layout.NAMES, layout.NAMED)
            self._names = names.groups(list(range(names.metadata.num_row_groups)))
            names.close()
            self.sql.register("names_of_concepts", self._names)

    def close(self) -> None:
        """Close all files."""
        self.sql.close()
        self._postings.close()
        self._documents.close()

    def terms(self, text: str) -> list[str]:
        """Return the words of a query that are looked up, each once."""
        if len(text) > _MOST_QUERY:
            raise PmcmineError(f"the query has more than {_MOST_QUERY:,} characters")
        query = f"SELECT {stem_of('w')}, w FROM (SELECT unnest({words_of('CAST($text AS VARCHAR)')}) AS w)"
        try:
            rows = self.sql.execute(query, {"text": text}).fetchall()
        except (duckdb.Error, TypeError, UnicodeError) as error:
            raise PmcmineError(f"the query is no text ({type(error).__name__})") from None
        return list(dict.fromkeys(stem for stem, word in rows if word not in STOP))[:_MOST_TERMS]

    def allowed(self, where: str | None) -> NDArray[np.bool_] | None:
        """Return for each document whether it meets a condition; None if there is none.

        Raises:
            PmcmineError: one line, if the condition is none.
        """
        if not where:
            return None
        key, _ = layout.TABLES[self.table]
        said = f"--where {where!r}"
        import pyarrow.parquet as pq

        check_values(self.sql, where, known_values(pq.read_schema(self.files[self.table][0])), said)
        try:
            with time_limit(self.sql, self._seconds, said):
                concepts = concept_tables(self.sql, self.release, where)
                changed = prepare(self.sql, where, self.table, *concepts)
                changed = local_scores(self.sql, changed, where, self.table, self.release)
                ids = self.sql.sql(f"SELECT {key} FROM {self.table} WHERE ({changed}\n)").to_arrow_table().column(0)
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where)}") from None
        return self._numbers(ids)

    def _numbers(self, ids: pa.ChunkedArray) -> NDArray[np.bool_]:
        """Return for each document whether its id is among some."""
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
            rows = self._rows_of(term)
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
                    f"{self.release}/{layout.postings(self.table)}: is damaged; run `pmcmine index` again"
                )
            idf = math.log(1 + (n - len(docs) + 0.5) / (len(docs) + 0.5))
            scores[docs] += idf * tf / (tf + K1 * (1 - B + B * length / self._of.mean_length))
        if allowed is not None:
            scores[~allowed] = 0
        return _best(scores, k)

    def _rows_of(self, term: str) -> pa.Table:
        groups = []
        for i in range(self._postings.metadata.num_row_groups):
            statistics = self._postings.metadata.row_group(i).column(0).statistics
            unknown = statistics is None or not statistics.has_min_max
            if unknown or str(statistics.min) <= term <= str(statistics.max):
                groups.append(i)
        rows = self._postings.groups(groups) if groups else layout.POSTINGS.empty_table()
        return rows.filter(pc.equal(rows["term"], term)).combine_chunks()

    def by_vector(self, what: str, query: Any, k: int = DEPTH, allowed: NDArray[np.bool_] | None = None) -> Ranked:
        """Rank documents by their vectors; the query is as the model gives it."""
        return self._vectors[what].nearest(query, k, allowed, self._of.documents)

    def stored(self, what: str, row_id: str) -> list[float] | None:
        """Return the vector of a row as the model gave it, from the score or column that the index was made of.

        Returns:
            None if the row or the index has none.
        """
        if what not in self._vectors:
            return None
        key, _ = layout.TABLES[self.table]
        source = self._vectors[what].facts.source
        score = next((s for s in scores_in(self.release) if s.name == source and s.table == self.table), None)
        try:
            if score is None:
                rows, column = self.sql.table(self.table), source
            else:
                rows, column = score_relation(self.sql, self.release, score), next(iter(score.columns))
            name = sql_identifier(column)
            chosen = rows.filter(f"{sql_identifier(key)} = {_literal(row_id)}").project(f"CAST({name} AS FLOAT[]) AS v")
            found = chosen.limit(1).fetchall()
        except (duckdb.Error, PmcmineError):
            return None  # what the index was made of is not there any more
        return found[0][0] if found else None

    @property
    def vectors(self) -> dict[str, Vectors]:
        """Return the vectors that the index has, by what they are of: text, image."""
        return self._vectors

    def concepts_in(self, text: str) -> list[str]:
        """Return the concepts that a query names, by words that name them in the release."""
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
        rows = self.sql.execute(
            "SELECT name, concept FROM names_of_concepts WHERE name IN (SELECT unnest($names))", {"names": list(names)}
        ).fetchall()
        taken: set[int] = set()
        found: dict[str, None] = {}
        for name in sorted({r[0] for r in rows}, key=lambda x: (-names[x][1], names[x][0])):  # the longest first
            a, n = names[name]
            if taken.isdisjoint(range(a, a + n)):
                taken |= {*range(a, a + n)}
                found |= dict.fromkeys(c for held, c in sorted(rows) if held == name)
        return list(found)

    def by_concepts(self, concepts: Sequence[str], k: int = DEPTH, allowed: NDArray[np.bool_] | None = None) -> Ranked:
        """Rank documents that name concepts, or concepts below them, by how rare these are; not where negated."""
        scores = np.zeros(self._of.documents, np.float64)
        for concept in concepts:
            ids = self.sql.sql(
                "SELECT DISTINCT context_id FROM concepts WHERE coalesce(cui, source_id) IN (SELECT unnest($ids)) "
                "AND NOT negated",
                params={"ids": self._below(concept)},
            ).to_arrow_table()
            held = self._numbers(ids.column(0))
            n = int(held.sum())
            scores[held] += math.log(1 + (len(held) - n + 0.5) / (n + 0.5))
        if allowed is not None:
            scores[~allowed] = 0
        return _best(scores, k)

    def _below(self, concept: str) -> list[str]:
        """Return a concept and all below it; the concept alone if the release has no hierarchy."""
        if not (self.release / HIERARCHY).is_file():
            return [concept]
        parents, _ = concept_tables(self.sql, self.release, "concept_below('x')")
        if parents is None:
            return [concept]
        self.sql.register("concept_parents", parents)
        return [c for (c,) in self.sql.execute(_BELOW, {"ids": [concept]}).fetchall()]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _best(scores: NDArray[np.float64], k: int) -> Ranked:
    """Return the best documents with a score above 0; ties by number."""
    some = np.flatnonzero(scores > 0)
    order = some[np.lexsort((some, -np.round(scores[some], 6)))][:k]
    return [(int(i), round(float(scores[i]), 6)) for i in order]


def fuse(lists: Mapping[str, Ranked], k: int) -> list[tuple[int, float, dict[str, int]]]:
    """Fuse lists by reciprocal rank: documents, the best first, with their score and their rank in each list."""
    ranks: dict[int, dict[str, int]] = {}
    for name, ranked in lists.items():
        for place, (doc, _) in enumerate(ranked, 1):
            ranks.setdefault(doc, {})[name] = place
    scored = [(doc, round(sum(1 / (RRF + r) for r in held.values()), 6), held) for doc, held in ranks.items()]
    return sorted(scored, key=lambda s: (-s[1], s[0]))[:k]
