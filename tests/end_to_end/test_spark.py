"""The real thing: a Spark master, two workers, Beam's job server and a pool of Python processes, on loopback."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pmcmine.config import load_config
from pmcmine.demo import demo_articles, write_bucket
from tests.helpers import mine, release_json, tree

# A cluster of two JVMs takes ten minutes on two busy cores; a hang shows in any case.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
SCRIPT = Path(__file__).parents[2] / "infra" / "spark" / "cluster.py"
OPTIONS: dict[str, Any] = {
    "shard_bytes": 300_000,
    "max_reject_share": 1.0,
    "panel_shards": True,
    "parquet_images": True,
}


def _module() -> Any:
    spec = importlib.util.spec_from_file_location("pmcmine_spark_cluster", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("Spark needs java and mvn on PATH")
    module = _module()
    try:
        jars = module.class_path()
    except RuntimeError as error:
        pytest.skip(f"the registry lacks Beam's Spark runner: {error}")
    assert any("beam-runners-spark" in jar for jar in jars)
    with module.Cluster(tmp_path_factory.mktemp("spark")) as running:
        yield running


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    write_bucket(folder, demo_articles(8))
    return folder


def _start(cluster: Any, source: Path, out: Path, **options: Any) -> subprocess.Popen[bytes]:
    flags = [f"--set={k}={v}" for k, v in {**OPTIONS, **options}.items()]
    command = [sys.executable, "-m", "pmcmine", "mine", "--source", str(source), "--out", str(out), "--runner", "spark",
               "-q", *flags]  # fmt: skip
    env = os.environ | {
        "PMCMINE_MINE_SPARK_JOB_SERVER": cluster.job_endpoint, "PMCMINE_MINE_SPARK_WORKER_POOL": cluster.pool_endpoint,
        "PMCMINE_VOCAB_DIR": os.devnull,
    }  # fmt: skip
    return subprocess.Popen(command, env=env)


def _when_mining(out: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until a worker is at a block; its PID, which the block's marker states."""
    while not (markers := list(out.glob("_work/blocks/*/*/started-*"))):
        assert process.poll() is None
        time.sleep(0.02)
    return int(markers[0].name.split("-")[1])


def _direct(source: Path, out: Path, **options: Any) -> dict[str, str]:
    mine(load_config({**OPTIONS, **options, "source": str(source), "out": str(out)}))
    return tree(out, "shards", "shards-panels", "shards-parquet", "tables", "state")


def test_spark_makes_the_same_bytes_as_direct(cluster: Any, source: Path, tmp_path: Path) -> None:
    process = _start(cluster, source, tmp_path / "spark")
    assert process.wait(500) == 0
    ours = tree(tmp_path / "spark", "shards", "shards-panels", "shards-parquet", "tables", "state")
    assert ours == _direct(source, tmp_path / "direct") and len(ours) > 30
    assert release_json(tmp_path / "spark")["run"]["runner"] == "spark"
    assert not (tmp_path / "spark" / "_work").exists()


def test_a_python_worker_is_killed(cluster: Any, source: Path, tmp_path: Path) -> None:
    options = {"near_duplicates": False}
    process = _start(cluster, source, tmp_path / "spark", **options)
    # Not one that only starts: for such a one Beam's runner waits without an end.
    os.kill(_when_mining(tmp_path / "spark", process), signal.SIGKILL)
    assert process.wait(500) == 0
    ours = tree(tmp_path / "spark", "shards", "shards-panels", "shards-parquet", "tables", "state")
    assert ours == _direct(source, tmp_path / "direct", **options)


def test_a_jvm_worker_is_killed(cluster: Any, source: Path, tmp_path: Path) -> None:
    options = {"near_duplicates": False}
    process = _start(cluster, source, tmp_path / "spark", **options)
    _when_mining(tmp_path / "spark", process)
    cluster.kill("worker-0")  # and its executor
    assert process.wait(500) == 0
    ours = tree(tmp_path / "spark", "shards", "shards-panels", "shards-parquet", "tables", "state")
    assert ours == _direct(source, tmp_path / "direct", **options)
