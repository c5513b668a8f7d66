"""Exports have the fields of the systems that they are named after, and hold what the release holds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure
from pmcmine.errors import PmcmineError
from pmcmine.exports import medconcept
from pmcmine.exports.tables import fill_slots
from tests.helpers import rows
from tests.test_cli import call

# Record fields as published (papers, repositories and dataset cards of each system).
FIELDS: dict[str, set[str]] = {
    "biomedica": {
        "image_file_name", "image_cluster_id", "image_hash", "image_label_id", "image_panel_type", "image_panel_subtype",
        "image_primary_label", "image_secondary_label", "image_size", "image_set", "image_context", "article_accession_id",
        "article_title", "article_journal", "article_date", "article_abstract", "article_mesh_terms", "article_keywords",
        "article_reference_ids", "article_reference_count", "article_reference_list", "article_subject",
        "article_citation", "article_license", "article_text",
    },
    "pmc15m": {"pmid", "pmc", "location", "figures"},
    "biomed-enriched": {
        "id", "article_id", "path", "text", "language", "section_title", "domain", "document_type", "educational_score",
        "domain_scores", "document_type_scores", "language_score", "authors", "article_url", "license_url", "license_type",
    },
    "medconcept": {
        "pmid", "pmc", "fig_caption", "fig_id", "fig_label", "fig_list-items", "graphic_ref", "href", "caption", "image",
        "umls_meta_info",
    },
    "open-pmc": {
        "id", "PMC_ID", "media_id", "caption", "media_url", "media_name", "caption_name", "image_path", "width", "height",
        "keywords", "is_medical",
    },
    "medicat": {
        "pdf_hash", "fig_key", "fig_uri", "s2_caption", "s2orc_caption", "s2orc_references", "radiology", "scope",
        "predicted_type", "oa_info",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def figures(demo_release: Path) -> dict[str, dict[str, Any]]:
    return {f["figure_id"]: f for f in rows(demo_release, "figures") if f["shard"]}


def _export(release: Path, name: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "export", str(release), "--format", name, "--out", str(out))
    assert code == 0, err


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _captions(figures: dict[str, dict[str, Any]]) -> list[str]:
    return sorted(f["caption"] or "" for f in figures.values())


@pytest.mark.parametrize("name", ["medconcept", "open-pmc", "medicat"])
def test_a_pair_a_line(
    demo_release: Path, figures: dict[str, Any], name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _export(demo_release, name, tmp_path / "out", capsys)
    found = _lines(tmp_path / "out" / f"{name}.jsonl")
    assert all(set(r) == FIELDS[name] for r in found)
    caption, image = {"medconcept": ("caption", "image"), "open-pmc": ("caption", "image_path"), "medicat": ("s2_caption", "fig_uri")}[name]  # fmt: skip
    assert sorted(r[caption] for r in found) == _captions(figures)
    by_hash = {f["sha256"]: f for f in figures.values()}
    for r in found:
        with Image.open(tmp_path / "out" / r[image]) as opened:
            assert opened.size[0] > 30
    assert len(by_hash) <= len(found)
    if name == "open-pmc":
        subfigures, subcaptions = (_lines(tmp_path / "out" / f"{n}.jsonl") for n in ("subfigures", "subcaptions"))
        panels = [p for p in rows(demo_release, "panels") if p["figure_id"] in figures]
        assert len(subfigures) == sum(p["x"] is not None and p["media"] is None for p in panels)
        assert sum(s["num_subcaptions"] for s in subcaptions) == len(panels)
    if name == "medicat":
        said = sum(len(r["s2orc_references"]) for r in found)
        assert said == sum(m["figure_id"] in figures for m in rows(demo_release, "mentions"))


def test_tables_are_csv_files_with_an_index(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _export(demo_release, "tables", tmp_path / "out", capsys)
    with (tmp_path / "out" / "tables.csv").open(newline="") as stream:
        index = list(csv.DictReader(stream))
    grids = {g["grid_id"]: g for g in rows(demo_release, "grids")}
    assert {r["grid_id"] for r in index} == grids.keys()
    for r in index:
        with (tmp_path / "out" / r["table_data_file"]).open(newline="") as stream:
            lines = list(csv.reader(stream))
        assert len(lines) == int(r["n_rows"])
        assert {len(line) for line in lines} == {int(r["n_columns"])}
        for cell in grids[r["grid_id"]]["cells"]:
            assert lines[cell["row"] + cell["row_span"] - 1][cell["column"]] == cell["text"]
    one = next(r for r in index if r["grid_id"] == "PMC9000002.1/tab1/g0")
    assert (one["pmcid"], one["table_label"], one["n_header_rows"]) == ("PMC9000002", "Table 1", "2")
    assert one["table_foot"] == "a One value is missing."
    some, chosen = tmp_path / "some", [g for g in grids.values() if g["n_rows"] > 3]
    args = ("--where", "n_rows > 3", "--out", str(some))
    assert call(capsys, "export", str(demo_release), "--format", "tables", *args)[0] == 0
    with (some / "tables.csv").open(newline="") as stream:
        assert {r["grid_id"] for r in csv.DictReader(stream)} == {g["grid_id"] for g in chosen} < grids.keys()


def test_cells_of_a_damaged_grid_are_refused() -> None:
    cell = {"row": 0, "column": 0, "row_span": 2, "column_span": 2, "text": "=1+1"}
    grid = {"grid_id": "g", "n_rows": 2, "n_columns": 2, "cells": [cell]}
    assert fill_slots(grid) == [["'=1+1"] * 2] * 2
    for wrong in ({"cells": [cell, cell]}, {"n_rows": 10**9}, {"n_columns": -1}):
        with pytest.raises(PmcmineError):
            fill_slots(grid | wrong)
    assert fill_slots(grid | {"cells": [cell | {"text": "-0.5", "row": -7, "row_span": 8}]})[0] == ["-0.5", "-0.5"]


def test_concepts_are_offsets_and_tokens() -> None:
    caption = "Hepatic steatosis (HS) in Crohn's disease."
    start = caption.index("Crohn")
    words = medconcept.words_of(caption)
    told = medconcept.concept_of({"cui": "C0010346", "score": 0.9, "start": start, "end": len(caption) - 1}, words)
    assert told == {
        "umls_cui": "C0010346",
        "umls_similarity": 0.9,
        "start_char": start,
        "end_char": len(caption) - 1,
        "tokens": ["crohn", "'", "s", "disease"],
        "start_token": 6,
        "end_token": 10,
    }


def test_articles_with_their_figures(
    demo_release: Path, figures: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _export(demo_release, "pmc15m", tmp_path / "out", capsys)
    found = _lines(tmp_path / "out" / "pmc15m.jsonl")
    assert all(set(a) == FIELDS["pmc15m"] for a in found)
    inner = [f for a in found for f in a["figures"]]
    assert all(set(f) == {"fig_caption", "fig_id", "fig_label", "graphic_ref", "pair_id"} for f in inner)
    assert {f"{a['location']}/{f['fig_id']}" for a in found for f in a["figures"]} == set(figures)
    assert len({f["pair_id"] for f in inner}) == len(inner)


def test_paragraph_rows(demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from datasets import load_dataset

    _export(demo_release, "biomed-enriched", tmp_path / "out", capsys)
    texts = []
    for group in ("commercial", "noncommercial"):
        table = pq.read_table(tmp_path / "out" / group / "train.parquet")
        assert set(table.column_names) == FIELDS["biomed-enriched"]
        texts += table["text"].to_pylist()
        row = table.slice(0, 1).to_pylist()[0]
        assert row["domain"] in ("clinical", "biomedical", "other") and len(row["document_type_scores"]) == 4
        assert (
            row["document_type"] in ("Clinical case", "Study", "Review", "Other") and 1 <= row["educational_score"] <= 5
        )
    assert sorted(texts) == sorted(p["text"] for p in rows(demo_release, "paragraphs"))
    loaded = load_dataset(
        "parquet", data_files=str(tmp_path / "out" / "commercial" / "*.parquet"), cache_dir=str(tmp_path / "c")
    )
    assert len(loaded["train"]) > 10


def test_webdataset_samples(
    demo_release: Path, figures: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import webdataset as wds

    _export(demo_release, "biomedica", tmp_path / "out", capsys)
    tars = [str(p) for p in sorted((tmp_path / "out").rglob("*.tar"))]
    found = list(wds.WebDataset(tars, shardshuffle=False))
    assert sorted(s["txt"].decode() for s in found) == _captions(figures)
    ids = set()
    for s in found:
        record = json.loads(s["json"])
        assert set(record) == FIELDS["biomedica"] and len(s["__key__"].split("-")) == 4
        ids.add(record["image_hash"])
        with Image.open(io.BytesIO(s["jpg"])) as opened:
            assert list(opened.size) == record["image_size"]
        assert record["article_text"] and record["article_date"].lstrip("-").isdigit()
    assert ids == {f["sha256"] for f in figures.values()}


def test_attribution_of_articles_and_of_figures_with_rights_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = (
        "<permissions><license xlink:href='https://creativecommons.org/licenses/by-nc/4.0/'>"
        "<license-p>Made\tby\nthe museum, CC BY-NC 4.0</license-p></license></permissions>"
    )
    bucket = tmp_path / "bucket"
    write_bucket(bucket, [DemoArticle(9200001), DemoArticle(9200002, figures=(DemoFigure(extra=own), DemoFigure()))])
    release = tmp_path / "release"
    args = ("--source", str(bucket), "--out", str(release), "--vocab", "none", "-q")
    code, _, err = call(capsys, "mine", *args, "--set", "image_kinds=false", "--set", "panels=false")
    assert code == 0, err

    _export(release, "attribution", tmp_path / "out", capsys)
    head, *lines = (tmp_path / "out" / "ATTRIBUTION.tsv").read_text("utf-8").splitlines()
    found = {r["id"]: r for r in (dict(zip(head.split("\t"), n.split("\t"), strict=True)) for n in lines)}
    assert list(found) == ["PMC9200001.1", "PMC9200002.1", "PMC9200002.1/fig1"]
    articles = {a["article_id"]: a for a in rows(release, "articles")}
    for key, article in articles.items():
        assert {c: found[key][c] for c in ("license", "license_group", "attribution")} == {
            c: article[c] for c in ("license", "license_group", "attribution")
        }
    figure = found["PMC9200002.1/fig1"]
    assert (figure["license"], figure["license_group"]) == ("CC-BY-NC", "noncommercial")
    assert figure["attribution"].endswith("Made by the museum, CC BY-NC 4.0")
    assert figure["url"] == articles["PMC9200002.1"]["source_url"]


def test_mistakes_are_one_line(demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    for args in ((str(demo_release), "--format", "coco", "--out", str(tmp_path / "a")),
                 (str(demo_release), "--format", "medicat", "--out", str(tmp_path / "full")),
                 (str(tmp_path), "--format", "medicat", "--out", str(tmp_path / "b"))):  # fmt: skip
        code, _, err = call(capsys, "export", *args)
        assert code == 2 and err.count("\n") == 1


def _llava(folder: Path) -> dict[str, dict[str, Any]]:
    """Read as LLaVA's LazySupervisedDataset does; items by id."""
    items = [item for name in folder.glob("*.json") for item in json.loads(name.read_text())]
    for item in items:
        asked, answered = item["conversations"]
        assert (asked["from"], answered["from"]) == ("human", "gpt")
        assert asked["value"].startswith("<image>\n") and asked["value"].count("<image>") == 1
        assert "<image>" not in answered["value"]
        with Image.open(folder / "images" / item["image"]) as image:
            image.verify()
    return {item["id"]: item for item in items}


def test_llava_captions(
    demo_release: Path, figures: dict[str, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _export(demo_release, "llava-captions", tmp_path / "all", capsys)
    items = _llava(tmp_path / "all")
    wanted = {f["key"]: f for f in figures.values() if f["caption"]}
    assert set(items) == set(wanted) and len(items) > 50
    for key, item in items.items():
        assert item["conversations"][1]["value"] == wanted[key]["caption"]
        assert {k: item[k] for k in ("license", "attribution", "derivatives_ok", "figure_id")} == {
            k: wanted[key][k] for k in ("license", "attribution", "derivatives_ok", "figure_id")
        }
    asked = {item["conversations"][0]["value"] for item in items.values()}
    assert 4 < len(asked) <= 8
    names = {f["split"] for f in wanted.values()}
    assert {p.stem for p in (tmp_path / "all").glob("*.json")} == names
    code, _, err = call(
        capsys, "export", str(demo_release), "--format", "llava-captions", "--where", "year >= 2015", "--groups", "commercial",
        "--out", str(tmp_path / "some"),
    )  # fmt: skip
    some = _llava(tmp_path / "some")
    assert code == 0, err
    assert 0 < len(some) < len(items) and all(items[key] == item for key, item in some.items())
