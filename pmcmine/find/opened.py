"""Open a release for searching: the interface of a searcher, and a release on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import open_inside, sql_identifier
from pmcmine.release.hierarchy import HIERARCHY, prepare
from pmcmine.release.record import load_release
from pmcmine.release.scores import local_scores, score_relation, scores_in
from pmcmine.release.tables import concept_tables, open_tables


class Opened(Protocol):
    """A release, opened for searching.

    Attributes:
        said: its location, for messages.
        sql: connection with its tables, which evaluates conditions.
        tables: names of its tables.
    """

    said: str
    sql: duckdb.DuckDBPyConnection
    tables: frozenset[str]

    def open(self, name: str) -> BinaryIO:
        """Open a file of the index.

        Raises:
            FileNotFoundError: if it does not exist.
        """
        ...

    def stated(self) -> Mapping[str, str]:
        """Return the SHA-256 of each file, according to `release.json`."""
        ...

    def config(self) -> Mapping[str, Any]:
        """Return the configuration that `release.json` states."""
        ...

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table."""
        ...

    def condition(self, where: str, table: str) -> str:
        """Convert a condition for `sql`: with scores, and concepts including those below them."""
        ...

    def parents(self) -> bool:
        """Register the hierarchy of concepts in `sql` as `concept_parents`; return whether there is one."""
        ...

    def view(self, table: str, ids: Sequence[str], columns: Sequence[str]) -> str:
        """Return the name of a view of a table with at least the rows of some figures, paragraphs or articles.

        Args:
            table: the table.
            ids: ids of the figures, paragraphs or articles.
            columns: columns to read, besides the ids.
        """
        ...

    def vector(self, table: str, source: str, key: str, row_id: str) -> list[float] | None:
        """Return the original vector of a row; None if there is none, or it is not available.

        Args:
            table: the table.
            source: score, or column of the table, that holds it.
            key: column that identifies rows.
            row_id: the row.
        """
        ...

    def close(self) -> None:
        """Close all files."""
        ...


class LocalRelease:
    """A release on this machine.

    Raises:
        PmcmineError: if it is not a release, or a table is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.said = str(folder)
        self.sql, self._files = open_tables(folder)
        self.sql.execute("SET threads = 1")
        self.tables = frozenset(self._files)

    def open(self, name: str) -> BinaryIO:
        """Open a file of the index.

        Raises:
            OSError: if it does not exist.
            UnsafeNameError: for a link that leads out of the release.
        """
        return open_inside(self._folder, name)

    def stated(self) -> Mapping[str, str]:
        """Return the SHA-256 of each file, according to `release.json`."""
        return {f.name: f.sha256 for f in load_release(Folder(str(self._folder))).files}

    def config(self) -> Mapping[str, Any]:
        """Return the configuration that `release.json` states."""
        return load_release(Folder(str(self._folder))).config

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table."""
        return pq.read_schema(self._files[table][0])

    def condition(self, where: str, table: str) -> str:
        """Convert a condition for `sql`.

        Raises:
            PmcmineError: one line, for names that the release does not have.
        """
        changed = prepare(self.sql, where, table, *concept_tables(self.sql, self._folder, where))
        return local_scores(self.sql, changed, where, table, self._folder)

    def parents(self) -> bool:
        """Register the hierarchy of concepts in `sql`; return whether there is one."""
        if not (self._folder / HIERARCHY).is_file():
            return False
        found, _ = concept_tables(self.sql, self._folder, "concept_below('x')")
        if found is not None:
            self.sql.register("concept_parents", found)
        return found is not None

    def view(self, table: str, ids: Sequence[str], columns: Sequence[str]) -> str:
        """Return the name of the view of a table."""
        return table

    def vector(self, table: str, source: str, key: str, row_id: str) -> list[float] | None:
        """Return the original vector of a row; None if there is none."""
        score = next((s for s in scores_in(self._folder) if s.name == source and s.table == table), None)
        try:
            if score is None:
                rows, column = self.sql.table(table), source
            else:
                rows, column = score_relation(self.sql, self._folder, score), next(iter(score.columns))
            own = rows.filter(duckdb.ColumnExpression(key) == duckdb.ConstantExpression(row_id))
            found = own.project(f"CAST({sql_identifier(column)} AS FLOAT[]) AS v").limit(1).fetchall()
        except (duckdb.Error, PmcmineError):
            return None  # the source of the index no longer exists
        return found[0][0] if found else None

    def close(self) -> None:
        """Close the connection."""
        self.sql.close()


def open_release(release: str) -> Opened:
    """Open a release: a folder on this machine, any fsspec URL of one, or ORG/NAME on the Hub.

    Raises:
        PmcmineError: one line, if it is not a release, or can't be reached.
    """
    if "://" not in release and (Path(release).exists() or release.count("/") != 1):
        return LocalRelease(Path(release))
    if release.startswith("file://"):
        return LocalRelease(Path(release.removeprefix("file://")))
    if not release:
        raise PmcmineError("release: is empty")
    from pmcmine.find.remote import RemoteRelease

    return RemoteRelease(release)
