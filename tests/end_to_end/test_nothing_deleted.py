"""Only what says that it is a demo is made anew; no command replaces or deletes anything else unasked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pmcmine.demo.remake import clear_demo
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.release.begin import sweep
from tests.helpers import NO_MODELS, flags_of, release_json, tree
from tests.test_cli import call

LIGHT = [*flags_of(NO_MODELS), "--set=near_duplicates=false", "--max-reject-share=1", "-q"]


def _refused(folder: Path) -> None:
    before = tree(folder, ".")
    with pytest.raises(PmcmineError, match="nothing was deleted"):
        clear_demo(Folder(str(folder)))
    assert tree(folder, ".") == before


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that `pmcmine demo` made."""
    from pmcmine.cli import main

    out = tmp_path_factory.mktemp("demo") / "out"
    with pytest.raises(SystemExit) as done:
        main(["demo", "--out", str(out), "--articles", "2", "-q"])
    assert not done.value.code
    return out


def test_a_demo_is_made_anew_and_a_real_release_is_not(
    demo: Path, demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(demo_release, ".")
    code, out, err = call(capsys, "demo", "--out", str(demo_release), "-q")
    assert (code, out) == (2, "") and err.count("\n") == 1 and "`pmcmine demo` did not write" in err
    assert tree(demo_release, ".") == before
    copy = shutil.copytree(demo, tmp_path / "copy")
    assert release_json(copy)["run"]["demo"] is True
    clear_demo(Folder(str(copy)))
    assert not list(copy.iterdir())
    clear_demo(Folder(str(copy)))  # an empty folder
    clear_demo(Folder(str(tmp_path / "missing")))


def test_a_demo_is_not_updated_because_its_articles_are_gone(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(demo, ".")
    code, out, err = call(capsys, "update", str(demo), "-q")
    assert (code, out) == (2, "") and err.count("\n") == 1 and "is a demo" in err
    assert tree(demo, ".") == before


def test_what_a_demo_is_not_taken_for(demo: Path, tmp_path: Path) -> None:
    with_notes = shutil.copytree(demo, tmp_path / "notes")
    (with_notes / "notes.txt").write_text("mine")
    _refused(with_notes)
    with_subset = shutil.copytree(demo, tmp_path / "subset")
    (with_subset / "tables" / "figures" / "mine.parquet").write_bytes(b"PAR1")
    _refused(with_subset)
    for text in ("", "[]", '{"run": []}', '{"run": {}}', '{"demo": true}'):
        other = shutil.copytree(demo, tmp_path / "other", dirs_exist_ok=True)
        (other / "release.json").write_text(text)
        _refused(other)
    updating = shutil.copytree(demo, tmp_path / "updating")
    (updating / "_work").mkdir()
    (updating / "_work" / "run.json").write_text('{"update": {"date": "2026-01-01"}, "demo": true}')
    _refused(updating)
    for name in ("release.json", "_work/x", "shards/a.tar", "tables/a.parquet", "photo.jpg"):
        folder = tmp_path / "any" / name.replace("/", "-")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("{}")
        _refused(folder)


def test_a_demo_that_was_killed_is_made_anew(tmp_path: Path) -> None:
    work = tmp_path / "_work"
    (tmp_path / "shards" / "commercial").mkdir(parents=True)
    work.mkdir()
    (work / "run.json").write_text('{"config": {}, "demo": true}')
    clear_demo(Folder(str(tmp_path)))
    assert not list(tmp_path.iterdir())
    work.mkdir()
    (work / "run.json").write_text('{"config": {}}')
    _refused(tmp_path)


@pytest.mark.parametrize("name", ["shards/a.tar", "tables/x.parquet", "state/y", "_work/notes.txt"])
def test_folders_of_our_names_may_be_anybodys(
    name: str, demo_bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text("mine")
    code, _, err = call(capsys, "mine", "--source", str(demo_bucket), "--out", str(tmp_path), *LIGHT)
    assert code == 2 and "holds other files" in err
    assert [p.read_text() for p in tmp_path.rglob("*") if p.is_file()] == ["mine"]


def test_a_sweep_removes_what_the_old_release_lists_and_nothing_else(tmp_path: Path) -> None:
    kept = "shards/commercial/train/000/train-00000-of-00002.tar"
    old = ["tables/rejects/rejects-00000-of-00001.parquet", "state/000/000001.ledger.arrow", "tables/README.md"]
    theirs = ["tables/figures/cases.parquet", "tables/figures/other/train-00000-of-00001.parquet",
              "shards/commercial/train/000/train-inc20260101b-00000-of-00001.tar", "shards/notes.txt",
              "state/left-out/commercial/train/000/train-00000-of-00001.tar.json", "report.html",
              "tables/figures/commercial/train-00000-of-00001.parquet.0123456789ab.tmp"]  # fmt: skip
    for name in (kept, *old, *theirs):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    sweep(Folder(str(tmp_path)), [kept], [kept, *old, "report.html"])
    assert {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()} == {kept, *theirs}
    (tmp_path / "elsewhere" / "README.md").parent.mkdir()
    (tmp_path / "elsewhere" / "README.md").write_text("mine")
    (tmp_path / "tables").rename(tmp_path / "moved")
    (tmp_path / "tables").symlink_to(tmp_path / "elsewhere")
    for name in ("tables/README.md", "tables/../elsewhere/README.md"):
        with pytest.raises(PmcmineError):
            sweep(Folder(str(tmp_path)), [], [name])
    assert (tmp_path / "elsewhere" / "README.md").read_text() == "mine"


def test_files_are_replaced_when_told_to(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "mine.bin"
    obo = tmp_path / "a.obo"
    obo.write_text("format-version: 1.2\n\n[Term]\nid: HP:1\nname: cough\n")
    labels = tmp_path / "labels.jsonl"
    labels.write_text("{}\n")
    commands = [
        ["subset", str(demo), "--where", "true", "--out", str(target)],
        ["vocab", "build", "--obo", str(obo), "-q", "--out", str(target)],
        ["vocab", "get", "open", "--offline", "--only", "hp", "--out", str(target)],
        ["train", "text", "--corpus", str(demo), "--labels", str(labels), "--out", str(target)],
        ["train", "image-kind", "--figures", str(demo), "--out", str(target)],
        ["train", "linking", "--gold", str(labels), "--vocab", str(obo), "--out", str(target)],
        ["train", "abbreviations", "--gold", str(labels), "--out", str(target)],
        ["label", "--corpus", str(demo), "--text-model", str(tmp_path), "--out", str(target)],
    ]
    for command in commands:
        target.write_text("precious")
        code, out, err = call(capsys, *command)
        assert (code, out) == (2, "") and "--overwrite" in err and err.count("\n") == 1, command
        assert target.read_text() == "precious"
    for command in commands[:3]:
        target.write_text("precious")
        assert call(capsys, *command, "--overwrite")[0] == 0, command
        assert target.read_bytes() != b"precious"
    assert call(capsys, *commands[2])[0] == 0  # an open vocabulary may be brought up to date
    code, _, err = call(capsys, *commands[0][:-1], str(tmp_path))
    assert code == 2 and "is a folder" in err
    code, _, err = call(
        capsys, "train", "encoder", "--base", str(tmp_path), "--labels", str(labels), "--out", str(tmp_path)
    )
    assert code == 2 and "is not empty" in err
    assert json.loads(labels.read_text()) == {}
