"""An encoder beside the shipped student: the student knows structure and the whole article, the encoder word order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.text.encoder import Encoder
from classifiers.text.features import Passage
from classifiers.text.heads import CLASSES, QUALITY, TASKS, TextLabels, TextModel, named_labels, squash

_LEAST: Final = 1e-4  # probability; scores are rounded to 4 places, so some are 0


@dataclass(frozen=True)
class Pair:
    """The weighted mean of both: of the logarithms of probabilities, and of qualities.

    Attributes:
        encoder: fine-tuned or frozen, with heads.
        student: the shipped model.
        share: weight of the student, from 0 to 1.
    """

    encoder: Encoder
    student: TextModel
    share: float

    @property
    def trained_on(self) -> str:
        """What the encoder learned from."""
        return self.encoder.trained_on

    def scores(self, task: str, passages: Sequence[Passage]) -> NDArray[np.float64]:
        """Return probabilities (passages × classes), or quality from 1 to 5 (passages × 1), rounded to 4 places."""
        return self._mean(task, self.encoder.scores(task, passages), self.student.scores(task, passages))

    def describe(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return all heads of each passage."""
        return self._named(passages, self.student.describe(passages))

    def describe_article(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return all heads of all paragraphs of an article; the student sees what the whole article is about."""
        return self._named(passages, self.student.describe_article(passages))

    def _named(self, passages: Sequence[Passage], said: Sequence[TextLabels]) -> list[TextLabels]:
        if not passages:
            return []
        read = self.encoder.all_scores(passages)
        return named_labels({t: self._mean(t, read[t], v) for t, v in _numbers(said).items()})

    def _mean(self, task: str, read: NDArray[np.float64], said: NDArray[np.float64]) -> NDArray[np.float64]:
        if task == QUALITY:
            return np.round(said * self.share + read * (1 - self.share), 4)
        z = np.log(np.maximum(said, _LEAST)) * self.share + np.log(np.maximum(read, _LEAST)) * (1 - self.share)
        return np.round(squash(task, z), 4)


def _numbers(said: Sequence[TextLabels]) -> Mapping[str, NDArray[np.float64]]:
    """Return scores of all tasks from the labels of passages."""
    rows = {
        "type": [[x.type_scores[c] for c in CLASSES["type"]] for x in said],
        "domain": [[x.domain_scores[c] for c in CLASSES["domain"]] for x in said],
        QUALITY: [[x.quality] for x in said],
    }
    return {task: np.array(rows[task], np.float64) for task in TASKS}
