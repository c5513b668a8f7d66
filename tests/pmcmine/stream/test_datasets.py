"""Tables as datasets: what DuckDB asks of them, wherever they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from pmcmine.stream.datasets import dataset_of


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    for n in range(3):
        vectors = pa.array([[1.0]] * 10, pa.list_(pa.float16(), 1))
        pq.write_table(pa.table({"n": range(10 * n, 10 * n + 10), "v": vectors}), tmp_path / f"{n}.parquet")
    return [str(tmp_path / f"{n}.parquet") for n in range(3)]


def _elsewhere(paths: list[str]) -> tuple[list[str], Any]:
    """Copy files to a file system in Python."""
    fs = fsspec.filesystem("memory")
    for path in paths:
        fs.pipe(f"/datasets{path}", Path(path).read_bytes())
    return [f"/datasets{path}" for path in paths], fs


def _asked(dataset: Any) -> list[int]:
    with duckdb.connect() as connection:
        connection.register("t", dataset)
        return sorted(n for (n,) in connection.sql("SELECT n FROM t WHERE n % 7 = 3").fetchall())


def test_conditions_are_asked_of_files_here_and_elsewhere(paths: list[str]) -> None:
    local, remote = dataset_of(paths, fsspec.filesystem("file")), dataset_of(*_elsewhere(paths))
    assert local.schema == remote.schema == pa.schema({"n": pa.int64()})
    assert _asked(local) == _asked(remote) == [3, 10, 17, 24]
    counts = [sum(b.num_rows for b in d.to_batches(columns=["n"])) for d in (local, remote)]
    assert counts == [30, 30]


def test_arrow_never_waits_for_python_while_it_holds_the_gil(paths: list[str]) -> None:
    """Threads of Arrow that read through Python need the GIL, which `Scanner.to_reader` keeps: a deadlock."""
    assert isinstance(dataset_of(paths, fsspec.filesystem("file")).filesystem, pa.fs.LocalFileSystem)
    remote = dataset_of(*_elsewhere(paths))
    reader = type(remote).scanner(remote, columns=["n"]).to_reader()  # as DuckDB calls it
    assert not isinstance(type(remote).scanner(remote), pa.dataset.Scanner)
    assert reader.schema.names == ["n"] and reader.read_all().num_rows == 30
