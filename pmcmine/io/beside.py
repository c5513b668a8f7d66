"""The folder that was meant instead of one that is not there."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Final

_MOST: Final = 1000  # entries of a folder that are looked at


def meant(folder: Path, wanted: Callable[[Path], bool] = Path.is_dir) -> str:
    """Return "; did you mean …?" with the nearest folder beside one that is not there; empty if none is near.

    Args:
        folder: what was given.
        wanted: whether a path is of the kind that was meant.
    """
    try:
        if folder.exists():
            return ""
        beside = {p.name.casefold(): p.name for p in islice(folder.parent.iterdir(), _MOST) if wanted(p)}
    except (OSError, ValueError):
        return ""
    near = get_close_matches(folder.name.casefold(), beside, 1)
    return f"; did you mean {str(folder.with_name(beside[near[0]]))!r}?" if near else ""
