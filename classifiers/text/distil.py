"""Labels for unlabelled paragraphs by a teacher: the student's features and an encoder's, fitted on the labelled ones.

The student learns from the labels and, at less weight, from the teacher's probabilities on paragraphs of the corpus
(Hinton et al. 2015), so that words which no labelled paragraph holds get their weights too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifiers.text.features import Passage, Space
from classifiers.text.heads import CLASSES, QUALITY, Head, head_of
from pmcmine.ids import keyed_hash

_MOST: Final = {"research-article": 6500, "abstract": 500}  # paragraphs of an article type in the pool
_MOST_OTHER: Final = 4500
_LENGTHS: Final = (120, 3000)  # code points
# Weights of a labelled paragraph and of one that the teacher labelled: chosen by cross-validation.
_LABELLED, _TAUGHT = 2.0, 0.4
_ADMINISTRATIVE: Final = frozenset({"funding", "conflicts", "data_availability", "ethics", "acknowledgements"})
_LEAST: Final = 0.05  # probability below which a class of the teacher is left out


def pool(paragraphs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return paragraphs of the corpus for the teacher, drawn by hash, no more than this many of an article type."""
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    out = []
    for p in sorted(paragraphs, key=lambda p: keyed_hash("pmcmine/classifiers/pool", str(p["paragraph_id"]))):
        kind = str(p["article_type"] or "other")
        start = p["text"][:120]
        if not _LENGTHS[0] <= len(p["text"]) <= _LENGTHS[1] or start in seen:
            continue
        if counts[kind] < _MOST.get(kind, _MOST_OTHER):
            counts[kind] += 1
            seen.add(start)
            out.append(p)
    return out


@dataclass(frozen=True)
class Matrices:
    """Features of passages: the student's with and without structure, and the teacher's."""

    full: Any
    bare: Any
    teacher: Any

    def rows(self, places: NDArray[np.int64]) -> Matrices:
        """Select the given passages."""
        return Matrices(self.full[places], self.bare[places], self.teacher[places])


def matrices(space: Space, passages: Sequence[Passage], embedded: NDArray[np.float32]) -> Matrices:
    """Return the features of passages and their embeddings."""
    words, dense = space.rows(passages)
    bare_words, bare_dense = space.rows([p.bare() for p in passages])
    full = sparse.hstack([words, sparse.csr_matrix(dense)]).tocsr()
    bare = sparse.hstack([bare_words, sparse.csr_matrix(bare_dense)]).tocsr()
    return Matrices(full, bare, sparse.hstack([full, sparse.csr_matrix(embedded)]).tocsr())


def administrative(paragraphs: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """Mark the paragraphs that the markup itself labels: type other, domain other, quality 1."""
    return np.array([p["section_kind"] in _ADMINISTRATIVE for p in paragraphs], bool)


def fit_pair(
    task: str,
    labelled: Matrices,
    labels: Sequence[Any],
    unlabelled: Matrices,
    known: NDArray[np.bool_],
    columns: int,
    counts: Sequence[float] | None = None,
) -> tuple[Head, Head]:
    """Fit the student's heads for a task: with structure, and for text alone.

    Args:
        task: type, domain or quality.
        labelled: features of labelled passages.
        labels: their labels.
        unlabelled: features of the pool.
        known: `administrative` of the pool.
        columns: how many of the student's features are words.
        counts: how much each label counts; all the same if None.
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    heads = []
    own = _LABELLED * (np.ones(len(labels)) if counts is None else np.array(counts, float))
    if task == QUALITY:
        y = np.array(labels, float)
        teacher = Ridge(alpha=1.0, solver="lsqr").fit(labelled.teacher, y, sample_weight=counts)
        taught = np.where(known, 1.0, np.clip(teacher.predict(unlabelled.teacher), 1, 5))
        weights = np.r_[own, np.full(len(taught), _TAUGHT / 4)]
        for mine, others in ((labelled.full, unlabelled.full), (labelled.bare, unlabelled.bare)):
            x = sparse.vstack([mine, others]).tocsr()
            student = Ridge(alpha=1.0, solver="lsqr").fit(x, np.r_[y, taught], sample_weight=weights)
            heads.append(head_of(student.coef_.reshape(1, -1), np.array([student.intercept_]), columns))
        return heads[0], heads[1]
    order = CLASSES[task]
    numbers = np.array([order.index(v) for v in labels])
    teacher = LogisticRegression(C=10.0, max_iter=2000).fit(labelled.teacher, numbers, sample_weight=counts)
    shares = teacher.predict_proba(unlabelled.teacher)
    shares[known] = teacher.classes_ == order.index("other")
    # A paragraph of the pool counts once for each class, by the teacher's probability of it.
    row, column = np.nonzero(shares > _LEAST)
    weights = np.r_[own, shares[row, column] * _TAUGHT]
    targets = np.r_[numbers, teacher.classes_[column]]
    for mine, others in ((labelled.full, unlabelled.full), (labelled.bare, unlabelled.bare)):
        x = sparse.vstack([mine, others[row]]).tocsr()
        student = LogisticRegression(C=10.0, max_iter=400).fit(x, targets, sample_weight=weights)
        heads.append(head_of(student.coef_, student.intercept_, columns))
    return heads[0], heads[1]
