"""Evaluate the splitting of captions by folds: each caption with models that were not fitted on its journal.

    python -m classifiers.panels.captions.folds --articles DATA/oa_bulk DATA/labels DATA/gold/panel_captions

Prints one JSON object per set: each file of gold; `plain`, whose bold letters are to be found without markup; `read`,
which were read for being hard; `assigned`, whose pieces are labelled; and `held`, which no model learns from. Sets
"with the article" are told which letters of panels it names. The arguments are those of `train`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from classifiers.panels.captions.choice import fit
from classifiers.panels.captions.examples import assigned_examples, journals, own_examples, with_named
from classifiers.panels.captions.pieces import PIECES_LEAST, PIECES_PENALTY, piece_choices
from classifiers.panels.captions.train import fit_series
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.panels.assignment import by_option
from pmcmine.panels.captions import CaptionWeights
from pmcmine.panels.evaluate_captions import evaluate_captions

_FOLDS: Final = 5
_PMC_NAME: Final = re.compile(r"(PMC\d+)_([A-Za-z-]*)")  # PanelSeg: "PMC1180514_pbio.0030272.g005.jpg"
_OWN_SETS: Final = ("plain", "read")

Row = Mapping[str, Any]


def journal_of(row: Row, known: Mapping[str, str]) -> str:
    """Return what stands for a caption's journal: its name, or else what the name of the image begins with.

    Args:
        row: a labelled caption.
        known: journals by `pmcid`.
    """
    if "pmcid" in row:
        return str(known.get(str(row["pmcid"])) or row["pmcid"])
    name = str(row.get("id") or "")
    m = _PMC_NAME.match(name)
    return (m[2] or m[1]) if m else re.split(r"[_-]", name)[0] or str(row["caption"])[:40]


def fold_of(journal: str) -> int:
    """Return the fold of a journal."""
    return int(hashlib.sha256(journal.encode()).hexdigest(), 16) % _FOLDS


def weights_of(
    fold: int | None, gold: Iterable[tuple[int, Row]], own: Iterable[Row], read: Iterable[Row]
) -> CaptionWeights:
    """Fit both models on all but one fold, or on all."""
    kept = [row for k, row in gold if k != fold]
    invented = [row for row in own if row["how"] == "invented" or fold_of(row["journal"]) != fold]
    series = fit_series([dict(r) for r in (*kept, *invented)])
    learned = [row for row in read if row["half"] == "train" and fold_of(row["journal"]) != fold]
    return CaptionWeights.of(
        series, by_option(fit(piece_choices([*kept, *learned], series), PIECES_PENALTY, PIECES_LEAST))
    )


def sets_by_fold(files: Sequence[Path], articles: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Fit five models and yield the measures of each set."""
    gold = {path.name.split(".")[0]: with_named(read_json_lines(path, "captions"), articles) for path in files}
    known = journals(articles, {str(r["pmcid"]) for rows in gold.values() for r in rows if "pmcid" in r})
    folded = {name: [(fold_of(journal_of(r, known)), r) for r in rows] for name, rows in gold.items()}
    own, read = own_examples(articles), assigned_examples(articles)
    every = [pair for rows in folded.values() for pair in rows]
    models = [weights_of(k, every, own, read) for k in range(_FOLDS)]
    for how in _OWN_SETS:
        folded[how] = [(fold_of(r["journal"]), {**r, "panels": _labels(r)}) for r in own if r["how"] == how]
    for half, name in (("train", "assigned"), ("held", "held")):
        folded[name] = [(fold_of(r["journal"]), {**r, "panels": _texts(r)}) for r in read if r["half"] == half]
    for name in [k for k, rows in folded.items() if any(r.get("named") is not None for _, r in rows)]:
        folded[f"{name}, with the article"] = folded[name]
        folded[name] = [(k, {**r, "named": None}) for k, r in folded[name]]
    for name, rows in folded.items():
        measures, _ = evaluate_captions([r for _, r in rows], [models[k] for k, _ in rows])
        yield (
            name,
            {k: v for k, v in measures.items() if name.split(",")[0] not in _OWN_SETS or not k.startswith("mean_span")},
        )


def _labels(row: Row) -> list[dict[str, Any]]:
    """Return panels of labels alone, with spans that nobody looks at."""
    return [{"label": p["label"], "start": 0, "end": 0} for p in row["panels"]]


def _texts(row: Row) -> list[dict[str, str]]:
    """Return panels with the words of the pieces that are about them."""
    said = [(str(row["caption"])[a:b], about) for a, b, about in row["pieces"]]
    return [
        {"label": x, "text": " ".join(t for t, about in said if about == "*" or x in about.split())}
        for x in (str(p["label"]) for p in row["panels"])
    ]


def main() -> None:
    """Print the measures of each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path, help="JSON lines of caption and panels, or a folder of them")
    parser.add_argument("--articles", type=Path, required=True, help="folder of *.tar.gz of the articles of the labels")
    arguments = parser.parse_args()
    files = [
        f
        for p in arguments.gold
        for f in ((sorted(p.glob("captions*.jsonl")) or sorted(p.glob("*.jsonl.gz"))) if p.is_dir() else [p])
    ]
    for name, measures in sets_by_fold(files, arguments.articles):
        print(json.dumps({"set": name, **measures}), flush=True)


if __name__ == "__main__":
    main()
