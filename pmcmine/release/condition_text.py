"""Limit the length of conditions, and format them for messages."""

from __future__ import annotations

from typing import Final

from pmcmine.errors import PmcmineError

# DuckDB can't be interrupted while it parses: a longer condition, such as a list of ids, would overrun its time limit.
MOST: Final = 100_000  # characters, some 4,000 ids
_SHOWN: Final = 200


def quoted(where: str) -> str:
    """Return a condition in quotes on one line; of a long one, the beginning and its length."""
    return repr(where) if len(where) <= _SHOWN else f"{where[:_SHOWN]!r}… ({len(where):,} characters)"


def check_length(where: str | None, said: str) -> None:
    """Check the length of a condition, before it is parsed.

    Args:
        where: the condition, if there is one.
        said: prefix of the message.

    Raises:
        PmcmineError: one line, if it is too long.
    """
    if where is not None and len(where) > MOST:
        raise PmcmineError(
            f"{said}: has {len(where):,} characters, at most {MOST:,} are read; for many figures, give a Parquet "
            "file of their ids (`list=` of stream.open, `--list` of subset)"
        )
