"""Print tables: drawn by rich on a terminal, as plain lines into a pipe or file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class TerminalTable:
    """A table for a terminal.

    Attributes:
        heads: names of the columns.
        rows: cells; texts from outside have passed through `for_terminal`.
        numbers: positions of columns that are aligned to the right.
        title: line above the table.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Iterable[int] = ()
    title: str = ""


def show(plain: Iterable[str], *drawn: TerminalTable | str) -> None:
    """Print tables and lines on a terminal; into a pipe or file, print plain lines.

    Args:
        plain: all lines for a pipe or file; programs may read them, so they do not depend on a width.
        drawn: tables and lines for a terminal, in order.
    """
    if not sys.stdout.isatty():
        for line in plain:
            click.echo(line)
        return
    for part in drawn:
        if isinstance(part, str):
            click.echo(part)
        else:
            _draw(part)


def _draw(table: TerminalTable) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    right = frozenset(table.numbers)
    grid = Table(box=None, pad_edge=False, header_style="bold", title_style="", title_justify="left")
    grid.title = Text(table.title, "bold") if table.title else None
    for i, head in enumerate(table.heads):
        grid.add_column(Text(head), justify="right" if i in right else "left", overflow="fold", no_wrap=i in right)
    for row in table.rows:
        grid.add_row(*map(Text, row))
    Console().print(grid)
