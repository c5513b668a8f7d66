"""How a run grows: time, memory and bytes from 300 to 10,000 articles, and what goes through a shuffle."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SIZES = (300, 1_000, 3_000, 10_000)
BASE = 300  # articles whose files the larger corpora share


def shuffle(data: Path | None) -> dict[str, Any]:
    """Bytes that each graph sends through a shuffle, an article, pickled as Beam's fallback coder does."""
    from pipelines import assemble, near
    from pipelines.job import run
    from pipelines.progress import Progress
    from pmcmine.assemble.plan import PLAN, Plan
    from pmcmine.config import load_config
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles
    from pmcmine.duplicates.clusters import read_clusters, with_clusters
    from pmcmine.storage import Folder

    def measured(elements: Iterable[Any]) -> tuple[int, list[Any]]:
        found = list(elements)
        return sum(len(pickle.dumps(e)) for e in found), found

    def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
        groups: dict[Any, list[Any]] = {}
        for key, value in pairs:
            groups.setdefault(key, []).append(value)
        return groups

    with tempfile.TemporaryDirectory() as folder:
        source = data / "pmc-bucket" if data is not None else Path(folder) / "bucket"
        if data is None:
            write_bucket(source, many_articles(200))
        config = load_config(
            {"source": str(source), "out": f"{folder}/release", "keep_work": True, "vocab": "none",
             "classify": False, "image_kinds": False, "languages": False, "privacy": False}
        )  # fmt: skip
        n = int(run(config, Progress(quiet=True)).release["snapshot"]["n_pmcids"])
        out, work = Folder(config.out), Folder(f"{config.out}/_work")
        plan = Plan.from_json(work.read(PLAN))
        clusters = read_clusters(work)
        if clusters is not None:
            plan = with_clusters(plan, clusters, config.table_bytes)
        blocks = range(plan.n_blocks)
        sizes: dict[str, int] = {}
        signed = (e for b in blocks for e in near.read_signatures(b, work))
        sizes["near, by content"], found = measured(signed)
        tagged = [t for item in grouped(found).items() for t in near.by_content(item, plan.n_blocks)]
        sizes["near, by key"], keys = measured(t.value for t in tagged if t.tag == "keys")
        pairs = [p for item in grouped(keys).items() for p in near.by_key(item, plan.n_blocks)]
        sizes["near, edges"] = measured([t.value for t in tagged if t.tag == "edges"] + pairs)[0]
        staged = (e for b in blocks for e in assemble.read_index(b, plan, work))
        sizes["assemble, by content"], found = measured(staged)
        marked = (e for item in grouped(found).items() for e in assemble.by_shard(item, plan))
        sizes["assemble, by shard"], found = measured(marked)
        places = (e for item in grouped(found).items() for e in assemble.shard_places(item, plan, work, out, True))
        sizes["assemble, by table file"] = measured(places)[0]
    return {
        "articles": n,
        "bytes_an_article": {k: round(v / n) for k, v in sizes.items()},
        "total": round(sum(sizes.values()) / n),
    }
