"""Damaged side tables stop nothing that does not use them, are named with the way out, and can be removed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmcmine.cli import main
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.publish.verify import verify_folder
from tests.helpers import NO_MODELS, mine, release_json
from tests.model_server import ModelServer, served
from tests.test_cli import call

DAMAGE: dict[str, Callable[[Path], Any]] = {
    "missing": Path.unlink,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a release that has two side tables of texts, a score and an index, and its source."""
    folder = tmp_path_factory.mktemp("side-tables")
    write_bucket(folder / "bucket", many_articles(12, first=9_600_001))
    config = {**NO_MODELS, "source": str(folder / "bucket"), "out": str(folder / "release"), "table_bytes": 20_000}
    mine(load_config({**config, "shard_bytes": 200_000, "small_splits": False}))
    with served() as server:
        for name in ("caption", "other"):
            assert _write(folder / "release", server, name) == 0
    assert _call("score", folder / "release", "--with", "caption-tokens") == 0
    assert _call("index", folder / "release") == 0
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A copy of the release; articles come to and go from its source, but not from this one."""
    return Path(shutil.copytree(whole / "release", tmp_path / "release"))


def _call(command: str, *args: object) -> int:
    with pytest.raises(SystemExit) as done:
        main([command, *map(str, args)])
    return int(done.value.code or 0)


def _said(capsys: Any, command: str, *args: object) -> tuple[int, str, str]:
    return call(capsys, command, *map(str, args))


def _write(release: Path, server: ModelServer, name: str) -> int:
    made = ["--task", "caption", "--name", name, "--limit", 30]
    return _call("write", release, *made, "--endpoint", server.url, "--model", "stub", "--no-image")


def _files(release: Path, top: str) -> list[Path]:
    return sorted(p for p in (release / top).rglob("*.parquet") if p.stat().st_size)


def _lines(err: str) -> list[str]:
    return [line for line in err.splitlines() if ".parquet" in line]


@pytest.mark.parametrize("kind", ["missing", "zeros"])
def test_an_update_goes_on_without_damaged_side_tables(kind: str, whole: Path, copy: Path, capsys: Any) -> None:
    for top in ("written/caption/texts", "written/other/texts", "scores", "index"):
        for path in _files(copy, top):
            DAMAGE[kind](path)
    (copy / "written" / "croissant.json").unlink()
    write_bucket(copy.parent / "later", many_articles(12, first=9_600_001)[1:])
    args = ["--source", copy.parent / "later", "--max-reject-share", 1, "--date", "2026-12-01", "-q"]
    code, _, err = _said(capsys, "update", copy, *args)
    assert code == 0, err
    kept = {side["name"]: side["of"] for side in release_json(copy)["written"]}
    days = [json.loads((copy / top / "croissant.json").read_text())["datePublished"] for top in ("tables", "written")]
    assert days[0] == days[1]
    assert kept.keys() == {"caption", "other"}
    said = _lines(err)
    assert len(said) == 3 and "`pmcmine score`" in said[2]
    for line, name in zip(said, kept, strict=False):
        assert f"written/{name}/texts" in line and f"--remove {name}" in line
    problems = verify_folder(copy).problems
    assert problems and all(p.startswith(("written/caption/texts", "written/other/texts", "scores/")) for p in problems)
    for name in kept:
        assert _said(capsys, "write", copy, "--remove", name)[0] == 0
    assert _said(capsys, "score", copy, "--with", "caption-tokens")[0] == 0
    assert not verify_folder(copy).problems


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_side_tables_are_removed_or_written_again(kind: str, copy: Path, capsys: Any) -> None:
    for path in _files(copy, "written"):
        DAMAGE[kind](path)
    code, _, err = _said(capsys, "write", copy, "--remove", "other")
    assert code == 0 and "written/caption/" in err and "written/other/" not in err
    assert not (copy / "written" / "other" / "texts").exists() or not _files(copy, "written/other")
    mlc = pytest.importorskip("mlcroissant")
    assert not mlc.Dataset(jsonld=str(copy / "written" / "croissant.json")).metadata.ctx.issues.errors
    said = json.loads((copy / "written" / "croissant.json").read_text())
    assert said["recordSet"] == [] and len(said["prov:wasGeneratedBy"]) == 1
    with served() as server:
        assert _write(copy, server, "other") == 0
        assert "written/caption/" in capsys.readouterr().err
        assert _write(copy, server, "caption") == 0
        assert server.state.requests == 0, "all answers are in the journals"
    assert not _lines(capsys.readouterr().err) and not verify_folder(copy).problems
    said = json.loads((copy / "written" / "croissant.json").read_text())
    assert [r["name"] for r in said["recordSet"]] == ["caption", "other"]


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_score_is_computed_again(kind: str, copy: Path, capsys: Any) -> None:
    before = {path: path.read_bytes() for path in _files(copy, "scores")}
    path = next(iter(before))
    DAMAGE[kind](path)
    code, out, _ = _said(capsys, "score", copy, "--with", "caption-tokens", "--json")
    assert code == 0 and json.loads(out)["files_kept"] == len(before) - 1
    assert {path: path.read_bytes() for path in before} == before and not verify_folder(copy).problems


def test_an_update_takes_no_name_of_a_side_table_that_leads_out(whole: Path, copy: Path, capsys: Any) -> None:
    stated = release_json(copy)
    stated.pop("crc32")
    stated["files"].append({**stated["files"][0], "name": "written/../../outside.txt"})
    (copy / "release.json").write_text(json.dumps(stated))
    (copy.parent / "outside.txt").write_text("of somebody else")
    code, _, err = _said(capsys, "update", copy, "--source", whole / "bucket", "-q")
    assert code == 2 and "written/../../outside.txt" in err and err.count("\n") == 1
    assert (copy.parent / "outside.txt").read_text() == "of somebody else"
