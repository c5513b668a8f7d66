"""What Beam costs, shards a second, memory of a run."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from benchmarks.corpus import best, bucket_for


def beam(data: Path | None) -> dict[str, Any]:
    """Compare the mine job on the direct runner with a plain loop over the same functions and snapshot."""
    import apache_beam

    from pipelines import mine as mine_job
    from pipelines.runners import beam_options, make_runner
    from pmcmine.config import load_config
    from pmcmine.io.folder import Folder
    from pmcmine.miner.block import mine_block
    from pmcmine.sources import open_source
    from pmcmine.work import snapshot

    with tempfile.TemporaryDirectory() as folder:
        config = load_config({"source": bucket_for(data, folder), "out": f"{folder}/out"})
        source = open_source(config)
        work = Folder(f"{folder}/out/_work")
        frozen = snapshot.freeze(source.entries(work), source.kind, None, config.block_articles, work)
        blocks = list(range(frozen.n_blocks))

        def clear() -> None:
            work.remove_tree("blocks")

        def loop() -> None:
            reader = source.open(1.0)
            for block in blocks:
                mine_block(block, work, config, reader, 1)
            reader.close()

        def pipeline() -> None:
            graph = apache_beam.Pipeline(runner=make_runner(config), options=beam_options(config))
            mine_job.build(graph, blocks, len(blocks), config, work)
            graph.run().wait_until_finish()

        times: dict[str, list[float]] = {"loop": [], "pipeline": []}
        for _ in range(3):
            for name, action in (("loop", loop), ("pipeline", pipeline)):
                clear()
                times[name].append(best(action, 1))
    return {
        "articles": frozen.n_pmcids,
        "seconds": {k: round(min(t), 2) for k, t in times.items()},
        "ratio": round(min(times["pipeline"]) / min(times["loop"]), 3),
    }


def _staged(folder: Path, files: Path, packs: int) -> tuple[list[Any], int]:
    """Write samples to packs in `work/p`, and each of their members to a file; return the samples and all bytes."""
    from pmcmine.duplicates.exact import SampleRef

    rng = random.Random(0)
    noise = rng.randbytes(4 << 20)
    (folder / "work" / "p").mkdir(parents=True)
    files.mkdir()
    samples: list[Any] = []
    total = 0
    for pack in range(packs):
        with (folder / "work" / "p" / str(pack)).open("wb") as stream:
            for i in range(400):
                size = int(rng.lognormvariate(12.2, 0.6))
                image, text, record = noise[: min(size, len(noise))], noise[:900], b'{"a":"' + b"b" * 2500 + b'"}'
                key = f"PMC{pack}{i:04d}-1-F1"
                offset = stream.tell()
                stream.write(image + text + record)
                samples.append(
                    SampleRef(
                        figure_id=key,
                        key=key,
                        pmcid=f"PMC{i + 1}",
                        group="commercial",
                        split="train",
                        sha256=sha256(image).hexdigest(),
                        pack=f"p/{pack}",
                        image_offset=offset,
                        image_size=len(image),
                        text_offset=offset + len(image),
                        text_size=len(text),
                        json_size=len(record),
                        crc32=crc32(text + record),
                    )
                )
                for suffix, member in ((".jpg", image), (".txt", text), (".json", record)):
                    (files / (key + suffix)).write_bytes(member)
                    total += len(member)
    return samples, total


def shards(data: Path | None, packs: int = 4) -> dict[str, Any]:
    """Compare writing shards from packs with `tar` copying the same files."""
    from pmcmine.assemble.shards import figure_member, write_shard
    from pmcmine.io.folder import Folder
    from pmcmine.release.plan import SHARDS, Plan

    with tempfile.TemporaryDirectory() as folder:
        work, out = Folder(f"{folder}/work"), Folder(f"{folder}/out")
        files = Path(folder) / "files"
        samples, total = _staged(Path(folder), files, packs)
        plan = Plan(1, {}, {("commercial", "train"): 1}, {}, {}, 0)
        shard = plan.shard_name("commercial", "train", 0, 1)

        def ours() -> None:
            work.remove_tree("assembled")
            write_shard(SHARDS, "commercial", "train", shard, list(map(figure_member, samples)), plan, work, out)

        def theirs() -> None:
            with (Path(folder) / "theirs.tar").open("wb") as stream:
                subprocess.run(
                    [shutil.which("tar") or "tar", "-cf", "-", "-C", str(files), "."], stdout=stream, check=True
                )
                os.fsync(stream.fileno())

        times = {"pmcmine": best(ours), "tar": best(theirs)}
    return {
        "bytes": total,
        "samples": len(samples),
        "seconds": {k: round(t, 3) for k, t in times.items()},
        "ratio": round(times["pmcmine"] / times["tar"], 2),
    }


def memory(data: Path | None) -> dict[str, Any]:
    """Peak memory of `mine` on the direct runner with 300 and with all articles, each in a process of its own."""
    if data is None:
        raise SystemExit("memory: needs 1,300 articles; name a folder of real ones with --data")
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        source = bucket_for(data, folder)
        for limit in (300, 1300):
            code = (
                "import resource, sys; from pmcmine.cli import main\n"
                "try: main(sys.argv[1:])\n"
                "except SystemExit: pass\n"
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
            )
            args = ["mine", "--source", source, "--limit", str(limit), "--out", f"{folder}/out{limit}", "-q"]
            done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
            peaks[str(limit)] = int(done.stdout.split()[-1])
    return {"peak_mb": peaks, "ratio": round(peaks["1300"] / peaks["300"], 2)}
