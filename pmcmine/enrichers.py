"""What adds columns to rows: modules that register themselves under entry points.

`pmcmine.paragraphs`, `pmcmine.figures` and `pmcmine.panels` name modules with `SWITCH`, the key of the configuration
that turns them on; `prepare(config)`, called before a run begins; `info(config)`, which names their models; and
`enrich`, which returns the rows with more columns filled:

- `enrich(paragraphs, config)`;
- `enrich(figures, views, config)` with a view of each figure's pixels, None where it has none;
- `enrich(panels, figures, views, config)`, figures and views by figure.

They run in the order of their names. The library does not know the classifiers; they know it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

from pmcmine.errors import PmcmineError
from schemas.figure import Figure
from schemas.panel import Panel
from schemas.paragraph import Paragraph

if TYPE_CHECKING:
    from pmcmine.config import MineConfig

PARAGRAPHS: Final = "pmcmine.paragraphs"
FIGURES: Final = "pmcmine.figures"
PANELS: Final = "pmcmine.panels"
VIEW_SIDE: Final = 768  # pixels of the longer side of a view
SWITCHES: Final = ("classify", "languages", "image_kinds", "privacy")


@cache
def _registered(group: str) -> tuple[Any, ...]:
    return tuple(e.load() for e in sorted(entry_points(group=group), key=lambda e: e.name))


def _on(group: str, config: MineConfig) -> list[Any]:
    return [m for m in _registered(group) if getattr(config, m.SWITCH)]


def prepare(config: MineConfig) -> None:
    """Load what the configuration turns on, so that a missing model ends a run before it begins.

    Raises:
        PmcmineError: where nothing is registered, or a model is missing or damaged.
    """
    for group in (PARAGRAPHS, FIGURES):
        if not _registered(group) and any(getattr(config, s) for s in SWITCHES):
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
        found = module.enrich(found, config)
    return found


def enrich_panels(
    panels: Sequence[Panel], figures: Mapping[str, Figure], views: Mapping[str, Any], config: MineConfig
) -> list[Panel]:
    """Panels with the columns of all classifiers that are turned on; figures and views by figure."""
    found = list(panels)
    for module in _on(PANELS, config):
        found = module.enrich(found, figures, views, config)
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
        found = module.enrich(found, views, config)
    return found
