"""A bucket, a release that nothing happened to, and how others are compared with it."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq

from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, many_articles

LIGHT = ("vocab=none", "classify=false", "image_kinds=false", "languages=false", "privacy=false", "shard_bytes=300000",
         "retry_seconds=0.01", "max_reject_share=1", "panels=false")  # fmt: skip
SECRETS = {
    "HF_TOKEN": "hf_canaryofthesoaktest00000000000",
    "AWS_SECRET_ACCESS_KEY": "canaryawssecretofthesoaktest",
    "GOOGLE_API_KEY": "canarygooglekeyofthesoaktest",
}


@dataclass
class World:
    """Where a scenario plays.

    Attributes:
        folder: its own folder.
        rng: chance.
        articles: about so many articles.
        moments: how often a run is killed.
    """

    folder: Path
    rng: random.Random
    articles: int = 24
    moments: int = 20

    def source(self, articles: list[DemoArticle] | None = None) -> Path:
        """Write a bucket of generated articles."""
        target = self.folder / "source"
        write_bucket(target, articles if articles is not None else many_articles(self.articles))
        return target

    def start(self, source: object, out: str = "out", *flags: str, **limits: int) -> subprocess.Popen[str]:
        """`pmcmine mine` as a process; `limits` are those of `resource`, such as FSIZE."""

        def limit() -> None:
            for name, value in limits.items():
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

        command = [sys.executable, "-m", "pmcmine", "mine", "--source", str(source), "--out", str(self.folder / out),
                   *(f"--set={o}" for o in LIGHT), *flags]  # fmt: skip
        env = os.environ | SECRETS | {"PMCMINE_VOCAB_DIR": os.devnull}
        return subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=limit
        )

    def mine(self, source: object, out: str = "out", *flags: str, code: int = 0, **limits: int) -> str:
        """Run it to its end; what it said."""
        process = self.start(source, out, *flags, **limits)
        said, _ = process.communicate(timeout=600)
        assert process.returncode == code, f"exit {process.returncode}, expected {code}: {said[-1500:]}"
        assert "Traceback" not in said, said[-3000:]
        return said

    def tree(self, out: str) -> dict[str, str]:
        """SHA-256 of the release's files."""
        root = self.folder / out
        return {
            str(p.relative_to(root)): sha256(p.read_bytes()).hexdigest()
            for top in ("shards", "tables")
            for p in sorted((root / top).rglob("*"))
            if p.is_file()
        }

    def rejects(self, out: str) -> dict[str, str]:
        """Reason by PMCID."""
        files = (self.folder / out / "tables" / "rejects").rglob("*.parquet")
        return {r["pmcid"]: r["reason"] for f in files for r in pq.ParquetFile(f).read().to_pylist()}


def same_rows(world: World, a: str, b: str) -> bool:
    """Whether tars and Parquet files are the same; cards name the source."""
    ours, theirs = ({k: v for k, v in world.tree(x).items() if k.endswith((".tar", ".parquet"))} for x in (a, b))
    return ours == theirs


def mined_pmcids(world: World, out: str) -> set[str]:
    """Return the PMCIDs of the articles of a release."""
    files = (world.folder / out / "tables" / "articles").rglob("*.parquet")
    return {p for f in files for p in pq.ParquetFile(f).read(["pmcid"])["pmcid"].to_pylist()}


def resident_pages(pid: int) -> int:
    """Resident pages of a process, by Linux's /proc(5)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
