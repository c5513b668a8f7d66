"""Panels beside the parser."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path
from typing import Any

from benchmarks.corpus import best, extractions


def _compound(r: random.Random) -> tuple[Any, list[Any], list[str]]:
    """Draw a compound figure from generated pictures; return the visible boxes of its panels and their letters."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    from classifiers.images import generate
    from classifiers.images.kinds import KINDS
    from pmcmine.panels.geometry import Box

    counts = r.choice([[2], [3], [1, 2], [2, 2], [2, 3], [3, 3], [1, 1], [4, 4], [3, 3, 3], [2, 2, 2], [1, 3]])
    gap, ground, width = r.choice([0, 2, 6, 12, 24]), r.choice(["white"] * 5 + ["black"]), r.randint(800, 1200)
    kinds = ("microscopy", "xray", "clinical_photo", "other", "gel", "map") if gap < 6 else KINDS
    pictures, y = [], gap
    for n in counts:
        w = (width - gap * (n + 1)) // n
        h = min(int(w * r.uniform(0.6, 1.0)), 420)
        pictures += [(generate.PAINTERS[r.choice(kinds)](r, (w, h)), gap + i * (w + gap), y) for i in range(n)]
        y += h + gap
    image = Image.new("RGB", (width, y), ground)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(r.choice([18, 24, 32]))
    lettered = r.random() < 0.7
    boxes, labels = [], []
    for k, (picture, x, top) in enumerate(pictures):
        image.paste(picture, (x, top))
        labels.append("ABCDEFGHIJKL"[k])
        # A white margin on white ground is nobody's: the box is that of the ink.
        grey = np.asarray(picture.convert("L"), np.int16)
        ink = np.abs(grey - (255 if ground == "white" else 0)) > 22
        if lettered:
            pen.rectangle((x, top, x + 36, top + 38), fill="white")
            pen.text((x + 4, top + 2), labels[-1], fill="black", font=font)
            ink[:38, :36] = True
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        left, upper = int(columns[0]), int(rows[0])
        boxes.append(Box(x + left, top + upper, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - upper))
    return image, boxes, labels


def _split_rates(captions: list[str], rounds: int = 9) -> dict[str, Any]:
    """Return captions split in a second of processor time: all as they come, those with panels, those without.

    Of each caption the shortest of some rounds counts, since programs beside this one slow down single rounds.
    """
    from pmcmine.panels.captions import split_caption

    shortest = [math.inf] * len(captions)
    for _ in range(rounds):
        for n, caption in enumerate(captions):
            start = time.thread_time()
            split_caption(caption)
            shortest[n] = min(shortest[n], time.thread_time() - start)
    divided = [bool(split_caption(c).panels) for c in captions]
    kinds = {"": [True] * len(captions), "_with_panels": divided, "_without_panels": [not x for x in divided]}
    out: dict[str, Any] = {"captions": len(captions), "captions_with_panels": sum(divided)}
    for kind, chosen in kinds.items():
        taken = [s for s, mine in zip(shortest, chosen, strict=True) if mine]
        out[f"captions_per_second{kind}"] = round(len(taken) / sum(taken)) if taken else None
    return out


def panels(data: Path | None) -> dict[str, Any]:
    """Captions a second; boxes on generated compounds of known layout: share of figures right, and milliseconds."""
    import numpy as np

    from pmcmine.panels.boxes import panel_boxes
    from pmcmine.panels.evaluate import figure_is_right

    captions = [f.caption for extracted in extractions(data, 200) for f in extracted.figures if f.caption]
    r = random.Random(0)
    compounds = [_compound(r) for _ in range(200)]
    arrays = [np.asarray(image) for image, _, _ in compounds]
    found_boxes = [panel_boxes(a, len(gold), labels) for a, (_, gold, labels) in zip(arrays, compounds, strict=True)]
    right = [figure_is_right(gold, b) for b, (_, gold, _) in zip(found_boxes, compounds, strict=True)]
    took = best(
        lambda: [panel_boxes(a, len(gold), labels) for a, (_, gold, labels) in zip(arrays, compounds, strict=True)], 1
    )
    return {
        **_split_rates(captions),
        "compounds": len(right),
        "figures_right": round(sum(right) / len(right), 3),
        "ms_per_figure": round(1000 * took / len(right), 1),
        "megapixels_per_figure": round(sum(a.shape[0] * a.shape[1] for a in arrays) / len(arrays) / 1e6, 2),
    }
