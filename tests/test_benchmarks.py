"""Benchmarks that need no real articles run on little: what they measure is not judged here."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.browsing import browse
from benchmarks.images import images
from benchmarks.jobs import shards
from benchmarks.launcher import launcher
from benchmarks.link import link
from tests.tiny_release import write_release

pytestmark = pytest.mark.slow


def test_images() -> None:
    found = images(None, megapixels=(0.03,), rounds=1)["0.03 megapixels"]
    assert found["ratio"] > 0 and found["limit"] > 0
    assert {"decode", "views", "fingerprints", "kinds", "panels", "privacy"} <= found["ms"].keys()


def test_shards() -> None:
    assert shards(None, packs=1)["samples"] == 400


def test_link() -> None:
    found = link(None, sizes=(500, 1_000, 2_000), text_bytes=20_000)
    assert all(r["mb_per_second"] > 0 for r in found["ours"].values())


def test_browse() -> None:
    found = browse(None, rows=600)
    assert all(ms > 0 for times in found["ms"].values() for ms in times)


def test_launcher() -> None:
    found = launcher(None, rows=2_000)["rows"][2_000]
    assert (found["articles"], found["members"], found["samples"]) == (2_000, 2_000, 2_000)


def test_readers_take_turns_and_a_case_that_takes_too_long_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_release(tmp_path / "release", 200)
    place = {"pmcmine": str(tmp_path / "release")}
    case = {"place": place, "local": place, "http": False, "workers": 0, "decode": False}
    reader = peers.Reader("pmcmine", "", str(tmp_path))
    try:
        row = peers._cell([reader], case, 2)["pmcmine"]
        assert (row["samples"], row["passes"], row["ratio"]) == (200, 2, 1.0) and row["first"] > 0
        assert peers._resumed([reader], case)["pmcmine"]["resumes"] is True
        monkeypatch.setattr(peers, "_LIMIT", 0.001)
        assert peers._cell([reader], case, 2)["pmcmine"] == {"fails": "not reached in 0 s"}
        monkeypatch.setattr(peers, "_LIMIT", 60.0)
        assert peers._cell([reader], case, 1)["pmcmine"]["samples"] == 200
    finally:
        reader.stop()
