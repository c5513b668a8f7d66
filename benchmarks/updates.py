"""How the cost of an update of one article grows with the corpus."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, Final

from benchmarks.scale import measured_command

if TYPE_CHECKING:
    from pmcmine.demo.corpus import DemoArticle

SIZES: Final = (300, 3_000)
ROUNDS: Final = 3
# Files of the same size in each corpus, as in one that is large: what an update writes anew are whole files.
_FILES: Final = {"shard_bytes": 6_000_000, "table_bytes": 1_000_000}
_LIGHT: Final = ("classify", "image_kinds", "languages", "privacy")  # what mining does, not an update of one article
_PANEL: Final = (160, 120)  # pixels: an update reads no image of shards that it keeps
_BATCH: Final = 50  # articles whose images are held at once


def _small(article: DemoArticle) -> DemoArticle:
    """Draw an article's figures small, so that the corpora are made in minutes."""
    from pmcmine.demo.pictures import draw, encode

    drawn = (
        replace(f, bytes=encode(draw(f.kinds, article.pmcid * 100 + n, _PANEL), f.form))
        for n, f in enumerate(article.figures)
    )
    return replace(article, figures=tuple(drawn))


def _mined(folder: Path, n: int) -> None:
    """Write a source of n articles and mine it; afterwards one of them is gone."""
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles

    source, out, articles = folder / f"source-{n}", folder / f"release-{n}", many_articles(n)
    for at in range(0, n, _BATCH):
        write_bucket(source, [_small(article) for article in articles[at : at + _BATCH]])
        shutil.rmtree(source / "inventory-reports")
    options = [f"--set={key}=false" for key in _LIGHT] + [f"--set={key}={n}" for key, n in _FILES.items()]
    measured_command(out, "mine", "--source", str(source), "--out", str(out), *options)
    gone = sorted((source / "metadata").glob("*.json"))[n // 2]
    gone.unlink()
    shutil.rmtree(source / gone.stem)


def _updated(folder: Path, n: int) -> dict[str, Any]:
    """Update a copy of a release; core-seconds, peak memory and seconds by step."""
    copy = folder / "copy"
    # Files are linked: an update puts new ones in their place and changes none.
    shutil.copytree(folder / f"release-{n}", copy, copy_function=os.link)
    found = measured_command(copy, "update", str(copy), "--source", str(folder / f"source-{n}"))
    steps = json.loads((copy / "metrics.json").read_text())["seconds_by_step"]
    shutil.rmtree(copy)
    return {"cpu": round(found["cpu"], 2), "peak_mb": round(found["peak_mb"]), "wall_by_step": steps}


def updates(data: Path | None) -> dict[str, Any]:
    """Core-seconds of an update after one of n generated articles is gone; the largest corpus to the smallest.

    The corpora take turns, so that what else the machine does is the same for both. `PMCMINE_SCALE` holds other sizes,
    such as 300,750.
    """
    sizes = [int(n) for n in os.environ.get("PMCMINE_SCALE", "").split(",") if n] or list(SIZES)
    rounds: list[dict[int, dict[str, Any]]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in sizes:
            _mined(folder, n)
        for _ in range(ROUNDS):
            rounds.append({n: _updated(folder, n) for n in sizes})
            print(json.dumps(rounds[-1]), file=sys.stderr, flush=True)
    cpu = {n: [r[n]["cpu"] for r in rounds] for n in sizes}
    ratios: Sequence[float] = [last / first for first, last in zip(cpu[sizes[0]], cpu[sizes[-1]], strict=True)]
    return {
        "cpu": {n: round(mean(seconds), 2) for n, seconds in cpu.items()},
        "peak_mb": {n: max(r[n]["peak_mb"] for r in rounds) for n in sizes},
        "largest_to_smallest": round(mean(ratios), 2),
        "from_to": [round(min(ratios), 2), round(max(ratios), 2)],
    }
