"""Sums of a model's weights over groups of features; they are kept, since few groups are frequent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

UNITS: Final = 10_000  # weights are fitted to four places, and sums of whole numbers do not depend on their order
_MOST: Final = 16_384

Group = tuple[Any, ...]  # sort of features, and the values that they are made of


class Sums(dict[Group, int]):
    """Sums of weights by group; one that is missing is added up."""

    def __init__(self, add_up: Callable[[Group], int]) -> None:
        """Take what adds up the weights of a group."""
        self._add_up = add_up

    def __missing__(self, group: Group) -> int:
        """Add up the weights of a group."""
        if len(self) >= _MOST:
            self.clear()
        out = self[group] = self._add_up(group)
        return out
