"""Benchmark sets come from others, too: what can't be read is counted or one line."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.duplicates.benchmark_sets import BenchmarkSet, read_benchmarks
from pmcmine.errors import PmcmineError

WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def read(path: Path | str) -> BenchmarkSet:
    return read_benchmarks([str(path)]).sets[0]


def test_values_of_parquet_that_python_cannot_hold_are_passed_over_or_counted(tmp_path: Path) -> None:
    file = tmp_path / "set.parquet"
    bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    columns = {
        "text": pa.array([WORDS]),
        "bad": bad,
        "day": pa.array([2**31 - 1], pa.date32()),
        "time": pa.array([2**62], pa.timestamp("us")),
        "zone": pa.array([1], pa.timestamp("us", tz="Nowhere/X")),
        "nested": pa.array([[2**31 - 1]], pa.list_(pa.date32())),
    }
    pq.write_table(pa.table(columns), file)
    found = read(file)
    assert (found.texts, found.unreadable) == (1, 2)


def test_names_that_no_file_can_have_are_one_line() -> None:
    for name in ("a" * 5_000, "a\0b", "\udcff"):
        with pytest.raises(PmcmineError, match="no such file") as caught:
            read(name)
        assert len(str(caught.value).encode()) < 500


@pytest.mark.skipif(sys.platform != "linux", reason="file names elsewhere are Unicode")
def test_a_name_of_other_bytes_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff.txt")
    file.write_text(WORDS)
    assert json.dumps(read(file).name, ensure_ascii=False).encode() == '"\ufffd"'.encode()


def test_headers_of_a_tar_are_bounded(tmp_path: Path) -> None:
    info = tarfile.TarInfo("h")
    info.type, info.size = tarfile.XHDTYPE, 1 << 20
    packed = io.BytesIO(info.tobuf() + b"\0" * (1 << 20))
    (tmp_path / "set.tar").write_bytes(packed.getvalue())
    with pytest.raises(PmcmineError, match="a header of 1048576 bytes"):
        read(tmp_path / "set.tar")
