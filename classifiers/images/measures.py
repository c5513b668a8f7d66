"""Measures of image kinds, and their card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.images.examples import Examples
from classifiers.images.kinds import KINDS, Scores
from pmcmine.evaluation.intervals import RESAMPLES, interval

_BINS: Final = 10
LARGE: Final = 20  # images of a source that is held out and shown by itself


def single(known: Examples) -> NDArray[np.bool_]:
    """Return which images show one kind alone."""
    found: NDArray[np.bool_] = known.kinds.sum(1) == 1
    return found


def calibration_error(scores: Scores, kinds: NDArray[np.float32]) -> float:
    """Return the expected calibration error over (image, kind) pairs whose score is at least .05, in ten bins."""
    s, y = scores.ravel(), kinds.ravel()
    s, y = s[s >= 0.05], y[s >= 0.05]
    place = np.minimum((s * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float(s[place == b].sum() - y[place == b].sum())) for b in range(_BINS)]
    return round(sum(gaps) / max(len(s), 1), 4)


def measures(scores: Scores, known: Examples, thresholds: NDArray[np.float32]) -> dict[str, Any]:
    """Compute F1 over (image, kind) pairs, accuracy of the highest score and, of each kind, recall, precision and F1.

    Intervals are bootstrapped by source.
    """
    gold = known.kinds > 0
    named = scores >= thresholds
    top = scores.argmax(1)
    hit = gold[np.arange(len(gold)), top]
    both, truth, found = (gold & named).sum(1), gold.sum(1), named.sum(1)
    ones = np.ones(len(gold))
    right = gold & (top[:, None] == np.arange(len(KINDS)))
    columns = np.column_stack([both, truth, found, hit, ones, gold, right]).astype(float)
    _, place = np.unique(known.sources, return_inverse=True)
    sums = np.zeros((int(place.max(initial=-1)) + 1, columns.shape[1]))
    np.add.at(sums, place, columns)
    count = len(sums)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES) @ sums
    f1s = 2 * drawn[:, 0] / np.maximum(drawn[:, 1] + drawn[:, 2], 1)
    accuracies = drawn[:, 3] / np.maximum(drawn[:, 4], 1)
    of, of_right = drawn[:, 5 : 5 + len(KINDS)], drawn[:, 5 + len(KINDS) :]
    by_kind: dict[str, Any] = {}
    for i, kind in enumerate(KINDS):
        own = gold[:, i]
        if own.any():
            n = int(right[:, i].sum())
            by_kind[kind] = {
                "images": int(own.sum()), "sources": len(set(known.sources[own].tolist())),
                "recall": round(n / int(own.sum()), 4),
                "recall_interval": interval(of_right[of[:, i] > 0, i] / of[of[:, i] > 0, i]),
                "precision": round(n / max(int((top == i).sum()), 1), 4),
                "f1": round(2 * n / max(int(own.sum() + (top == i).sum()), 1), 4),
            }  # fmt: skip
    many = [v["f1"] for v in by_kind.values() if v["images"] >= 50]
    return {
        "images": len(gold),
        "f1": round(float(2 * both.sum() / max(truth.sum() + found.sum(), 1)), 4),
        "f1_interval": interval(f1s),
        "accuracy": round(float(hit.mean()), 4),
        "accuracy_interval": interval(accuracies),
        "macro_f1": round(float(np.mean([v["f1"] for v in by_kind.values()])), 4) if by_kind else 0.0,
        "macro_f1_of_many": round(float(np.mean(many)), 4) if many else 0.0,
        "by_kind": by_kind,
        "by_source": {
            str(name): [int((known.sources == name).sum()), round(float(hit[known.sources == name].mean()), 4)]
            for name in np.unique(known.sources)
            if (known.sources == name).sum() >= LARGE
        },
    }


def table(m: Mapping[str, Any]) -> list[str]:
    """Write measures as a table in Markdown, a line for each kind."""
    low, high = m["accuracy_interval"]
    few, most = m["f1_interval"]
    return [
        f"{m['images']:,} images; most likely kind right {m['accuracy']:.3f} ({low:.3f} to {high:.3f}); macro F1 "
        f"{m['macro_f1']:.3f}, of kinds with 50 images and more {m['macro_f1_of_many']:.3f}; F1 of images and kinds "
        f"that reach the threshold {m['f1']:.3f} ({few:.3f} to {most:.3f}).",
        "",
        "| kind | images | sources | recall | 95 % interval | precision | F1 |",
        "|---|---:|---:|---:|---|---:|---:|",
        *(
            f"| {k} | {v['images']} | {v['sources']} | {v['recall']:.2f} | {v['recall_interval'][0]:.2f} to "
            f"{v['recall_interval'][1]:.2f} | {v['precision']:.2f} | {v['f1']:.2f} |"
            for k, v in m["by_kind"].items()
        ),
        "",
        *(
            ["Right by source: " + ", ".join(f"{k} {v:.2f} of {n}" for k, (n, v) in m["by_source"].items()) + ".", ""]
            if m["by_source"]
            else []
        ),
    ]


_TITLES: Final = {
    "pixels": "Single pictures of sources that training has not seen, by pixels alone",
    "figures": "Figures that were looked at, no article in training, by pixels and caption",
    "figures_pixels": "The same figures, by pixels alone",
    "figures_caption": "The same figures, by the caption alone",
}


_BESIDE: Final = {
    "": "",
    "without_captions": " (a model that learned from no caption)",
    "with_research": " (a model that also learned from images for research only; not shipped)",
}


def model_card(trained_on: str, figures: Mapping[str, Any]) -> str:
    """Write the model card in Markdown.

    Args:
        trained_on: what the model learned from.
        figures: of `learn.train_all`.
    """
    unknown = figures["unknown"]
    lines = [
        "# Kinds of images",
        "",
        "Written by `pmcmine train image-kind`. A linear model over the embedding of an image (means and deviations of",
        "channels of MobileNetV2, trained on ImageNet), and what words of its caption add; several kinds at once for",
        "compound figures.",
        "",
        f"Trained on {trained_on}.",
        "What ships has learned from openly licensed images and volumes, and from drawings, only;",
        "`labels/packages.tsv` lists the pictures of packages and their licences.",
        "",
        "A source is a repository or an article; the sources of an image were left out when the model that judges it",
        "was trained. Intervals are bootstrapped by source. A kind with few sources is not known, whatever its number",
        "says. The drawings were improved while these pictures were at hand, and settings chosen: expect less.",
        "",
        f"Expected calibration error {figures['calibration_error']['value']:.3f}. `unknown` for {unknown['share']:.1%}",
        f"of the single pictures; the most likely kind is right for {unknown['right_where_unknown']:.1%} of these and",
        f"for {unknown['right_where_known']:.1%} of the others.",
        "",
    ]
    for model, beside in _BESIDE.items():
        for part, title in _TITLES.items():
            m = figures.get(f"{model} {part}".strip())
            if m is not None:
                lines += [f"## {title}{beside}", "", *table(m)]
    return "\n".join(lines)
