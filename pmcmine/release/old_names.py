"""Translate names of tables and columns from releases of earlier versions. Every reader accepts both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

# Old name → current name, by kind: folders of `tables/`, columns of a table (under its current name), keys of
# `counts.stages` in `release.json`.
RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "tables": {"table_wraps": "article_tables"},
    "columns of clusters": {"likeness": "similarity"},
    "counts.stages": {"came": "in", "went": "out"},
}


def table_today(table: str) -> str:
    """Return the current name of a table."""
    return RENAMED["tables"].get(table, table)


def table_folders(table: str) -> list[str]:
    """List the possible folder names of a table: the current one, then old ones."""
    return [table, *(old for old, new in RENAMED["tables"].items() if new == table)]


def file_today(name: str) -> str:
    """Return the path of a release's file under the current name of its table."""
    parts = name.split("/")
    if len(parts) > 2 and parts[0] == "tables":
        parts[1] = table_today(parts[1])
    return "/".join(parts)


def renamed_columns(table: str, columns: Iterable[str]) -> dict[str, str]:
    """Map renamed columns of a table to their current names.

    Args:
        table: current name of the table.
        columns: the columns in its files.
    """
    held = set(columns)
    renamed = RENAMED.get(f"columns of {table}", {})
    return {old: new for old, new in renamed.items() if old in held and new not in held}


def rows_today(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers by table under current names."""
    return {table_today(table): n for table, n in rows.items()}


def places_today(rows: object) -> object:
    """Return numbers by table, group and split (`counts.rows` of a `release.json`) with current table names."""
    if not isinstance(rows, Mapping):
        return rows
    return {"/".join([table_today(t), *rest]): n for (t, *rest), n in ((str(k).split("/"), n) for k, n in rows.items())}


def stage_today(stage: object) -> object:
    """Return an entry of `counts.stages` with the current keys: stage, unit, in, out, rejected, meaning."""
    keys = RENAMED["counts.stages"]
    return {keys.get(k, k): v for k, v in stage.items()} if isinstance(stage, Mapping) else stage
