"""Read a release for an exporter, and write the files of an export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb
import pyarrow.parquet as pq

from pmcmine.assemble.shards import split_sample
from pmcmine.errors import PmcmineError, StorageError
from pmcmine.io.safe_files import replacing
from pmcmine.io.safe_names import inside, read_range, release_name, safe_name, sample_key, sql_identifier
from pmcmine.release.condition_text import quoted
from pmcmine.release.conditions import check_values, explain, known_values, time_limit
from pmcmine.release.hierarchy import prepare
from pmcmine.release.scores import local_scores
from pmcmine.release.tables import concept_tables, create_view, open_tables
from pmcmine.release.unlabelled import unlabelled_in
from pmcmine.release.written import WrittenFacts, chosen_written, written_in

_BATCH: Final = 1_000
_SECONDS: Final = 600.0  # of a condition
MOST_IMAGE: Final = 256 << 20  # bytes


class ReleaseReader:
    """Tables and images of a release on this machine.

    Raises:
        PmcmineError: if it is none.
    """

    def __init__(self, folder: Path, groups: Iterable[str] | None = None) -> None:
        self._folder = folder
        self.groups = tuple(groups or ())
        self._connection, files = open_tables(folder, self.groups)
        self._files = files
        self.tables = set(files)

    def choose(self, table: str, key: str, where: str) -> None:
        """Leave only the rows of a table that meet a condition, for all queries that follow.

        Args:
            table: the table.
            key: its key.
            where: an SQL condition over its columns.

        Raises:
            PmcmineError: if the release has no such table, the condition is none, or no row meets it.
        """
        said = f"--where {quoted(where)}"
        if table not in self.tables:
            raise PmcmineError(f"{said}: {self._folder} has no table {table}")
        check_values(self._connection, where, known_values(pq.read_schema(self._files[table][0])), said)
        name, every = sql_identifier(table), sql_identifier(f"every_{table}")
        try:
            with time_limit(self._connection, _SECONDS, said):
                changed = prepare(
                    self._connection, where, table, *concept_tables(self._connection, self._folder, where)
                )
                changed = local_scores(self._connection, changed, where, table, self._folder)
                self._connection.execute(f"CREATE TABLE _chosen AS SELECT {key} AS id FROM {name} WHERE ({changed}\n)")
                self._connection.execute(f"ALTER VIEW {name} RENAME TO {every}")
                self._connection.execute(
                    f"CREATE VIEW {name} AS SELECT * FROM {every} WHERE {key} IN (SELECT id FROM _chosen)"
                )
                (n,) = self._connection.execute("SELECT count(*) FROM _chosen").fetchall()[0]
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where)}") from None
        if not n:
            why = unlabelled_in(self._folder, table, where) or "no row meets it"
            raise PmcmineError(f"{said}: chooses nothing of {table}: {why}")

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query over the tables, a batch at a time."""
        result = self._connection.cursor().execute(query)
        names = [column[0] for column in result.description or ()]
        while batch := result.fetchmany(_BATCH):
            for row in batch:
                yield dict(zip(names, row, strict=True))

    def image(self, figure: Mapping[str, Any]) -> bytes:
        """Return the bytes of a figure's image; the row holds shard, image_offset and image_bytes.

        Raises:
            UnsafeNameError: if the row has no valid range in a shard of this release.
        """
        shard = f"shards/{release_name(figure['shard'], 'shard')}"
        return read_range(self._folder, shard, figure["image_offset"], figure["image_bytes"], MOST_IMAGE, "shard")

    def panel_sample(self, panel: Mapping[str, Any]) -> bytes:
        """Return the bytes of a panel's sample; the row holds shard, sample_offset and sample_size.

        Raises:
            UnsafeNameError: if the row has no valid range in a shard of panels of this release.
        """
        shard = f"shards-panels/{release_name(panel['shard'], 'shard')}"
        return read_range(self._folder, shard, panel["sample_offset"], panel["sample_size"], MOST_IMAGE, "shard")

    def panel_crop(self, panel: Mapping[str, Any]) -> tuple[str, bytes]:
        """Return key and image of a panel's sample.

        Raises:
            UnsafeNameError: if its range or key are not valid.
            PmcmineError: if there is no sample in that range.
        """
        data = self.panel_sample(panel)
        try:
            image, _, _ = split_sample(data)
        except StorageError as error:
            raise PmcmineError(f"{panel['panel_id']!r}: {error}") from None
        name = data[:100].partition(b"\0")[0].decode("ascii", "replace")
        return sample_key(name.partition(".")[0]), image

    def written(self, names: Iterable[str] = ()) -> list[WrittenFacts]:
        """Return side tables of texts that models wrote: those of some names, all if none is given.

        Raises:
            PmcmineError: for a name that there is not.
        """
        known = written_in(self._folder)
        return [chosen_written(name, known, f"--written {name}") for name in names] or list(known)

    def written_view(self, facts: WrittenFacts) -> str:
        """Return the name of a view of a side table of texts; those of other licence groups are left out."""
        view = f"w_{facts.name.replace('-', '_')}"
        wanted = [n for n in facts.texts if not self.groups or n.split("/")[-2] in self.groups]
        if not wanted:
            columns = "'' AS row_id, '' AS split, NULL AS text, [] AS turns"
            self._connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {columns} WHERE false")
        else:
            self._connection.execute(f"DROP VIEW IF EXISTS {view}")
            create_view(self._connection, view, [inside(self._folder, name, "file") for name in wanted])
        return view

    def grouped(self, table: str, key: str, columns: str, order: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the rows of a table by a key that sorts them; nothing if the release has no such table."""
        if table not in self.tables:
            return
        held: list[dict[str, Any]] = []
        for row in self.rows(f"SELECT {key} AS _key, {columns} FROM {sql_identifier(table)} ORDER BY _key, {order}"):
            if held and held[-1]["_key"] != row["_key"]:
                yield held[0]["_key"], held
                held = []
            held.append(row)
        if held:
            yield held[0]["_key"], held


class Beside:
    """Walks rows of another table beside figures that are sorted by the same key."""

    def __init__(self, groups: Iterator[tuple[str, list[dict[str, Any]]]]) -> None:
        self._groups = groups
        self._next = next(groups, None)

    def of(self, key: str) -> list[dict[str, Any]]:
        """Return the rows of a key; keys are requested in their order."""
        while self._next is not None and self._next[0] < key:
            self._next = next(self._groups, None)
        return self._next[1] if self._next is not None and self._next[0] == key else []


@dataclass
class Export:
    """The folder of an export.

    Attributes:
        folder: new or empty.
        images: whether to write image files where the format has any.
        panels: whether to write panels instead of figures; only for a format that takes them.
        written: side tables of texts that models wrote; all if empty. Only formats that take them write any.
        counts: rows and images that were written.
        notes: lines for the user, such as why there are none.
    """

    folder: Path
    images: bool = True
    panels: bool = False
    written: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def json_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write a JSON Lines file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as stream:
            for row in rows:
                stream.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
                self.counts[name] += 1

    def json_list(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write a JSON file with a list of objects, one a line."""
        with (self.folder / name).open("w", encoding="utf-8") as stream:
            stream.write("[")
            for row in rows:
                stream.write(",\n" if self.counts[name] else "\n")
                stream.write(json.dumps(row, ensure_ascii=False, default=str))
                self.counts[name] += 1
            stream.write("\n]\n")

    def drop_empty(self, name: str) -> None:
        """Remove a file without rows: `datasets` fails on one."""
        if not self.counts[name]:
            (self.folder / name).unlink()
            del self.counts[name]

    def text(self, name: str, text: str) -> None:
        """Write a file of text."""
        (self.folder / name).write_text(text, "utf-8")

    def image(self, name: str, data: bytes) -> None:
        """Write an image file, unless images are not wanted."""
        if self.images:
            (self.folder / "images").mkdir(parents=True, exist_ok=True)
            path = inside(self.folder, f"images/{safe_name(name, 'image')}", "image")
            with replacing(path) as stream:
                stream.write(data)
            self.counts["images"] += 1


def _rejected_cases(release: ReleaseReader) -> str:
    """Return reasons why case reports have no case, with their numbers; empty if none is known."""
    if "rejects" not in release.tables:
        return ""
    query = (
        "SELECT reason, count(*) AS n FROM rejects WHERE unit = 'case_report' GROUP BY reason ORDER BY n DESC, reason"
    )
    return ", ".join(f"{row['n']:,} {row['reason']}" for row in release.rows(query))


def no_cases(release: ReleaseReader, left_out: str = "") -> str:
    """Return a line that says why a release has no cases to export.

    Args:
        release: the release.
        left_out: which of its cases the format leaves out.
    """
    if "cases" not in release.tables:
        among = f" in the licence groups {', '.join(release.groups)}" if release.groups else ""
        if rejected := _rejected_cases(release):
            return f"0 cases: the release has none{among}; its case reports were rejected ({rejected})"
        return f"0 cases: the release has none{among}; it holds no case report, or an earlier version made it"
    counted = next(release.rows("SELECT count(*) AS n, count(*) FILTER (withheld IS NULL) AS shown FROM cases"))
    if not counted["shown"]:
        return f"0 cases: all {counted['n']:,} are pointers without text; `pmcmine rehydrate` fills them in"
    return f"0 cases: {left_out}"


class Exporter(Protocol):
    """Writes a release in another shape. Registered as an entry point of the group `pmcmine.exporters`, by its name.

    It may have an attribute `takes`: `where` in it if `--where` may choose the figures, `panels` if it can write panels
    instead of figures, `written` if `--written` may choose texts that models wrote. If it has an attribute `chooses`, a
    table and its key, `--where` chooses rows of that table.

    Attributes:
        name: what `pmcmine export --format` calls it.
        meaning: what it writes, in a few words.
    """

    @property
    def name(self) -> str: ...

    @property
    def meaning(self) -> str: ...

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write the release into the folder of the export."""


def image_name(figure: Mapping[str, Any]) -> str:
    """Return file name of a figure's image: its key, and the ending of its true format.

    Raises:
        UnsafeNameError: if the key is none.
    """
    return f"{sample_key(figure['key'])}.{'png' if figure['format'] == 'PNG' else 'jpg'}"


# Figures with a sample, and the article fields that most formats need.
FIGURES: Final = (
    "SELECT f.*, a.pmid, a.doi, a.title AS article_title, a.abstract, a.keywords, a.mesh_terms, a.subjects, "
    'a.publication_date, a."references", a.source_url, '
    "CASE WHEN f.license = a.license AND f.permissions IS NULL THEN a.license_url END AS license_url "
    "FROM figures f JOIN articles a USING (article_id) WHERE f.shard IS NOT NULL ORDER BY f.figure_id"
)
