"""Croissant of each dataset folder: valid by MLCommons' own reader, and loadable by it."""

from __future__ import annotations

import json
import logging
import shutil
from itertools import islice
from pathlib import Path

import pytest

from tests.helpers import rows


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
    # A release states no date: the same input gives the same bytes.
    assert not issues.errors and all("datePublished" in w for w in issues.warnings)
    names = [r.uuid for r in loaded.metadata.record_sets]
    assert len(names) >= 6
    for name in names:
        first = next(islice(loaded.records(name), 1), None)
        assert first is not None, name
    if dataset == "tables":
        figures = [f for f in rows(folder, "figures") if f["license_group"] == "commercial"]
        ids = {r["figures-commercial/figure_id"].decode() for r in loaded.records("figures-commercial")}
        assert ids == {f["figure_id"] for f in figures}
