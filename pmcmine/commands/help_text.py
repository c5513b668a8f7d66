"""Help as plain text, in sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_PLAIN: Final = "Options"


def write_options(params: Sequence[Any], ctx: Any, formatter: Any) -> None:
    """Write the options of a command by section: those without one first."""
    sections: dict[str, list[tuple[str, str]]] = {_PLAIN: []}
    for param in params:
        record = param.get_help_record(ctx)
        if record is not None and param.param_type_name == "option":
            sections.setdefault(getattr(param, "section", None) or _PLAIN, []).append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def write_commands(summaries: Mapping[str, str], sections: Mapping[str, Iterable[str]], formatter: Any) -> None:
    """Write the names of commands with what they do, by section."""
    widest = max(map(len, summaries))
    for title, names in sections.items():
        with formatter.section(title):
            formatter.write_dl([(name.ljust(widest), summaries[name]) for name in names])
