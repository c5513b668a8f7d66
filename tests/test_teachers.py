"""The benchmark of label weights: slips are as many as stated, weights follow agreement."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.teachers import LEAST, STEEP, _Fold, _weights


@pytest.mark.parametrize(("task", "classes"), [("domain", ["clinical", "biomedical", "other"]), ("quality", [])])
def test_as_many_labels_slip_as_asked(task: str, classes: list[str]) -> None:
    rng = np.random.default_rng(1)
    n = 4000
    gold = np.array(rng.choice(classes, n) if classes else rng.choice([1.0, 2.0, 3.5, 5.0], n))
    signs = np.column_stack([gold == c for c in sorted(set(gold))]).astype(float) + rng.normal(0, 0.5, (n, 1))
    fold = _Fold(task, (signs, signs), gold, np.arange(n) % 3, 0, rng)
    truth = gold[fold.rest]
    for rate in (0.0, 0.1, 0.4):
        found = fold.slips(rate)
        assert (found != truth).mean() == pytest.approx(rate, abs=0.03)
        if not classes:
            assert found.min() >= 1 and found.max() <= 5


def test_weights_are_less_where_teachers_differ() -> None:
    one, other = np.array(["a", "b"]), np.array(["a", "c"])
    assert _weights(one, other, 0.25) == [1.0, 0.25]
    assert _weights(np.array([1.0, 1.0, 1.0]), np.array([1.0, 2.0, 5.0]), STEEP) == [1.0, 0.5, 0.1]
    assert LEAST[0] is None  # equal weights, which the others are compared with
