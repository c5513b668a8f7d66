"""What a spawned worker of a stream loads: each one holds it anew."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from benchmarks.releases import write_release
from pmcmine import stream

_CHILD = """
import pickle, sys
samples = pickle.loads(sys.stdin.buffer.read())
print(next(iter(samples))["key"])
print(*{name.split(".")[0] for name in sys.modules})
"""


def test_a_worker_that_reads_a_local_copy_loads_nothing_heavy(tmp_path: Path) -> None:
    samples = stream.open(str(write_release(tmp_path / "release", 40, 20)), seed=1)
    child = subprocess.run([sys.executable, "-c", _CHILD], input=pickle.dumps(samples), capture_output=True, check=True)
    key, modules = child.stdout.decode().splitlines()
    assert key == next(iter(samples))["key"]
    assert not {"pyarrow", "numpy", "duckdb", "fsspec", "pandas", "lxml", "pydantic", "PIL"} & {*modules.split()}
