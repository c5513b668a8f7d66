"""Describe a problem that a check finds in an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 160  # characters of a detail; it becomes a cell of `rejects`


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of an answer.

    Attributes:
        code: its code; `pmcmine.write.checks.codes` lists them.
        detail: a few words on one line.
        of_number: whether it concerns a misplaced number.
    """

    code: str
    detail: str
    of_number: bool = False


def problem(code: str, detail: str, *, of_number: bool = False) -> Problem:
    """Make a problem with the detail on one line of bounded length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in detail[: 4 * _LONGEST]).split())
    return Problem(code, line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…", of_number)
