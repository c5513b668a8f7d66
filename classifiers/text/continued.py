"""Heads that continue from an earlier model: labels change its weights, and a penalty keeps them near where they were.

Minimises the log loss (of quality: the squared error) plus the squared distance to the earlier weights, so that words
which no new label holds keep what the earlier model had learned, from a teacher for example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.sparse.linalg import lsqr

from classifiers.text.card import articles_of, folds_of, slices
from classifiers.text.evaluate import decide, measures
from classifiers.text.features import Passage, passage_of
from classifiers.text.heads import CLASSES, QUALITY, TASKS, Head, TextModel, head_of, squash
from pmcmine.errors import PmcmineError

# Inverse weight of the penalty: of 0.3, 1 and 4 the best on articles that the earlier model had not learned from.
_FREEDOM: Final = 1.0
_DAMPING: Final = 3.0**0.5  # root of the weight of the penalty, for quality
_STEPS: Final = 60
# Exponent of how rare a class is, in the weight of its rows: few paragraphs of most articles tell a patient's case, and
# labels drawn from all articles would else teach that they hardly exist.
_RARITY: Final = 0.25
Features = tuple[sparse.csr_matrix, NDArray[np.float32]]  # as `Space.rows` gives them


def continue_training(
    start: TextModel,
    paragraphs: Sequence[Mapping[str, Any]],
    rows: Sequence[dict[str, Any]],
    progress: Callable[[str], None] = lambda _: None,
    tasks: Sequence[str] = TASKS,
) -> tuple[TextModel, dict[str, Any]]:
    """Continue the heads on labelled rows; the space stays, and quality if no new row has one.

    Measures the new heads by cross-validation, and the earlier ones, on articles that the earlier ones had not learned
    from.

    Args:
        start: the earlier model.
        paragraphs: the corpus. The heads learn from rows whose article is in it, so that their licence is known.
        rows: labelled paragraphs.
        progress: told what is done.
        tasks: whose heads are continued; the others stay.

    Raises:
        PmcmineError: if the earlier model has learned from every article, or does not state which.
    """
    if not start.articles:
        raise PmcmineError("the earlier model does not state which articles it learned from; train it again")
    licensed = {str(p["pmcid"]) for p in paragraphs}
    run = _Continuation(start, rows, [passage_of(r) for r in rows])
    heads = dict(start.heads)
    validated, predicted, note, counts = {}, {}, [], []
    for task in tasks:
        progress(f"{task}: cross-validation")
        places = run.measured(task)
        if not places and task == QUALITY:
            continue  # its heads stay
        if not places:
            raise PmcmineError(f"{task}: no label of an article that the earlier model has not learned from")
        gold = [rows[i][task] for i in places]
        chosen = run.labelled(task)
        chosen = [i for i in chosen if rows[i].get("pmcid") in licensed] or chosen
        counts.append(f"{len(chosen):,} for {task}")
        for name in (task, f"{task}/text"):
            before = measures(task, gold, run.score(name, start.heads[name], places))
            found = run.cross_validate(name, places)
            validated[name] = measures(task, gold, found)
            note.append(f"{name.replace('/text', ', text alone')} {_figures(before)}")
            if name == task:
                predicted[task] = found
            heads[name] = run.fit(name, chosen)
    model = TextModel(
        start.space,
        heads,
        f"{start.trained_on}; continued on labelled paragraphs: {', '.join(counts)}",
        start.articles | articles_of(rows, licensed),
    )
    measured = [r for r in rows if str(r.get("pmcid")) not in start.articles]
    said = (
        f"{len(measured):,} paragraphs of articles that the earlier model had not learned from. "
        f"Macro F1 (accuracy) of the earlier model on them, of quality Pearson (MAE): {'; '.join(note)}."
    )
    return model, {"cross_validation": validated, "slices": slices(measured, predicted), "note": [said, ""]}


def _figures(measured: Mapping[str, Any]) -> str:
    """Name the two measures of a head, in a few characters."""
    if "pearson" in measured:
        return f"{measured['pearson']:.3f} ({measured['mae']:.3f})"
    return f"{measured['macro_f1']:.3f} ({measured['accuracy']:.3f})"


@dataclass(frozen=True)
class _Continuation:
    """An earlier model, labelled rows, and the rows as passages."""

    start: TextModel
    rows: Sequence[Mapping[str, Any]]
    passages: Sequence[Passage]

    @cached_property
    def folds(self) -> list[int]:
        """Fold of each row."""
        return folds_of(self.rows)

    def labelled(self, task: str) -> list[int]:
        """Return the places of rows with a label."""
        return [i for i, r in enumerate(self.rows) if r.get(task) is not None]

    def measured(self, task: str) -> list[int]:
        """Return the places of labelled rows whose article the earlier model has not learned from."""
        return [i for i in self.labelled(task) if str(self.rows[i].get("pmcid")) not in self.start.articles]

    @cached_property
    def _features(self) -> dict[bool, Features]:
        """Features of all rows, and of all rows by their text alone; they are counted once for all heads and folds."""
        return {bare: self.start.space.rows([p.bare() if bare else p for p in self.passages]) for bare in (False, True)}

    def _rows(self, name: str, places: Sequence[int]) -> Features:
        words, dense = self._features[name.endswith("/text")]
        return words[np.array(places, np.int64)], dense[np.array(places, np.int64)]

    def fit(self, name: str, places: Sequence[int]) -> Head:
        """Continue one head on the rows at some places."""
        task = name.split("/")[0]
        return continue_head(
            task, self.start.heads[name], self._rows(name, places), [self.rows[i][task] for i in places]
        )

    def score(self, name: str, head: Head, places: Sequence[int]) -> list[Any]:
        """Return the most likely class of each row."""
        task = name.split("/")[0]
        words, dense = self._rows(name, places)
        z = np.asarray(words @ head.words) + dense @ head.dense + head.bias
        return decide(task, squash(task, z.astype(np.float64)))

    def cross_validate(self, name: str, places: Sequence[int]) -> list[Any]:
        """Score rows with heads that learned from no paragraph of the same article."""
        found: dict[int, Any] = {}
        for k in sorted({self.folds[i] for i in places}):
            held = [i for i in places if self.folds[i] == k]
            rest = [i for i in self.labelled(name.split("/")[0]) if self.folds[i] != k]
            found |= dict(zip(held, self.score(name, self.fit(name, rest), held), strict=True))
        return [found[i] for i in places]


def continue_head(task: str, start: Head, features: Features, labels: Sequence[Any]) -> Head:
    """Fit a head that begins at, and is pulled towards, an earlier one.

    Args:
        task: type, domain or quality.
        start: the earlier head.
        features: of each passage, as the space of the earlier head gives them.
        labels: of each passage.
    """
    words, dense = features[0].astype(np.float64), features[1].astype(np.float64)
    fixed = np.asarray(words @ start.words.astype(np.float64)) + dense @ start.dense + start.bias
    before = np.vstack([start.words, start.dense]).astype(np.float64)
    if task == QUALITY:
        x = sparse.hstack([words, sparse.csr_matrix(dense), np.ones((len(dense), 1))]).tocsr()
        change = lsqr(x, np.array(labels, float) - fixed[:, 0], damp=_DAMPING, iter_lim=_STEPS)[0][:, None]
        return head_of((before + change[:-1]).T, start.bias + change[-1], words.shape[1])
    wanted = np.eye(len(CLASSES[task]))[[CLASSES[task].index(v) for v in labels]]
    rarity = np.maximum(wanted.sum(axis=0), 1) ** -_RARITY
    weights = wanted @ rarity
    weights /= weights.mean()
    held = np.unique(words.indices)  # words that no passage holds keep their weights
    change = _fit(words[:, held], dense, fixed, wanted * weights[:, None])
    before[held] += change[: len(held)]
    before[words.shape[1] :] += change[len(held) : -1]
    return head_of(before.T, start.bias + change[-1], words.shape[1])


def _fit(
    words: sparse.csr_matrix, dense: NDArray[np.float64], fixed: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the change of the weights, (features + 1) × classes; the last row is the bias.

    Args:
        words: features of words, rows × words.
        dense: the other features, rows × features.
        fixed: logits of the earlier head, rows × classes.
        wanted: the weight of each row at its label, else 0; rows × classes.
    """
    columns = words.shape[1]
    shape = (columns + dense.shape[1] + 1, wanted.shape[1])
    turned = words.T.tocsr()
    weight = wanted.sum(axis=1, keepdims=True)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        change = flat.reshape(shape)
        z = fixed + words @ change[:columns] + dense @ change[columns:-1] + change[-1]
        z -= z.max(axis=1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        error = np.exp(logs) * weight - wanted
        value = float((change[:-1] ** 2).sum()) / (2 * _FREEDOM) - float((logs * wanted).sum())
        slope = np.vstack([turned @ error, dense.T @ error, error.sum(axis=0, keepdims=True)])
        slope[:-1] += change[:-1] / _FREEDOM
        return value, slope.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    change: NDArray[np.float64] = found.x.reshape(shape)
    return change
