"""What adds columns to rows: modules that register themselves under entry points.

`pmcmine.paragraphs`, `pmcmine.figures` and `pmcmine.panels` name modules with `SWITCH`, the key of the configuration
that turns them on; `prepare(config)`, called before a run begins; `info(config)`, which names their models; and
`enrich`, which returns the rows with more columns filled:

- `enrich(paragraphs, config)`;
- `enrich(figures, views, config)` with a view of each figure's pixels, None where it has none;
- `enrich(panels, figures, views, config)`, figures and views by figure.

They run in the order of their names. The library does not know the classifiers; they know it. A module may list the
columns that it fills as `COLUMNS`, so that one that the records lack ends a run before it begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from schemas.figure import Figure
from schemas.panel import Panel
from schemas.paragraph import Paragraph

PARAGRAPHS: Final = "pmcmine.paragraphs"
FIGURES: Final = "pmcmine.figures"
PANELS: Final = "pmcmine.panels"
VIEW_SIDE: Final = 768  # pixels of the longer side of a view
SWITCHES: Final = ("classify", "languages", "image_kinds", "privacy")


_RECORDS: Final[Mapping[str, Any]] = {PARAGRAPHS: Paragraph, FIGURES: Figure, PANELS: Panel}
_MEMBERS: Final = ("SWITCH", "prepare", "info", "enrich")
_ARGUMENT: Final = re.compile(r"unexpected keyword argument '(\w+)'")


def _nearest(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


@cache
def _registered(group: str) -> tuple[Any, ...]:
    return tuple(_load(group, e) for e in sorted(entry_points(group=group), key=lambda e: e.name))


def _load(group: str, entry: EntryPoint) -> Any:
    """Load a plug-in and check what it declares.

    Raises:
        PmcmineError: one line that names the plug-in.
    """
    said = f"plug-in {entry.name} of {group} ({entry.value})"
    try:
        module = entry.load()
    except (ImportError, AttributeError) as error:
        raise PmcmineError(f"{said}: can't be loaded ({error}); install its package again, or remove it") from None
    missing = [name for name in _MEMBERS if not hasattr(module, name)]
    if missing:
        raise PmcmineError(f"{said}: has no {', '.join(missing)}; install a version for this pmcmine, or remove it")
    switches = [k for k, f in MineConfig.model_fields.items() if f.annotation is bool]
    if module.SWITCH not in switches:
        hint = _nearest(str(module.SWITCH), switches)
        raise PmcmineError(f"{said}: its switch {module.SWITCH!r} is no on/off key of the configuration{hint}")
    for column in getattr(module, "COLUMNS", ()):
        _check_column(column, group, said)
    return module


def _check_column(column: str, group: str, said: str) -> None:
    known = [f.name for f in fields(_RECORDS[group])]
    if column not in known:
        table = group.rpartition(".")[2]
        raise PmcmineError(f"{said}: the table {table} has no column {column!r}{_nearest(column, known)}")


def _on(group: str, config: MineConfig) -> list[Any]:
    return [m for m in _registered(group) if getattr(config, m.SWITCH)]


def _enriched(group: str, module: Any, rows: list[Any], enrich: Callable[[], list[Any]]) -> list[Any]:
    """Return the rows as a plug-in fills them.

    Raises:
        PmcmineError: if it fills a column that the records lack, or loses rows.
    """
    said = f"plug-in {getattr(module, '__name__', module)} of {group}"
    try:
        found = enrich()
    except TypeError as error:
        argument = _ARGUMENT.search(str(error))
        if argument:
            _check_column(argument[1], group, said)
        raise
    if len(found) != len(rows):
        raise PmcmineError(f"{said}: returned {len(found)} rows for {len(rows)}")
    return found


def prepare(config: MineConfig) -> None:
    """Load what the configuration turns on, so that a missing model ends a run before it begins.

    Raises:
        PmcmineError: where nothing is registered, or a model is missing or damaged.
    """
    for group in (PARAGRAPHS, FIGURES, PANELS):
        if group != PANELS and not _registered(group) and any(getattr(config, s) for s in SWITCHES):
            off = " ".join(f"--set {s}=false" for s in SWITCHES)
            raise PmcmineError(f"no classifier is registered: install pmcmine again, or use {off}")
        for module in _on(group, config):
            module.prepare(config)


def info(config: MineConfig) -> list[dict[str, str]]:
    """Name, hash and training data of each model, for `release.json`."""
    found = {}
    for group in (PARAGRAPHS, FIGURES, PANELS):
        for module in _on(group, config):
            found.update({entry["name"]: entry for entry in module.info(config)})
    return [found[name] for name in sorted(found)]


def enrich_paragraphs(paragraphs: Sequence[Paragraph], config: MineConfig) -> list[Paragraph]:
    """Paragraphs with the columns of all classifiers that are turned on."""
    found = list(paragraphs)
    for module in _on(PARAGRAPHS, config):
        found = _enriched(PARAGRAPHS, module, found, partial(module.enrich, found, config))
    return found


def enrich_panels(
    panels: Sequence[Panel], figures: Mapping[str, Figure], views: Mapping[str, Any], config: MineConfig
) -> list[Panel]:
    """Panels with the columns of all classifiers that are turned on; figures and views by figure."""
    found = list(panels)
    for module in _on(PANELS, config):
        found = _enriched(PANELS, module, found, partial(module.enrich, found, figures, views, config))
    return found


def wants_views(config: MineConfig) -> bool:
    """Whether something looks at pixels."""
    return bool(config.image_kinds or config.privacy or config.panels)


def enrich_figures(figures: Sequence[Figure], views: Sequence[Any], config: MineConfig) -> list[Figure]:
    """Figures with the columns of all classifiers that are turned on.

    Args:
        figures: rows.
        views: RGB of each, height × width × 3, longer side at most `VIEW_SIDE`; None where there is no valid image.
        config: the configuration.
    """
    found = list(figures)
    for module in _on(FIGURES, config):
        found = _enriched(FIGURES, module, found, partial(module.enrich, found, views, config))
    return found
