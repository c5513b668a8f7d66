"""What a run did not write stays as it is: at each of our names, at each moment, whatever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import job
from pmcmine.config import MineConfig, load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.release.plan import read_plan
from pmcmine.run import finish as finish_module
from pmcmine.run import steps
from pmcmine.run.ownership import planned_names
from pmcmine.run.progress import Progress
from pmcmine.update.old_release import inc_tag
from tests.helpers import NO_MODELS, flags_of, mine, release_json, tree
from tests.test_cli import call

LIGHT = NO_MODELS | {"panels": False, "near_duplicates": False, "max_reject_share": 1.0}
NAMES = ["report.html", "metrics.json", "tables/README.md", "tables/notes.txt", "shards/mine.tar", "state/state.json",
         "state", "decontamination.npz", "shards-panels/x.tar", "shards/ATTRIBUTION.tsv.gz",
         "tables/rejects/rejects-00000-of-00001.parquet", "tables/figures/a.parquet.0123456789ab.tmp"]  # fmt: skip


class _Killed(BaseException):
    """Ends a run in the middle."""


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ownership") / "bucket"
    write_bucket(folder, many_articles(3))
    return folder


@pytest.fixture(scope="module")
def whole(bucket: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    mine(_config(bucket, out))
    return out


def _config(bucket: Path, out: Path, **more: Any) -> MineConfig:
    return load_config({"source": str(bucket), "out": str(out), **LIGHT, **more})


def _put(path: Path, text: str = "precious") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def set_up(module: Any, name: str) -> None:
        def ends(*args: Any, **kwargs: Any) -> None:
            raise _Killed

        with monkeypatch.context() as patched:
            patched.setattr(module, name, ends)
            with pytest.raises(_Killed):
                set_up.run()  # type: ignore[attr-defined]

    yield set_up


@pytest.mark.parametrize(("module", "name"), [(steps, "_plan"), (steps, "finish"), (finish_module, "make_report")])
def test_files_that_come_while_a_run_is_stopped_stay(
    module: Any, name: str, bucket: Path, whole: Path, tmp_path: Path, killed_at: Any
) -> None:
    """Before the plan, after assembly, and before the report: refused by name, and then the run resumes."""
    out = tmp_path / "out"
    killed_at.run = lambda: mine(_config(bucket, out))
    killed_at(module, name)
    for theirs in NAMES:
        path = out / theirs
        if path.exists():  # written by the run itself
            continue
        _put(path)
        before = tree(out, "shards", "tables", "state")
        with pytest.raises(PmcmineError, match=r"holds files that|exists, but this run did not write it") as refused:
            mine(_config(bucket, out))
        assert theirs.split("/")[0] in str(refused.value) and "\n" not in str(refused.value)
        assert path.read_text() == "precious"
        assert {k: v for k, v in tree(out, "shards", "tables", "state").items() if k in before} == before
        path.unlink()
        if path.parent != out and not any(path.parent.iterdir()):
            path.parent.rmdir()
    if module is steps and name == "finish":  # files that their writer could not record are written again
        records = sorted((out / "_work" / "assembled").rglob("*.json"))
        assert len(records) > 4
        for record in records:
            record.unlink()
    mine(_config(bucket, out))
    assert tree(out, "shards", "tables") == tree(whole, "shards", "tables")
    assert not (out / "_work").exists() and not list(out.rglob("*.tmp"))


def test_the_plan_names_all_that_a_run_writes(bucket: Path, tmp_path: Path, killed_at: Any) -> None:
    out = tmp_path / "out"
    more = {"panels": True, "panel_shards": True, "near_duplicates": True}
    killed_at.run = lambda: mine(_config(bucket, out, **more))
    killed_at(finish_module, "make_report")
    plan = read_plan(Folder(str(out / "_work")))
    assert plan is not None
    written = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file() and "_work" not in p.parts}
    assert written and written <= planned_names(plan)


def test_a_killed_process_resumes(bucket: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    flags = flags_of(LIGHT)
    command = [sys.executable, "-P", "-m", "pmcmine", "mine", "--source", str(bucket), "--out", str(out), "-q", *flags]
    child = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)
    while child.poll() is None and not (out / "_work" / "plan.json").exists():
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    mine(_config(bucket, out))
    assert tree(out, "shards", "tables") == tree(whole, "shards", "tables") and not (out / "_work").exists()


def test_the_work_folder_of_somebody_else_stays(
    whole: Path, bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    out = Path(shutil.copytree(whole, tmp_path / "out"))
    for name, text in (("notes.txt", "mine"), ("run.json", '{"mine": 1}'), ("run.json", "["), ("lock", "my lock")):
        _put(out / "_work" / name, text)
        before = tree(out, ".")
        code, _, err = call(capsys, "update", str(out), "-q")
        assert code == 2 and err.count("\n") == 1, err
        assert tree(out, ".") == before
        (out / "_work" / name).unlink()
    fresh = tmp_path / "fresh"
    _put(fresh / "_work" / "lock", "my lock")
    with pytest.raises(PmcmineError, match="no lock of pmcmine"):
        mine(_config(bucket, fresh))
    assert (fresh / "_work" / "lock").read_text() == "my lock"
    for text in ("[]", '{"config": 1}', "null", '{"config": {}}'):
        (out / "release.json").write_text(text)
        with pytest.raises(PmcmineError):
            mine(_config(bucket, out))
        assert (out / "release.json").read_text() == text


def test_an_update_replaces_and_removes_only_what_is_listed(
    whole: Path, bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    out = Path(shutil.copytree(whole, tmp_path / "out"))
    write_bucket(tmp_path / "more", many_articles(5))
    theirs = ["tables/figures/commercial/train-00007-of-00009.parquet", "tables/mine/mine-00000-of-00001.parquet",
              "shards/commercial/train/000/train-00000-of-00099.tar", "tables/x.parquet.0123456789ab.tmp", "notes.txt",
              "state/000/000999.ledger.arrow", "shards/notes.txt"]  # fmt: skip
    for name in theirs:
        _put(out / name)

    def updated(keep_work: bool = True) -> Any:
        given = {"source": str(tmp_path / "more"), "keep_work": keep_work}
        return job.update(update_config(str(out), given), "2026-02-03", False, Progress(quiet=True))

    blocked = out / "shards" / "commercial" / "train" / "000" / "train-inc20260203-00000-of-00001.tar"
    _put(blocked)
    before = tree(out, "shards", "tables", "state") | {"release.json": tree(out, ".")["release.json"]}
    with pytest.raises(PmcmineError, match="the release does not list"):
        updated()
    after = tree(out, "shards", "tables", "state") | {"release.json": tree(out, ".")["release.json"]}
    assert after == before
    blocked.unlink()
    assert updated().fresh
    once = release_json(out)
    assert (out / "_work").exists()
    write_bucket(tmp_path / "more", many_articles(6))
    assert updated(keep_work=False).fresh  # what the first one left is not taken for a begun update
    assert [u["tag"] for u in release_json(out)["updates"]] == ["inc20260203", "inc20260203b"]
    assert release_json(out)["snapshot"] != once["snapshot"]
    assert sum(release_json(out)["counts"]["samples"].values()) > sum(once["counts"]["samples"].values())
    assert all((out / name).read_text() == "precious" for name in theirs)
    listed = release_json(out)
    assert all((out / f["name"]).stat().st_size == f["bytes"] for f in listed["files"])
    assert not (out / "_work").exists()
    code, _, err = call(capsys, "verify", str(out))
    assert code in (0, 1) and not err


def test_a_leftover_work_folder_of_a_whole_release_goes(whole: Path, bucket: Path, tmp_path: Path) -> None:
    import shutil

    out = Path(shutil.copytree(whole, tmp_path / "out"))
    state = {"pmcmine": release_json(out)["pmcmine"], "config": release_json(out)["config"]}
    _put(out / "_work" / "run.json", json.dumps(state))
    assert not mine(_config(bucket, out)).fresh
    assert not (out / "_work").exists()
    _put(out / "_work" / "notes.txt")
    mine(_config(bucket, out))
    assert (out / "_work" / "notes.txt").read_text() == "precious"


def test_an_export_that_fails_removes_only_its_own(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def fails(self: Any, reader: Any, done: Any) -> None:
        _put(done.folder / "data.json")
        _put(out / "notes.txt")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pmcmine.exports.attribution.Attribution.export", fails)
        code, _, err = call(capsys, "export", str(whole), "--format", "attribution", "--out", str(out))
    assert code == 2 and err.count("\n") == 1
    assert [p.name for p in out.iterdir()] == ["notes.txt"]
    (out / "notes.txt").unlink()
    assert call(capsys, "export", str(whole), "--format", "attribution", "--out", str(out))[0] == 0
    assert [p.name for p in out.iterdir()] == ["ATTRIBUTION.tsv"]


def test_other_files_at_options_that_write_stay(
    whole: Path, bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("precious\nlines")
    label = ["label", "--corpus", str(whole), "--endpoint", "http://127.0.0.1:9", "--model", "m", "--out", str(notes)]
    metrics = ["mine", "--source", str(bucket), "--out", str(tmp_path / "o"), "--metrics", str(notes), "--vocab=none"]
    (tmp_path / "link").symlink_to(tmp_path / "not-there")
    os.mkfifo(tmp_path / "fifo")
    subset = ["subset", str(whole), "--where", "true", "--out"]
    for command in (label, metrics, [*subset, str(tmp_path / "link")], [*subset, str(tmp_path / "fifo")]):
        code, _, err = call(capsys, *command)
        assert code == 2 and err.count("\n") == 1, (command, err)
        assert notes.read_text() == "precious\nlines" and not (tmp_path / "not-there").exists()


def test_no_two_updates_have_one_tag(tmp_path: Path) -> None:
    """An update that only removes articles leaves no shard of its name, yet `removed/<tag>.txt`."""
    tags = [inc_tag(Folder(str(tmp_path)), "2026-02-03") for _ in range(4) if not _add_update(tmp_path)]
    assert tags == ["inc20260203b", "inc20260203c", "inc20260203d", "inc20260203e"]


def _add_update(release: Path) -> None:
    path = release / "release.json"
    described = json.loads(path.read_text()) if path.exists() else {"files": [], "updates": []}
    n = len(described["updates"])
    described["updates"].append({"tag": "inc20260203" + "abcde"[n] * bool(n)})
    path.write_text(json.dumps(described))
