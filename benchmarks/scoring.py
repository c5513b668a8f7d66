"""What scores and curated lists cost: each scorer over a release, and each step of a recipe over many made figures."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from benchmarks.browsing import write_made_release
from benchmarks.search import copied_release

_SCORERS: Final = ("caption-tokens", "image-statistics", "image-embedding")
# Each step alone, and all of them; over figures that are made, with drawn values.
_RECIPES: Final = {
    "where": "where = \"year >= 2010 AND license = 'CC-BY'\"",
    "concept": "where = \"concept_below('X:1')\"",
    "quantile": '[[quantile]]\ncolumn = "caption_quality"\nleast = 0.5',
    "balance by kind": '[[balance]]\nby = "image_kinds"\ncap = 5000',
    "balance by journal": '[[balance]]\nby = "journal"\ncap = 50',
    "balance by concept": '[[balance]]\nby = "concept"\ncap = 100\nmatch = "any"',
    "size": "size = 10000",
}


def score(data: Path | None) -> dict[str, Any]:
    """Score the figures of a copy of the release in `PMCMINE_RELEASE`, or of a demo, with each scorer that is at hand.

    `PMCMINE_TEXT_MODEL`, the folder of an encoder, adds `text-embedding`. The ratio is that of the whole command to a
    plain loop over its blocks, in processor time.
    """
    options: dict[str, dict[str, str]] = {name: {} for name in _SCORERS}
    if folder := os.environ.get("PMCMINE_TEXT_MODEL"):
        options["text-embedding"] = {"model": folder}
    with copied_release() as release, tempfile.TemporaryDirectory() as scratch:
        return {name: _scored(release, name, given, Path(scratch)) for name, given in options.items()}


def _scored(release: Path, scorer: str, options: dict[str, str], scratch: Path) -> dict[str, Any]:
    from pipelines.score import run_blocks
    from pmcmine.config import load_config
    from pmcmine.io.folder import Folder
    from pmcmine.score.blocks import BLOCK_ROWS, blocks_of, score_block
    from pmcmine.score.registry import open_scorer, request_for, scorers
    from pmcmine.score.run import score_release

    request = request_for(scorer, f"benchmark-{scorer}", None, options)  # a name that no release has
    images = bool(scorers()[scorer].target.images)
    files = sorted((release / "tables" / "figures").rglob("*.parquet"))
    rows = {f.relative_to(release).as_posix(): pq.read_metadata(f).num_rows for f in files}
    opened = open_scorer(request)
    folder = Folder(str(scratch / scorer))
    begun = time.process_time()
    n = sum(score_block(release, folder, b, request, opened, images) for b in blocks_of(rows, BLOCK_ROWS))
    plain = time.process_time() - begun
    graph = partial(run_blocks, load_config({"vocab": "none"}))
    begun = time.process_time()
    score_release(release, request, graph, out=scratch / f"{scorer}.parquet", overwrite=True, block_rows=BLOCK_ROWS)
    whole = time.process_time() - begun
    size = (scratch / f"{scorer}.parquet").stat().st_size
    return {"rows": n, "cpu_ms_a_row": round(1000 * plain / max(n, 1), 2), "bytes_a_row": round(size / max(n, 1), 1),
            "ratio": round(whole / max(plain, 1e-9), 2), "more_s": round(whole - plain, 2)}  # fmt: skip


def curate(data: Path | None, rows: int = 100_000) -> dict[str, Any]:
    """Carry out recipes over made figures; seconds of the processor, and how many figures are left.

    Args:
        data: not used.
        rows: number of figures.
    """
    from pmcmine.curate.choose import curate as chosen_by
    from pmcmine.curate.recipe import parse_recipe

    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        # In a process of its own, so that its memory is not that of the recipes.
        maker = multiprocessing.get_context("spawn").Process(target=write_made_release, args=(release, rows, False))
        maker.start()
        maker.join()
        found = {}
        together = "\n".join(sorted(_RECIPES.values(), key=lambda text: text.startswith("[[")))
        whole = together.replace(_RECIPES["concept"], "")  # one condition
        for name, text in {**_RECIPES, "all": whole}.items():
            recipe = parse_recipe(text.encode(), name)
            begun = time.process_time()
            left = len(chosen_by(release, recipe, name).ids)
            found[name] = {"cpu_s": round(time.process_time() - begun, 2), "figures": left}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"rows": rows, "recipes": found, "peak_mb": peak}
