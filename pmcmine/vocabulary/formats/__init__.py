"""Formats of vocabularies, one module each."""

from __future__ import annotations

from pathlib import Path

from pmcmine.errors import VocabularyError
from pmcmine.plugins.load import VOCABULARY_FORMATS, plugins
from pmcmine.vocabulary.atoms import Format, Input, Options


def formats() -> dict[str, Format]:
    """Return all formats by name, those of other packages included.

    Raises:
        PluginError: if one can't be loaded.
    """
    return {p.name: p.target for p in plugins(VOCABULARY_FORMATS)}


def open_input(path: Path, options: Options, name: str | None = None) -> Input:
    """Open a source of names.

    Raises:
        VocabularyError: if there is nothing at the path, or no format takes it.
    """
    if not path.exists():
        raise VocabularyError(f"{path}: no such file or folder")
    for f in formats().values():
        if name == f.name or (name is None and f.matches(path)):
            return f.open(path, options)
    raise VocabularyError(f"{path}: no vocabulary format recognises it; known formats: {', '.join(sorted(formats()))}")
