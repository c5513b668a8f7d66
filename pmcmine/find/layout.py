"""Define the files of an index, and `index.json`. An index may be a third party's: all of it is checked and bounded.

index/index.json                  format, source files, numbers of documents, models
index/<table>_documents.parquet   number, id and length of each document
index/<table>_postings.parquet    word, document, occurrences, length of the document; sorted by word
index/<table>_<what>_vectors.parquet     vectors of length 1, a row group per cell; <what> is text or image
index/<table>_<what>_cells.parquet       the centroid of each cell
index/<table>_concepts.parquet    concept, document that affirms it; sorted by concept
index/names.parquet               words that name concepts in the release, with the concepts; sorted by words
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.errors import DamagedError, PmcmineError, UnsafeNameError
from pmcmine.io.sealed import parse_object

INDEX: Final = "index"
FACTS: Final = f"{INDEX}/index.json"
COLUMN: Final = "image_embedding"  # column written by `mine --image-embeddings`; its classifier has the same name
NAMES: Final = f"{INDEX}/names.parquet"
CARD: Final = f"{INDEX}/README.md"
FORMAT: Final = 2
TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "figures": ("figure_id", "caption"),
    "paragraphs": ("paragraph_id", "text"),
}
POSTINGS: Final = pa.schema([("term", pa.string()), ("doc", pa.int32()), ("n", pa.int32()), ("length", pa.int32())])
DOCUMENTS: Final = pa.schema([("doc", pa.int32()), ("id", pa.string()), ("length", pa.int32())])
CONCEPTS: Final = pa.schema([("concept", pa.string()), ("doc", pa.int32())])
NAMED: Final = pa.schema([("name", pa.string()), ("concept", pa.string())])
DOCUMENT_GROUP: Final = 100_000  # rows of a row group; a document's row group follows from its number
_MOST_FACTS: Final = 16 << 20  # bytes of index.json
_MOST_DOCUMENTS: Final = 1 << 31
_WAY_OUT: Final = "run `pmcmine index` again"


def documents(table: str) -> str:
    """Return the name of the file of documents of a table."""
    return f"{INDEX}/{table}_documents.parquet"


def postings(table: str) -> str:
    """Return the name of the file of postings of a table."""
    return f"{INDEX}/{table}_postings.parquet"


def concepts(table: str) -> str:
    """Return the name of the file of a table's concept postings."""
    return f"{INDEX}/{table}_concepts.parquet"


def vectors(table: str, what: str) -> str:
    """Return the name of the file of vectors."""
    return f"{INDEX}/{table}_{what}_vectors.parquet"


def cells(table: str, what: str) -> str:
    """Return the name of the file of cell centroids."""
    return f"{INDEX}/{table}_{what}_cells.parquet"


@dataclass(frozen=True, slots=True)
class VectorFacts:
    """Vectors of a table.

    Attributes:
        source: score, or column of the table, that holds the original vectors.
        model: the model, as stated in the release.
        options: options of the scorer, which a query needs to load the same model.
        n: number of vectors.
        width: dimensions of each.
        cells: number of cells.
    """

    source: str
    model: Mapping[str, str]
    options: Mapping[str, str]
    n: int
    width: int
    cells: int


@dataclass(frozen=True, slots=True)
class TableFacts:
    """The index of a table: number of documents, their mean length in words, and vectors by kind."""

    documents: int
    mean_length: float
    vectors: Mapping[str, VectorFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """The contents of `index.json`.

    Attributes:
        pmcmine: version that built it.
        of: source files, with their SHA-256.
        tables: its tables.
    """

    pmcmine: str
    of: Mapping[str, str]
    tables: Mapping[str, TableFacts]

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return {"format": FORMAT, **asdict(self)}


class Files(Protocol):
    """An opener for the files of an index; `said` is its location."""

    said: str

    def open(self, name: str) -> BinaryIO:
        """Open a file.

        Raises:
            FileNotFoundError: if it does not exist.
        """
        ...


def read_facts(files: Files) -> IndexFacts:
    """Read `index.json` of a release.

    Raises:
        PmcmineError: if it does not exist.
        DamagedError: if it is damaged, or of another version.
    """
    where = f"{files.said}/{FACTS}"
    try:
        with files.open(FACTS) as stream:
            data = stream.read(_MOST_FACTS + 1)
    except FileNotFoundError:
        raise PmcmineError(f"{files.said}: has no index; run `pmcmine index`, where the release is a folder") from None
    except OSError as error:
        raise DamagedError(f"{where}: can't be read ({error.strerror or error}); {_WAY_OUT}") from None
    if len(data) > _MOST_FACTS:
        raise DamagedError(f"{where}: is too large; {_WAY_OUT}")
    raw = parse_object(data, where, _WAY_OUT)
    try:
        if raw["format"] != FORMAT:
            raise ValueError
        tables = {str(t): _table(facts) for t, facts in raw["tables"].items() if t in TABLES}
        of = {str(k): str(v) for k, v in raw["of"].items()}
        return IndexFacts(str(raw["pmcmine"]), of, tables)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        raise DamagedError(f"{where}: is damaged, or of another version of pmcmine; {_WAY_OUT}") from None


def _table(raw: Any) -> TableFacts:
    n, mean = int(raw["documents"]), float(raw["mean_length"])
    if not 0 <= n < _MOST_DOCUMENTS or not 0 < mean < 1e6:
        raise ValueError
    found = {}
    for what, facts in raw["vectors"].items():
        if what not in ("text", "image"):
            raise ValueError
        held = VectorFacts(
            str(facts["source"]),
            {str(k): str(v) for k, v in facts["model"].items()},
            {str(k): str(v) for k, v in facts["options"].items()},
            *(int(facts[k]) for k in ("n", "width", "cells")),
        )
        if not (0 < held.n < _MOST_DOCUMENTS and 0 < held.width <= 1 << 14 and 0 < held.cells <= 1 << 20):
            raise ValueError
        found[what] = held
    return TableFacts(n, mean, found)


class IndexFile:
    """A Parquet file of an index or a release, opened for reading row groups.

    Args:
        files: opens it.
        name: the file.
        schema: required schema; any if None.
        way_out: remedy for damage.

    Raises:
        DamagedError: if it is missing, damaged or of another form.
    """

    def __init__(self, files: Files, name: str, schema: pa.Schema | None = None, way_out: str = _WAY_OUT) -> None:
        self._where, self._way_out = f"{files.said}/{name}", way_out
        try:
            self._file = pq.ParquetFile(files.open(name), pre_buffer=True)
            self.schema: pa.Schema = self._file.schema_arrow.remove_metadata()
        except (OSError, pa.ArrowException, ValueError, UnsafeNameError) as error:
            raise self.damaged(error) from None
        if schema is not None and self.schema != schema:
            raise DamagedError(f"{self._where}: is damaged (other columns); {way_out}")
        self.metadata = self._file.metadata

    def damaged(self, error: BaseException) -> DamagedError:
        """Return the error for an unreadable file."""
        said = getattr(error, "strerror", None) or type(error).__name__
        return DamagedError(f"{self._where}: is damaged ({said}); {self._way_out}")

    def groups(self, numbers: list[int], columns: list[str] | None = None) -> pa.Table:
        """Read row groups.

        Raises:
            DamagedError: if they can't be read.
        """
        try:
            return self._file.read_row_groups(numbers, columns=columns, use_threads=False)
        except (OSError, pa.ArrowException, ValueError, IndexError, MemoryError) as error:
            raise self.damaged(error) from None

    def all(self) -> pa.Table:
        """Read all rows.

        Raises:
            DamagedError: if they can't be read.
        """
        return self.groups(list(range(self.metadata.num_row_groups)))

    def matching(self, column: str, values: Iterable[str], columns: Iterable[str] | None = None) -> pa.Table:
        """Read the rows with one of some values in a column; only row groups that may hold one are read.

        Args:
            column: the column.
            values: the values.
            columns: columns to read, including `column`; all if None.

        Raises:
            DamagedError: if there is no such column, or they can't be read.
        """
        wanted = sorted(set(values))
        read = list(dict.fromkeys(columns)) if columns is not None else list(self.schema.names)
        at = self.schema.get_field_index(column)
        if at < 0:
            raise self.damaged(KeyError(column))
        leaf = next((i for i in range(self.metadata.num_columns) if self._file.schema.column(i).path == column), -1)
        groups = [i for i in range(self.metadata.num_row_groups) if self._may_hold(i, leaf, wanted)]
        try:
            rows = self.groups(groups, read) if groups else self.schema.empty_table().select(read)
            return rows.filter(pc.is_in(rows[column], value_set=pa.array(wanted, self.schema.field(at).type)))
        except KeyError as error:
            raise self.damaged(error) from None
        except pa.ArrowException as error:
            raise self.damaged(error) from None

    def _may_hold(self, group: int, leaf: int, wanted: list[str]) -> bool:
        statistics = self.metadata.row_group(group).column(leaf).statistics if leaf >= 0 else None
        if statistics is None or not statistics.has_min_max:
            return True
        at = bisect_left(wanted, str(statistics.min))
        return at < len(wanted) and wanted[at] <= str(statistics.max)

    def close(self) -> None:
        """Close the file."""
        self._file.close(force=True)
