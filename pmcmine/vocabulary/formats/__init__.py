"""Formats of vocabularies. A new one is a module here with a `FORMAT`; it is found by itself."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from pmcmine.errors import VocabularyError
from pmcmine.vocabulary.atoms import Format, Input, Options


@cache
def formats() -> dict[str, Format]:
    """All formats by name."""
    found = (importlib.import_module(f"{__name__}.{m.name}").FORMAT for m in pkgutil.iter_modules(__path__))
    return {f.name: f for f in found}


def open_input(path: Path, options: Options, name: str | None = None) -> Input:
    """Open a source of names.

    Raises:
        VocabularyError: where there is nothing at the path, or no format takes it.
    """
    if not path.exists():
        raise VocabularyError(f"{path}: no such file or folder")
    for f in formats().values():
        if name == f.name or (name is None and f.matches(path)):
            return f.open(path, options)
    raise VocabularyError(f"{path}: no vocabulary format takes it; known are {', '.join(sorted(formats()))}")
