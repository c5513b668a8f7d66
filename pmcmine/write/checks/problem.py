"""What a check finds wrong with an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 160  # characters of a detail; it becomes a cell of `rejects`


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an answer.

    Attributes:
        code: which check found it; `pmcmine.write.checks.CODES` lists them.
        detail: what it is, in a few words on one line.
        of_number: whether it is a number that stands at the wrong place.
    """

    code: str
    detail: str
    of_number: bool = False


def problem(code: str, detail: str, *, of_number: bool = False) -> Problem:
    """Make a problem whose detail is one line of bounded length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in detail[: 4 * _LONGEST]).split())
    return Problem(code, line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…", of_number)
