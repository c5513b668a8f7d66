"""Kinds of image of panels that have a box, as a column of the `panels` table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from PIL import Image

from classifiers.enrichers.figure_image_kinds import info, prepare
from classifiers.images.features import view
from classifiers.images.kinds import shipped
from schemas.figure import Figure
from schemas.panel import Panel

SWITCH = "image_kinds"
__all__ = ["SWITCH", "enrich", "info", "prepare"]


def enrich(
    panels: Sequence[Panel], figures: Mapping[str, Figure], views: Mapping[str, Any], config: Any
) -> list[Panel]:
    """The panels with the kinds of their images, from the crop's pixels and the panel's own words."""
    out = list(panels)
    places, crops = [], []
    for i, p in enumerate(panels):
        rgb = views.get(p.media or p.figure_id)
        width = p.width if p.media else figures[p.figure_id].width
        if rgb is None or p.x is None or p.y is None or p.width is None or p.height is None or not width:
            continue
        s = rgb.shape[1] / width
        top, left = int(p.y * s), int(p.x * s)
        part = rgb[top : top + max(int(p.height * s), 1), left : left + max(int(p.width * s), 1)]
        if part.size:
            places.append(i)
            crops.append(view(Image.fromarray(part)))
    if places:
        model = shipped()
        for i, row in zip(places, model.scores(crops, [panels[i].text for i in places]), strict=True):
            out[i] = replace(out[i], kinds=model.named(row))
    return out
