"""Search vectors in cells: an inverted file in Parquet with a row group per cell, of which a query reads a few.

The centroids come from k-means over a sample (Jégou, Douze, Schmid 2011, without quantisation). A query reads only the
cells with the nearest centroids, as ranges of the file.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pmcmine.errors import DamagedError
from pmcmine.find.layout import Files, IndexFile, VectorFacts, cells, vectors

Floats = NDArray[np.float32]
_FEW: Final = 5_000  # maximum vectors in a single cell: reading them all takes milliseconds
_A_CELL: Final = 40  # sampled vectors per cell to learn its centroid
_MOST_CELLS: Final = 8_192
_AT_ONCE: Final = 8_192
WIDEST: Final = 256  # dimensions of a vector in the index; wider ones are projected
PROBES: Final = 16  # minimum cells read by a query


@dataclass(frozen=True, slots=True)
class Projection:
    """Normalise vectors and reduce dimensions: standardise, project to principal components, scale to length 1."""

    middle: Floats
    matrix: Floats

    def __call__(self, x: Floats) -> Floats:
        """Project rows."""
        return unit(np.asarray((x - self.middle) @ self.matrix, np.float32))


def unit(x: Floats) -> Floats:
    """Return rows of length 1; a row of zeros stays."""
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x / np.where(length > 0, length, 1), np.float32)


def fit_projection(sample: Floats) -> Projection | None:
    """Fit a projection for wide vectors; None if they are narrow and already normalised."""
    lengths = np.linalg.norm(sample, axis=1)
    if sample.shape[1] <= 2 * WIDEST and np.allclose(lengths, 1, atol=0.02):
        return None
    middle = sample.mean(0)
    spread = sample.std(0)
    scale = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0)
    x = (sample - middle) * scale
    width = min(WIDEST, *x.shape)
    _, vectors_of = np.linalg.eigh((x.T @ x / len(x)).astype(np.float64))
    chosen = vectors_of[:, ::-1][:, :width]
    # The sign of a component is arbitrary: make the largest number of each positive.
    chosen = chosen * np.sign(chosen[np.abs(chosen).argmax(0), np.arange(width)])
    return Projection(middle.astype(np.float32), np.asarray(scale[:, None] * chosen, np.float32))


def fit_cells(sample: Floats, n: int) -> Floats:
    """Learn the centroids of the cells for `n` vectors from a sample; one cell for a few vectors."""
    if n <= _FEW:
        return np.zeros((1, sample.shape[1]), np.float32)
    from scipy.cluster.vq import kmeans2

    count = min(_MOST_CELLS, max(2, round(n**0.5)), len(sample) // 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # for an empty cell; it is dropped below
        middles, _ = kmeans2(sample.astype(np.float64), count, iter=12, minit="points", rng=np.random.default_rng(0))
    found = np.asarray(np.round(middles, 4), np.float32)
    return found[np.unique(assign(sample, found))]


def sample_size(n: int) -> int:
    """Return the number of vectors to learn cells from."""
    return int(min(n, max(_A_CELL * round(n**0.5), 10_000)))


def assign(x: Floats, middles: Floats) -> NDArray[np.int32]:
    """Return the cell of each row."""
    half = (middles * middles).sum(1) / 2
    found = [np.argmax(x[at : at + _AT_ONCE] @ middles.T - half, axis=1) for at in range(0, len(x), _AT_ONCE)]
    return np.concatenate(found).astype(np.int32) if found else np.zeros(0, np.int32)


def write_cells(stream: BinaryIO, middles: Floats, projection: Projection | None) -> None:
    """Write the centroids, one row each, preceded by the projection: its mean and its matrix by rows."""
    width = middles.shape[1]
    head = [] if projection is None else [projection.middle, *projection.matrix.T]
    kinds = ["middle", *["component"] * width] if projection is not None else []
    rows = [x.tolist() for x in (*head, *middles)]
    table = pa.table({"kind": [*kinds, *["cell"] * len(middles)], "vector": pa.array(rows, pa.list_(pa.float32()))})
    pq.write_table(table, stream, compression="zstd")


def write_vectors(stream: BinaryIO, by_cell: Iterable[tuple[NDArray[np.int32], NDArray[np.float16]]]) -> None:
    """Write numbers of documents and their vectors, a row group for each cell."""
    schema = pa.schema([("doc", pa.int32()), ("vector", pa.list_(pa.float16()))])
    with pq.ParquetWriter(stream, schema, compression="zstd", use_dictionary=False, write_statistics=False) as writer:
        for docs, x in by_cell:
            flat = pa.array(x.ravel(), pa.float16())
            offsets = pa.array(np.arange(len(x) + 1, dtype=np.int32) * x.shape[1])
            held = pa.ListArray.from_arrays(offsets, flat)
            writer.write_table(
                pa.Table.from_arrays([pa.array(docs), held], schema=schema), row_group_size=max(len(x), 1)
            )


class Vectors:
    """Vectors of an index, opened for queries.

    Raises:
        DamagedError: if a file is missing or does not match `index.json`.
    """

    def __init__(self, files: Files, table: str, what: str, facts: VectorFacts) -> None:
        self.facts = facts
        self._name = f"{files.said}/{vectors(table, what)}"
        self._file = IndexFile(files, vectors(table, what))
        file = IndexFile(files, cells(table, what))
        held = file.all()
        file.close()
        if held.schema.names != ["kind", "vector"] or len(held) > facts.cells + facts.width + 1:
            raise self._damaged()
        kinds = held["kind"].to_pylist()
        self._middles = self._matrix(
            [v for v, k in zip(held["vector"], kinds, strict=True) if k == "cell"], facts.width
        )
        components = [v for v, k in zip(held["vector"], kinds, strict=True) if k != "cell"]
        self._projection = None
        if components:
            first = self._matrix(components, None)
            self._projection = Projection(first[0], np.ascontiguousarray(first[1:].T))
        if len(self._middles) != facts.cells or self._file.metadata.num_row_groups != facts.cells:
            raise self._damaged()

    def _damaged(self) -> DamagedError:
        return DamagedError(f"{self._name}: does not fit index.json; run `pmcmine index` again")

    def _matrix(self, rows: Sequence[Any], width: int | None) -> Floats:
        found = [np.asarray(r.as_py(), np.float32) for r in rows]
        if not found or any(f.ndim != 1 or len(f) != (width or len(found[0])) for f in found):
            raise self._damaged()
        matrix = np.stack(found)
        if not np.isfinite(matrix).all():
            raise self._damaged()
        return matrix

    def prepared(self, query: Floats) -> Floats:
        """Project a query vector as those of the index.

        Raises:
            DamagedError: if it has another width.
        """
        x = np.asarray(query, np.float32)[None]
        if self._projection is not None:
            if x.shape[1] != len(self._projection.middle):
                raise self._damaged()
            x = self._projection(x)
        if x.shape[1] != self.facts.width:
            raise self._damaged()
        return np.asarray(unit(x)[0])

    def nearest(
        self, query: Floats, k: int, allowed: NDArray[np.bool_] | None, n_documents: int, probes: int = PROBES
    ) -> list[tuple[int, float]]:
        """Return the documents nearest to a query with their cosines, nearest first.

        Args:
            query: the model's original vector.
            k: maximum number of documents.
            allowed: for each document whether it may be returned; None if all may.
            n_documents: number of documents.
            probes: minimum number of cells to read; more are read until enough documents are found.
        """
        x = self.prepared(query)
        order = np.argsort(((self._middles - x) ** 2).sum(1), kind="stable")
        docs: list[NDArray[np.int32]] = []
        scores: list[Floats] = []
        found = 0
        for read, (these, y) in enumerate(self._cells(order.tolist(), n_documents)):
            if allowed is not None:
                keep = allowed[these]
                these, y = these[keep], y[keep]
            docs.append(these)
            scores.append(y @ x)
            found += len(these)
            if read + 1 >= probes and found >= k:
                break
        if not docs:
            return []
        every, score = np.concatenate(docs), np.round(np.concatenate(scores), 6)
        best = np.lexsort((every, -score))[:k]
        return [(int(every[i]), float(score[i])) for i in best]

    def _cells(self, order: Sequence[int], n_documents: int) -> Iterator[tuple[NDArray[np.int32], Floats]]:
        for cell in order:
            rows = self._file.groups([cell]).combine_chunks()
            if rows.schema.names != ["doc", "vector"] or rows.schema.types[0] != pa.int32():
                raise self._damaged()
            if not len(rows):
                continue
            docs = rows["doc"].to_numpy()
            values = rows["vector"].chunk(0)
            flat = values.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
            regular = len(flat) == len(rows) * self.facts.width and not values.null_count and not rows["doc"].null_count
            if not regular or docs.min() < 0 or docs.max() >= n_documents or not np.isfinite(flat).all():
                raise self._damaged()
            yield docs, flat.reshape(len(rows), self.facts.width)
