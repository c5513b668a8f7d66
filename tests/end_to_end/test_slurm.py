"""The real thing: munge, SLURM's controller and two nodes on loopback."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pmcmine.config import load_config
from pmcmine.demo import demo_articles, write_bucket
from pmcmine.demo.corpus import DemoFigure, many_articles
from tests.helpers import NO_MODELS, flags_of, mine, release_json, rows, tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
SCRIPT = Path(__file__).parents[2] / "infra" / "slurm" / "cluster.py"
OPTIONS: dict[str, Any] = {**NO_MODELS, "shard_bytes": 300_000, "max_reject_share": 1.0}
JOBS: dict[str, Any] = {"slurm_tasks": 3, "slurm_memory": "900M", "slurm_time": "10:00"}
WAIT = 400.0  # seconds, on a busy machine


def _module() -> Any:
    spec = importlib.util.spec_from_file_location("pmcmine_slurm_cluster", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    module = _module()
    if module.missing():
        pytest.skip(f"not on PATH: {', '.join(module.missing())} (Debian: slurm-wlm, munge)")
    with module.Cluster(tmp_path_factory.mktemp("slurm"), max_array_size=3) as running:
        yield running


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    write_bucket(folder, demo_articles(24))
    return folder


@pytest.fixture(scope="module")
def direct(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("direct") / "release"
    mine(load_config({**OPTIONS, "source": str(source), "out": str(out)}))
    return _made(out)


def _made(out: Path) -> dict[str, str]:
    return tree(out, "shards", "tables", "state")


def _call(cluster: Any, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pmcmine", *arguments], env=os.environ | cluster.env, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def _submit(cluster: Any, source: Path, out: Path, **options: Any) -> str:
    flags = flags_of({**OPTIONS, **JOBS, **options})
    code, said = _call(cluster, "mine", "-q", "--source", str(source), "--out", str(out), "--runner", "slurm", *flags)
    assert code == 0, said
    return said


def test_what_the_site_does_not_have_is_refused_before_a_folder_is_made(
    cluster: Any, source: Path, tmp_path: Path
) -> None:
    args = (
        "mine",
        "-q",
        "--source",
        str(source),
        "--out",
        str(tmp_path / "out"),
        "--runner",
        "slurm",
        *flags_of(OPTIONS),
    )
    for flags in (
        ("--slurm-partition", "nowhere"),
        ("--slurm-memory", "90000G"),
        ("--slurm-finish-options=--nonsense",),
    ):
        code, said = _call(cluster, *args, *flags)
        assert code == 2 and said.startswith("pmcmine: sbatch failed: ") and said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def _until(what: Callable[[], object], seconds: float = WAIT) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.3)


def _slurm(cluster: Any, *command: str) -> str:
    done = subprocess.run(command, env=os.environ | cluster.env, capture_output=True, text=True)
    return done.stdout


def _queue(cluster: Any) -> list[str]:
    return _slurm(cluster, "squeue", "--noheader", "--array", "--format=%i %T").split("\n")[:-1]


def _at_work(out: Path) -> list[Path]:
    return list(out.glob("_work/blocks/*/*/started-*"))


def _committed(out: Path) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in out.glob("_work/blocks/*/*/manifest.json")}


def test_slurm_makes_the_same_bytes_as_direct(
    cluster: Any, source: Path, direct: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "a release"  # scripts quote
    secret = "https://user:s3cret-pass@127.0.0.1:9/"
    said = _submit(cluster, source, out, slurm_tasks=64, endpoint=secret)
    assert "in 3 tasks" in said  # MaxArraySize
    texts = [p.read_text() for p in (out / "_work" / "slurm").iterdir() if p.is_file()]
    assert "--array=0-2" in "".join(texts) and "s3cret" not in "".join(texts)
    code, said = _call(cluster, "mine", "-q", "--source", str(source), "--out", str(out), "--runner", "slurm",
                       *flags_of({**OPTIONS, **JOBS, "endpoint": secret}))  # fmt: skip
    assert code == 2 and ("in the queue still" in said or "another run is at work" in said), said
    code, said = _call(cluster, "status", str(out))
    assert code == 0 and "blocks" in said and "finish: 1 pending (Dependency)" in said, said
    _until((out / "release.json").exists)
    _until(lambda: not _queue(cluster))
    assert _made(out) == direct and len(direct) > 15
    assert release_json(out)["run"]["runner"] == "slurm" and "s3cret" not in (out / "release.json").read_text()
    assert not (out / "_work").exists()
    assert "complete" in _call(cluster, "status", str(out))[1]


def test_a_warned_task_is_requeued_and_a_killed_one_is_submitted_again(
    cluster: Any, source: Path, direct: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "release"
    _submit(cluster, source, out)
    job = min(line.partition("_")[0] for line in _queue(cluster) if "_" in line)
    # Not both at a time: on a busy machine one may have ended before the other begins.
    _, warned = _task_at_work(out)
    # As SLURM does near the time limit: the signal goes to the script.
    _slurm(cluster, "scancel", "--batch", "--signal=USR1", f"{job}_{warned}")
    pid, killed = _task_at_work(out, besides=warned)
    os.kill(pid, signal.SIGKILL)
    log = out / "_work" / "slurm" / f"mine-{warned}.log"
    _until(lambda: "is requeued" in log.read_text())
    _until(lambda: not any(line.startswith(f"{job}_") for line in _queue(cluster)))
    assert "blocks mined in" in log.read_text().partition("is requeued")[2]
    code, said = _call(cluster, "status", str(out))
    assert code == 2 and f"failed    task {killed}: ended without an error of its own" in said, said
    assert not (out / "release.json").exists()
    _until(lambda: not _queue(cluster))  # the job that waits for all tasks is gone, too
    before = _committed(out)
    assert before
    _submit(cluster, source, out)
    _until((out / "_work" / "plan.json").exists)  # only what was missing was mined
    after = _committed(out)
    assert before.items() <= after.items() and len(after) > len(before)
    _until((out / "release.json").exists)
    _until(lambda: not _queue(cluster))
    assert _made(out) == direct


def _variable(pid: int, name: str) -> str:
    variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return next(v.partition(b"=")[2].decode() for v in variables if v.startswith(f"{name}=".encode()))


def _task_at_work(out: Path, besides: str = "") -> tuple[int, str]:
    """Wait for a task that mines, other than one; return its process and number."""
    found: list[tuple[int, str]] = []

    def look() -> bool:
        for path in _at_work(out):
            pid = int(path.name.split("-")[1])
            with suppress(OSError, StopIteration):  # it has just ended
                task = _variable(pid, "SLURM_ARRAY_TASK_ID")
                if task != besides:
                    found.append((pid, task))
        return bool(found)

    _until(look)
    return found[0]


def test_an_update_on_slurm(cluster: Any, tmp_path: Path) -> None:
    write_bucket(tmp_path / "source", demo_articles(8))
    outs = [tmp_path / "slurm", tmp_path / "direct"]
    for out in outs:
        mine(load_config({**OPTIONS, "source": str(tmp_path / "source"), "out": str(out)}))
    write_bucket(tmp_path / "source", demo_articles(10))
    for out, more in zip(outs, (["--runner", "slurm", *flags_of(JOBS)], []), strict=True):
        command = ["update", str(out), "--date", "2026-10-01", "-q", "--vocab", "none", "--max-reject-share", "1"]
        code, said = _call(cluster, *command, *more)
        assert code == 0, said
    _until(lambda: not _queue(cluster))
    assert _made(outs[0]) == _made(outs[1])
    assert release_json(outs[0])["updates"] == release_json(outs[1])["updates"]


def test_a_run_on_slurm_excludes_and_looks_for_benchmarks(cluster: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    asked = "Ten patients were followed for two years after surgery, and none of them had any pain at its end."
    articles = many_articles(8)
    articles[0] = replace(articles[0], figures=(DemoFigure(caption=asked),))
    write_bucket(source, articles)
    (tmp_path / "exclude.txt").write_text(f"PMC{articles[-1].pmcid}  # asked for by its authors\n")
    (tmp_path / "benchmark.txt").write_text(f"{asked}\n")
    lists = ["--exclude", str(tmp_path / "exclude.txt"), "--decontaminate", str(tmp_path / "benchmark.txt")]
    outs = [tmp_path / "slurm", tmp_path / "direct"]
    for out, runner in zip(outs, (["--runner", "slurm", *flags_of(JOBS)], []), strict=True):
        code, said = _call(
            cluster, "mine", "-q", "--source", str(source), "--out", str(out), *flags_of(OPTIONS), *lists, *runner
        )
        assert code == 0, said
    _until((outs[0] / "release.json").exists)
    _until(lambda: not _queue(cluster))
    assert tree(outs[0], "shards", "tables") == tree(outs[1], "shards", "tables")
    excluded = [r["pmcid"] for r in rows(outs[0], "rejects") if r["reason"] == "excluded"]
    assert excluded == [f"PMC{articles[-1].pmcid}"]
    assert [f["pmcid"] for f in rows(outs[0], "figures") if f["benchmarks"]] == [f"PMC{articles[0].pmcid}"]


def test_a_node_is_killed(cluster: Any, source: Path, direct: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "release"
    _submit(cluster, source, out)
    _until(lambda: _at_work(out))
    node = _variable(int(_at_work(out)[0].name.split("-")[1]), "SLURMD_NODENAME")
    cluster.kill_node(int(node.removeprefix("node")))
    _until((out / "release.json").exists)
    _until(lambda: not _queue(cluster))
    assert _made(out) == direct
    assert f"{node} down" in _slurm(cluster, "sinfo", "--noheader", "--Node", "--format=%N %T")
