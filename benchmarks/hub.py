"""Streaming from a Hub: what a condition that chooses a hundredth moves, and stalls while a tenth of answers fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_CLIENT = """
import json, sys, time
from pmcmine import stream
samples = stream.open("org/pairs", where=sys.argv[1] or None, seed=0)
gaps, n, last = [], 0, time.perf_counter()
for sample in samples:
    now = time.perf_counter()
    gaps.append(now - last)
    n += 1
    time.sleep(0.003)  # a training step's share of a sample
    last = time.perf_counter()
print(json.dumps({"samples": n, "longest": max(gaps[1:], default=0.0)}))
"""


def hub(data: Path | None) -> dict[str, Any]:
    """Bytes and gaps of `pmcmine.stream` over a small Hub on loopback (`tests/hub_server.py`)."""
    from huggingface_hub import constants

    from pipelines.job import run
    from pmcmine.config import load_config
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles
    from pmcmine.publish.upload import publish
    from pmcmine.run.progress import Progress
    from tests.hub_server import Faults, HubServer

    constants.HF_HUB_DISABLE_XET = True
    os.environ["HF_TOKEN"] = "x"
    with tempfile.TemporaryDirectory() as folder, HubServer() as server:
        write_bucket(Path(folder) / "bucket", many_articles(600))
        off = {"vocab": "none", "classify": False, "image_kinds": False, "languages": False, "privacy": False}
        flags = {"source": f"{folder}/bucket", "out": f"{folder}/release", "shard_bytes": 4_000_000, "panels": False}
        run(load_config({**flags, **off}), Progress(quiet=True))
        publish(f"{folder}/release", "org/pairs", endpoint=server.url)

        def client(where: str = "") -> dict[str, Any]:
            env = {**os.environ, "HF_ENDPOINT": server.url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": f"{folder}/home"}
            before = server.read_bytes
            done = subprocess.run([sys.executable, "-c", _CLIENT, where], env=env, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            return found | {"bytes": server.read_bytes - before}

        whole = client()
        some = client("hash(figure_id) % 100 = 0")
        none = client("hash(figure_id) % 100 = 0 AND figure_id = 'none'")
        server._faults = Faults(0.1, seed=2)
        busy = client()
    return {
        "samples": whole["samples"],
        "share_chosen": round(some["samples"] / whole["samples"], 4),
        "share_of_bytes": round((some["bytes"] - none["bytes"]) / (whole["bytes"] - none["bytes"]), 4),
        "index_bytes": none["bytes"],
        "longest_gap_seconds": round(whole["longest"], 3),
        "longest_gap_seconds_a_tenth_failing": round(busy["longest"], 3),
    }
