"""How the cost of an update of one article grows with the corpus."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.scale import measured_command

SIZES: Final = (300, 3_000)
# Files of the same size in each corpus, as in one that is large: what an update writes anew are whole files.
_FILES: Final = {"shard_bytes": 20_000_000, "table_bytes": 1_000_000}
_LIGHT: Final = ("classify", "image_kinds", "languages", "privacy")  # what mining does, not an update of one article


def updates(data: Path | None) -> dict[str, Any]:
    """Core-seconds of an update after one of n generated articles is gone; the largest corpus to the smallest.

    `PMCMINE_SCALE` holds other sizes, such as 300,750.
    """
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles

    sizes = [int(n) for n in os.environ.get("PMCMINE_SCALE", "").split(",") if n] or list(SIZES)
    rows: dict[int, dict[str, Any]] = {}
    for n in sizes:
        with tempfile.TemporaryDirectory() as name:
            source, out = Path(name) / "source", Path(name) / "out"
            write_bucket(source, many_articles(n))
            shutil.rmtree(source / "inventory-reports")
            options = [f"--set={key}=false" for key in _LIGHT] + [f"--set={key}={n}" for key, n in _FILES.items()]
            measured_command(out, "mine", "--source", str(source), "--out", str(out), *options)
            gone = sorted((source / "metadata").glob("*.json"))[n // 2]
            gone.unlink()
            shutil.rmtree(source / gone.stem)
            found = measured_command(out, "update", str(out), "--source", str(source))
            steps = json.loads((out / "metrics.json").read_text())["seconds_by_step"]
        rows[n] = {"cpu": round(found["cpu"], 2), "peak_mb": round(found["peak_mb"]), "wall_by_step": steps}
        print(f"{n:>6} {json.dumps(rows[n])}", file=sys.stderr, flush=True)
    return {"sizes": rows, "largest_to_smallest": round(rows[sizes[-1]]["cpu"] / rows[sizes[0]]["cpu"], 2)}
