"""Help as plain text, in sections. Typer's own with rich loads a Markdown parser and cuts long defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_PLAIN: Final = "Options"


def write_options(params: Sequence[Any], ctx: Any, formatter: Any) -> None:
    """Write the options of a command by section: those without one first."""
    sections: dict[str, list[tuple[str, str]]] = {_PLAIN: []}
    for param in params:
        record = param.get_help_record(ctx)
        if record is not None:
            title = "Arguments" if param.param_type_name == "argument" else param.rich_help_panel or _PLAIN
            sections.setdefault(title, []).append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def write_commands(commands: Mapping[str, Any], sections: Mapping[str, Sequence[str]], formatter: Any) -> None:
    """Write the names of commands with the first paragraphs of their help, by section."""
    widest = max(map(len, commands))
    for title, names in sections.items():
        with formatter.section(title):
            formatter.write_dl([(name.ljust(widest), _first_paragraph(commands[name].help or "")) for name in names])


def _first_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())
