"""Rows of a table: chosen by conditions, and read as Arrow, pandas or polars when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.io.extras import has, need
from pmcmine.io.safe_names import sql_identifier
from pmcmine.notebook.html import table_html
from pmcmine.release.condition_text import quoted
from pmcmine.release.conditions import check_values, explain, known_values, time_limit
from pmcmine.release.hierarchy import prepare
from pmcmine.release.nearest import choose
from pmcmine.release.scores import local_scores
from pmcmine.release.tables import MALFORMED, concept_tables, connect, create_view, malformed, table_files

SECONDS: Final = 600.0  # of one query
_SHOWN: Final = 5  # rows that a notebook shows
_WIDE: Final = 8  # columns that it shows


@dataclass(frozen=True)
class Rows:
    """Rows of a table of a release; nothing is read before it is asked for.

    Attributes:
        release: the release folder.
        table: name of the table.
        condition: SQL condition that they satisfy; empty for all.
        columns: their columns; all if empty.
        most: at most so many rows; None for all.
    """

    release: Path
    table: str
    condition: str = ""
    columns: tuple[str, ...] = ()
    most: int | None = None

    def where(self, condition: str) -> Rows:
        """Choose rows by an SQL condition over the table's columns; several conditions all hold."""
        both = f"({self.condition}) AND ({condition}\n)" if self.condition else condition
        return replace(self, condition=both)

    def select(self, *columns: str) -> Rows:
        """Choose columns by name."""
        return replace(self, columns=columns)

    def head(self, n: int = _SHOWN) -> Rows:
        """Choose the first rows."""
        return replace(self, most=n)

    def __len__(self) -> int:
        return int(self._query("count(*) AS n").column("n")[0].as_py())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield rows as dicts."""
        for batch in self.arrow().to_batches():
            yield from batch.to_pylist()

    def arrow(self) -> pa.Table:
        """Read them as an Arrow table.

        Raises:
            PmcmineError: one line, for an unknown column or value, a condition that is no SQL, and damaged files.
        """
        return self._query(", ".join(map(sql_identifier, self.columns)) or "*")

    def df(self) -> Any:
        """Read them as a pandas data frame.

        Raises:
            PmcmineError: one line, as `arrow` does, or if pandas is not installed.
        """
        need("mine", ".df()", ("pandas",))
        return self.arrow().to_pandas()

    def pl(self) -> Any:
        """Read them as a polars data frame.

        Raises:
            PmcmineError: one line, as `arrow` does, or if polars is not installed.
        """
        if not has("polars"):
            raise PmcmineError(".pl() needs polars: pip install polars")
        import polars  # type: ignore[import-not-found, unused-ignore]  # the user's own

        return polars.from_arrow(self.arrow())

    def _query(self, columns: str) -> pa.Table:
        files = table_files(self.release, self.table)
        said = f"where({quoted(self.condition)})" if self.condition else str(self.release)
        known = pq.read_schema(files[0])
        for name in self.columns:
            if name not in known.names:
                raise PmcmineError(f"select({name!r}): {choose(name, known.names)}")
        with connect() as connection:
            create_view(connection, self.table, files)
            if self.condition:
                check_values(connection, self.condition, known_values(known), said)
            try:
                with time_limit(connection, SECONDS, said):
                    tables = concept_tables(connection, self.release, self.condition)
                    more = prepare(connection, self.condition, self.table, *tables)
                    more = local_scores(connection, more, self.condition, self.table, self.release)
                    chosen = f" WHERE ({more}\n)" if more else ""
                    limit = f" LIMIT {int(self.most)}" if self.most is not None else ""
                    inner = f"SELECT * FROM {sql_identifier(self.table)}{chosen}{limit}"
                    return connection.sql(f"SELECT {columns} FROM ({inner})").to_arrow_table()
            except duckdb.Error as error:
                raise PmcmineError(f"{said}: {explain(error, self.condition)}") from None
            except MALFORMED as error:
                raise PmcmineError(malformed(str(self.release), error)) from None

    def __repr__(self) -> str:
        chosen = f" where {self.condition}" if self.condition else ""
        return f"<{len(self):,} rows of {self.table}{chosen}>"

    def _repr_html_(self) -> str:
        """Return the first rows for a notebook."""
        found = self.head(min(self.most, _SHOWN) if self.most is not None else _SHOWN).arrow()
        names = found.schema.names[:_WIDE]
        more = f"{len(self):,} rows, {len(found.schema.names)} columns"
        return table_html(names, [[row[n] for n in names] for row in found.select(names).to_pylist()], more)
