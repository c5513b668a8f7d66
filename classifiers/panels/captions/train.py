"""Train the weights of series of labels in captions.

    python -m classifiers.panels.captions.train --articles DATA/oa_bulk --output pmcmine/panels/models/series.json \
        DATA/labels DATA/gold/panel_captions

Each caption is a choice among its series and none. The model is a conditional logistic regression over binary
features, fitted with NumPy alone: the same gold gives the same weights.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.panels.captions.examples import own_examples
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.panels.marker_choice import may_be_wider
from pmcmine.panels.markers import find_markers
from pmcmine.panels.series_candidates import Series, candidates, features

_PENALTY: Final = 0.001  # of squared weights, beside the mean loss of a caption
_STEPS: Final = 1_500
_RATE: Final = 0.03
_LEAST: Final = 3  # captions that a feature must occur in


@dataclass(frozen=True, slots=True)
class Choice:
    """The series of a caption by their features, and which of them are right; none right: the caption has no series."""

    options: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]


def choices(rows: Iterable[dict[str, Any]]) -> list[Choice]:
    """Build the choices of labelled captions: objects of `caption`, `bold` and `panels`."""
    out = []
    for row in rows:
        text, bold = str(row["caption"]), [(int(a), int(b)) for a, b in row.get("bold") or ()]
        labels = {str(p["label"]) for p in row["panels"]}
        folds = len({x.upper() for x in labels}) == len(labels) and any("text" in p for p in row["panels"])
        first: Series | None = None
        for widely in (False, True):
            if widely and not may_be_wider(text, first):
                break
            every = candidates(find_markers(text, bold, widely), text)
            right = tuple(_same(labels, s.labels, folds) for s in every)
            first = next((s for s, good in zip(every, right, strict=True) if good), None)
            if every:
                out.append(Choice(tuple(tuple(features(s, every, text)) for s in every), right))
    return out


def _same(gold: set[str], found: frozenset[str], folds: bool) -> bool:
    return {x.upper() for x in gold} == {x.upper() for x in found} if folds else gold == found


def fit(data: Sequence[Choice]) -> dict[str, float]:
    """Fit the weights of features; the weight of "" is added to each series, and none has a score of 0."""
    counts = Counter(f for c in data for f in {f for option in c.options for f in option})
    names = ["", *sorted(f for f, n in counts.items() if n >= _LEAST)]
    place = {f: i for i, f in enumerate(names)}
    rows, columns, group, right = [], [], [], []
    row = 0
    for n, c in enumerate(data):
        for option, good in zip(c.options, c.right, strict=True):
            known = [0, *(place[f] for f in option if f in place)]
            rows += [row] * len(known)
            columns += known
            group.append(n)
            right.append(good)
            row += 1
    weights = _descend(
        np.array(rows), np.array(columns), np.array(group), np.array(right), (len(data), row, len(names))
    )
    return {f: round(float(w), 4) for f, w in zip(names, weights, strict=True) if abs(w) >= 0.005 or not f}


def _descend(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    group: NDArray[np.int64],
    right: NDArray[np.bool_],
    sizes: tuple[int, int, int],
) -> NDArray[np.float64]:
    """Minimise the loss by Adam with a rate that falls to 0; features are sparse (rows, columns)."""
    n_groups, n_rows, n_weights = sizes
    none_right = np.bincount(group, right, n_groups) == 0
    weights, mean, square = np.zeros(n_weights), np.zeros(n_weights), np.zeros(n_weights)
    for step in range(1, _STEPS + 1):
        powers = np.exp(np.clip(np.bincount(rows, weights[columns], n_rows), -30, 30))
        total = 1 + np.bincount(group, powers, n_groups)
        good = none_right + np.bincount(group, powers * right, n_groups)
        slope = (powers / total[group] - right * powers / good[group]) / n_groups
        gradient = np.bincount(columns, slope[rows], n_weights) + 2 * _PENALTY * weights
        gradient[0] -= 2 * _PENALTY * weights[0]  # no penalty of the bias
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        rate = _RATE * (1 - step / _STEPS)
        weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return weights


def main() -> None:
    """Train on files of labelled captions and the project's own labels, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path, help="JSON lines of caption and panels, or a folder of them")
    parser.add_argument("--articles", type=Path, required=True, help="folder of *.tar.gz of the articles of the labels")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    rows = [row for path in arguments.gold for row in read_json_lines(path, "captions")]
    weights = fit(choices([*rows, *own_examples(arguments.articles)]))
    text = json.dumps({"weights": weights}, indent=0, ensure_ascii=False, sort_keys=True)
    arguments.output.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
