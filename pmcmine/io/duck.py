"""Open DuckDB connections: quiet, and sandboxed for untrusted conditions."""

from __future__ import annotations

import duckdb

_Value = str | bool | int | float | list[str]


def connected(**config: _Value) -> duckdb.DuckDBPyConnection:
    """Return a connection that can't read this process's variables, and prints nothing to stdout.

    Some versions of DuckDB draw a progress bar there after two seconds, which would end up in `--json`.

    Args:
        config: settings of DuckDB.
    """
    connection = duckdb.connect(config={"python_enable_replacements": "false", **config})
    connection.execute("SET enable_progress_bar = false")
    return connection


def sandboxed(**config: _Value) -> duckdb.DuckDBPyConnection:
    """Return a connection for an untrusted condition: it sees only registered data, and can't change its settings.

    Args:
        config: settings of DuckDB.
    """
    connection = connected(enable_external_access="false", **config)
    connection.execute("SET lock_configuration = true")
    return connection
