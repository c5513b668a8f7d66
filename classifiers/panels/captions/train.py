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
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from classifiers.panels.captions.choice import Choice, fit
from classifiers.panels.captions.examples import assigned_examples, own_examples
from classifiers.panels.captions.pieces import PIECES_LEAST, PIECES_PENALTY, piece_choices
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.panels import marker_choice
from pmcmine.panels.marker_choice import may_be_wider
from pmcmine.panels.markers import find_markers
from pmcmine.panels.series_candidates import Series, candidates, features


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


def main() -> None:
    """Train on files of labelled captions and the project's own labels, and write the models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path, help="JSON lines of caption and panels, or a folder of them")
    parser.add_argument("--articles", type=Path, required=True, help="folder of *.tar.gz of the articles of the labels")
    parser.add_argument("--output", type=Path, required=True, help="folder of the models")
    arguments = parser.parse_args()
    rows = [row for path in arguments.gold for row in read_json_lines(path, "captions")]
    _write(arguments.output / "series.json", fit(choices([*rows, *own_examples(arguments.articles)])))
    marker_choice.series_weights.cache_clear()
    read = [row for row in assigned_examples(arguments.articles) if row["half"] == "train"]
    _write(arguments.output / "pieces.json", fit(piece_choices([*rows, *read]), PIECES_PENALTY, PIECES_LEAST))


def _write(path: Path, weights: dict[str, float]) -> None:
    text = json.dumps({"weights": weights}, indent=0, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
