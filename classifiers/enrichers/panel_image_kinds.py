"""Kinds of image of panels that have a box, as a column of the `panels` table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifiers.enrichers.figure_image_kinds import ImageKindModel
from classifiers.images.kinds import shipped
from classifiers.images.view import SIDE
from pmcmine.images.pyramid import Pyramid
from pmcmine.plugins.enricher import Context, columns_of
from schemas.panel import Panel


class PanelImageKinds(ImageKindModel):
    """Kinds of the images of panels, by the model of figures."""

    table = "panels"
    columns = columns_of(Panel, "kinds")

    def enrich(self, rows: Sequence[Panel], context: Context) -> list[dict[str, Any]]:
        """Classify each panel, from the crop's pixels and the panel's own words."""
        out: list[dict[str, Any]] = [{} for _ in rows]
        places, crops = [], []
        for i, p in enumerate(rows):
            rgb = context.views.get(p.media or p.figure_id)
            width = p.width if p.media else context.figures[p.figure_id].width
            if rgb is None or p.x is None or p.y is None or p.width is None or p.height is None or not width:
                continue
            s = rgb.shape[1] / width
            top, left = int(p.y * s), int(p.x * s)
            part = rgb[top : top + max(int(p.height * s), 1), left : left + max(int(p.width * s), 1)]
            if part.size:
                places.append(i)
                crops.append(Pyramid(np.ascontiguousarray(part)).rgb(SIDE))
        if places:
            model = shipped()
            for i, row in zip(places, model.scores(crops, [rows[i].text for i in places]), strict=True):
                out[i] = {"kinds": model.named(row)}
        return out
