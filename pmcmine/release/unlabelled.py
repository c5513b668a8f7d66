"""Why a condition chooses nothing: it names columns that a classifier fills which was turned off in `mine`.

Light: readers that have no classifiers installed need it, too, so the columns stand here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pmcmine.release.layout import read_stated

# Columns that pmcmine's own enrichers fill, by the key of the configuration that turns them on, and by table.
LABELS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "classify": {
        "figures": ("caption_quality",),
        "paragraphs": (
            *("type", "type_clinical_case", "type_study", "type_review", "type_other"),
            *("domain", "domain_clinical", "domain_biomedical", "domain_other"),
            *("quality", "quality_class"),
        ),
    },
    "languages": {
        "figures": ("caption_language", "caption_language_score"),
        "paragraphs": ("text_language", "text_language_score"),
    },
    "image_kinds": {
        "figures": ("image_kinds", "image_kind_scores", "image_kind_pixels", "image_kind_caption", "image_unknown"),
        "panels": ("kinds",),
    },
    "image_embeddings": {"figures": ("image_embedding",)},
    "privacy": {"figures": ("privacy",), "paragraphs": ("patients", "privacy")},
}
_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
_WORD: Final = re.compile(r"\w+")


def unlabelled(config: object, table: str, condition: str) -> str:
    """Say which columns of a condition the release does not fill; empty if it fills them all.

    Args:
        config: the configuration that the release states.
        table: whose columns the condition names.
        condition: an SQL condition, or names of columns.
    """
    words = {word.casefold() for word in _WORD.findall(_TEXT.sub("", condition))}
    return "; ".join(_said(config, table, words)) if isinstance(config, Mapping) else ""


def _said(config: Mapping[str, Any], table: str, words: set[str]) -> Iterator[str]:
    for switch, tables in LABELS.items():
        named = [column for column in tables.get(table, ()) if column in words]
        if named and config.get(switch) is False:
            yield f"{table} have no {' and no '.join(named)}: the release was mined with --set {switch}=false"


def unlabelled_in(release: Path, table: str, condition: str) -> str:
    """As `unlabelled`, for a release on this machine."""
    return unlabelled(read_stated(release).get("config"), table, condition)
