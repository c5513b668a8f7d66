"""Damaged files, hostile articles, secrets and licences."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from typing import Any

import pyarrow.parquet as pq

from benchmarks.soak.world import SECRETS, World, mined_pmcids
from pmcmine.demo import BucketServer, demo_articles
from pmcmine.demo.corpus import many_articles
from pmcmine.publish.verify import verify_folder


def damaged_pack(world: World) -> None:
    """Flip a bit in a pack between two runs.

    The damage is noticed, the block is mined again, and the release equals the undamaged one.
    """
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
    said = world.mine(source, "out")
    assert "is damaged" in said and "doing that now" in said, said
    assert world.tree("out") == world.tree("clean")


def damaged_snapshot(world: World) -> None:
    """Truncate the frozen snapshot: one line, exit 2."""
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


def _figures(world: World, out: str) -> list[dict[str, Any]]:
    """Return the rows of figures, but for the places of their samples."""
    files = sorted((world.folder / out / "tables" / "figures").rglob("*.parquet"))
    places = ("shard", "sample_offset", "sample_size", "image_offset", "image_size")
    rows = [r for f in files for r in pq.ParquetFile(f).read().to_pylist()]
    return sorted(({k: v for k, v in r.items() if k not in places} for r in rows), key=lambda r: str(r["figure_id"]))


def _updated(world: World, name: str) -> str:
    """Update a release; return what was said."""
    command = [sys.executable, "-m", "pmcmine", "update", str(world.folder / name), "--set=max_reject_share=1"]
    env = os.environ | {"PMCMINE_VOCAB_DIR": os.devnull}
    process = subprocess.run(command, capture_output=True, text=True, env=env)
    assert process.returncode == 0, process.stderr
    return " ".join(process.stderr.split())


def damaged_old_shard(world: World) -> None:
    """Damage a shard before an update that rewrites it.

    The damage is noticed, the article is read again from the source, and the release equals the undamaged one.
    """
    source = world.source()
    world.mine(source, "out")
    first = min(mined_pmcids(world, "out"))
    files = (world.folder / "out" / "tables" / "figures").rglob("*.parquet")
    rows = [r for f in files for r in pq.ParquetFile(f).read().to_pylist() if r["shard"]]
    shard = next(r["shard"] for r in rows if r["pmcid"] == first)
    other = next(r for r in rows if r["shard"] == shard and r["pmcid"] != first)
    path = world.folder / "out" / "shards" / shard
    shutil.copytree(world.folder / "out", world.folder / "clean")
    with path.open("r+b") as stream:
        stream.seek(other["image_offset"] + 100)
        byte = stream.read(1)
        stream.seek(other["image_offset"] + 100)
        stream.write(bytes([byte[0] ^ 1]))
    (source / "metadata" / f"{first}.1.json").unlink()
    said = [_updated(world, name) for name in ("clean", "out")]
    assert "damaged" not in said[0] and "is damaged" in said[1] and shard in said[1], said
    assert _figures(world, "out") == _figures(world, "clean")
    assert not verify_folder(world.folder / "out").problems


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
    assert {f"PMC{a.pmcid}" for a in good[len(bombs) :]} <= mined_pmcids(world, "out")
    assert not any(b"root:x:0" in p.read_bytes() for p in (world.folder / "out").rglob("*") if p.is_file())


def secrets_stay(world: World) -> None:
    """Tokens of the environment reach no log, no option that is kept, no shard."""
    said = world.mine(world.source(), "out", "--keep-work", "--set=near_duplicates=true")
    for secret in SECRETS.values():
        assert secret not in said
        for path in (world.folder / "out").rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def only_what_licences_allow(world: World) -> None:
    """By the server's own log: of articles whose licence is not chosen, nothing but their metadata was requested."""
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
