"""Scores of caption splits and of panel boxes against labelled ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from pmcmine.errors import GoldError
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.evaluation.intervals import RESAMPLES, interval, share_interval
from pmcmine.panels.boxes import panel_boxes
from pmcmine.panels.captions import split_caption
from pmcmine.panels.geometry import Box, iou

_RIGHT: Final = 0.75  # intersection over union from which a box is right, as in ImageCLEF's separation task


def evaluate_captions(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Evaluate the splitting of captions.

    Returns the share of captions with panels whose label set is right, the mean IoU of spans over the gold panels, the
    share of captions without panels that were split, and the captions that differ.

    Args:
        rows: objects of `caption` and `panels` (label, start, end), as in `captions.jsonl`.

    Raises:
        GoldError: if a row is no such object.
    """
    exact: list[float] = []
    overlaps: list[list[float]] = []
    false: list[float] = []
    wrong = []
    for row in rows:
        try:
            text = str(row["caption"])
            gold = [(str(p["label"]), int(p["start"]), int(p["end"])) for p in row["panels"]]
        except (KeyError, TypeError, ValueError):
            raise GoldError("a labelled caption lacks `caption`, or `panels` with label, start and end") from None
        found = {p.label: p.spans for p in split_caption(text).panels}
        name = f"{row.get('pmcid', '')} {row.get('fig', '')}".strip()
        if not gold:
            false.append(float(bool(found)))
            if found:
                wrong.append(f"split     {name}  found {','.join(found)}  {text[:100]}")
            continue
        labels = {label for label, _, _ in gold}
        exact.append(float(labels == found.keys()))
        if labels != found.keys():
            wrong.append(
                f"labels    {name}  gold {','.join(sorted(labels))}  found {','.join(found) or '-'}  {text[:80]}"
            )
        shares = []
        for label, start, end in gold:
            share = _span_iou((start, end), found.get(label, ()))
            shares.append(share)
            if share < 0.5:
                said = " | ".join(text[a:b] for a, b in found.get(label, ()))[:80]
                wrong.append(f"span      {name} {label}  gold {text[start:end][:80]!r}  found {said!r}")
        overlaps.append(shares)
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(RESAMPLES):
        picks = rng.integers(0, max(len(overlaps), 1), len(overlaps))
        chosen = [v for i in picks for v in overlaps[i]]
        samples.append(float(np.mean(chosen)) if chosen else 0.0)
    every = [v for shares in overlaps for v in shares]
    return {
        "captions": len(rows),
        "panels": len(every),
        "exact_label_set": round(float(np.mean(exact)) if exact else 0.0, 4),
        "exact_label_set_interval": share_interval(exact),
        "mean_span_iou": round(float(np.mean(every)) if every else 0.0, 4),
        "mean_span_iou_interval": interval(samples),
        "false_split_rate": round(float(np.mean(false)) if false else 0.0, 4),
    }, wrong


def _span_iou(gold: tuple[int, int], found: Sequence[tuple[int, int]]) -> float:
    """Return intersection over union in code points."""
    ours = {i for a, b in found for i in range(a, b)}
    theirs = set(range(*gold))
    return len(ours & theirs) / max(len(ours | theirs), 1)


def figure_is_right(gold: Sequence[Box], found: Sequence[Box]) -> bool:
    """Check whether there are as many boxes, and each gold box has one of its own with an IoU above .75."""
    if len(gold) != len(found):
        return False
    left = list(found)
    for box in gold:
        best = max(left, key=lambda f: iou(box, f))
        if iou(box, best) <= _RIGHT:
            return False
        left.remove(best)
    return True


def evaluate_boxes(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Compute the shares of figures with all panels right and with the right number; list the wrong figures.

    Args:
        folder: holds `panels.jsonl`: objects of `image` (a file in the folder), `boxes` (x, y, width, height
            in pixels), and optionally `n` (how many panels the caption names) or `caption`.

    Raises:
        GoldError: if a row is no such object or its image is missing.
    """
    from PIL import Image

    right, counted, wrong = [], [], []
    rows = read_json_lines(folder, "panels")
    base = folder if folder.is_dir() else folder.parent
    for row in rows:
        try:
            gold = [Box(*map(int, b[:4])) for b in row["boxes"]]
            path = (base / str(row["image"])).resolve()
        except (KeyError, TypeError, ValueError):
            raise GoldError("a labelled figure lacks `image`, or `boxes` of x, y, width and height") from None
        if not path.is_relative_to(base.resolve()) or not path.is_file():
            raise GoldError(f"{row['image']}: no such image in {base}")
        wanted = row.get("n")
        labels = [p.label for p in split_caption(str(row.get("caption") or "")).panels]
        if wanted is None:
            wanted = len(labels) or None
        with Image.open(path) as image:
            found = panel_boxes(np.asarray(image.convert("RGB")), int(wanted) if wanted is not None else None, labels)
        right.append(float(figure_is_right(gold, found)))
        counted.append(float(len(gold) == len(found)))
        if not right[-1]:
            wrong.append(f"{row['image']}  gold {len(gold)} panels  found {len(found)}")
    return {
        "figures": len(rows),
        "figures_right": round(float(np.mean(right)), 4),
        "figures_right_interval": share_interval(right),
        "counts_right": round(float(np.mean(counted)), 4),
    }, wrong
