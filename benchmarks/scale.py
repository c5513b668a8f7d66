"""How a run grows: time, memory and bytes from 300 to 10,000 articles, and what goes through a shuffle."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pmcmine.demo.corpus import DemoArticle

SIZES = (300, 1_000, 3_000, 10_000)
_BATCH = 50  # articles whose images are drawn at once
_GRAIN = 8  # grey levels that a pixel is brighter or darker by


def _measured(elements: Iterable[Any]) -> tuple[int, list[Any]]:
    found = list(elements)
    return sum(len(pickle.dumps(e)) for e in found), found


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def shuffle(data: Path | None) -> dict[str, Any]:
    """Bytes that each graph sends through a shuffle, an article, pickled as Beam's fallback coder does."""
    from pipelines.job import run
    from pmcmine.assemble import files, routing
    from pmcmine.config import load_config
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles
    from pmcmine.duplicates import routing as near
    from pmcmine.duplicates.clusters import with_clusters
    from pmcmine.io.folder import Folder
    from pmcmine.release.plan import read_plan
    from pmcmine.run.progress import Progress
    from pmcmine.work.counters import NoCounters
    from pmcmine.work.records import read_clusters

    with tempfile.TemporaryDirectory() as folder:
        source = data / "pmc-bucket" if data is not None else Path(folder) / "bucket"
        if data is None:
            write_bucket(source, many_articles(200))
        config = load_config(
            {"source": str(source), "out": f"{folder}/release", "keep_work": True, "vocab": "none",
             "classify": False, "image_kinds": False, "languages": False, "privacy": False}
        )  # fmt: skip
        n = run(config, Progress(quiet=True)).release.snapshot.n_pmcids
        out, work = Folder(config.out), Folder(f"{config.out}/_work")
        plan = read_plan(work)
        assert plan is not None, "the run keeps its work folder"
        clusters = read_clusters(work)
        if clusters is not None:
            plan = with_clusters(plan, clusters, config.table_bytes)
        blocks = range(plan.n_blocks)
        sizes: dict[str, int] = {}
        parts = near.parts_of(plan.n_blocks)
        sizes["near, by token"], found = _measured(t for b in blocks for t in near.read_tokens(b, parts, work))
        sizes["near, by block"], found = _measured(r for item in _grouped(found).items() for r in near.repeated(item))
        members = (e for item in _grouped(found).items() for e in near.read_signatures(item, parts, work))
        sizes["near, by content"], found = _measured(members)
        tagged = [t for item in _grouped(found).items() for t in near.by_content(item, parts, plan.n_blocks)]
        sizes["near, by key"], keys = _measured(value for tag, value in tagged if tag == near.KEYS)
        pairs = [p for item in _grouped(keys).items() for p in near.by_key(item, plan.n_blocks)]
        sizes["near, edges"] = _measured([value for tag, value in tagged if tag == near.EDGES] + pairs)[0]
        staged = (e for b in blocks for e in routing.read_index(b, plan, work))
        sizes["assemble, by content"], found = _measured(staged)
        marked = (e for item in _grouped(found).items() for e in routing.by_shard(item, plan))
        sizes["assemble, by shard"], found = _measured(marked)
        places = (
            e for item in _grouped(found).items() for e in files.shard_places(item, plan, work, out, True, NoCounters())
        )
        sizes["assemble, by table file"] = _measured(places)[0]
    return {
        "articles": n,
        "bytes_an_article": {k: round(v / n) for k, v in sizes.items()},
        "total": round(sum(sizes.values()) / n),
    }


def _size() -> tuple[int, int] | None:
    """Width and height of the panels of generated images, if `PMCMINE_SCALE_PIXELS` asks for others than the demo's."""
    asked = os.environ.get("PMCMINE_SCALE_PIXELS")
    if not asked:
        return None
    width, height = (int(n) for n in asked.split("x"))
    return width, height


def _redrawn(article: DemoArticle, size: tuple[int, int]) -> DemoArticle:
    """Draw an article's figures with panels of another size, and with the grain of scans, which JPEG can't shrink."""
    import numpy as np
    from PIL import Image

    from pmcmine.demo.pictures import draw, encode

    figures = []
    for n, figure in enumerate(article.figures):
        seed = article.pmcid * 100 + n
        pixels = np.asarray(draw(figure.kinds, seed, size).convert("RGB")).astype(np.int16)
        grain = np.random.default_rng(seed).integers(-_GRAIN, _GRAIN + 1, (*pixels.shape[:2], 1))
        image = Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
        figures.append(replace(figure, bytes=encode(image, figure.form)))
    return replace(article, figures=tuple(figures))


def _corpus(folder: Path, n: int, data: Path | None) -> Path:
    """Write a bucket of n articles: real ones if present, the rest generated."""
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles

    target = folder / f"bucket-{n}"
    real = sorted((data / "pmc-bucket" / "metadata").glob("*.json")) if data is not None else []
    articles, size = many_articles(n - len(real)), _size()
    step = _BATCH if size is not None else max(len(articles), 1)
    for some in [
        articles[i : i + step] for i in range(0, len(articles), step)
    ]:  # large images are not all held at once
        write_bucket(target, [_redrawn(a, size) for a in some] if size is not None else some)
        shutil.rmtree(target / "inventory-reports")
    for path in real:
        shutil.copy(path, target / "metadata")
        (target / path.stem).symlink_to((path.parents[1] / path.stem).resolve())
    return target


_RUN = """
import json, resource, sys, time
from pmcmine.cli import main
start = time.monotonic()
try:
    main(sys.argv[1:])
except SystemExit:
    pass
own, children = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"wall": time.monotonic() - start, "cpu": sum(u.ru_utime + u.ru_stime for u in (own, children)),
                  "peak_mb": max(own.ru_maxrss, children.ru_maxrss) / 1024}))
"""


def measured_command(out: Path, *arguments: str) -> dict[str, Any]:
    """Run a command of pmcmine that makes or updates a release; wall and core-seconds, peak memory in MB.

    Raises:
        RuntimeError: if there is no release afterwards.
    """
    command = [sys.executable, "-c", _RUN, *arguments, "-q", "--vocab", "none", "--max-reject-share", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PMCMINE_VOCAB_DIR": os.devnull})
    if not (out / "release.json").exists():
        raise RuntimeError(done.stdout[-1000:] + done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(source: Path, out: Path, *flags: str) -> dict[str, Any]:
    command = ["mine", "--source", str(source), "--out", str(out), "--shard-bytes", "50000000", *flags]
    found = measured_command(out, *command)
    described = json.loads((out / "release.json").read_text())
    found["articles"] = sum(n for k, n in described["counts"]["rows"].items() if k.startswith("articles/"))
    found["bytes"] = sum(f["bytes"] for f in described["files"])
    shutil.rmtree(out)
    return found


def scale(data: Path | None) -> dict[str, Any]:
    """Wall, core-seconds, peak memory and bytes at each size; the slope of cost; two processes beside one.

    `PMCMINE_SCALE` holds other sizes, such as 300,1000, and `PMCMINE_SCALE_PIXELS` that of the panels of generated
    images, such as 1200x900.
    """
    sizes = [int(n) for n in os.environ.get("PMCMINE_SCALE", "").split(",") if n] or list(SIZES)
    rows: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in sizes:
            source = _corpus(folder, n, data)
            found = _measure(source, folder / "out")
            rows[n] = {k: round(v, 1) for k, v in found.items()} | {
                "core_ms_an_article": round(1000 * found["cpu"] / n, 1)
            }
            print(f"{n:>6} {json.dumps(rows[n])}", file=sys.stderr, flush=True)
            if n == sizes[0]:
                one = found["wall"]
                two = _measure(source, folder / "out", "--workers", "2")["wall"]
            shutil.rmtree(source)
    # The real articles are in all sizes, so that what an article more costs is told by differences.
    steps = [(1000 * (rows[b]["cpu"] - rows[a]["cpu"]) / (b - a), f"{a} to {b}") for a, b in pairwise(sizes)]
    return {
        "sizes": rows,
        "core_ms_an_article_more": {name: round(cost, 1) for cost, name in steps},
        "last_to_first_step": round(steps[-1][0] / steps[0][0], 3) if len(steps) > 1 else None,
        "memory_of_the_largest_to_the_smallest": round(rows[sizes[-1]]["peak_mb"] / rows[sizes[0]]["peak_mb"], 2),
        "two_processes_to_one": round(one / two, 2),
    }


def main() -> None:
    """`python -m benchmarks.scale`, as `python -m benchmarks scale`."""
    data = os.environ.get("PMCMINE_REAL_DATA")
    print(json.dumps(scale(Path(data) if data else None)))


if __name__ == "__main__":
    main()
