"""The recipe for many GPUs, on processors: four ranks with workers, stopped in mid-epoch, gone on with by two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.releases import write_release

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
if find_spec("open_clip") is None:  # to import it takes seconds, and only the ranks need it
    pytest.skip("the recipes need open_clip: pip install '.[recipes]'", allow_module_level=True)
RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "train_ddp.py"
N = 150


def _run(release: Path, out: Path, ranks: int, *options: str) -> list[dict[str, object]]:
    """Train; returns what all ranks have logged."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks), str(RECIPE),
               str(release), "--out", str(out), "--model", "pmcmine-tiny", "--batch", "4", "--log-keys", "--warmup", "2",
               "--rate", "1e-3", "--seed", "5", *options]  # fmt: skip
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for path in sorted(out.glob("log-*.jsonl")) for line in path.read_text().splitlines()]


def test_four_ranks_and_then_two_see_each_sample_once(tmp_path: Path) -> None:
    release = write_release(tmp_path / "release", N, N)
    first = _run(release, tmp_path / "run", 4, "--steps", "5", "--workers", "1", "--save-every", "3")
    # 150 samples: 37 for each of 4 ranks, 9 whole batches of 4; 5 of them are done, 70 samples are left.
    assert len(first) == 4 * 5
    # By two ranks without workers, 8 whole batches of 4 for each, then the next epoch.
    lines = _run(release, tmp_path / "run", 2, "--steps", "15", "--workers", "0")
    assert [line["epoch"] for line in lines if line["step"] == 13] == [0, 0]
    assert [line["epoch"] for line in lines if line["step"] == 14] == [1, 1]
    keys = [key for line in lines if line["epoch"] == 0 for key in line["keys"]]  # type: ignore[attr-defined]
    assert len(keys) == len(set(keys)) == 4 * 5 * 4 + 2 * 8 * 4
    assert (tmp_path / "run" / "checkpoint.pt").exists()
