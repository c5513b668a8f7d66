"""Scores of panel boxes against labelled ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pmcmine.errors import GoldError
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.evaluation.intervals import share_interval
from pmcmine.images.pyramid import BASE, Pyramid
from pmcmine.panels.boxes import SURE, panel_boxes
from pmcmine.panels.captions import split_caption
from pmcmine.panels.geometry import Box, iou

_RIGHT: Final = 0.75  # intersection over union from which a box is right, as in ImageCLEF's separation task


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


@dataclass(frozen=True, slots=True)
class Figure:
    """A labelled figure: its boxes in pixels, their labels if known, and how many panels the caption names."""

    boxes: tuple[Box, ...]
    labels: tuple[str, ...]
    wanted: int | None


def evaluate_boxes(folder: Path, images: Path | None = None) -> tuple[dict[str, Any], list[str]]:
    """Evaluate boxes and labels of panels over all figures, as `mine` gives them; list the wrong figures.

    `figures_right` is the share of figures with panels that get all boxes right, `labels_right` the share of these
    whose labels are right too, `figures_wrong` the share of all figures that get a box that is not right.

    Args:
        folder: holds `panels.jsonl`: objects of `image` (a file in the folder of images), `boxes` (x, y, width, height
            in pixels), and optionally `labels` (of the boxes), `named` (labels that the caption names, if others),
            `n` (how many panels it names) or `caption`.
        images: folder of images; default `folder`.

    Raises:
        GoldError: if a row is no such object or its image is missing.
    """
    from PIL import Image

    right, counted, labelled, wrong = [], [], [], []
    lines = []
    rows = read_json_lines(folder, "panels")
    base = images or (folder if folder.is_dir() else folder.parent)
    for row in rows:
        gold, named, path = labelled_figure(row, base)
        with Image.open(path) as image:
            pyramid, longer = Pyramid.of(image.convert("RGB")), max(image.size)
        view = pyramid.grey(BASE)
        boxes = panel_boxes(view, gold.wanted, named, pyramid.fine)
        found = [scaled_box(b, longer / max(view.shape)) for b in boxes]
        given = len(found) == (gold.wanted or len(found)) and min(b.confidence for b in found) >= SURE
        good = given and figure_is_right(gold.boxes, found)
        if gold.boxes:
            right.append(float(good))
            counted.append(float(len(gold.boxes) == len(found)))
        wrong.append(float(given and not good))
        if good and gold.labels:
            by_label = dict(zip(named, found, strict=True))
            pairs = zip(gold.labels, gold.boxes, strict=True)
            labelled.append(float(all(t in by_label and iou(by_label[t], b) > _RIGHT for t, b in pairs)))
        if given and not good:
            lines.append(f"wrong   {row['image']}  gold {len(gold.boxes)} panels  found {len(found)}")
        elif not good and gold.boxes:
            lines.append(f"none    {row['image']}  gold {len(gold.boxes)} panels")
        elif good and labelled and not labelled[-1]:
            lines.append(f"labels  {row['image']}  gold {','.join(gold.labels)}")
    measures: dict[str, Any] = {"figures": len(rows)}
    for name, values in (("figures_right", right), ("labels_right", labelled), ("figures_wrong", wrong)):
        if values:
            measures |= {name: round(float(np.mean(values)), 4), f"{name}_interval": share_interval(values)}
    return {**measures, "counts_right": round(float(np.mean(counted)) if counted else 0.0, 4)}, lines


def scaled_box(box: Box, scale: float) -> Box:
    """Return a box in pixels of a larger or smaller picture."""
    x, y, width, height = (round(v * scale) for v in (box.x, box.y, box.width, box.height))
    return Box(x, y, width, height, box.confidence)


def labelled_figure(row: Mapping[str, Any], base: Path) -> tuple[Figure, list[str], Path]:
    """Read a labelled figure; also return the labels that its caption names, and its image's path."""
    try:
        boxes = tuple(Box(*map(int, b[:4])) for b in row["boxes"])
        labels = tuple(map(str, row.get("labels", ())))
        named = list(map(str, row.get("named", labels)))
        path = (base / str(row["image"])).resolve()
        wanted = int(row["n"]) if row.get("n") is not None else None
    except (KeyError, TypeError, ValueError):
        raise GoldError("a labelled figure lacks `image`, or `boxes` of x, y, width and height") from None
    if labels and len(labels) != len(boxes):
        raise GoldError(f"{row['image']}: {len(boxes)} boxes, but {len(labels)} labels")
    if not path.is_relative_to(base.resolve()) or not path.is_file():
        raise GoldError(f"{row['image']}: no such image in {base}")
    if not named:
        named = [p.label for p in split_caption(str(row.get("caption") or "")).panels]
    return Figure(boxes, labels, wanted if wanted is not None else len(named) or None), named, path
