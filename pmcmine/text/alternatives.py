"""One regular expression for many words, as a tree of their beginnings: its cost does not grow with their number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby


def one_of(words: Iterable[str]) -> str:
    """Return a pattern that matches any of some words, the longest one first."""
    return _tree(sorted({w for w in words if w}), 0)


def _tree(words: list[str], depth: int) -> str:
    """Return the pattern of what follows the first `depth` characters, which sorted words share."""
    ends = bool(words) and len(words[0]) == depth
    rest = words[1:] if ends else words
    if len(rest) == 1:
        body = re.escape(rest[0][depth:])
        return f"(?:{body})?" if ends else body
    branches = []
    for _, group in groupby(rest, key=lambda w: w[depth]):
        same = list(group)
        branches.append(re.escape(same[0][depth]) + _tree(same, depth + 1))
    if not branches:
        return ""
    body = "|".join(branches)
    return f"(?:{body})?" if ends else f"(?:{body})"
