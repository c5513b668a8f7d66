"""The fault suite in full: `python -m benchmarks.soak [--rounds N] [--only NAME]`. CI runs each scenario once, small.

Each scenario breaks something that breaks in the field, runs `mine` as its users do, and compares what came of it with
a run that nothing happened to. Prints a line a scenario; the exit code is the number of those that failed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.soak.content import (
    damaged_old_shard,
    damaged_pack,
    damaged_snapshot,
    hostile_article,
    only_what_licences_allow,
    secrets_stay,
)
from benchmarks.soak.faults import lasting_faults, no_such_host, passing_faults, quiet_when_asked
from benchmarks.soak.machine import disk_full, killed_at_many_moments, out_of_memory, permission_denied, two_at_once
from benchmarks.soak.world import World

SCENARIOS: dict[str, Callable[[World], None]] = {
    f.__name__: f
    for f in (
        passing_faults, lasting_faults, no_such_host, killed_at_many_moments, disk_full, permission_denied, out_of_memory,
        two_at_once, damaged_pack, damaged_snapshot, damaged_old_shard, hostile_article, secrets_stay,
        only_what_licences_allow, quiet_when_asked,
    )
}  # fmt: skip


def play(name: str, seed: int, articles: int, moments: int) -> str | None:
    """Play a scenario; what went wrong, or None."""
    with tempfile.TemporaryDirectory(prefix=f"pmcmine-{name}-") as folder:
        try:
            SCENARIOS[name](World(Path(folder), random.Random(seed), articles, moments))
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return f"{error or traceback.format_exc(limit=-1)}"[:2000]
    return None


def main() -> int:
    """Play all scenarios; the number of failures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--articles", type=int, default=250)
    parser.add_argument("--moments", type=int, default=20, help="kills of a run")
    parser.add_argument("--only", choices=sorted(SCENARIOS))
    args = parser.parse_args()
    results: dict[str, Any] = {}
    for seed in range(args.rounds):
        for name in [args.only] if args.only else SCENARIOS:
            began = time.monotonic()
            problem = play(name, seed, args.articles, args.moments)
            results[f"{name}/{seed}"] = problem is None
            print(f"{'ok  ' if problem is None else 'FAIL'} {name} ({time.monotonic() - began:.0f} s)", flush=True)
            if problem:
                print(f"     {problem}", flush=True)
    failed = sum(not ok for ok in results.values())
    print(json.dumps({"scenarios": len(results), "failed": failed}))
    return failed


if __name__ == "__main__":
    sys.exit(main())
