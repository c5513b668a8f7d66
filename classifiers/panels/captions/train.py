"""Train the weights of series of labels in captions, and of what the pieces of captions are about.

    python -m classifiers.panels.captions.train --articles DATA/oa_bulk --output pmcmine/panels/models \
        DATA/labels DATA/gold/panel_captions

Each caption is a choice among its series and none, each piece one among the panels that it may be about. The models
are conditional logistic regressions over binary features, fitted with NumPy alone: the same gold gives the same
weights.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from math import log
from pathlib import Path
from typing import Any

from classifiers.panels.captions.choice import Choice, fit
from classifiers.panels.captions.examples import assigned_examples, own_examples, with_named
from classifiers.panels.captions.pieces import PIECES_LEAST, PIECES_PENALTY, piece_choices
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.panels import marker_choice
from pmcmine.panels.marker_choice import may_be_wider
from pmcmine.panels.markers import find_markers
from pmcmine.panels.series_candidates import Series, candidates
from pmcmine.panels.series_features import NAMED, features

SERIES_PENALTY = 0.002  # chosen by folds among 0.0005 to 0.004


def choices(rows: Iterable[dict[str, Any]]) -> list[Choice]:
    """Build the choices of labelled captions: objects of `caption`, `bold`, `panels` and optionally `named`."""
    out = []
    for row in rows:
        named = None if row.get("named") is None else frozenset(row["named"])
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
                out.append(Choice(tuple(tuple(features(s, every, text, named)) for s in every), right))
    return out


def fit_series(rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Fit the weights of series.

    What the article's mentions say is weighed by itself (the log of how much more often it is said of right series than
    of others), so that captions without their article are split as well as without those weights.
    """
    every = list(rows)
    counts = {True: Counter[str](), False: Counter[str]()}
    totals = Counter[bool]()
    for c in choices(row for row in every if row.get("named") is not None):
        totals.update(c.right)
        for option, right in zip(c.options, c.right, strict=True):
            counts[right].update(f for f in option if f.startswith(NAMED))
    states = sorted(counts[True] | counts[False])
    said = {s: log((counts[True][s] + 1) / (counts[False][s] + 1) * totals[False] / totals[True]) for s in states}
    plain = choices({**row, "named": None} for row in every)
    return fit(plain, SERIES_PENALTY) | {s: round(v, 4) for s, v in said.items()}


def _same(gold: set[str], found: frozenset[str], folds: bool) -> bool:
    return {x.upper() for x in gold} == {x.upper() for x in found} if folds else gold == found


def main() -> None:
    """Train on files of labelled captions and the project's own labels, and write the models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path, help="JSON lines of caption and panels, or a folder of them")
    parser.add_argument("--articles", type=Path, required=True, help="folder of *.tar.gz of the articles of the labels")
    parser.add_argument("--output", type=Path, required=True, help="folder of the models")
    arguments = parser.parse_args()
    gold = [row for path in arguments.gold for row in read_json_lines(path, "captions")]
    rows = with_named(gold, arguments.articles)
    _write(arguments.output / "series.json", fit_series([*rows, *own_examples(arguments.articles)]))
    marker_choice.series_weights.cache_clear()
    read = [row for row in assigned_examples(arguments.articles) if row["half"] == "train"]
    _write(arguments.output / "pieces.json", fit(piece_choices([*rows, *read]), PIECES_PENALTY, PIECES_LEAST))


def _write(path: Path, weights: dict[str, float]) -> None:
    text = json.dumps({"weights": weights}, indent=0, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
