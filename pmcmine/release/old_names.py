"""Old names of tables and columns in releases of earlier versions. Every reader accepts both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

# Old name → today's name, by what is named: folders of `tables/`, columns of a table (under its name today), keys of
# `counts.stages` in `release.json`.
RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "tables": {"table_wraps": "article_tables"},
    "columns of clusters": {"likeness": "similarity"},
    "counts.stages": {"came": "in", "went": "out"},
}


def table_today(table: str) -> str:
    """Return today's name of a table."""
    return RENAMED["tables"].get(table, table)


def table_folders(table: str) -> list[str]:
    """List the names of folders that may hold a table: today's, then old ones."""
    return [table, *(old for old, new in RENAMED["tables"].items() if new == table)]


def file_today(name: str) -> str:
    """Return the path of a file of a release under today's name of its table."""
    parts = name.split("/")
    if len(parts) > 2 and parts[0] == "tables":
        parts[1] = table_today(parts[1])
    return "/".join(parts)


def renamed_columns(table: str, columns: Iterable[str]) -> dict[str, str]:
    """Map those columns of a table that have another name today to that name.

    Args:
        table: today's name of the table.
        columns: the columns that its files have.
    """
    held = set(columns)
    renamed = RENAMED.get(f"columns of {table}", {})
    return {old: new for old, new in renamed.items() if old in held and new not in held}


def rows_today(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers by table under today's names."""
    return {table_today(table): n for table, n in rows.items()}


def places_today(rows: object) -> object:
    """Return numbers by table, group and split (`counts.rows` of a `release.json`) with today's names of tables."""
    if not isinstance(rows, Mapping):
        return rows
    return {"/".join([table_today(t), *rest]): n for (t, *rest), n in ((str(k).split("/"), n) for k, n in rows.items())}


def stage_today(stage: object) -> object:
    """Return an entry of `counts.stages` with today's keys: stage, unit, in, out, rejected, meaning."""
    keys = RENAMED["counts.stages"]
    return {keys.get(k, k): v for k, v in stage.items()} if isinstance(stage, Mapping) else stage
