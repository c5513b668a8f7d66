"""Conditions hold beside columns of vectors, which DuckDB does not take from Arrow."""

from __future__ import annotations

from pathlib import Path

import duckdb
import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.stream.datasets import dataset_of

VECTORS = [
    pa.array([np.ones(3, np.float16), None], pa.list_(pa.float16())),
    pa.FixedSizeListArray.from_arrays(pa.array(np.ones(6, np.float16)), 3),
    pa.array(np.ones(2, np.float16)),
]


@pytest.mark.parametrize("vectors", VECTORS, ids=["list", "fixed", "number"])
def test_a_condition_beside_vectors(tmp_path: Path, vectors: pa.Array) -> None:
    path = str(tmp_path / "a.parquet")
    pq.write_table(pa.table({"year": [2019, 2021], "v": vectors, "words": [["a"], ["b"]]}), path)
    with duckdb.connect() as connection:
        connection.register("rows", dataset_of([path], fsspec.filesystem("file")))
        assert connection.sql("SELECT * FROM rows WHERE year > 2020").fetchall() == [(2021, ["b"])]
