"""Suggest the most likely intended name. Loads nothing else, as workers of streams import it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

_SYNONYMS: Final = {"dev": "validation", "val": "validation", "valid": "validation", "eval": "validation",
                    "development": "validation", "training": "train", "testing": "test"}  # fmt: skip


def _letters(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.casefold())


def nearest(name: str, names: Sequence[str]) -> str | None:
    """Return the most likely intended name, None if none is near."""
    meant = _SYNONYMS.get(name.casefold())
    if meant in names:
        return meant
    same = [n for n in names if _letters(n) == _letters(name)]
    if same:
        return same[0]
    lower = {n.casefold(): n for n in names}
    found = get_close_matches(name.casefold(), lower, 1)
    return lower[found[0]] if found else None


def choose(name: str, names: Sequence[str]) -> str:
    """List the possible names, with the nearest one first as a suggestion."""
    near = nearest(name, names)
    return (f"did you mean {near!r}? " if near else "") + f"choose from {', '.join(names)}"
