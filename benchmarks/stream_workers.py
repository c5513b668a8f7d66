"""Workers of a stream: what one more costs in seconds and memory, forked and spawned, as loaders of data start them."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

WORKERS: Final = 8
_CHILD: Final = "import sys; from benchmarks.stream_workers import measure_here; measure_here(*sys.argv[1:])"


def _kept(name: str) -> int:
    with Path("/proc/self/smaps_rollup").open() as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024


def _work(samples: Any, begun: float, together: Any, answers: Any) -> None:
    """Read the first sample; say how long that took since the start, and what memory it took once all have theirs."""
    next(iter(samples))
    first = time.monotonic() - begun
    together.wait(600)
    answers.put({"first_sample_s": first, "own_mb": _kept("Private_"), "share_mb": _kept("Pss:")})
    together.wait(600)


def measure_here(release: str, method: str, workers: str) -> None:
    """Open a release in this process, start so many workers, and print what they say."""
    from pmcmine import stream

    n = int(workers)
    begun = time.monotonic()
    samples = stream.open(release, seed=1)
    opened = time.monotonic() - begun
    context: Any = multiprocessing.get_context(method)
    together, answers = context.Barrier(n), context.Queue()
    begun = time.monotonic()
    started = [context.Process(target=_work, args=(samples, begun, together, answers)) for _ in range(n)]
    for worker in started:
        worker.start()
    found = [answers.get(timeout=600) for _ in started]
    here = _kept("Pss:")
    for worker in started:
        worker.join(600)
    print(json.dumps({
        "workers": n, "open_s": round(opened, 2), "own_mb": max(f["own_mb"] for f in found),
        "share_mb_in_all": sum(f["share_mb"] for f in found), "share_mb_of_the_first_process": here,
        "first_sample_s": round(max(f["first_sample_s"] for f in found), 2)}))  # fmt: skip


def started(release: str, method: str, workers: int = WORKERS) -> dict[str, Any]:
    """Open a release in a process of its own that starts so many workers by a method; what they say."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, release, method, str(workers)], check=True, stdout=subprocess.PIPE, text=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
