"""Connections of DuckDB: quiet, and for conditions of others in a sandbox."""

from __future__ import annotations

import duckdb

_Value = str | bool | int | float | list[str]


def connected(**config: _Value) -> duckdb.DuckDBPyConnection:
    """Return a connection whose queries see no variables of this process, and which says nothing on stdout.

    Some versions of DuckDB draw a progress bar there after two seconds, which would end up in `--json`.

    Args:
        config: settings of DuckDB.
    """
    connection = duckdb.connect(config={"python_enable_replacements": "false", **config})
    connection.execute("SET enable_progress_bar = false")
    return connection


def sandboxed(**config: _Value) -> duckdb.DuckDBPyConnection:
    """Return a connection for a condition of somebody else: it sees what is registered, and can't change that either.

    Args:
        config: settings of DuckDB.
    """
    connection = connected(enable_external_access="false", **config)
    connection.execute("SET lock_configuration = true")
    return connection
