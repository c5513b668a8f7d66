"""Query a release's tables for the page: DuckDB connections, each with a lock, a time limit and a bounded queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import sql_identifier
from pmcmine.release.conditions import time_limit
from pmcmine.release.tables import open_tables

TABLES: Final = ("articles", "figures", "panels", "mentions", "concepts", "clusters", "paragraphs", "documents")
QUERY_SECONDS: Final = 60.0  # per query
_CLOSING_SECONDS: Final = 5.0
_MOST_WAITING: Final = 24  # requests waiting for a connection; a browser has six connections


class Tables:
    """One connection to a release's tables. Thread-safe: threads take turns.

    Attributes:
        sql: the connection; use it only inside `turn`.
        columns: column names of each table; empty if the release lacks the table.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        self._waiting = threading.BoundedSemaphore(_MOST_WAITING)
        self.sql, self.files = open_tables(folder, tables=TABLES)
        self.columns: dict[str, frozenset[str]] = {}
        for table in TABLES:
            if table in self.files:
                described = self.sql.execute(f"DESCRIBE {sql_identifier(table)}").fetchall()
                self.columns[table] = frozenset(row[0] for row in described)
            else:
                self.sql.execute(
                    f"CREATE VIEW {table} AS SELECT '' AS figure_id, '' AS context_id, '' AS member_id, "
                    "NULL AS cui, '' AS source_id, NULL::INTEGER AS x WHERE false"
                )
                self.columns[table] = frozenset()
        if not self.columns["figures"]:
            raise PmcmineError(f"{folder}: it has no table of figures")

    @contextmanager
    def turn(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Wait for the connection and hold it, for a limited time.

        Raises:
            PmcmineError: if too many requests are waiting, or a query takes too long.
        """
        if not self._waiting.acquire(blocking=False):
            raise PmcmineError("too many requests at once; try again")
        try:
            with self._lock, time_limit(self.sql, QUERY_SECONDS, "query"):
                yield self.sql
        finally:
            self._waiting.release()

    def close(self) -> None:
        """Stop running queries, and close the connection."""
        self.sql.interrupt()
        if self._lock.acquire(timeout=_CLOSING_SECONDS):
            self.sql.close()
            self._lock.release()

    def rows(self, query: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query, which must limit their number itself."""
        with self.turn() as sql:
            result = sql.execute(query, dict(values or {}))
            names = [column[0] for column in result.description or ()]
            rows = result.fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def table(self, query: str, values: Mapping[str, Any] | None = None) -> pa.Table:
        """Return the rows of a query as an Arrow table."""
        with self.turn() as sql:
            return sql.sql(query, params=dict(values or {})).to_arrow_table()
