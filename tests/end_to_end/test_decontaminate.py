"""Benchmark sets of all forms are found in a corpus, flagged or dropped, and published as hashes."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.duplicates.benchmark_sets import Benchmarks, read_benchmarks
from pmcmine.errors import PmcmineError
from tests.helpers import NO_MODELS, mine, release_json, rows, tree
from tests.test_cli import call

LIGHT = NO_MODELS | {"near_duplicates": False, "panels": False}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bucket = tmp_path_factory.mktemp("corpus")
    write_bucket(bucket, many_articles(8))
    return bucket


@pytest.fixture(scope="module")
def plain(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plain") / "release"
    mine(load_config({"source": str(corpus), "out": str(out), **LIGHT}))
    return out


def _jpeg(corpus: Path, media: str, scale: float) -> bytes:
    image = Image.open(next(corpus.rglob(media))).convert("RGB")
    out = io.BytesIO()
    image.resize((int(image.width * scale), int(image.height * scale))).save(out, "JPEG", quality=60)
    return out.getvalue()


def _long(table: list[dict], column: str) -> list[dict]:
    return [r for r in table if r[column] and len(r[column].split()) >= 20]


@pytest.fixture(scope="module")
def sets(corpus: Path, plain: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], dict[str, str]]:
    """Sets of four forms, and what each was made of: the figure or paragraph that it must be found in."""
    folder = tmp_path_factory.mktemp("sets")
    # Medical pictures, whose seeds differ; charts of the demo may share one.
    figures = [f for f in rows(plain, "figures") if f["shard"] and f["source_format"] == "JPEG"]
    captions, paragraphs = _long(rows(plain, "figures"), "caption"), _long(rows(plain, "paragraphs"), "text")
    (folder / "vqa").mkdir()
    (folder / "vqa" / "q1.jpg").write_bytes(_jpeg(corpus, figures[0]["media"], 0.6))
    (folder / "vqa" / "notes.md").write_text("not read")
    with tarfile.open(folder / "pairs.tar", "w") as tar:
        for name, data in (
            ("a.jpg", _jpeg(corpus, figures[1]["media"], 1.0)),
            ("a.txt", b"short text"),
            ("b.png", b"junk"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    words = captions[0]["caption"].split()
    quoted = " ".join(words[2:17])
    pq.write_table(
        pa.table({"question": ["Which?"], "context": [f"As said before: {quoted} and so on."]}), folder / "qa.parquet"
    )
    said = " ".join(paragraphs[-1]["text"].split()[:15]).upper()
    (folder / "lines.txt").write_text(f"something else\n{said}\n", "utf-8")
    paths = {p.stem: p for p in (folder / "vqa", folder / "pairs.tar", folder / "qa.parquet", folder / "lines.txt")}
    held = {
        "vqa": figures[0]["figure_id"],
        "pairs": figures[1]["figure_id"],
        "qa": captions[0]["figure_id"],
        "lines": paragraphs[-1]["paragraph_id"],
    }
    return paths, held


def test_what_a_set_holds_is_flagged(
    corpus: Path, sets: tuple[dict[str, Path], dict[str, str]], tmp_path: Path
) -> None:
    paths, held = sets
    out = tmp_path / "release"
    config = {"source": str(corpus), "out": str(out), **LIGHT}
    mine(load_config({**config, "decontaminate": tuple(map(str, paths.values()))}))
    named = {r["figure_id"]: r["benchmarks"] for r in rows(out, "figures")}
    named |= {r["paragraph_id"]: r["benchmarks"] for r in rows(out, "paragraphs")}
    for name, where in held.items():
        assert name in named[where]
    said = release_json(out)["decontamination"]
    assert said["action"] == "flag" and [s["name"] for s in said["sets"]] == ["vqa", "pairs", "qa", "lines"]
    pairs = said["sets"][1]
    assert (pairs["images"], pairs["unreadable"], pairs["texts"], pairs["short_texts"]) == (1, 1, 0, 1)
    assert all(sum(s["matched"].values()) >= 1 for s in said["sets"])
    page = (out / "report.html").read_text()
    assert "Benchmark sets" in page and "<td>vqa</td>" in page

    again = tmp_path / "again"  # the artefact alone gives the same
    mine(load_config({**config, "out": str(again), "decontaminate": (str(out / "decontamination.npz"),)}))
    assert tree(out, "shards", "tables") == tree(again, "shards", "tables")
    assert (out / "decontamination.npz").read_bytes() == (again / "decontamination.npz").read_bytes()


def test_what_a_set_holds_is_dropped(
    corpus: Path, plain: Path, sets: tuple[dict[str, Path], dict[str, str]], tmp_path: Path
) -> None:
    paths, held = sets
    out = tmp_path / "release"
    drop = {"decontaminate": tuple(map(str, paths.values())), "decontaminate_action": "drop"}
    mine(load_config({"source": str(corpus), "out": str(out), **LIGHT, **drop}))
    left = {r["figure_id"] for r in rows(out, "figures")} | {r["paragraph_id"] for r in rows(out, "paragraphs")}
    assert not left & set(held.values())
    rejects = [r for r in rows(out, "rejects") if r["reason"] == "in_benchmark"]
    assert {r["figure_id"] for r in rejects if r["unit"] == "figure"} >= {held[k] for k in ("vqa", "pairs", "qa")}
    before = len(rows(plain, "figures")) + len(rows(plain, "paragraphs"))
    assert before - len(left) == sum(r["unit"] in ("figure", "paragraph") for r in rejects)
    assert not any(r["benchmarks"] for t in ("figures", "paragraphs") for r in rows(out, t))


def test_bad_sets_end_with_one_line(tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    torn = tmp_path / "torn.tar"
    torn.write_bytes(b"no tar at all" * 100)
    artefact = tmp_path / "other.npz"
    artefact.write_bytes(b"PK\x03\x04 damaged")
    short = tmp_path / "short.txt"
    short.write_text("only a few words\n")
    for path in (tmp_path / "missing", empty, torn, artefact, short, corpus / "metadata"):
        code, _, err = call(
            capsys, "mine", "--source", str(corpus), "--out", str(tmp_path / "out"), "--decontaminate", str(path), "-q"
        )
        assert code == 2 and err.count("\n") == 1 and path.name in err, err
    assert not (tmp_path / "out").exists()


def test_the_artefact_holds_no_text(tmp_path: Path) -> None:
    text = "patients with a history of severe asthma were asked to record their symptoms twice daily"
    (tmp_path / "secret.jsonl").write_text(json.dumps({"nested": [{"question": text}]}) + "\n")
    data = read_benchmarks([str(tmp_path / "secret.jsonl")]).to_bytes()
    assert b"asthma" not in data
    again = Benchmarks.from_bytes(data, "x")
    assert again.texts([f"We report that {text.upper()}.", "Nothing of the kind."]) == [("secret",), ()]
    with pytest.raises(PmcmineError, match="not an artefact"):
        Benchmarks.from_bytes(data[:-40], "x")
