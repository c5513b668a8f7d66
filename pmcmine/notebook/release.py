"""A release on this machine: its tables, its figures with their pictures, its streams."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final

import duckdb

from pmcmine.browse.data import ReleaseData
from pmcmine.browse.pictures import Image as Picture
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.notebook.html import picture_html, short
from pmcmine.notebook.rows import SECONDS, Rows
from pmcmine.release.conditions import explain, time_limit
from pmcmine.release.nearest import choose
from pmcmine.release.record import ReleaseRecord, load_release
from pmcmine.release.tables import check_release, open_tables, table_files, table_names

_GRID: Final = 8  # pictures that a notebook shows of a release
_THUMBNAIL: Final = 180  # pixels
_WIDTH: Final = 480  # pixels of one figure


@dataclass(frozen=True)
class FigureView:
    """A figure of a release.

    Attributes:
        row: what the page of `pmcmine browse` shows of it: caption, licence, panels, mentions, concepts.
        picture: its bytes and their type; None if it has no sample.
    """

    row: Mapping[str, Any]
    picture: Picture | None

    @property
    def caption(self) -> str | None:
        """Return its caption."""
        caption: str | None = self.row["caption"]
        return caption

    @property
    def image(self) -> Any:
        """Return its picture as a Pillow image; None if it has no sample.

        Raises:
            PmcmineError: if it is no picture, or states more pixels than Pillow opens.
        """
        if self.picture is None:
            return None
        from PIL import Image

        try:
            return Image.open(io.BytesIO(self.picture.data), formats=["JPEG", "PNG"])
        except (OSError, Image.DecompressionBombError) as error:
            raise PmcmineError(f"{self.row['figure_id']}: the image can't be decoded ({error})") from None

    def __repr__(self) -> str:
        return f"<figure {self.row['figure_id']}: {(self.caption or '')[:60]!r}>"

    def _repr_html_(self) -> str:
        """Return the picture with its caption and attribution for a notebook."""
        data, kind = (self.picture.data, self.picture.type) if self.picture is not None else (None, "")
        drawn = picture_html(data, kind, str(self.row["figure_id"]), self.caption, _WIDTH)
        return f"{drawn}<p>{short(self.row['attribution'], 400)}</p>"


class Release:
    """A release folder on this machine.

    >>> release = Release("pmcmine-demo")
    >>> release["figures"].where("year >= 2020 AND list_contains(image_kinds, 'chart')").df()
    >>> release.sql("SELECT journal, count(*) AS n FROM articles GROUP BY ALL ORDER BY n DESC").df()
    >>> release.figure("PMC9000001.1/fig1").image

    Args:
        folder: the release.

    Raises:
        PmcmineError: one line, if it is none, or is damaged.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder = Path(folder)
        check_release(self.folder)
        self.record: ReleaseRecord = load_release(Folder(str(self.folder)))
        self._data: ReleaseData | None = None

    @property
    def tables(self) -> dict[str, int]:
        """Return the number of rows of each table that has files."""
        counted: dict[str, int] = {}
        for place, n in self.record.counts.rows.items():
            table = place.split("/")[0]
            counted[table] = counted.get(table, 0) + n
        return {name: counted.get(name, 0) for name in table_names(self.folder) if table_files(self.folder, name)}

    def __getitem__(self, table: str) -> Rows:
        """Return the rows of a table.

        Raises:
            PmcmineError: if the release has no such table.
        """
        names = [name for name in table_names(self.folder) if table_files(self.folder, name)]
        if table not in names:
            raise PmcmineError(f"{self.folder}: no table {table!r}; {choose(table, names)}")
        return Rows(self.folder, table)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query over the tables by DuckDB; its result has `df()`, `pl()`, `to_arrow_table()` and `fetchall()`.

        Raises:
            PmcmineError: one line, for a query that is none, or takes more than ten minutes.
        """
        connection, _ = open_tables(self.folder)
        try:
            with time_limit(connection, SECONDS, "sql"):
                found = connection.sql(query)
                if found is None:  # no statement, or one without a result
                    raise PmcmineError("sql: gives no rows; ask as in SELECT count(*) FROM figures")
                table = found.to_arrow_table()
        except duckdb.Error as error:
            connection.close()
            raise PmcmineError(f"sql: {explain(error, query)}") from None
        except PmcmineError:
            connection.close()
            raise
        return connection.from_arrow(table)

    def figure(self, figure_id: str) -> FigureView:
        """Return a figure with its picture.

        Raises:
            PmcmineError: if the release has no figure of this id.
        """
        row = self._browsed().figure(figure_id)
        if row is None:
            raise PmcmineError(f"{self.folder}: no figure {figure_id!r}; ids look like PMC10358625.1/fig1")
        return FigureView(row, self._browsed().image(figure_id))

    def stream(self, **options: Any) -> Any:
        """Return `pmcmine.stream.open` of this release."""
        from pmcmine import stream

        return stream.open(self.folder, **options)

    def documents(self, **options: Any) -> Any:
        """Return `pmcmine.stream.documents` of this release."""
        from pmcmine import stream

        return stream.documents(self.folder, **options)

    def _browsed(self) -> ReleaseData:
        if self._data is None:
            self._data = ReleaseData(self.folder)
        return self._data

    def __repr__(self) -> str:
        pairs = sum(self.record.counts.samples.values())
        return f"<release {self.folder}: {self.tables.get('articles', 0):,} articles, {pairs:,} pairs>"

    def _repr_html_(self) -> str:
        """Return its numbers and some of its pictures for a notebook."""
        chosen = self["figures"].where("shard IS NOT NULL AND derivatives_ok").select("figure_id").head(_GRID)
        drawn = []
        for row in chosen:
            figure = self.figure(row["figure_id"])
            if figure.picture is not None and (small := _thumbnail(figure)) is not None:
                drawn.append(picture_html(small, "image/jpeg", row["figure_id"], figure.caption, _THUMBNAIL))
        rows = ", ".join(f"{name} {n:,}" for name, n in self.tables.items())
        return f"<p>{short(repr(self)[1:-1], 400)}</p><div>{''.join(drawn)}</div><p>rows: {short(rows, 1000)}</p>"


def _thumbnail(figure: FigureView) -> bytes | None:
    """Return a small JPEG of a figure's picture; None if it can't be decoded."""
    from pmcmine.images.encode import as_jpeg  # Pillow; consumers may lack it

    try:
        image = figure.image
        image.draft("RGB", (2 * _THUMBNAIL, 2 * _THUMBNAIL))
        small = image.convert("RGB")
    except (PmcmineError, OSError, ValueError, SyntaxError):
        return None
    small.thumbnail((2 * _THUMBNAIL, 2 * _THUMBNAIL))
    return as_jpeg(small, 85)
