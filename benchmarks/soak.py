"""The fault suite in full: `python -m benchmarks.soak [--rounds N] [--only NAME]`. CI runs each scenario once, small.

Each scenario breaks something that breaks in the field, runs `mine` as its users do, and compares what came of it with
a run that nothing happened to. Prints a line a scenario; the exit code is the number of those that failed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pmcmine.demo import BucketServer, Faults, demo_articles, write_bucket
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
        """A bucket of generated articles."""
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


def passing_faults(world: World) -> None:
    """A fifth of the answers are 503, 429, reset, cut or corrupt: the release is the one of a quiet day."""
    source = world.source()
    world.mine(source, "clean")
    faults = Faults(0.2, ("503", "429", "reset", "truncated", "corrupt"), seed=world.rng.randrange(1000))
    with BucketServer(source, faults) as server:
        world.mine(server.url, "out", "--set=retries=10")
        assert sum(server.faults_given.values()) > 10
    # Their `source` differs, and nothing else.
    assert world.tree("out") == world.tree("clean") or _same_rows(world, "out", "clean")


def _same_rows(world: World, a: str, b: str) -> bool:
    """Whether tars and Parquet files are the same; cards name the source."""
    ours, theirs = ({k: v for k, v in world.tree(x).items() if k.endswith((".tar", ".parquet"))} for x in (a, b))
    return ours == theirs


def lasting_faults(world: World) -> None:
    """403, 404, a login page and a body that never ends, for some files: rejects with a reason, the rest whole."""
    source = world.source()
    world.mine(source, "clean")
    for kind in ("403", "404", "garbage", "endless"):
        victim = world.rng.choice(sorted(p.name for p in source.iterdir() if p.name.startswith("PMC")))

        class One(BucketServer):
            """Fails for one article's files alone."""

            def fault(self, path: str, victim: str = victim, kind: str = kind) -> str | None:
                super().fault(path)
                return kind if f"{victim}/" in path and path.endswith(".xml") else None

        with One(source) as server:
            world.mine(server.url, kind, "--set=retries=1", "--set=timeout=0.3")
        lost = world.rejects(kind)
        assert victim.split(".")[0] in lost, (kind, lost)
        assert lost[victim.split(".")[0]] in ("fetch_failed", "xml_missing", "checksum_mismatch", "xml_malformed"), lost
        kept, clean = (_pmcids(world, x) for x in (kind, "clean"))
        assert kept == clean - {victim.split(".")[0]}


def _pmcids(world: World, out: str) -> set[str]:
    files = (world.folder / out / "tables" / "articles").rglob("*.parquet")
    return {p for f in files for p in pq.ParquetFile(f).read(["pmcid"])["pmcid"].to_pylist()}


def no_such_host(world: World) -> None:
    """DNS fails: one line, exit 2, nothing half made."""
    said = world.mine("http://no-such-host.invalid/", "out", "-q", "--set=retries=1", code=2)
    assert said.count("\n") == 1 and said.startswith("pmcmine: "), said


def killed_at_many_moments(world: World) -> None:
    """SIGTERM and SIGKILL at random moments, again and again: the release is the one that was never killed."""
    source = world.source()
    began = time.monotonic()
    world.mine(source, "clean")
    whole = time.monotonic() - began
    kills = 0
    for n in range(world.moments):
        process = world.start(source, "out", "-q")
        try:
            process.communicate(timeout=world.rng.uniform(0.3, 1.0) * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL if n % 2 else signal.SIGTERM)
            process.communicate()
            kills += 1
        if (world.folder / "out" / "release.json").exists():
            assert world.tree("out") == world.tree("clean")
            shutil.rmtree(world.folder / "out")
    world.mine(source, "out")
    assert world.tree("out") == world.tree("clean")
    assert kills, "no run was caught"


def disk_full(world: World) -> None:
    """No file may grow past 100 kB: one line that says so; with room again, the same command ends well."""
    source = world.source()
    world.mine(source, "clean")
    said = world.mine(source, "out", "-q", code=2, FSIZE=100_000)
    assert "can't write" in said and said.count("\n") == 1, said
    world.mine(source, "out")
    assert world.tree("out") == world.tree("clean")


def permission_denied(world: World) -> None:
    """A folder that can't be made: one line, exit 2."""
    source = world.source()
    for out in ("/proc/pmcmine-out", "/dev/null/out"):
        process = world.start(source, out, "-q")
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 2 and said.count("\n") == 1 and "Traceback" not in said, said


def out_of_memory(world: World) -> None:
    """The kernel's killer takes a worker of two (SIGKILL to the largest child): the same command ends well."""
    source = world.source()
    world.mine(source, "clean")
    process = world.start(source, "out", "-q", "--workers", "2")
    while not list((world.folder / "out" / "_work").glob("blocks/*/*/started-*")):
        assert process.poll() is None
        time.sleep(0.02)
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    children = [int(p) for p in found.stdout.split()]
    os.kill(max(children, key=_resident), signal.SIGKILL)
    said, _ = process.communicate(timeout=300)
    assert process.returncode in (0, 2) and "Traceback" not in said, said
    world.mine(source, "out")
    assert world.tree("out") == world.tree("clean")


def _resident(pid: int) -> int:
    """Resident pages of a process, by Linux's /proc(5)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def two_at_once(world: World) -> None:
    """A second run in the folder is refused while the first is at work, which ends well."""
    source = world.source()
    first = world.start(source, "out", "-q")
    while not (world.folder / "out" / "_work" / "snapshot").exists():
        assert first.poll() is None
        time.sleep(0.02)
    first.send_signal(signal.SIGSTOP)  # so that it cannot be done before the second one looks
    try:
        said = world.mine(source, "out", "-q", code=2)
    finally:
        first.send_signal(signal.SIGCONT)
    assert "another run is at work" in said
    assert first.communicate(timeout=300) and first.returncode == 0


def damaged_pack(world: World) -> None:
    """A bit flips in a pack between two runs: it is noticed, its block mined anew, the release is the clean one."""
    source = world.source()
    world.mine(source, "clean")
    world.mine(source, "out", "--keep-work")
    out = world.folder / "out"
    for name in ("release.json", "shards", "tables", "state", "report.html", "metrics.json"):
        path = out / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in ("assembled", "published"):
        shutil.rmtree(out / "_work" / name, ignore_errors=True)
    pack = world.rng.choice(
        sorted(p for p in (out / "_work" / "blocks").rglob("pack.bin") if p.stat().st_size > 50_000)
    )
    with pack.open("r+b") as stream:
        stream.seek(20_000)
        byte = stream.read(1)
        stream.seek(20_000)
        stream.write(bytes([byte[0] ^ 1]))
    said = world.mine(source, "out", "-q", code=2)
    assert "is damaged" in said and said.count("\n") == 1, said
    world.mine(source, "out")
    assert world.tree("out") == world.tree("clean")


def damaged_snapshot(world: World) -> None:
    """The frozen snapshot is cut off: one line, exit 2."""
    source = world.source()
    process = world.start(source, "out", "-q")
    files = world.folder / "out" / "_work" / "snapshot"
    while not (files / "snapshot.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    [path] = files.glob("*.parquet")
    path.write_bytes(path.read_bytes()[:200])
    shutil.rmtree(world.folder / "out" / "_work" / "blocks", ignore_errors=True)
    said = world.mine(source, "out", "-q", code=2)
    assert said.count("\n") == 1, said


def damaged_old_shard(world: World) -> None:
    """A shard is damaged when its release is updated: noticed where it is rewritten; nothing is overwritten."""
    source = world.source()
    world.mine(source, "out")
    first = min(_pmcids(world, "out"))
    files = (world.folder / "out" / "tables" / "figures").rglob("*.parquet")
    rows = [r for f in files for r in pq.ParquetFile(f).read().to_pylist() if r["shard"]]
    shard = next(r["shard"] for r in rows if r["pmcid"] == first)
    other = next(r for r in rows if r["shard"] == shard and r["pmcid"] != first)
    path = world.folder / "out" / "shards" / shard
    with path.open("r+b") as stream:
        stream.seek(other["image_offset"] + 100)
        byte = stream.read(1)
        stream.seek(other["image_offset"] + 100)
        stream.write(bytes([byte[0] ^ 1]))
    before = world.tree("out")
    (source / "metadata" / f"{first}.1.json").unlink()
    command = [sys.executable, "-m", "pmcmine", "update", str(world.folder / "out"), "-q", "--set=max_reject_share=1"]
    process = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PMCMINE_VOCAB_DIR": os.devnull}
    )
    assert process.returncode == 2 and "is damaged there" in process.stderr and shard in process.stderr, process.stderr
    assert world.tree("out") == before


def hostile_article(world: World) -> None:
    """Bombs and nonsense among a thousand good articles cost one row each."""
    good = many_articles(world.articles * 4)
    source = world.source([*good, *demo_articles(0)])
    bombs = {
        "billion": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><article>&d;&d;&d;&d;</article>',
        "deep": b"<article>" + b"<sec>" * 200_000 + b"</sec>" * 200_000 + b"</article>",
        "external": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><article><body><p>&x;</p></body></article>',
    }
    for (name, data), article in zip(bombs.items(), good, strict=False):
        (source / f"PMC{article.pmcid}.1" / f"PMC{article.pmcid}.1.xml").write_bytes(data)
        for folder in ("metadata", f"PMC{article.pmcid}.1"):
            path = source / folder / f"PMC{article.pmcid}.1.json"
            meta = json.loads(path.read_text())
            meta["xml_url"] = meta["xml_url"].split("?")[0]
            path.write_text(json.dumps(meta))
        assert name
    world.mine(source)
    lost = world.rejects("out")
    for article in good[: len(bombs)]:
        assert f"PMC{article.pmcid}" in lost
    assert {f"PMC{a.pmcid}" for a in good[len(bombs) :]} <= _pmcids(world, "out")
    assert not any(b"root:x:0" in p.read_bytes() for p in (world.folder / "out").rglob("*") if p.is_file())


def secrets_stay(world: World) -> None:
    """Tokens of the environment reach no log, no option that is kept, no shard."""
    said = world.mine(world.source(), "out", "--keep-work", "--set=near_duplicates=true")
    for secret in SECRETS.values():
        assert secret not in said
        for path in (world.folder / "out").rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def only_what_licences_allow(world: World) -> None:
    """By the server's own log: of articles whose licence is not chosen, nothing but their metadata was asked for."""
    source = world.source(demo_articles(world.articles))
    with BucketServer(source) as server:
        world.mine(server.url, "out", "--groups", "commercial", "--set=retries=1")
        asked = list(server.requests)
    barred = set()
    for path in (source / "metadata").glob("*.json"):
        meta = json.loads(path.read_text())
        if meta["license_code"] in ("TDM", "CC BY-NC", "CC BY-NC-SA", "CC BY-NC-ND") or meta.get("is_retracted"):
            barred.add(path.stem)
    assert len(barred) > 5
    assert not [p for p in asked if p.split("/")[0] in barred and not p.startswith("metadata/")]


def quiet_when_asked(world: World) -> None:
    """A host that asks for two seconds of quiet gets them from all threads, and learns who asks."""
    source = world.source()
    times: list[float] = []
    asked_at: list[float] = []

    class Strict(BucketServer):
        """Asks once for quiet, in the middle, and notes when requests come."""

        def fault(self, path: str) -> str | None:
            super().fault(path)
            times.append(time.monotonic())
            if len(times) == 20:
                asked_at.append(times[-1])
                return "429"
            return None

    with Strict(source, Faults(share=0.0, quiet=2)) as server:
        world.mine(server.url, "out", "--contact", "me@example.org", "--set=requests_per_second=100")
    assert asked_at and len(times) > 40, len(times)
    # What was on its way when the answer was given may still come.
    broken = [round(t - asked_at[0], 2) for t in times if 0.3 < t - asked_at[0] < 1.9]
    assert not broken, f"requests {broken} s after the host asked for quiet"
    assert all(a.endswith("(contact: me@example.org)") for a in server.agents), server.agents


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
