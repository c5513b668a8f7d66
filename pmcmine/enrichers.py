"""What adds columns to paragraphs: modules that register themselves under the entry point `pmcmine.paragraphs`.

Such a module has `prepare()`, called before a run begins, `info()`, which names its model, and `enrich(paragraphs)`,
which returns the paragraphs with more columns filled. The library does not know the classifiers; they know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final

from pmcmine.errors import PmcmineError
from schemas.paragraph import Paragraph

GROUP: Final = "pmcmine.paragraphs"


@cache
def _registered() -> tuple[Any, ...]:
    return tuple(e.load() for e in sorted(entry_points(group=GROUP), key=lambda e: e.name))


def prepare() -> None:
    """Load all of them, so that a missing model ends a run before it begins.

    Raises:
        PmcmineError: where nothing is registered, or a model is missing or damaged.
    """
    if not _registered():
        raise PmcmineError("no classifier is registered: install pmcmine again, or use --set classify=false")
    for module in _registered():
        module.prepare()


def info() -> list[dict[str, str]]:
    """Name, hash and training data of each model, for `release.json`."""
    return [module.info() for module in _registered()]


def enrich(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Paragraphs with the columns of all classifiers."""
    found = list(paragraphs)
    for module in _registered():
        found = module.enrich(found)
    return found
