"""Opening a stream over many figures: time, memory of a process and of several, first sample, size of a state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.releases import write_release
from benchmarks.stream_workers import started

_PROCESSES: Final = 4
_CHILD: Final = """
import json, sys, time

with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # the peak so far is the parent's
from pmcmine import stream

def kept(name, file="smaps_rollup"):
    with open(f"/proc/self/{file}") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024

release, where, rank, world = sys.argv[1], sys.argv[2] or None, int(sys.argv[3]), int(sys.argv[4])
before = kept("Pss:")
begun, cpu = time.perf_counter(), time.process_time()
samples = stream.open(release, where=where, seed=1, rank=rank, world_size=world)
opened = time.perf_counter()
cpu = time.process_time() - cpu
iterator = iter(samples)
next(iterator)
first = time.perf_counter()
state = len(json.dumps(samples.state_dict()))
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps({
    "samples": len(samples), "open_s": round(opened - begun, 2), "open_cpu_s": round(cpu, 2),
    "first_sample_s": round(first - opened, 2), "peak_mb": kept("VmHWM:", "status"),
    "own_mb": kept("Private_Dirty:"), "share_mb": kept("Pss:"), "before_mb": before, "state_bytes": state}))
"""


def stream_scale(rows: int, where: str = "year >= 2020") -> dict[str, Any]:
    """Open a release of so many figures: for the first time, again, with a condition, and by several processes at once.

    `own_mb` is memory of the process alone, `share_mb` with its share of what processes have in common, `before_mb` the
    same before the stream was opened.
    """
    with tempfile.TemporaryDirectory() as folder:
        release = write_release(Path(folder) / "release", rows)
        return {"rows": rows, **measure(str(release), where)}


def measure(release: str, where: str) -> dict[str, Any]:
    """Open a release, as of `stream_scale`."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PMCMINE_CACHE"] = folder
        found: dict[str, Any] = {"first_open": _opened(release, "", 1)[0], "again": _opened(release, "", 1)[0]}
        found["condition"] = _opened(release, where, 1)[0]
        together = _opened(release, "", _PROCESSES)
        found["at_once"] = {
            "processes": len(together),
            "open_s": max(t["open_s"] for t in together),
            "share_mb_in_all": sum(t["share_mb"] for t in together),
        }
        found["workers"] = {method: started(release, method) for method in ("fork", "spawn")}
        for path in Path(folder).iterdir():
            path.unlink()
        together = _opened(release, "", _PROCESSES)
        found["first_open_at_once"] = {
            "processes": len(together),
            "open_s": max(t["open_s"] for t in together),
            "open_cpu_s_in_all": round(sum(t["open_cpu_s"] for t in together), 2),
            "peak_mb_in_all": sum(t["peak_mb"] for t in together),
        }
    return found


def many_workers(rows: int, workers: int) -> dict[str, Any]:
    """Open a release of so many figures, then start so many workers: seconds, and memory of all and of each."""
    with tempfile.TemporaryDirectory() as folder:
        release = str(write_release(Path(folder) / "release", rows))
        os.environ["PMCMINE_CACHE"] = f"{folder}/cache"
        found: dict[str, Any] = {"rows": rows, "first_open": _opened(release, "", 1)[0]}
        for method in ("fork", "spawn"):
            found[method] = started(release, method, workers)
            print(json.dumps({method: found[method]}), file=sys.stderr, flush=True)
        return found


def _opened(release: str, where: str, world: int) -> list[dict[str, Any]]:
    """Open a release in so many processes at once; what each says when all have their first sample."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, release, where, str(rank), str(world)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for rank in range(world)
    ]  # fmt: skip
    for child in children:
        # DuckDB may draw its progress before: it takes a program without a file for a person.
        if child.stdout is None or "ready\n" not in iter(child.stdout.readline, ""):
            raise RuntimeError("a process could not open the release")
    # All are asked at the same moment: shares of memory depend on who else is there.
    answers = [child.communicate("\n")[0] for child in children]
    return [json.loads(answer) for answer in answers]
