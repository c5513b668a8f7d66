"""Rows of panels: a figure's caption and the view of its image together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from typing import Any, Final

from pmcmine.panels.boxes import SURE, panel_boxes
from pmcmine.panels.captions import PanelText, split_caption
from pmcmine.panels.geometry import Box
from pmcmine.panels.markers import Span
from pmcmine.panels.mentions import resolve
from schemas.figure import Figure
from schemas.mention import Mention
from schemas.panel import CaptionSpan, Panel

Grey = Callable[[], Any]
_BARE: Final = " .,;:()[]–-"


def panels_of(
    figure: Figure,
    view: Grey | None,
    emphasis: Sequence[Span] = (),
    pieces: Sequence[tuple[str, int, int]] = (),
    fine: Grey | None = None,
    named: Set[str] | None = None,
) -> list[Panel]:
    """Build the panels that a caption names, with boxes if the image's layout is clear and fits their number.

    A figure of several graphics has a panel for each: the caption's, in order, where it names as many, else panels
    that are named after their place.

    Args:
        figure: the figure.
        view: returns grey levels of its image, height × width; None if there is no valid image. Both are functions,
            since views are made when they are needed, and most captions name no panels.
        emphasis: spans of the caption that its markup sets in bold, italics or underlined.
        pieces: file, width and height of each graphic, if there are several.
        fine: returns grey levels of the image with more pixels than `view`, or None if it has no more.
        named: letters of panels that the article's mentions of the figure name; None if not known.
    """
    caption = figure.caption or ""
    found = split_caption(caption, emphasis, named=named)
    texts = list(found.panels)
    boxes: list[Box | None]
    media: list[str | None]
    if len(pieces) > 1:
        whole = [Box(0, 0, width, height, 1.0) for _, width, height in pieces]
        if len(texts) == len(pieces):
            boxes, media = list(whole), [name for name, _, _ in pieces]
        else:
            boxes = [*[None] * len(texts), *whole]
            media = [*[None] * len(texts), *(name for name, _, _ in pieces)]
            texts += [PanelText(f"graphic {n}", (), 1.0) for n in range(1, len(pieces) + 1)]
    else:
        boxes, media = (_boxes(figure, view, fine, texts) if texts else []), [None] * len(texts)
    shared = found.shared if found.panels else ()
    return [
        Panel(
            panel_id=f"{figure.figure_id}#{t.label}",
            figure_id=figure.figure_id,
            article_id=figure.article_id,
            pmcid=figure.pmcid,
            label=t.label,
            ordinal=i,
            spans=tuple(CaptionSpan(start=a, end=b) for a, b in t.spans),
            text=" ".join(caption[a:b] for a, b in t.spans),
            shared=tuple(
                CaptionSpan(start=a, end=b) for a, b in sorted({*shared, *t.also}) if caption[a:b].strip(_BARE)
            ),
            confidence=t.confidence,
            media=name,
            x=box.x if box else None,
            y=box.y if box else None,
            width=box.width if box else None,
            height=box.height if box else None,
            box_confidence=box.confidence if box else None,
            kinds=(),
            n_mentions=0,
            license=figure.license,
            license_group=figure.license_group,
            derivatives_ok=figure.derivatives_ok,
        )
        for i, (t, box, name) in enumerate(zip(texts, boxes, media, strict=True))
    ]


def _boxes(figure: Figure, view: Grey | None, fine: Grey | None, texts: Sequence[PanelText]) -> list[Box | None]:
    """Find a box for each label, in pixels of the stored image; none if the layout is unclear."""
    none: list[Box | None] = [None] * len(texts)
    if view is None or figure.width is None or figure.height is None:
        return none
    grey = view()
    found = panel_boxes(grey, len(texts), [t.label for t in texts], fine)
    if len(found) != len(texts) or min(b.confidence for b in found) < SURE:
        return none
    sx, sy = figure.width / grey.shape[1], figure.height / grey.shape[0]
    out: list[Box | None] = []
    for b in found:
        x, y = int(b.x * sx), int(b.y * sy)
        width, height = min(round(b.width * sx), figure.width - x), min(round(b.height * sy), figure.height - y)
        out.append(Box(x, y, width, height, b.confidence))
    return out


def with_mentions(panels: Sequence[Panel], mentions: Sequence[Mention]) -> tuple[list[Panel], list[Mention]]:
    """Return panels with the number of their mentions, and mentions with the labels of the panels that they name."""
    labels: dict[str, list[str]] = {}
    for p in panels:
        labels.setdefault(p.figure_id, []).append(p.label)
    counts: Counter[tuple[str, str]] = Counter()
    named = []
    for m in mentions:
        found = resolve(m.panels, labels.get(m.figure_id, ()))
        counts.update((m.figure_id, label) for label in found)
        named.append(replace(m, panel_labels=found) if found else m)
    return [replace(p, n_mentions=counts[p.figure_id, p.label]) for p in panels], named
