"""Documents of a release: their sums, streaming with images, export, pointers, updates and leaks."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
import pytest
import webdataset
from datasets import load_dataset
from PIL import Image

from pmcmine import stream
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoFigure, many_articles
from pmcmine.errors import PmcmineError
from pmcmine.ids import natural_split
from pmcmine.publish.upload import publish
from tests.helpers import mine, release_json, rows
from tests.hub_server import Faults, HubServer
from tests.test_cli import call

LIGHT: dict[str, Any] = {
    "vocab": "none", "image_kinds": False, "languages": False, "privacy": False, "panels": False,
    "small_splits": False, "max_reject_share": 1.0, "shard_bytes": 200_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plain articles, and one of train that shares its picture with one of test."""
    folder = tmp_path_factory.mktemp("documents")
    first, *plain = many_articles(24)
    number = next(n for n in range(9_400_000, 9_500_000) if natural_split(f"PMC{n}") == "test")
    shared = DemoFigure(("gel",), seed=5, caption="A gel that two articles show, each with these very words.")
    train = replace(first, figures=(shared, *first.figures))
    write_bucket(folder / "bucket", [train, replace(train, pmcid=number), *plain])
    mine(load_config({**LIGHT, "source": str(folder / "bucket"), "out": str(folder / "release")}))
    return folder / "release"


def _ids(documents: stream.Documents) -> list[str]:
    return [d["article_id"] for d in documents]


def _of_split(release: Path, split: str = "train") -> dict[str, dict[str, Any]]:
    return {d["article_id"]: d for d in rows(release, "documents") if d["split"] == split}


def test_there_is_one_for_each_article_in_its_group_and_split(release: Path) -> None:
    articles = {(a["article_id"], a["split"], a["license"]) for a in rows(release, "articles")}
    assert {(d["article_id"], d["split"], d["license"]) for d in rows(release, "documents")} == articles
    sums = {(s["stage"], s["unit"]): (s["in"], s["out"]) for s in release_json(release)["counts"]["stages"]}
    assert sums["document", "article"] == (len(articles), len(articles))
    n = sum(len(rows(release, t)) for t in ("paragraphs", "figures", "article_tables"))
    assert sums["document", "row"] == (n, n)


def test_texts_and_bytes_come_together(release: Path) -> None:
    table, figures = _of_split(release), {f["figure_id"]: f for f in rows(release, "figures")}
    n = 0
    for d in stream.documents(str(release), check=True):
        row = table.pop(d["article_id"])
        assert d["texts"] == row["texts"] and len(d["places"]) == len(d["images"]) == len(row["places"])
        assert (d["pmcid"], d["license"], d["attribution"]) == (row["pmcid"], row["license"], row["attribution"])
        for image, figure_id, place in zip(d["images"], row["images"], d["places"], strict=True):
            if figure_id is None or figures[figure_id]["leaks_into"]:
                assert image is None
                assert figure_id is None or place["reason"] == "leaks_into_evaluation"
                continue
            f = figures[figure_id]
            data = (release / "shards" / f["shard"]).read_bytes()
            assert image == data[f["image_offset"] : f["image_offset"] + f["image_bytes"]]
            n += 1
    assert not table and n > 40


def test_an_image_that_leaks_is_left_out_with_the_reason(release: Path) -> None:
    (leak,) = [f for f in rows(release, "figures") if f["leaks_into"]]
    (row,) = [d for d in rows(release, "documents") if d["article_id"] == leak["article_id"]]
    assert leak["figure_id"] in row["images"]  # the table says what the article holds
    where = f"article_id = '{leak['article_id']}'"
    (d,) = stream.documents(str(release), where=where)
    at = [p["row_id"] for p in d["places"]].index(leak["figure_id"])
    assert d["images"][at] is None and d["places"][at]["reason"] == "leaks_into_evaluation"


def test_ranks_shuffling_and_resumption(release: Path) -> None:
    whole = _ids(stream.documents(str(release), seed=3))
    assert sorted(whole) == sorted(_of_split(release)) and whole != sorted(whole)
    shares = [_ids(stream.documents(str(release), seed=3, rank=r, world_size=3)) for r in range(3)]
    assert sorted(i for s in shares for i in s) == sorted(whole)
    documents = stream.documents(str(release), seed=3)
    begun = iter(documents)
    first = [next(begun)["article_id"] for _ in range(9)]
    state = json.loads(json.dumps(documents.state_dict()))
    later = pickle.loads(pickle.dumps(stream.documents(str(release), seed=3)))
    later.load_state_dict(state)
    assert first + _ids(later) == whole
    rest = []
    for rank in range(2):
        part = stream.documents(str(release), seed=3, rank=rank, world_size=2)
        part.load_state_dict(state)
        rest += _ids(part)
    assert sorted(first + rest) == sorted(whole)
    with pytest.raises(PmcmineError, match="another release, condition"):
        stream.documents(str(release), seed=3, max_images=1).load_state_dict(state)
    with pytest.raises(PmcmineError, match=r"saved with seed=3, .* opened with seed=None: open it with seed=3"):
        stream.documents(str(release)).load_state_dict(state)


def test_a_torch_loader_reads_each_document_once(release: Path) -> None:
    torch = pytest.importorskip("torch")
    data = stream.torch_dataset(stream.documents(str(release), seed=1))
    loader = torch.utils.data.DataLoader(data, batch_size=None, num_workers=2)
    assert sorted(d["article_id"] for d in loader) == sorted(_of_split(release))


def test_budgets_and_filters(release: Path) -> None:
    def words(d: dict[str, Any]) -> int:
        return sum(len(t.split()) for t in d["texts"] if t is not None)

    found = list(stream.documents(str(release), max_tokens=60, tokenizer=str.split, image_tokens=20))
    assert all(words(d) + 20 * sum(i is not None for i in d["images"]) <= 60 for d in found)
    assert all(d["places"][-1]["kind"] != "heading" for d in found)
    assert all(not d["images"] for d in stream.documents(str(release), max_tokens=5))
    one = list(stream.documents(str(release), max_images=1))
    assert {sum(i is not None for i in d["images"]) for d in one} == {1}
    assert {p["reason"] for d in one for p in d["places"]} >= {None, "over_budget"}
    parts = list(stream.documents(str(release), section_kinds=["results"]))
    assert {p["section_kind"] for d in parts for p in d["places"] if p["kind"] != "title"} == {"results"}
    every = [p["quality"] for d in _of_split(release).values() for p in d["places"] if p["kind"] == "paragraph"]
    least = median(every)
    best = list(stream.documents(str(release), min_quality=least))
    scores = [p["quality"] for d in best for p in d["places"] if p["kind"] == "paragraph"]
    assert sorted(scores) == sorted(q for q in every if q >= least) and 0 < len(scores) < len(every)
    free = _ids(stream.documents(str(release), where="license = 'CC-BY' AND n_figures > 1"))
    assert free and set(free) == {
        a["article_id"]
        for a in rows(release, "articles")
        if a["license"] == "CC-BY" and a["n_figures"] > 1 and a["split"] == "train"
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "tran"}, "did you mean 'train'"),
        ({"split": None}, "choose from train"),
        ({"section_kinds": 7}, "list of kinds"),
        ({"min_quality": 9}, "from 1 to 5"),
        ({"min_quality": "3"}, "from 1 to 5"),
        ({"min_quality": float("nan")}, "from 1 to 5"),
        ({"section_kinds": ["result"]}, "did you mean 'results'"),
        ({"where": "yeer > 2000"}, "yeer"),
        ({"where": "license = 'CCBY'"}, "CC-BY"),
        ({"max_tokens": -1}, "whole number"),
        ({"max_tokens": 9, "tokenizer": 7}, "tokenizer"),
        ({"rank": 3}, "ranks count"),
    ],
)
def test_mistakes_are_one_line(release: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PmcmineError, match=message) as error:
        stream.documents(str(release), **options)
    assert "\n" not in str(error.value)


def test_what_is_damaged_is_an_error_or_left_out(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    _link(release, copy)
    shard = next(f["shard"] for f in rows(release, "figures") if f["shard"] and f["split"] == "train")
    (copy / "shards" / shard).unlink()
    (copy / "shards" / shard).write_bytes(b"\0" * (release / "shards" / shard).stat().st_size)
    with pytest.raises(PmcmineError, match="no image there"):
        list(stream.documents(str(copy)))
    with pytest.warns(UserWarning, match="no image there"):
        found = list(stream.documents(str(copy), on_error="warn"))
    assert len(found) == len(_of_split(release))
    assert "unreadable" in {p["reason"] for d in found for p in d["places"]}
    file = next((copy / "tables" / "documents" / "commercial").glob("train-*"))
    table = pq.ParquetFile(file).read()
    file.unlink()
    pq.write_table(table.slice(1), file)
    with pytest.raises(PmcmineError, match="is the copy complete"):
        list(stream.documents(str(copy)))


def _link(release: Path, copy: Path) -> None:
    copy.mkdir()
    for path in sorted(release.rglob("*")):
        target = copy / path.relative_to(release)
        if path.is_dir():
            target.mkdir(parents=True)
        elif path.name != ".lock":
            target.hardlink_to(path)


_ON_HUB = """
import hashlib, json
from pmcmine import stream
for d in stream.documents("org/pairs", seed=3):
    print(json.dumps([d["article_id"], d["texts"], [i and hashlib.sha256(i).hexdigest() for i in d["images"]]]))
"""


def test_from_a_hub_that_is_busy(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "x")
    with HubServer() as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        hub._faults = Faults(0.05, seed=2)
        env = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "x"}
        command = [sys.executable, "-c", _ON_HUB]
        done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-1500:]
    here = [
        [d["article_id"], d["texts"], [i and hashlib.sha256(i).hexdigest() for i in d["images"]]]
        for d in stream.documents(str(release), seed=3)
    ]
    assert [json.loads(line) for line in done.stdout.splitlines()] == here


@pytest.fixture(scope="module")
def exported(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exported")


def _expected(release: Path) -> Iterator[tuple[dict[str, Any], list[str | None], list[str | None]]]:
    """Document, texts and images of each place that holds one."""
    figures = {f["figure_id"] for f in rows(release, "figures") if f["shard"]}
    for d in rows(release, "documents"):
        kept = [(t, i) for t, i in zip(d["texts"], d["images"], strict=True) if t is not None or i in figures]
        yield d, [t for t, _ in kept], [i for _, i in kept]


def test_obelics(release: Path, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "export", str(release), "--format", "obelics", "--out", str(exported / "obelics"))
    assert code == 0, err
    files = {"train": [str(p) for p in (exported / "obelics").rglob("*.parquet")]}
    data = load_dataset("parquet", data_files=files, split="train", cache_dir=str(exported / "cache"))
    found = {json.loads(r["general_metadata"])["article_id"]: r for r in data}
    for d, texts, images in _expected(release):
        row = found.pop(d["article_id"])
        assert row["texts"] == texts
        facts = json.loads(row["metadata"])
        assert [f and f["figure_id"] for f in facts] == images
        assert [i and i.size for i in row["images"]] == [
            f and (f["original_width"], f["original_height"]) for f in facts
        ]
    assert not found


def test_mint1t(release: Path, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "export", str(release), "--format", "mint1t", "--out", str(exported / "mint1t"))
    assert code == 0, err
    tars = sorted(str(p) for p in (exported / "mint1t").rglob("*.tar"))
    samples = list(webdataset.WebDataset(tars, shardshuffle=False, empty_check=False))
    found = {json.loads(s["json"])["article_id"]: s for s in samples}
    for d, texts, images in _expected(release):
        record = json.loads(found[d["article_id"]]["json"])
        assert record["texts"] == texts and [i is None for i in record["images"]] == [i is None for i in images]
        sizes = [(m["width"], m["height"]) for m in record["image_metadata"]]
        if sizes:
            tiff = Image.open(io.BytesIO(found[d["article_id"]]["tiff"]))
            pages = []
            for n in range(tiff.n_frames):
                tiff.seek(n)
                pages.append(tiff.size)
            assert pages == sizes
    assert len(found) == len(rows(release, "documents"))
    data = load_dataset("webdataset", data_files={"train": tars[:1]}, split="train", cache_dir=str(exported / "cache"))
    assert {"json", "tiff"} <= set(data.column_names)


def test_pointers_hold_no_text_and_are_filled_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    articles = many_articles(4)
    write_bucket(tmp_path / "bucket", articles)
    common = {**LIGHT, "source": str(tmp_path / "bucket"), "classify": False, "near_duplicates": False}
    mine(load_config({**common, "out": str(tmp_path / "whole")}))
    release = tmp_path / "release"
    mine(load_config({**common, "out": str(release), "groups": ("noncommercial",), "pointers": True}))
    pointers = [d for d in rows(release, "documents") if d["withheld"]]
    assert pointers and all(d["texts"] == [] and d["places"] and d["n_characters"] for d in pointers)
    assert all(i is None for d in pointers for i in d["images"])
    call(capsys, "rehydrate", str(release), "--source", common["source"], "--out", str(tmp_path / "filled"))
    whole = {d["article_id"]: d for d in rows(tmp_path / "whole", "documents")}
    filled = rows(tmp_path / "filled", "documents")
    assert {d["article_id"] for d in filled} >= {d["article_id"] for d in pointers}
    assert all(d["withheld"] is None and d["texts"] == whole[d["article_id"]]["texts"] for d in filled)
