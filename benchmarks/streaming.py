"""Samples a second of `pmcmine.stream`."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.corpus import best


def mined(data: Path | None, out: Path, shard_bytes: int) -> Path:
    """Mine the real articles with images, or generated ones, into a release without models."""
    from pmcmine.cli import main as pmcmine
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles

    source = out.parent / "bucket"
    if data is not None:
        source = data / "pmc-bucket"
    else:
        write_bucket(source, many_articles(200))
    off = ("vocab=none", "classify=false", "image_kinds=false", "languages=false", "privacy=false", "panels=false")
    args = ["mine", "--source", str(source), "--out", str(out), "-q", "--shard-bytes", str(shard_bytes)]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
        pmcmine([*args, *(a for o in off for a in ("--set", o))])
    return out


def streaming(data: Path | None) -> dict[str, Any]:
    """Compare samples per second of `pmcmine.stream` with plain `webdataset` over the same local tars."""
    import webdataset as wds

    from pmcmine import stream

    with tempfile.TemporaryDirectory() as folder:
        out = mined(data, Path(folder) / "release", shard_bytes=20_000_000)
        tars = [str(p) for p in sorted((out / "shards").rglob("train-*.tar"))]
        n = 0

        def theirs() -> None:
            nonlocal n
            n = sum(1 for _ in wds.WebDataset(tars, shardshuffle=False, empty_check=False).decode())

        decoded = best(theirs, 5)
        plain = best(lambda: [0 for _ in wds.WebDataset(tars, shardshuffle=False, empty_check=False)], 5)
        samples = stream.open(str(out))
        ours = best(lambda: [0 for _ in samples], 5)
        shuffled = stream.open(str(out), seed=0)
        mixed = best(lambda: [0 for _ in shuffled], 5)
        whole = _documents(str(out))
    return {
        "samples": n,
        "per_second": {
            "pmcmine": round(n / ours),
            "pmcmine, shuffled": round(n / mixed),
            "webdataset": round(n / plain),
            "webdataset, JSON and text decoded": round(n / decoded),
        },
        "ratio": round(plain / ours, 2),
        "images_mb_per_cpu_second": whole,
        "documents_ratio": [
            round(whole["documents"] / whole["samples"], 2),
            round(whole["documents, shuffled"] / whole["samples, shuffled"], 2),
        ],
    }


def _documents(release: str, rounds: int = 15) -> dict[str, float]:
    """Return megabytes of images for each second of the processor, of samples and of documents with their texts."""
    from pmcmine import stream

    readers: dict[str, Any] = {}
    for seed, name in ((None, ""), (0, ", shuffled")):
        readers["samples" + name] = (stream.open(release, seed=seed), lambda s: len(s["jpg"]))
        readers["documents" + name] = (
            stream.documents(release, seed=seed),
            lambda d: sum(map(len, filter(None, d["images"]))),
        )
    rates: dict[str, float] = {}
    for _ in range(rounds):  # in turns, for another program may slow down some of them
        for name, (reader, size) in readers.items():
            if isinstance(reader, stream.Documents):
                reader.forget()
            begun = time.process_time()
            n = sum(size(sample) for sample in reader)
            rates[name] = max(rates.get(name, 0), round(n / 1e6 / (time.process_time() - begun)))
    return rates
