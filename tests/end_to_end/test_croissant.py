"""Croissant of each dataset folder: valid by MLCommons' own reader, and loadable by it."""

from __future__ import annotations

import json
import logging
import re
import shutil
from itertools import islice
from pathlib import Path

import pytest
import yaml

from pmcmine.describe.corpus_facts import sample_row
from tests.helpers import release_json, rows


@pytest.fixture
def folder(demo_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, for the reader unpacks tars beside a cache of its own."""
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path / "cache"))
    shutil.copytree(demo_release, tmp_path / "release")
    return tmp_path / "release"


@pytest.mark.parametrize("dataset", ["tables", "shards"])
def test_it_is_valid_and_every_record_set_loads(folder: Path, dataset: str) -> None:
    mlc = pytest.importorskip("mlcroissant")
    logging.getLogger("absl").setLevel(logging.ERROR)
    path = folder / dataset / "croissant.json"
    assert json.loads(path.read_text())["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    loaded = mlc.Dataset(jsonld=str(path))
    issues = loaded.metadata.ctx.issues
    assert not issues.errors and not issues.warnings
    names = [r.uuid for r in loaded.metadata.record_sets]
    assert len(names) >= 6
    for name in names:
        first = next(islice(loaded.records(name), 1), None)
        assert first is not None, name
    if dataset == "tables":
        figures = [f for f in rows(folder, "figures") if f["license_group"] == "commercial"]
        ids = {r["figures-commercial/figure_id"].decode() for r in loaded.records("figures-commercial")}
        assert ids == {f["figure_id"] for f in figures}


@pytest.mark.parametrize("dataset", ["tables", "shards"])
def test_it_says_where_the_data_come_from_and_how_they_may_be_used(demo_release: Path, dataset: str) -> None:
    said = json.loads((demo_release / dataset / "croissant.json").read_text())
    release = release_json(demo_release)
    newest = max(a["dates"]["pmc_release"] or a["publication_date"] for a in rows(demo_release, "articles"))
    assert said["datePublished"].startswith(newest) and len(said["datePublished"]) == 10
    assert said["inLanguage"] == ["en"]
    made = said["prov:wasGeneratedBy"]
    read, *models = made["prov:used"]
    assert read["sc:identifier"] == f"sha256:{release['snapshot']['sha256']}"
    assert {m["prov:label"] for m in models} == {m["name"] for m in release["classifiers"]}
    offers = {o["sc:name"]: o for o in said["usageInfo"]}
    assert offers["configuration noncommercial"]["odrl:prohibition"]["odrl:action"] == {"@id": "cc:CommercialUse"}
    assert "odrl:prohibition" not in offers["configuration commercial"]


def test_the_card_shows_a_row_and_numbers_that_the_tables_have(demo_release: Path) -> None:
    card = (demo_release / "shards" / "README.md").read_text("utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert head["language"] == ["en"]
    figures = [f for f in rows(demo_release, "figures") if f["shard"]]
    shown = json.loads(card.split("```json\n")[1].split("```")[0])
    (row,) = [f for f in figures if f["key"] == shown["key"]]
    assert shown.items() <= row.items() and row["license_group"] == "commercial" and not row["privacy"]
    articles = rows(demo_release, "articles")
    assert f"- articles: {len(articles)}; journals: {len({a['journal'] for a in articles if a['journal']})}" in card
    charts = sum("chart" in f["image_kinds"] for f in figures)
    assert f"chart {100 * charts / len(figures):.0f} %" in card
    for workers, shards in re.findall(r"--workers (\d+) .*?\n.*?\{00000\.\.(\d+)\}", card):
        assert int(workers) <= int(shards) + 1
    assert "@misc{pmcmine_" in card


def test_a_row_of_others_cannot_leave_its_block() -> None:
    said = sample_row({"caption": "```\n# Not a heading\n```", "key": "a`b"})
    assert "`" not in said and len(said.splitlines()) == 4
    assert json.loads(said)["key"] == "a`b"
