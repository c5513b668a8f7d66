"""Start-up of `mine` on each runner that this machine has: from the command to the first article.

Moments are read from the work folder, so that nothing in the program measures itself: the run is marked (what needs no
Beam is loaded and checked), the snapshot is listed, the first block is begun.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_HERE: Final = Path(__file__).parents[1]
_LIMIT: Final = 600.0  # seconds of a run
_MOMENTS: Final = {  # files of the work folder
    "marked": "run.json",
    "listed": "snapshot/snapshot.json",
    "first_article": "blocks/*/*/started-*",
}
_IMPORTS: Final = ("pmcmine.cli", "pmcmine.config", "apache_beam", "pipelines.job")
_ROUNDS: Final = 3
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, float]:
    """Return the parent of a process, and the seconds of processor time of it and its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), sum(map(int, fields[11:15])) / _TICKS  # utime, stime, cutime, cstime: proc(5)


def _used(roots: set[int], said: str) -> float:
    """Return seconds of processor time of processes, of those with some text in their command, and of all below."""
    found: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(path.name)] = _stat(int(path.name))
                if said.encode() in (path / "cmdline").read_bytes():  # tasks of SLURM are nobody's children
                    roots = {*roots, int(path.name)}
    ours = {pid for pid in roots if pid in found}
    while more := {pid for pid, (parent, _) in found.items() if parent in ours} - ours:
        ours |= more
    return sum(found[pid][1] for pid in ours)


Ready = tuple[list[str], Mapping[str, str], set[int]]  # options and variables for `mine`, processes that work for it


def _run(source: Path, out: Path, runner: str, ready: Ready) -> dict[str, Any]:
    """Run `mine` and note when each moment was; seconds and processor time since the command."""
    more, env, others = ready
    keys = ("vocab=none", "max_reject_share=1.0", "slurm_tasks=1", "slurm_memory=900M", "slurm_time=10:00")
    options = [*more, *(f"--set={key}" for key in keys)]
    command = [sys.executable, "-m", "pmcmine", "mine", "-q", "--source", str(source), "--out", str(out)]
    found: dict[str, Any] = {}
    before, begun = _used(others, str(out)), time.monotonic()
    process = subprocess.Popen(
        [*command, "--runner", runner, *options], env={**os.environ, **env}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    release, roots, last = out / "release.json", others | {process.pid}, 0.0
    while not release.exists() and time.monotonic() - begun < _LIMIT and (runner == "slurm" or process.poll() is None):
        last = max(last, _used(roots, str(out)) - before)  # of processes that end and were children of none of these
        for name, pattern in _MOMENTS.items():
            if name not in found and any((out / "_work").glob(pattern)):
                found[name] = {"s": round(time.monotonic() - begun, 2), "cpu_s": round(last, 2)}
        time.sleep(0.05)
    if not release.exists():
        why = f"mine ended with {process.returncode}" if process.poll() is not None else f"no release in {_LIMIT:.0f} s"
        process.kill()
        return {**found, "fails": why}
    found["release"] = {"s": round(time.monotonic() - begun, 2), "cpu_s": round(last, 2)}
    return {**found, "fails": f"mine ended with {process.returncode}"} if process.wait(60) else found


def _cluster_of(name: str) -> ModuleType:
    path = _HERE / "infra" / name / "cluster.py"
    spec = importlib.util.spec_from_file_location(f"pmcmine_{name}_cluster", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _ready(runner: str, folder: Path) -> Iterator[Ready | None]:
    """Start what a runner needs; yields None if this machine does not have it."""
    folder.mkdir()
    if runner == "direct":
        yield [], {}, set()
    elif runner == "prism":
        prism = os.environ.get("PMCMINE_PRISM")
        yield None if prism is None else ([f"--beam=--prism_location={prism}"], {}, set())
    elif runner == "slurm":
        module = _cluster_of("slurm")
        if module.missing():
            yield None
            return
        with module.Cluster(folder, nodes=1) as cluster:
            yield [], cluster.env, {p.pid for p in cluster.processes.values()}
    elif shutil.which("java") is None or shutil.which("mvn") is None:
        yield None
    else:
        with _cluster_of("spark").Cluster(folder, workers=1) as cluster:
            env = {
                "PMCMINE_MINE_SPARK_JOB_SERVER": cluster.job_endpoint,
                "PMCMINE_MINE_SPARK_WORKER_POOL": cluster.pool_endpoint,
            }
            yield [], env, {p.pid for p in cluster.processes.values()}


def _imports() -> dict[str, float]:
    """Return seconds of processor time that a process needs to start and import a module, least of some rounds."""
    found: dict[str, float] = {}
    for _ in range(_ROUNDS):
        for module in ("sys", *_IMPORTS):
            code = f"import time, {module}; print(time.process_time())"
            command = [sys.executable, "-W", "ignore", "-c", code]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
            found[module] = min(found.get(module, 1e9), round(float(done.stdout.split()[-1]), 2))
    return {"python": found.pop("sys"), **found}


def startup(data: Path | None) -> dict[str, Any]:
    """Measure imports, and each runner twice: with all of its programs just started, and again."""
    from pmcmine.demo import demo_articles, write_bucket

    results: dict[str, Any] = {"imports_cpu_s": _imports()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_bucket(folder / "source", demo_articles(8))
        for runner in ("direct", "prism", "slurm", "spark"):
            with _ready(runner, folder / runner) as ready:
                if ready is None:
                    results[runner] = "not on this machine"
                    continue
                results[runner] = [_run(folder / "source", folder / f"{runner}-{n}", runner, ready) for n in range(2)]
            print(f"{runner}: {results[runner]}", file=sys.stderr, flush=True)
    return results
