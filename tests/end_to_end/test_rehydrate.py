"""Pointers: what may not be redistributed is published without its text, and filled in from a copy of PMC."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.config import load_config
from pmcmine.demo import BucketServer, demo_articles, write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.demo.server import Faults
from tests.helpers import mine, release_json, rows, samples
from tests.test_cli import call

LIGHT: dict[str, Any] = {
    "vocab": "none", "image_kinds": False, "languages": False, "max_reject_share": 1.0, "shard_bytes": 1_000_000,
}  # fmt: skip
TEXTS = {
    "articles": ("abstract",),
    "figures": ("caption", "caption_title", "alt_text"),
    "mentions": ("text", "sentence"),
    "panels": ("text",),
    "paragraphs": ("text",),
    "cases": ("text",),
    "article_tables": ("caption", "caption_title", "footnotes"),
    "documents": ("texts",),
    "grids": ("cells", "html", "markdown"),
    "table_mentions": ("text", "sentence"),
}


def _by_id(release: Path, table: str) -> dict[str, dict[str, Any]]:
    names = {"article_tables": "table_id", "documents": "article_id", "table_mentions": "mention_id"}
    key = names.get(table, f"{table[:-1]}_id")
    return {row[key]: row for row in rows(release, table)}


def _no_text_leaks(release: Path, withheld: Path) -> None:
    """No caption or paragraph of the withheld ones stands anywhere in the release's files."""
    secret = [r["text"] for r in rows(withheld, "paragraphs") if r["withheld"] is None and len(r["text"]) > 60][:20]
    assert secret
    texts = [json.dumps(row, ensure_ascii=False) for table in TEXTS for row in rows(release, table)]
    for text in secret:
        assert not any(json.dumps(text, ensure_ascii=False)[1:-1] in row for row in texts)


@pytest.mark.slow  # two runs over all articles and a third pass; the tests below have small ones
@pytest.mark.real
def test_real_articles_are_withheld_and_filled_in(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(real_data / "pmc-bucket")
    common = {**LIGHT, "source": source, "classify": False, "privacy": False}
    groups = ("commercial", "noncommercial", "other")
    mine(load_config({**common, "out": str(tmp_path / "whole"), "groups": groups}))
    mine(load_config({**common, "out": str(tmp_path / "release"), "groups": ("noncommercial",), "pointers": True}))
    release, whole = tmp_path / "release", tmp_path / "whole"
    pointers = [r for r in rows(release, "figures") if r["withheld"]]
    withheld = Counter(r["license_group"] for r in pointers)
    assert withheld["commercial"] > 250
    assert set(withheld) == {"commercial", "other"}  # figures that their own words close, in articles that are open
    assert all(not r["caption"] and r["shard"] is None and r["no_sample"] == "withheld" for r in pointers)
    code, _, err = call(capsys, "rehydrate", str(release), "--source", source, "--out", str(tmp_path / "filled"))
    assert code == 0, err
    for table, names in TEXTS.items():
        ours, theirs = _by_id(tmp_path / "filled", table), _by_id(whole, table)
        assert ours or table == "cases"  # none of these articles is a case report; those of the demo are below
        for key, row in ours.items():
            assert row["withheld"] is None
            if table == "panels" and key not in theirs:
                continue  # a panel that only the image shows
            assert {n: row[n] for n in names} == {n: theirs[key][n] for n in names}, key
    filled, known = samples(tmp_path / "filled"), samples(whole)
    assert len(filled) > 250
    assert all(known[key][:4] == members[:4] for key, members in filled.items() if key in known)
    _no_text_leaks(release, tmp_path / "filled")


def test_a_copy_that_differs_and_one_that_lacks_articles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    articles = many_articles(6)
    write_bucket(tmp_path / "bucket", articles)
    release = tmp_path / "release"
    gone, cut = (f"PMC{articles[i].pmcid}" for i in (4, 3))  # excluded: an article, and a figure of another one
    (tmp_path / "takedowns.txt").write_text(f"{gone}\n{cut}.1/fig1\n")
    options = {"source": str(tmp_path / "bucket"), "groups": ("noncommercial",), "pointers": True}
    mine(load_config({**LIGHT, **options, "out": str(release), "exclude": (str(tmp_path / "takedowns.txt"),)}))
    xml = (tmp_path / "bucket" / f"{cut}.1" / f"{cut}.1.xml").read_text()
    hidden = xml.split('<fig id="fig1"')[1].split("<caption>")[1].split("</p>")[0].rsplit(">", 1)[1][-40:]
    assert not [r for table in TEXTS for r in rows(release, table) if r.get("pmcid") == gone]
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "bucket", copy)
    pointers = sorted({r["article_id"] for r in rows(release, "paragraphs") if r["withheld"]})
    lost, other = pointers[:2]
    (copy / "metadata" / f"{lost}.json").unlink()
    xml = copy / other / f"{other}.xml"
    changed = xml.read_bytes().replace(b"<p>", b"<p>Changed since. ")
    xml.write_bytes(changed)
    meta = copy / "metadata" / f"{other}.json"
    described = json.loads(meta.read_text())
    described["xml_url"] = described["xml_url"].split("?")[0]
    meta.write_text(json.dumps(described))
    (copy / other / f"{other}.json").write_text(json.dumps(described))
    code, out, err = call(capsys, "rehydrate", str(release), "--source", str(copy), "--out", str(tmp_path / "filled"))
    assert code == 1 and "are still pointers" in out
    assert f"{lost}: not in the copy" in err and f"{other}: the copy has another text" in err
    left = {r["article_id"] for r in rows(tmp_path / "filled", "paragraphs") if r["withheld"]}
    assert left == {lost, other}
    filled = [r for table in TEXTS for r in rows(tmp_path / "filled", table)]
    assert any(r.get("pmcid") == cut for r in filled) and not any(r.get("pmcid") == gone for r in filled)
    assert not any(r.get("figure_id") == f"{cut}.1/fig1" for r in filled if "caption" in r)
    assert hidden not in str(filled)  # the copy has it, and it is not put back
    assert not any(key.startswith((f"{gone}-", f"{cut}-1-fig1")) for key in samples(tmp_path / "filled"))
    code, _, err = call(capsys, "rehydrate", str(release), "--source", str(copy), "--out", str(tmp_path / "filled"))
    assert code == 2 and "is not empty" in err


def test_images_of_pointers_are_not_even_fetched(tmp_path: Path) -> None:
    write_bucket(tmp_path / "bucket", demo_articles(8))
    with BucketServer(tmp_path / "bucket", Faults()) as server:
        mine(
            load_config(
                {
                    **LIGHT,
                    "source": server.url,
                    "out": str(tmp_path / "release"),
                    "pointers": True,
                    "retries": 1,
                    "retry_seconds": 0.01,
                }
            )
        )
        fetched = list(server.requests)
    pointers = [r for r in rows(tmp_path / "release", "figures") if r["withheld"]]
    assert {r["license_group"] for r in pointers} == {"other"}
    kept = {(r["article_id"], r["media"]) for r in rows(tmp_path / "release", "figures") if not r["withheld"]}
    for row in pointers:
        if row["media"] and (row["article_id"], row["media"]) not in kept:
            assert not any(row["media"] in path and row["article_id"] in path for path in fetched), row["figure_id"]
    assert not any(
        s["path"].startswith("shards/other")
        for s in [{"path": f["name"]} for f in release_json(tmp_path / "release")["files"]]
    )


def test_a_release_without_pointers(demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "rehydrate", str(demo_release), "--source", str(tmp_path), "--out", str(tmp_path / "x"))
    assert code == 2 and "no pointers" in err


@pytest.mark.parametrize("tamper", ["key", "license_group", "split", "table", "file", "link"])
def test_pointers_of_others_lead_nowhere(tmp_path: Path, tamper: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_bucket(tmp_path / "bucket", many_articles(4))
    release, source = tmp_path / "release", str(tmp_path / "bucket")
    light = {**LIGHT, "classify": False, "privacy": False, "near_duplicates": False, "panels": False}
    mine(load_config({**light, "source": source, "out": str(release), "groups": ("noncommercial",), "pointers": True}))
    described = release_json(release)
    files = sorted((release / "tables" / "figures").rglob("*.parquet"))
    if tamper in ("key", "license_group", "split"):
        for file in files:
            table = pq.ParquetFile(file).read()
            at = table.schema.get_field_index(tamper)
            values = pa.array(["../../PWNED"] * len(table))
            pq.write_table(table.set_column(at, table.schema.field(at), values), file)
    elif tamper == "table":
        described["files"].append({"name": "tables/../../PWNED/x.parquet"})
    elif tamper == "file":
        described["files"].append({"name": "/etc/passwd.parquet"})
    else:
        for n, file in enumerate(files):
            file.rename(tmp_path / f"{n}.parquet")
            file.symlink_to(tmp_path / f"{n}.parquet")
    (release / "release.json").write_text(json.dumps(described))
    before = set(tmp_path.rglob("*"))
    code, _, err = call(capsys, "rehydrate", str(release), "--source", source, "--out", str(tmp_path / "filled"))
    assert code == 2 and err.strip().splitlines()[-1].startswith("pmcmine: ") and "not used" in err, err
    made = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p not in before}
    assert not [p for p in made if "PWNED" in p or not p.startswith("filled")]
