"""Figures and panels that belong to a case: those that its passages mention, and those that lie in its sections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pmcmine.cases.split import Passage, Patient, label_of
from schemas.figure import Figure
from schemas.mention import Mention
from schemas.panel import Panel

_LABEL: Final = re.compile(r"\b(?:case|patient)\s*(?:no\.?|#)?\s*(?P<n>\d{1,3}|[IVX]{1,4}|[A-H])\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """Figures and panels of a case."""

    figure_ids: tuple[str, ...]
    panel_ids: tuple[str, ...]


def shown(
    cases: Sequence[Patient], figures: Sequence[Figure], panels: Sequence[Panel], mentions: Iterable[Mention]
) -> list[Shown]:
    """Return the figures and panels of each case, in their order."""
    by_figure: dict[str, list[Panel]] = {}
    for panel in panels:
        by_figure.setdefault(panel.figure_id, []).append(panel)
    places: dict[str, list[tuple[Passage, int]]] = {}
    for i, case in enumerate(cases):
        for passage in case.passages:
            places.setdefault(passage.told.paragraph.paragraph_id, []).append((passage, i))
    figure_of: list[set[str]] = [set() for _ in cases]
    panel_of: list[set[str]] = [set() for _ in cases]
    mentioned: set[str] = set()
    for m in mentions:
        mentioned.add(m.figure_id)
        for passage, i in places.get(m.context_id, ()):
            if passage.start <= m.start < passage.end:
                figure_of[i].add(m.figure_id)
                parts = by_figure.get(m.figure_id, [])
                named = set(m.panel_labels)
                panel_of[i] |= {p.panel_id for p in parts if not named or p.label in named}
    for figure in figures:
        owner = _by_label(cases, figure)
        if owner is None and figure.figure_id not in mentioned:
            owner = _by_place(cases, figure)
        if owner is not None and figure.figure_id not in figure_of[owner]:
            figure_of[owner].add(figure.figure_id)
            panel_of[owner] |= {p.panel_id for p in by_figure.get(figure.figure_id, [])}
    known = {f.figure_id: n for n, f in enumerate(figures)}
    order: Mapping[str, int] = {p.panel_id: n for n, p in enumerate(panels)}
    return [
        Shown(
            tuple(sorted((f for f in figure_of[i] if f in known), key=known.__getitem__)),
            tuple(sorted((p for p in panel_of[i]), key=order.__getitem__)),
        )
        for i in range(len(cases))
    ]


def _by_label(cases: Sequence[Patient], figure: Figure) -> int | None:
    """Return the case whose number the caption states, if it states one only."""
    if len(cases) < 2:
        return None
    named = {label_of(m) for m in _LABEL.finditer((figure.caption or "")[:2_000])}
    found = [i for i, c in enumerate(cases) if c.label in named]
    return found[0] if len(found) == 1 and len(named) == 1 else None


def _by_place(cases: Sequence[Patient], figure: Figure) -> int | None:
    """Return the only case that has passages in the section of a figure that no text mentions."""
    found = {
        i
        for i, c in enumerate(cases)
        for p in c.passages
        if p.told.titled and p.told.paragraph.section_titles == figure.section_path
    }
    return found.pop() if len(found) == 1 else None
