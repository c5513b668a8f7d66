"""A run finds near duplicates, clusters them, and keeps them out of train where they would leak."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoFigure, many_articles
from pmcmine.demo.pictures import draw, encode
from pmcmine.ids import natural_split
from pmcmine.io.folder import Folder
from pmcmine.release.plan import read_plan
from pmcmine.run import finish
from pmcmine.run.ownership import planned_names
from tests.helpers import NO_MODELS, mine, release_json, rows, tree

_CAPTION = (
    "Representative axial scans of the upper abdomen before and after treatment with the new compound, in eight "
    "patients who completed the whole course of the study; bars show the mean of {} measurements"
)


def _numbers(split: str, n: int) -> list[int]:
    """PMCIDs of a split, away from those of `many_articles`."""
    found = (i for i in range(9_300_000, 9_400_000) if natural_split(f"PMC{i}") == split)
    return [next(found) for _ in range(n)]


def _copy(data: bytes, scale: float) -> bytes:
    image = Image.open(io.BytesIO(data))
    return encode(image.resize((int(image.width * scale), int(image.height * scale))), "JPEG")


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles of train and test with copies of one picture, of one caption, and exact copies."""
    bucket = tmp_path_factory.mktemp("twins")
    scan, other = (encode(draw(("radiograph", "lines"), seed), "JPEG") for seed in (77, 78))
    train, (test,) = _numbers("train", 4), _numbers("test", 1)
    plain = many_articles(14)
    blank = replace(plain[0], figures=(), body="", front="", back="")

    def article(pmcid: int, *figures: DemoFigure, **more: str) -> object:
        return replace(blank, pmcid=pmcid, figures=figures, **more)

    write_bucket(
        bucket,
        [
            *plain,
            article(test, DemoFigure(bytes=scan, caption="Scan of a patient."), DemoFigure(("gel",), seed=5, caption=_CAPTION.format(12))),
            article(train[0], DemoFigure(bytes=_copy(scan, 0.6), caption="Quite another legend.")),
            article(train[1], DemoFigure(("bars",), seed=9, caption=_CAPTION.format(13))),
            article(train[2], DemoFigure(bytes=other, caption="First."), DemoFigure(bytes=_copy(other, 1.4), caption="Second.")),
            article(train[3], DemoFigure(bytes=_copy(other, 0.5), caption="Third."), license_code="CC BY-NC"),
        ],
    )  # fmt: skip
    return bucket


def test_clusters_and_leaks(twins: Path, tmp_path: Path) -> None:
    out = tmp_path / "release"
    config = {"source": str(twins), "out": str(out), "block_articles": 3, **NO_MODELS}
    mine(load_config(config))
    train, (test,) = [f"PMC{n}" for n in _numbers("train", 4)], [f"PMC{n}" for n in _numbers("test", 1)]
    found = rows(out, "clusters")
    members = {(r["kind"], r["pmcid"]): r for r in found}
    assert members["image", train[0]]["cluster_id"] == members["image", test]["cluster_id"]
    assert members["caption", train[1]]["cluster_id"] == members["caption", test]["cluster_id"]
    assert members["image", train[0]]["leaks_into"] == members["caption", train[1]]["leaks_into"] == "test"
    ours = [r for r in found if r["kind"] == "image" and r["pmcid"] in train[2:]]
    assert len({r["cluster_id"] for r in ours}) == 1 and {r["size"] for r in ours} == {3}
    (best,) = [r for r in ours if r["representative"]]
    # The widest licence first, then the most pixels.
    assert best["pmcid"] == train[2] and best["member_id"].endswith("fig2") and best["relation"] == "itself"
    assert Counter(r["relation"] for r in ours) == {"itself": 1, "same_article": 1, "other_article": 1}
    figures = {r["figure_id"]: r for r in rows(out, "figures")}
    left_out = {f["pmcid"] for f in figures.values() if f["no_sample"] == "leaks_into_evaluation"}
    assert left_out == {train[0], train[1]}
    details = {r["pmcid"]: r["detail"] for r in rows(out, "rejects") if r["reason"] == "leaks_into_evaluation"}
    assert details[train[0]].startswith(f"nearly the same image is in test: {test}.1/")
    assert details[train[1]].startswith(f"nearly the same caption is in test: {test}.1/")
    counts = release_json(out)["counts"]["near_duplicates"]
    assert counts["members_image"] == sum(r["kind"] == "image" for r in found)

    again = tmp_path / "again"
    mine(load_config({**config, "out": str(again)}))
    assert tree(out, "shards", "tables") == tree(again, "shards", "tables")


class _Killed(BaseException):
    """Ends a run in the middle."""


def test_a_run_that_left_samples_out_of_many_shards_resumes(
    twins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are fewer shards of left-out samples than of others, so their names are others."""
    config = {"source": str(twins), "out": str(tmp_path / "out"), "shard_bytes": 100_000, "panel_shards": True}
    config |= {"near_duplicates": True} | NO_MODELS

    def ends(*args: Any, **kwargs: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(finish, "make_report", ends)
        with pytest.raises(_Killed):
            mine(load_config(config))
    out = tmp_path / "out"
    left = {p.name for p in (out / "state").rglob("left-out*/**/*.tar")}
    assert left and not left & {p.name for p in (out / "shards" / "commercial" / "train").rglob("*.tar")}
    plan = read_plan(Folder(str(out / "_work")))
    assert plan is not None
    written = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file() and "_work" not in p.parts}
    assert written <= planned_names(plan)
    mine(load_config(config))
    assert not (out / "_work").exists() and {p.name for p in (out / "state").rglob("left-out*/**/*.tar")} == left


def test_they_can_be_left_away(twins: Path, tmp_path: Path) -> None:
    out = tmp_path / "release"
    mine(load_config({"source": str(twins), "out": str(out), "near_duplicates": False, **NO_MODELS}))
    assert not (out / "tables" / "clusters").exists()
    assert release_json(out)["counts"]["near_duplicates"] is None
    assert not any(f["leaks_into"] for f in rows(out, "figures"))
