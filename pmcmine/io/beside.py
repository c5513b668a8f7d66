"""Suggest a similar folder instead of a missing one."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Final

_MOST: Final = 1000  # entries of a folder that are checked


def meant(folder: Path, wanted: Callable[[Path], bool] = Path.is_dir) -> str:
    """Return "; did you mean …?" with the most similar folder beside a missing one; empty if none is similar.

    Args:
        folder: the given path.
        wanted: checks whether a path is of the intended kind.
    """
    try:
        if folder.exists():
            return ""
        beside = {p.name.casefold(): p.name for p in islice(folder.parent.iterdir(), _MOST) if wanted(p)}
    except (OSError, ValueError):
        return ""
    near = get_close_matches(folder.name.casefold(), beside, 1)
    return f"; did you mean {str(folder.with_name(beside[near[0]]))!r}?" if near else ""
