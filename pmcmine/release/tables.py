"""Open the tables of a release on this machine as DuckDB views. The release may be a third party's."""

from __future__ import annotations

import logging
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from pmcmine.errors import PmcmineError
from pmcmine.io.beside import meant
from pmcmine.io.duck import connected
from pmcmine.io.safe_names import inside, release_name, table_name
from pmcmine.release.conditions import explain
from pmcmine.release.hierarchy import HIERARCHY, asked
from pmcmine.release.old_names import renamed_columns, table_folders, table_today

log = logging.getLogger(__name__)
TABLES = "tables"
# Exceptions of reading a table's rows if it is damaged, or was made by others with other columns or values.
MALFORMED: Final = (
    duckdb.Error, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, MemoryError,
    RecursionError,
)  # fmt: skip


def malformed(release: str, error: BaseException) -> str:
    """Make a one-line message about rows that do not have the form of a release."""
    log.debug("%s: malformed", release, exc_info=error)
    said = explain(error) if isinstance(error, duckdb.Error) else f"{type(error).__name__}: {error}"
    return f"{release}: its tables are not those of a release ({said}); `pmcmine verify` checks a copy"


def _is_release(folder: Path) -> bool:
    return (folder / "release.json").is_file()


def check_release(folder: Path) -> None:
    """Check that a folder is a release.

    Raises:
        PmcmineError: if it has no `release.json`.
    """
    if not _is_release(folder):
        raise PmcmineError(
            f"{folder}: no release.json; this is not a release, or it is not complete yet{meant(folder, _is_release)}"
        )


def table_names(folder: Path) -> list[str]:
    """Return the current names of a release's tables, sorted.

    Raises:
        PmcmineError: if it has none, or a folder among them is not a table.
    """
    try:
        found = [p.name for p in (folder / TABLES).iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError as error:
        raise PmcmineError(f"{folder / TABLES}: can't be read ({error.strerror or error})") from None
    return sorted({table_today(table_name(name)) for name in found})


def table_files(folder: Path, table: str, groups: Iterable[str] = ()) -> list[Path]:
    """Return the Parquet files of a table, sorted by name.

    Args:
        folder: the release.
        table: the table.
        groups: licence groups to include; all if empty. Files of tables without groups are always included.

    Raises:
        UnsafeNameError: for an invalid name, or a link that leads out of the release.
    """
    return [path for held in table_folders(table_name(table)) for path in _files_in(folder, held, set(groups))]


def _files_in(folder: Path, table: str, groups: Collection[str]) -> Iterator[Path]:
    top = folder / TABLES / table
    for name in sorted(_walk(top)):
        parts = release_name(name, f"file of {table}").split("/")
        if groups and len(parts) > 1 and parts[-2] not in groups:
            continue
        path = inside(folder, f"{TABLES}/{table}/{name}", f"file of {table}")
        if not stat.S_ISREG(path.stat().st_mode):  # a FIFO would block the reader
            raise PmcmineError(f"{top / name}: is not a regular file")
        yield path


def _walk(top: Path) -> Iterator[str]:
    for path in top.rglob("*.parquet"):
        if not path.name.startswith("."):
            yield path.relative_to(top).as_posix()


def open_tables(
    folder: Path, groups: Iterable[str] = (), *, tables: Iterable[str] | None = None
) -> tuple[duckdb.DuckDBPyConnection, dict[str, list[Path]]]:
    """Open the tables of a release as views; return the connection and the files of each non-empty table.

    Args:
        folder: the release.
        groups: licence groups to include; all if empty.
        tables: tables to open; all if None.

    Raises:
        PmcmineError: if it is not a release, has invalid names, or a file is damaged.
    """
    check_release(folder)
    chosen = None if tables is None else set(tables)
    wanted = set(groups)
    connection = connect()
    opened: dict[str, list[Path]] = {}
    try:
        for table in table_names(folder):
            if chosen is not None and table not in chosen:
                continue
            files = table_files(folder, table, wanted)
            if files:
                create_view(connection, table, files)
                opened[table] = files
    except BaseException:
        connection.close()
        raise
    return connection, opened


def connect() -> duckdb.DuckDBPyConnection:
    """Return a connection that can't read this process's environment variables and installs no extensions."""
    return connected(autoinstall_known_extensions="false")


def create_view(connection: duckdb.DuckDBPyConnection, name: str, files: Iterable[Path]) -> None:
    """Create a view of Parquet files with current column names; file names never become part of SQL.

    Raises:
        PmcmineError: if a file can't be read.
    """
    patterns = [_literal(str(f)) for f in files]
    try:
        # Otherwise, a folder such as `split=train` above the release would add a column.
        rows = connection.read_parquet(patterns, union_by_name=True, hive_partitioning=False)
        renamed = renamed_columns(name, rows.columns)
        if renamed:
            rows = rows.select(*(duckdb.ColumnExpression(c).alias(renamed.get(c, c)) for c in rows.columns))
        rows.create_view(table_name(name))
    except duckdb.Error as error:
        raise PmcmineError(f"table {name}: can't be read ({explain(error)}); is the copy complete?") from None


def concept_tables(
    connection: duckdb.DuckDBPyConnection, folder: Path, where: str | None
) -> tuple[duckdb.DuckDBPyRelation | None, duckdb.DuckDBPyRelation | None]:
    """Return the hierarchy and the concepts of a release, each None if missing or not needed.

    Raises:
        PmcmineError: if one of their files is damaged.
    """
    if not asked(where):
        return None, None
    path = folder / HIERARCHY
    found = ([inside(folder, HIERARCHY, "file")] if path.is_file() else [], table_files(folder, "concepts"))
    parents, concepts = (
        connection.read_parquet([_literal(str(f)) for f in files], union_by_name=True, hive_partitioning=False)
        if files
        else None
        for files in found
    )
    return parents, concepts


def _literal(path: str) -> str:
    """Escape a path so that DuckDB does not take it for a pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)
