"""Read the rows to write about, with the model's input for each, in one pass over the sorted tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.exports.reader import MOST_IMAGE, Beside
from pmcmine.io.safe_names import read_range, release_name, sql_identifier
from pmcmine.plugins.task import KEYS, Task
from pmcmine.release.condition_text import quoted
from pmcmine.release.conditions import check_values, explain, known_values, time_limit
from pmcmine.release.hierarchy import prepare
from pmcmine.release.scores import local_scores
from pmcmine.release.tables import MALFORMED, concept_tables, malformed, open_tables
from pmcmine.release.unlabelled import unlabelled_in
from pmcmine.rights.licenses import License, derivatives_ok, group_of, strictest
from pmcmine.stream.ranges import SamplePlace, decode_sample
from pmcmine.write.given import Given, Passage

_SECONDS: Final = 600.0  # time limit of a condition
_BATCH: Final = 500
_MOST_CONCEPTS: Final = 60  # concept names per row
_MOST_PASSAGE: Final = 6_000  # characters
_MOST_CELLS: Final = 3_000  # characters of a table


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """The location of an image: a range of a figure shard, or the sample of a panel."""

    shard: str
    offset: int
    size: int
    is_panel: bool
    sha256: str

    def read(self, release: Path) -> bytes:
        """Return the bytes of the image.

        Raises:
            UnsafeNameError: if it is not a valid range of a shard of this release.
        """
        name = f"{'shards-panels' if self.is_panel else 'shards'}/{release_name(self.shard, 'shard')}"
        data = read_range(release, name, self.offset, self.size, MOST_IMAGE, "shard")
        if not self.is_panel:
            return data
        image: bytes = decode_sample(data, SamplePlace(name, self.offset, self.size), False)["jpg"]
        return image


@dataclass(frozen=True, slots=True)
class Row:
    """A row to write about.

    Attributes:
        id: its key.
        file: table file that holds it, relative to the release.
        article_id: its article.
        pmcid: PMC id of the article.
        split: its split.
        license: the strictest of the licences of the model's input.
        attribution: attribution line.
        refused: reason why nothing may be written about it; empty if allowed.
        given: the model's input, except for the image.
        image: location of its image; None if it has none.
    """

    id: str
    file: str
    article_id: str
    pmcid: str
    split: str
    license: str
    attribution: str
    refused: str
    given: Given
    image: ImagePlace | None

    @property
    def group(self) -> str:
        """Licence group."""
        return group_of(License(self.license)).value


# Columns of a row, by table: common columns first, then those its passages are made of.
_COMMON: Final = (
    "r.article_id, r.pmcid, r.split, r.license AS own_license, a.license AS article_license, "
    "a.derivatives_ok AS article_derivatives, r.withheld, a.title"
)
_QUERIES: Final[Mapping[str, str]] = {
    "figures": f"{_COMMON}, r.derivatives_ok AS own_derivatives, r.attribution, r.figure_id, r.caption, "
    "r.section_path, r.shard, r.image_offset AS image_at, r.image_bytes AS image_size, r.sha256 FROM figures r",
    "panels": f"{_COMMON}, r.derivatives_ok AND f.derivatives_ok AS own_derivatives, f.attribution, r.figure_id, "
    "f.caption, f.section_path, r.label, r.spans, r.shard, r.sample_offset AS image_at, r.sample_size AS image_size, "
    "r.crop_sha256 AS sha256 FROM panels r JOIN figures f USING (figure_id)",
    "articles": f"{_COMMON}, r.derivatives_ok AS own_derivatives, r.attribution, r.abstract FROM articles r",
    "cases": f"{_COMMON}, a.derivatives_ok AS own_derivatives, r.attribution, r.text, r.passages FROM cases r",
}
# Related rows of other tables: name, table, join column, columns, order.
_BESIDE: Final[Mapping[str, tuple[tuple[str, str, str, str, str], ...]]] = {
    "figures": (
        ("panels", "panels", "figure_id", "label, spans", "ordinal"),
        ("mentions", "mentions", "figure_id", "context_id, sentence, sentence_start, sentence_end, withheld, "
         "NULL AS panel_labels", "mention_id"),
        ("concepts", "concepts", "context_id", "name, text", "start"),
    ),
    "panels": (
        ("mentions", "mentions", "figure_id", "context_id, sentence, sentence_start, sentence_end, withheld, "
         "panel_labels", "mention_id"),
        ("concepts", "concepts", "context_id", "name, text", "start"),
    ),
    "articles": (
        ("paragraphs", "paragraphs", "article_id", "paragraph_id, section_kind, text, withheld", "ordinal"),
        ("tables", "article_tables", "article_id", "table_id, caption, withheld", "ordinal"),
        ("grids", "grids", "article_id", "grid_id, markdown, withheld", "grid_id"),
    ),
    "cases": (),
}  # fmt: skip
_SECTIONS: Final = (
    "conclusion",
    "results",
    "discussion",
    "case",
    "methods",
    "introduction",
)  # most informative first


class Rows:
    """Rows of a release's table that meet a condition.

    Args:
        release: the release.
        task: the writing task.
        where: SQL condition over the table; all rows if None.
        limit: maximum rows, chosen by a hash of their ids, so that a higher limit only adds rows; no limit if None.

    Raises:
        PmcmineError: if it is not a release, lacks the table or does not fill the columns, or the condition is invalid.
    """

    def __init__(self, release: Path, task: Task, where: str | None, limit: int | None) -> None:
        self.release, self.task, self.table = release, task, task.table
        self._connection, files = open_tables(release)
        if self.table not in files:
            raise PmcmineError(f"{release}: has no table {self.table}, which the task {task.name} writes about")
        self._tables = set(files)
        self.files = [path.relative_to(release.resolve()).as_posix() for path in files[self.table]]
        self._choose(files[self.table], where, limit)
        if where is not None and not len(self) and (why := unlabelled_in(release, self.table, where)):
            raise PmcmineError(f"--where {quoted(where)}: chooses nothing: {why}")

    def _choose(self, paths: Sequence[Path], where: str | None, limit: int | None) -> None:
        """Store the id of each chosen row with the number of its file, and the sort key."""
        key, said = sql_identifier(KEYS[self.table]), f"--where {quoted(where or '')}"
        condition = "true"
        try:
            with time_limit(self._connection, _SECONDS, said):
                if where is not None:
                    check_values(self._connection, where, known_values(pq.read_schema(paths[0])), said)
                    found = concept_tables(self._connection, self.release, where)
                    condition = prepare(self._connection, where, self.table, *found)
                    condition = local_scores(self._connection, condition, where, self.table, self.release)
                self._connection.execute("CREATE TABLE _held (id VARCHAR, file INTEGER)")
                for n, path in enumerate(paths):
                    one = self._connection.read_parquet(
                        "".join(f"[{c}]" if c in "*?[" else c for c in str(path)), hive_partitioning=False
                    )
                    self._connection.register("one", one.select(KEYS[self.table]))
                    self._connection.execute(f"INSERT INTO _held SELECT {key}, {n} FROM one")
                    self._connection.unregister("one")
                most = f"ORDER BY md5(id) LIMIT {int(limit)}" if limit is not None else ""
                self._connection.execute(
                    "CREATE TABLE _chosen AS SELECT id, file, printf('%06d/%s', file, id) AS at FROM _held WHERE id "
                    f"IN (SELECT {key} FROM {sql_identifier(self.table)} WHERE ({condition}\n)) {most}"
                )
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where or '')}") from None

    def __len__(self) -> int:
        row = self._connection.execute("SELECT count(*) FROM _chosen").fetchone()
        return int(row[0]) if row else 0

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows by file and key.

        Raises:
            PmcmineError: if the tables are not those of a release.
        """
        try:
            yield from self._rows()
        except MALFORMED as error:
            raise PmcmineError(malformed(str(self.release), error)) from None

    def _rows(self) -> Iterator[Row]:
        key = f"r.{KEYS[self.table]}"
        query = f"SELECT c.at, c.file, c.id, {_QUERIES[self.table]} JOIN articles a ON r.article_id = a.article_id"
        beside = {name: Beside(self._grouped(*more)) for name, *more in _BESIDE[self.table]}
        for raw in self._fetched(f"{query} JOIN _chosen c ON {key} = c.id ORDER BY c.at"):
            yield self._row(raw, {name: rows.of(raw["at"]) for name, rows in beside.items()})

    def _grouped(self, table: str, column: str, columns: str, order: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the rows of another table, grouped by the sort key of the chosen row that they belong to."""
        if table not in self._tables:
            return
        own = "figure_id" if column == "context_id" else column
        source = f"(SELECT c.at, r.{own} AS id FROM _chosen c JOIN {self.table} r ON r.{KEYS[self.table]} = c.id)"
        held: list[dict[str, Any]] = []
        for row in self._fetched(
            f"SELECT s.at AS _at, {columns} FROM {table} t JOIN {source} s ON t.{column} = s.id ORDER BY s.at, {order}"
        ):
            if held and held[-1]["_at"] != row["_at"]:
                yield held[0]["_at"], held
                held = []
            held.append(row)
        if held:
            yield held[0]["_at"], held

    def _fetched(self, query: str) -> Iterator[dict[str, Any]]:
        result = self._connection.cursor().execute(query)
        names = [column[0] for column in result.description or ()]
        while batch := result.fetchmany(_BATCH):
            for row in batch:
                yield dict(zip(names, row, strict=True))

    def _row(self, raw: Mapping[str, Any], beside: Mapping[str, Sequence[Mapping[str, Any]]]) -> Row:
        license_ = strictest(_license(raw["own_license"]), _license(raw["article_license"]))
        image = None
        if raw.get("shard") is not None and self.task.image:
            image = ImagePlace(
                raw["shard"], raw["image_at"], raw["image_size"], self.table == "panels", raw["sha256"] or ""
            )
        given = Given(
            _most(_passages(self.table, raw, beside), self.task.passages),
            tuple(p["label"] for p in beside.get("panels", ())) if self.table == "figures" else (),
            _concepts(beside.get("concepts", ())),
        )
        return Row(
            raw["id"], self.files[raw["file"]], raw["article_id"], raw["pmcid"], raw["split"], license_.value,
            raw["attribution"], _refused(raw, license_, self.files[raw["file"]]), given, image,
        )  # fmt: skip


def _license(value: object) -> License:
    with suppress(ValueError):
        return License(str(value))
    return License.OTHER


def _refused(raw: Mapping[str, Any], license_: License, file: str) -> str:
    """Return the reason why nothing may be written about a row; empty if allowed."""
    allowed = raw["own_derivatives"] is True and raw["article_derivatives"] is True and derivatives_ok(license_)
    if not allowed:
        return "derivatives_forbidden"
    if f"/{group_of(license_).value}/" not in file:
        return "license_differs"
    return "withheld" if raw["withheld"] is not None else ""


def _concepts(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    names = dict.fromkeys(n for row in rows for n in (row["name"], row["text"]) if n)
    return tuple(names)[:_MOST_CONCEPTS]


def _most(passages: Iterator[Passage], most: Mapping[str, int]) -> tuple[Passage, ...]:
    """Return the first distinct passages of each kind, as many as the task takes."""
    left, seen, found = dict(most), set(), []
    for passage in passages:
        place = (passage.kind, passage.row_id, passage.start, passage.end)
        if left.get(passage.kind, 0) <= 0 or place in seen or not passage.text.strip():
            continue
        seen.add(place)
        left[passage.kind] -= 1
        found.append(passage)
    return tuple(found)


def _whole(kind: str, row_id: str, text: str | None, most: int = _MOST_PASSAGE) -> Iterator[Passage]:
    if text:
        yield Passage(kind, row_id, 0, min(len(text), most), text[:most])


def _passages(
    table: str, raw: Mapping[str, Any], beside: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[Passage]:
    if table == "cases":
        yield from _of_case(raw)
    elif table == "articles":
        yield from _of_article(raw, beside)
    else:
        yield from _of_figure(raw, beside, None if table == "figures" else raw["label"])


def _of_figure(
    raw: Mapping[str, Any], beside: Mapping[str, Sequence[Mapping[str, Any]]], label: str | None
) -> Iterator[Passage]:
    """Yield the passages about a figure, or about one of its panels."""
    caption, figure = raw["caption"] or "", raw["figure_id"]
    panels = beside.get("panels", ()) if label is None else [raw]
    if label is None:
        yield from _whole("caption", figure, caption)
    for panel in panels:
        for span in panel["spans"]:
            yield Passage("panel", figure, span["start"], span["end"], caption[span["start"] : span["end"]])
    if label is not None:
        yield from _whole("caption", figure, caption)
    for m in beside.get("mentions", ()):
        of_others = label is not None and m["panel_labels"] and label not in m["panel_labels"]
        if m["withheld"] is None and not of_others:
            yield Passage("mention", m["context_id"], m["sentence_start"], m["sentence_end"], m["sentence"] or "")
    for title in (raw["section_path"] or ())[-1:]:
        yield from _whole("section", figure, title)
    yield from _whole("title", raw["article_id"], raw["title"])


def _of_article(raw: Mapping[str, Any], beside: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Passage]:
    article = raw["article_id"]
    yield from _whole("title", article, raw["title"])
    yield from _whole("section", article, raw["abstract"])
    paragraphs = [p for p in beside.get("paragraphs", ()) if p["withheld"] is None and p["section_kind"] in _SECTIONS]
    for p in sorted(paragraphs, key=lambda p: _SECTIONS.index(p["section_kind"])):
        yield from _whole("section", p["paragraph_id"], p["text"])
    for t in beside.get("tables", ()):
        if t["withheld"] is None:
            yield from _whole("table", t["table_id"], t["caption"])
    for g in beside.get("grids", ()):
        if g["withheld"] is None:
            yield from _whole("table", g["grid_id"], g["markdown"], _MOST_CELLS)


def _of_case(raw: Mapping[str, Any]) -> Iterator[Passage]:
    """Yield the passages of a case: its text is these passages joined by line breaks."""
    text, at = raw["text"] or "", 0
    for p in raw["passages"]:
        size = p["end"] - p["start"]
        yield Passage("section", p["paragraph_id"], p["start"], p["end"], text[at : at + size])
        at += size + 1
