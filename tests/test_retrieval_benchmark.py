"""The judged queries, and the measures that compare what was found with them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from benchmarks import retrieval
from pmcmine.find.vectors import unit


def test_each_judged_query_has_figures_that_fit_or_says_that_none_does() -> None:
    lines = [json.loads(line) for line in retrieval._JUDGED.read_text().splitlines()]
    assert len(lines) == 50 == len({line["query"] for line in lines})
    assert not any({*line["fits"]} & {*line["does_not"]} for line in lines)
    assert sum(bool(line["fits"]) for line in lines) == 47


@pytest.mark.parametrize(
    ("found", "fits", "value"),
    [("ab", "ab", 1.0), ("ba", "ab", 1.0), ("xa", "a", 1 / math.log2(3)), ("xxxxxa", "a", 0.0), ("", "a", 0.0)],
)
def test_the_gain_falls_with_the_rank(found: str, fits: str, value: float) -> None:
    assert retrieval.ndcg(list(found), frozenset(fits)) == pytest.approx(value)


def test_cells_are_compared_with_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = unit(np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32))
    monkeypatch.setattr(retrieval, "_embedded", lambda texts: drawn)
    found = retrieval._vectors([""] * 300)
    assert found["vectors"] == 300 and found["cells"] == 1  # so few are read whole: nothing is missed
    assert found["16_cells"]["recall_at_10"] >= 0.98
