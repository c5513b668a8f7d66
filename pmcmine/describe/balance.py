"""Measure the composition of a corpus: pairs by image kind, licence, year and journal, captions by concept.

The effective number of values is the exponential of Shannon's entropy (Hill 1973, Jost 2006): a corpus with journals as
uneven as ten journals of equal size has ten effective journals, however many it has.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.describe.crossed import NONE, CrossTable, cross, cross_concepts, cross_years, most
from pmcmine.describe.reading import Part, read_once
from pmcmine.io.folder import Folder

_ROWS: Final = 50_000  # read at once
_TOP: Final = 10  # values of an axis that are named
_YEARS: Final = (1600, 2099)  # articles state years such as 9999 and 0000 if unknown
_FIGURES: Final = ("shard", "image_kinds", "license", "year", "journal")
_CONCEPTS: Final = ("context_id", "context_kind", "cui", "source_id", "name", "negated")


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension of a corpus that may be uneven.

    Attributes:
        name: the counted values.
        of: the counted items: pairs or captions.
        total: number of these items.
        values: number of values.
        effective: effective number of values.
        top: the most frequent values.
    """

    name: str
    of: str
    total: int
    values: int
    effective: float
    top: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """The composition of a corpus.

    Attributes:
        axes: each dimension.
        tables: two dimensions at once.
    """

    axes: tuple[Axis, ...] = ()
    tables: tuple[CrossTable, ...] = ()


@dataclass
class _Counts:
    pairs: int = 0
    captions: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    years: Counter[str] = field(default_factory=Counter)
    journals: Counter[str] = field(default_factory=Counter)
    concepts: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    crossed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    by_journal: Counter[tuple[str, str]] = field(default_factory=Counter)


class BalanceCount:
    """Count a corpus with memory for its values, not its rows: `figures` as they are passed in."""

    COLUMNS: Final = {"figures": _FIGURES}

    def __init__(self) -> None:
        self._counts = _Counts()

    def take(self, name: str, rows: pa.RecordBatch) -> None:
        """Count rows of a file; columns may be missing."""
        _count_figures(self._counts, pa.Table.from_batches([rows]))

    def balance(self, files: Sequence[tuple[Folder, str]]) -> Balance:
        """Count the concepts of captions, too, and return all counts.

        Args:
            files: all Parquet files of `figures` and `concepts`; others are skipped.
        """
        counts = self._counts
        for folder, name in files:
            if name.split("/")[1] != "concepts":
                continue
            waiting: pa.Table | None = None  # rows of the last caption, which may continue in the next batch
            for batch in _batches(folder, name, _CONCEPTS):
                waiting = _count_concepts(counts, batch, waiting)
            if waiting is not None:
                _count_captions(counts, waiting)

        def read(table: str, columns: Sequence[str]) -> Iterator[pa.Table]:
            for folder, name in files:
                if name.split("/")[1] == table:
                    yield from _batches(folder, name, columns)

        return _balance(counts, cross_concepts(read, counts.concepts, counts.kinds, counts.names))


def balance(files: Iterable[tuple[Folder, str]]) -> Balance:
    """Count a corpus with memory for its values, not its rows.

    Args:
        files: Parquet files of `figures` and `concepts`; others are skipped.
    """
    files, counts = list(files), BalanceCount()
    read_once(files, [Part(counts.COLUMNS, counts.take)])
    return counts.balance(files)


def _batches(folder: Folder, name: str, wanted: Sequence[str]) -> Iterator[pa.Table]:
    with folder.open(name) as stream:
        file = pq.ParquetFile(stream)
        held = {*file.schema_arrow.names}  # computed anew at each call
        columns = [c for c in wanted if c in held]
        yield from (pa.Table.from_batches([b]) for b in file.iter_batches(_ROWS, columns=columns))


def _counted(values: Any) -> Counter[str]:
    """Count values, including missing ones."""
    found = pc.value_counts(values)
    pairs = zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)
    return Counter({NONE if v is None else str(v): n for v, n in pairs})


def _count_figures(counts: _Counts, rows: pa.Table) -> None:
    if not {"shard", "license", "year", "journal"} <= {*rows.column_names}:
        return
    pairs = rows.filter(rows["shard"].is_valid()).combine_chunks()
    if not len(pairs):
        return
    counts.pairs += len(pairs)
    year = pairs["year"].combine_chunks()
    year = pc.if_else(pc.and_(pc.greater_equal(year, _YEARS[0]), pc.less_equal(year, _YEARS[1])), year, None)
    license_, journal = pairs["license"].combine_chunks(), pairs["journal"].combine_chunks()
    counts.licenses.update(_counted(license_))
    counts.years.update(_counted(year))
    counts.journals.update(_counted(journal))
    if "image_kinds" not in pairs.column_names:
        return
    kinds = pairs["image_kinds"].combine_chunks()
    parents, flat = pc.list_parent_indices(kinds), pc.list_flatten(kinds)
    bare = pc.indices_nonzero(pc.equal(pc.fill_null(pc.list_value_length(kinds), 0), 0))
    at = pa.concat_arrays([parents.cast(pa.uint64()), bare])
    kind = pa.concat_arrays([flat.cast(pa.string()), pa.array([NONE] * len(bare), pa.string())])
    counts.kinds.update(_counted(kind))
    table = pa.table({"kind": kind, "license": license_.take(at), "year": year.take(at), "journal": journal.take(at)})
    for row in table.group_by(["kind", "license", "year"]).aggregate([([], "count_all")]).to_pylist():
        key = tuple(NONE if row[c] is None else str(row[c]) for c in ("kind", "license", "year"))
        counts.crossed[key[0], key[1], key[2]] += row["count_all"]
    for row in table.group_by(["journal", "kind"]).aggregate([([], "count_all")]).to_pylist():
        counts.by_journal[row["journal"] or NONE, row["kind"] or NONE] += row["count_all"]


def _count_concepts(counts: _Counts, rows: pa.Table, waiting: pa.Table | None) -> pa.Table | None:
    """Count the concepts of complete captions; return the rows of the last one. Rows of a caption are adjacent."""
    if not {*_CONCEPTS} <= {*rows.column_names}:
        return None
    if waiting is not None:
        rows = pa.concat_tables([waiting, rows])
    held = rows.filter(
        pc.and_(pc.equal(rows["context_kind"], "figure_caption"), pc.invert(pc.fill_null(rows["negated"], False)))
    )
    if not len(held):
        return None
    last = pc.equal(held["context_id"], held["context_id"][-1])
    _count_captions(counts, held.filter(pc.invert(last)))
    return held.filter(last)


def _count_captions(counts: _Counts, rows: pa.Table) -> None:
    if not len(rows):
        return
    counts.captions += pc.count_distinct(rows["context_id"]).as_py()
    concept = pc.coalesce(rows["cui"], rows["source_id"])
    once = pa.table({"context": rows["context_id"], "concept": concept}).group_by(["context", "concept"]).aggregate([])
    counts.concepts.update(_counted(once["concept"].combine_chunks()))
    named = pa.table({"concept": concept, "name": rows["name"]}).group_by(["concept", "name"]).aggregate([])
    for row in named.to_pylist():
        if row["name"] is not None:
            counts.names[row["concept"]] = min(row["name"], counts.names.get(row["concept"], row["name"]))


def effective_number(numbers: Iterable[int]) -> float:
    """Return the number of equally frequent values that would be as uneven as these; 0 without any."""
    held = sorted(n for n in numbers if n > 0)
    total = sum(held)
    if not total:
        return 0.0
    return round(math.exp(math.fsum(-n / total * math.log(n / total) for n in held)), 1)


def _axis(name: str, of: str, total: int, counted: Counter[str], names: Mapping[str, str] | None = None) -> Axis:
    known = {value: n for value, n in counted.items() if value != NONE}
    named = {v: f"{names[v]} ({v})" if names and v in names else v for v, _ in most(known)[:_TOP]}
    top = tuple((named[value], n) for value, n in most(known)[:_TOP])
    return Axis(name, of, total, len(known), effective_number(known.values()), top)


def _balance(counts: _Counts, concepts: CrossTable) -> Balance:
    axes = (
        _axis("kind of image", "pairs", counts.pairs, counts.kinds),
        _axis("licence", "pairs", counts.pairs, counts.licenses),
        _axis("year", "pairs", counts.pairs, counts.years),
        _axis("journal", "pairs", counts.pairs, counts.journals),
        _axis("concept", "captions with one", counts.captions, counts.concepts, counts.names),
    )
    by_license: Counter[tuple[str, str]] = Counter()
    by_year: Counter[tuple[str, str]] = Counter()
    for (kind, license_, year), n in counts.crossed.items():
        by_license[kind, license_] += n
        by_year[kind, year] += n
    tables = (
        cross("kind of image × licence", counts.kinds, counts.licenses, by_license),
        cross_years(counts.kinds, counts.years, by_year),
        concepts,
        cross("journal × kind of image", counts.journals, counts.kinds, counts.by_journal),
    )
    shown = tuple(t for t in tables if t.rows and counts.kinds)
    return Balance(tuple(a for a in axes if a.values), shown)
