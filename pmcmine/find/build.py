"""Build the index of a release: postings, documents, vectors of its scores, and names of concepts."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pmcmine._version import __version__
from pmcmine.assemble.parquet import write_parquet
from pmcmine.errors import PmcmineError
from pmcmine.find import layout
from pmcmine.find.layout import IndexFacts, TableFacts, VectorFacts
from pmcmine.find.vectors import (
    Floats,
    assign,
    fit_cells,
    fit_projection,
    sample_size,
    unit,
    write_cells,
    write_vectors,
)
from pmcmine.find.words import stem_of, words_of
from pmcmine.ids import keyed_hash
from pmcmine.io.duck import connected
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.io.safe_names import sql_identifier
from pmcmine.release.hierarchy import FUNCTION, HIERARCHY
from pmcmine.release.layout import JOURNAL, RELEASE, WORK, FileEntry, file_entry
from pmcmine.release.record import ReleaseRecord, check_seal, load_release
from pmcmine.release.scores import ScoreFacts, score_relation
from pmcmine.release.tables import concept_tables, create_view, table_files, table_names

_BATCH: Final = 1 << 17  # rows
_VECTOR_BATCH: Final = 2_000
_SCRATCH: Final = f"{layout.INDEX}/.build"
# Scorers with searchable vectors, and the input that these encode.
_SCORERS: Final = {"text-embedding": "text", "image-embedding": "image"}
_ABOVE: Final = """
SELECT array_to_string({words}, ' ') AS name, coalesce(p.cui, p.source_id) AS concept FROM concept_parents p
WHERE p.name IS NOT NULL AND p.parent IS NOT NULL AND coalesce(p.cui, p.source_id) IN (
  WITH RECURSIVE above(concept) AS (
    SELECT DISTINCT coalesce(cui, source_id) FROM concepts
    UNION
    SELECT p.parent FROM concept_parents p JOIN above ON coalesce(p.cui, p.source_id) = above.concept
    WHERE p.parent IS NOT NULL
  ) SELECT concept FROM above
)
"""
_CARD: Final = """---
configs: []
---
# pmcmine index

The index that `pmcmine search` reads: Parquet files with the words of {documents} and vectors from the scores
of the release. It holds ids, single words and numbers; texts and rights are in the tables. `index.json` states how it
was made.
"""


def build_index(release: Path, tables: Sequence[str] = ()) -> IndexFacts:
    """Build the index of a release on this machine, replacing an earlier one.

    Args:
        release: the release.
        tables: tables to index: figures, paragraphs; both if empty.

    Raises:
        PmcmineError: one line for the user.
    """
    folder = Folder(str(release))
    if folder.exists(f"{WORK}/{JOURNAL}"):
        raise PmcmineError(f"{release}: an update was killed before it finished; run `pmcmine update` again")
    record = check_seal(load_release(folder), f"{release}/{RELEASE}")
    wanted = [t for t in tables or layout.TABLES if t in table_names(release)]
    if not wanted:
        raise PmcmineError(f"{release}: has none of the tables {', '.join(tables or layout.TABLES)}")
    with held(folder.child(_SCRATCH)), tempfile.TemporaryDirectory(dir=release / _SCRATCH) as scratch:
        entries, facts = _build(release, record, wanted, Path(scratch))
        small = {layout.FACTS: json.dumps(facts.to_object(), indent=1, sort_keys=True).encode()}
        small[layout.CARD] = _CARD.format(documents=" and ".join(facts.tables)).encode()
        entries += [file_entry(name, data) for name, data in small.items()]
        new = {e.name for e in entries}
        gone = [f.name for f in record.files_of(layout.INDEX) if f.name not in new]
        kept = [f for f in record.files if f.name not in {*new, *gone}]
        if load_release(folder) != record:
            raise PmcmineError(f"{release}: was changed meanwhile; run the same command again")
        for entry in entries:
            source = Path(scratch) / entry.name.partition("/")[2]
            if entry.name in small:
                folder.write(entry.name, small[entry.name], replace=True)
            else:
                source.replace(release / entry.name)
        files = tuple(sorted([*kept, *entries], key=lambda f: f.name))
        folder.write(RELEASE, replace(record, files=files).to_bytes(), replace=True)
        for name in gone:
            folder.remove(name)
    folder.child(_SCRATCH).remove_tree()
    return facts


def _build(
    release: Path, record: ReleaseRecord, tables: Sequence[str], scratch: Path
) -> tuple[list[FileEntry], IndexFacts]:
    entries: list[FileEntry] = []
    found: dict[str, TableFacts] = {}
    connection = connected()
    with connection:
        # One thread, so that the same rows are processed in the same order; DuckDB spills to the scratch folder.
        connection.execute("SET threads = 1")
        connection.execute(f"SET temp_directory = '{str(scratch / 'spill').replace(chr(39), chr(39) * 2)}'")
        has_concepts = bool("concepts" in table_names(release) and (linked := table_files(release, "concepts")))
        if has_concepts:
            create_view(connection, "concepts", linked)
        for table in tables:
            create_view(connection, table, table_files(release, table))
            facts, files = _words(connection, table, scratch)
            entries += files
            for what, source in _sources(release, record, connection, table):
                made = _vectors(connection, table, what, source, scratch)
                if made is not None:
                    facts = replace(facts, vectors={**facts.vectors, what: made[0]})
                    entries += made[1]
            found[table] = facts
            if has_concepts:
                entries.append(_concepts(connection, table, scratch))
        if has_concepts:
            entries.append(_names(connection, scratch, _with_parents(connection, release)))
    used = [f for f in record.files if f.name == HIERARCHY or f.name.startswith(_of_tables({*tables, "concepts"}))]
    return entries, IndexFacts(__version__, {f.name: f.sha256 for f in used}, found)


def _of_tables(tables: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"tables/{table}/" for table in tables)


def _with_parents(connection: duckdb.DuckDBPyConnection, release: Path) -> bool:
    """Register the hierarchy of concepts as `concept_parents`; return whether there is one with names."""
    parents, _ = concept_tables(connection, release, f"{FUNCTION}('x')")
    if parents is None or not {"source_id", "cui", "parent", "name"} <= {*parents.columns}:
        return False
    connection.register("concept_parents", parents)
    return True


def _batches(connection: duckdb.DuckDBPyConnection, query: str, size: int = _BATCH) -> Iterator[pa.RecordBatch]:
    result = connection.sql(query)
    reader = getattr(result, "to_arrow_reader", None) or result.fetch_arrow_reader  # before DuckDB 1.5
    yield from reader(size)


def _write(
    connection: duckdb.DuckDBPyConnection, query: str, name: str, schema: pa.Schema, group: int, scratch: Path
) -> FileEntry:
    """Write the rows of a query in row groups of a fixed size."""

    def groups() -> Iterator[pa.Table]:
        waiting = schema.empty_table()
        for batch in _batches(connection, query):
            waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch]).cast(schema)])
            while len(waiting) >= group:
                yield waiting.slice(0, group).combine_chunks()
                waiting = waiting.slice(group)
        if len(waiting):
            yield waiting.combine_chunks()

    path = scratch / name.partition("/")[2]
    with path.open("wb") as stream:
        rows = write_parquet(stream, schema, groups())
    return _entry(path, name, rows)


def _entry(path: Path, name: str, rows: int | None) -> FileEntry:
    digest = sha256()
    with path.open("rb") as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
    return FileEntry(name, path.stat().st_size, digest.hexdigest(), rows)


def _words(connection: duckdb.DuckDBPyConnection, table: str, scratch: Path) -> tuple[TableFacts, list[FileEntry]]:
    """Write documents and postings of a table; rows without a text are documents of no words."""
    key, text = layout.TABLES[table]
    words = words_of(f"coalesce({text}, '')")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE docs AS SELECT CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS doc, id, "
        f"CAST(len(words) AS INTEGER) AS length, words FROM (SELECT {key} AS id, {words} AS words FROM {table})"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE posted AS SELECT term, doc, CAST(count(*) AS INTEGER) AS n, length FROM "
        f"(SELECT doc, length, {stem_of('w')} AS term FROM (SELECT doc, length, unnest(words) AS w FROM docs)) "
        "GROUP BY term, doc, length"
    )
    rows = connection.execute("SELECT count(*), coalesce(avg(length), 0) FROM docs").fetchall()
    files = [
        _write(connection, "SELECT doc, id, length FROM docs ORDER BY doc", layout.documents(table), layout.DOCUMENTS,
               layout.DOCUMENT_GROUP, scratch),
        _write(connection, "SELECT term, doc, n, length FROM posted ORDER BY term, doc", layout.postings(table),
               layout.POSTINGS, _BATCH, scratch),
    ]  # fmt: skip
    return TableFacts(int(rows[0][0]), max(round(float(rows[0][1]), 4), 1e-4)), files


def _sources(
    release: Path, record: ReleaseRecord, connection: duckdb.DuckDBPyConnection, table: str
) -> Iterator[tuple[str, tuple[ScoreFacts, str]]]:
    """Yield the sources of vectors: scores, or the column written by `mine --image-embeddings`.

    The facts of that column have its name, no scorer, and the model stated in `release.json`.
    """
    seen = set()
    for score in record.scores:
        what = _SCORERS.get(score.scorer)
        if what is not None and score.table == table and what not in seen and score.of:
            seen.add(what)
            connection.register(f"source_{what}", score_relation(connection, release, score))
            yield what, (score, next(iter(score.columns)))
    columns = {r[0] for r in connection.execute(f"DESCRIBE {table}").fetchall()}
    if table == "figures" and layout.COLUMN in columns and "image" not in seen:
        model = next((m.stated() for m in record.classifiers if m.name == layout.COLUMN), {})
        if not model:  # releases of earlier versions state the hashes of models only in their configuration
            models = record.config.get("models")
            sha256 = models.get(layout.COLUMN) if isinstance(models, Mapping) else None
            model = {"name": layout.COLUMN, "sha256": sha256} if isinstance(sha256, str) else {}
        yield "image", (ScoreFacts(layout.COLUMN, model=model), layout.COLUMN)


def _vectors(
    connection: duckdb.DuckDBPyConnection, table: str, what: str, source: tuple[ScoreFacts, str], scratch: Path
) -> tuple[VectorFacts, list[FileEntry]] | None:
    """Write the vectors of a table; None if no row has one."""
    score, column = source
    key, _ = layout.TABLES[table]
    name = sql_identifier(column)
    rows = f"source_{what}" if score.scorer else table
    held = (
        f"SELECT docs.doc, CAST(s.{name} AS FLOAT[]) AS v FROM {rows} s JOIN docs ON docs.id = s.{key} "
        f"WHERE s.{name} IS NOT NULL ORDER BY docs.doc"
    )
    counted = connection.execute(f"SELECT count(*), min(len(v)), max(len(v)) FROM ({held})").fetchall()[0]
    n, width, widest = (int(x or 0) for x in counted)
    if not n:
        return None
    if width != widest or not width:
        raise PmcmineError(f"{column}: has vectors of {width} and of {widest} numbers")
    sample = _sample(connection, held, n, width)
    projection = fit_projection(sample)
    placed = projection(sample) if projection is not None else unit(sample)
    middles = fit_cells(placed, n)
    docs = np.empty(n, np.int32)
    cell_of = np.empty(n, np.int32)
    final = placed.shape[1]
    store: NDArray[np.float16] = np.lib.format.open_memmap(
        scratch / "vectors.npy", mode="w+", dtype=np.float16, shape=(n, final)
    )
    at = 0
    for numbers, x in _rows(connection, held, width):
        y = projection(x) if projection is not None else unit(x)
        docs[at : at + len(y)], cell_of[at : at + len(y)], store[at : at + len(y)] = numbers, assign(y, middles), y
        at += len(y)
    order = np.argsort(cell_of, kind="stable")
    bounds = np.searchsorted(cell_of[order], np.arange(len(middles) + 1))
    names = layout.vectors(table, what), layout.cells(table, what)
    paths = [scratch / name.partition("/")[2] for name in names]
    with paths[0].open("wb") as stream:
        chosen = (order[a:b] for a, b in pairwise(bounds.tolist()))
        write_vectors(stream, ((docs[i], np.asarray(store[i])) for i in chosen))
    with paths[1].open("wb") as stream:
        write_cells(stream, middles, projection)
    made = VectorFacts(score.name, dict(score.model), dict(score.options), n, final, len(middles))
    return made, [_entry(paths[0], names[0], n), _entry(paths[1], names[1], None)]


def _sample(connection: duckdb.DuckDBPyConnection, held: str, n: int, width: int) -> Floats:
    """Sample the vectors of documents by a hash of their number."""
    wanted = sample_size(n)
    parts = []
    for docs, x in _rows(connection, held, width):
        if wanted < n:
            limit = int(wanted / n * (1 << 64))
            x = x[[keyed_hash("pmcmine/index", str(d)) < limit for d in docs.tolist()]]
        parts.append(x)
    return np.concatenate(parts)


def _rows(connection: duckdb.DuckDBPyConnection, held: str, width: int) -> Iterator[tuple[NDArray[np.int32], Floats]]:
    for batch in _batches(connection, held, _VECTOR_BATCH):
        values: Any = batch.column(1)
        flat = values.flatten().to_numpy(zero_copy_only=False)
        x = np.nan_to_num(np.asarray(flat, np.float32).reshape(-1, width))
        yield batch.column(0).to_numpy(zero_copy_only=False), x


def _concepts(connection: duckdb.DuckDBPyConnection, table: str, scratch: Path) -> FileEntry:
    """Write the documents of a table that affirm each concept."""
    query = (
        "SELECT DISTINCT coalesce(c.cui, c.source_id) AS concept, docs.doc FROM concepts c JOIN docs "
        "ON docs.id = c.context_id WHERE NOT c.negated AND coalesce(c.cui, c.source_id) IS NOT NULL "
        "ORDER BY concept, doc"
    )
    return _write(connection, query, layout.concepts(table), layout.CONCEPTS, _BATCH, scratch)


def _names(connection: duckdb.DuckDBPyConnection, scratch: Path, with_parents: bool) -> FileEntry:
    """Write the names of concepts in the release: words of texts, and preferred names.

    With the hierarchy, also the names of the concepts above them, which no text may contain; except its top, which
    covers everything.
    """
    columns = {r[0] for r in connection.execute("DESCRIBE concepts").fetchall()}
    parts = [
        f"SELECT array_to_string({words_of(c)}, ' ') AS name, coalesce(cui, source_id) AS concept FROM concepts "
        f"WHERE {c} IS NOT NULL"
        for c in ("text", "name")
        if c in columns
    ]
    if with_parents:
        parts.append(_ABOVE.format(words=words_of("p.name")))
    # If one text in a hundred names a concept this way, it is a linking error, or depends on context.
    query = (
        f"SELECT name, concept FROM (SELECT name, concept, count(*) AS n FROM ({' UNION ALL '.join(parts)}) "
        "WHERE name <> '' GROUP BY ALL) QUALIFY n * 2 >= max(n) OVER (PARTITION BY name) ORDER BY name, concept"
    )
    return _write(connection, query, layout.NAMES, layout.NAMED, _BATCH, scratch)
