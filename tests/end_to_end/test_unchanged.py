"""An update of an unchanged source changes nothing, though articles whose faults may pass are tried again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines import job
from pmcmine.config import load_config, update_config
from pmcmine.demo import BucketServer, Faults, write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure, many_articles
from pmcmine.publish.upload import publish
from pmcmine.release.layout import JOURNAL
from pmcmine.run import steps
from pmcmine.run.progress import Progress
from pmcmine.work.manifest import Counted
from pmcmine.work.state import ledger_counts
from tests.end_to_end.test_update import LIGHT
from tests.helpers import mine, places_hold, release_json, rows, samples, tree
from tests.hub_server import HubServer
from tests.test_cli import call

PLAIN = many_articles(8, first=9_600_001)
FAULTY = {
    "no XML": replace(PLAIN[1], damage="missing"),
    "wrong checksum": replace(PLAIN[3], figures=(DemoFigure(seed=1, wrong_md5=True), DemoFigure(seed=2))),
    "no image": replace(PLAIN[5], figures=(DemoFigure(seed=3), DemoFigure(("gel",), seed=4))),
}


def _write(folder: Path, *lost: str) -> None:
    """The articles in the bucket's layout, without an image of one of them, and without other files."""
    shutil.rmtree(folder, ignore_errors=True)
    faulty = {a.pmcid: a for a in FAULTY.values()}
    write_bucket(folder, [faulty.get(a.pmcid, a) for a in PLAIN])
    for name in lost:
        (folder / name).unlink()


def _image(folder: Path) -> str:
    article = FAULTY["no image"]
    return str(sorted((folder / f"PMC{article.pmcid}.1").glob("*.jpg"))[0].relative_to(folder))


def _update(out: Path, source: str, day: str, **flags: Any) -> job.Outcome:
    config = update_config(str(out), {"source": source, "max_reject_share": 1.0, "retries": 1, **flags})
    return job.update(config, day, False, Progress(quiet=True))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A release, its source, and the image that is missing there."""
    folder = tmp_path_factory.mktemp("unchanged")
    _write(folder / "in")
    lost = _image(folder / "in")
    (folder / "in" / lost).unlink()
    mine(load_config({**LIGHT, "source": str(folder / "in"), "out": str(folder / "out")}))
    reasons = {r["reason"] for r in rows(folder / "out", "rejects")}
    assert {"media_missing", "xml_missing", "checksum_mismatch"} <= reasons
    return folder / "out", folder / "in", lost


@pytest.fixture
def release(begun: tuple[Path, Path, str], tmp_path: Path) -> Path:
    return shutil.copytree(begun[0], tmp_path / "out")


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A source that has the missing image, and a release made of it at once."""
    folder = tmp_path_factory.mktemp("complete")
    _write(folder / "in")
    mine(load_config({**LIGHT, "source": str(folder / "in"), "out": str(folder / "full")}))
    return folder / "in", folder / "full"


def test_unchanged_in_unchanged_out(begun: tuple[Path, Path, str], release: Path) -> None:
    before = tree(release, ".")
    for day in ("2026-11-26", "2026-11-27"):
        assert not _update(release, str(begun[1]), day).fresh
        assert tree(release, ".") == before
    assert "_work" not in {p.name for p in release.iterdir()}


def test_no_commit_of_what_did_not_change(
    begun: tuple[Path, Path, str], release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_test")
    with HubServer(token="hf_secret_of_the_test") as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        commits = {name: len(repo.commits) for name, repo in hub.repos.items()}
        _update(release, str(begun[1]), "2026-11-26")
        assert [p.commits for p in publish(release, "org/pairs", endpoint=hub.url)] == [0] * len(commits)
        assert {name: len(repo.commits) for name, repo in hub.repos.items()} == commits


def test_a_bucket_that_fails_now_and_then(begun: tuple[Path, Path, str], release: Path) -> None:
    """What was missing is still missing, in whichever way it fails: nothing of it reaches the release."""
    before = tree(release, ".")
    with BucketServer(begun[1], Faults(share=0.3, kinds=("503", "reset"), most=2)) as server:
        assert not _update(release, server.url, "2026-11-26", retries=6, retry_seconds=0.01).fresh
    assert tree(release, ".") == before


def test_only_what_changed_is_rewritten(
    begun: tuple[Path, Path, str], release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shutil.copytree(begun[1], tmp_path / "in")
    write_bucket(source, [DemoArticle(9_650_001, figures=(DemoFigure(seed=9),))])
    old, before = samples(release), tree(release, ".")
    code, said, _ = call(capsys, "update", str(release), "--source", str(source), "--dry-run", "--json")
    found = json.loads(said)
    assert code == 0 and found["articles"] == {"new": 1, "changed": 0, "retried": 3, "gone": 0} and found["read"] == 4
    (tmp_path / "list.txt").write_text(f"PMC{PLAIN[0].pmcid}\n")
    asked = ("--source", str(begun[1]), "--exclude", str(tmp_path / "list.txt"), "-q")
    code, said, err = call(capsys, "update", str(release), *asked, "--dry-run")
    assert code == 0 and not err and "changed   1," in said and "nothing   was written" in said
    code, said, _ = call(capsys, "update", str(release), *asked, "--dry-run", "--compact")
    assert code == 0 and "compact   writes all files anew" in said
    assert tree(release, ".") == before and "_work" not in {p.name for p in release.iterdir()}
    (release / "_work").mkdir()
    (release / "_work" / JOURNAL).write_text("{}")  # of an update that was killed while it moved its files
    code, said, err = call(capsys, "update", str(release), *asked, "--dry-run")
    assert code == 2 and err.count("\n") == 1 and "run `pmcmine update` again" in err and not said
    shutil.rmtree(release / "_work")
    outcome = _update(release, str(source), "2026-11-26")
    last = outcome.release.updates[-1]
    assert last.articles == {"new": 1, "changed": 0, "retried": 0, "gone": 0}
    assert not [name for name in last.rewritten if name.endswith(".tar")] and last.removed_samples == 0
    assert old.items() <= samples(release).items()
    places_hold(release)
    for path in (release / "state").rglob("*.ledger.arrow"):
        ledger = pa.ipc.open_file(path).read_all()
        assert ledger_counts(ledger) == Counted(*json.loads(ledger.schema.metadata[b"sums"]))


def test_what_comes_back_is_taken(complete: tuple[Path, Path], release: Path) -> None:
    """One image is there again; the articles whose files are still missing keep their rows."""
    source, full = complete
    outcome = _update(release, str(source), "2026-11-26")
    assert outcome.release.updates[-1].articles["retried"] == 1
    assert samples(release) == samples(full)
    for table in ("figures", "rejects", "articles"):
        key = {"figures": "figure_id", "rejects": "reject_id", "articles": "article_id"}[table]
        assert sorted(r[key] for r in rows(release, table)) == sorted(r[key] for r in rows(full, table))
    counts = [release_json(folder)["counts"] for folder in (release, full)]
    assert counts[0]["rejects"] == counts[1]["rejects"]
    again = tree(release, ".")
    assert not _update(release, str(source), "2026-11-27").fresh and tree(release, ".") == again


def test_killed_after_the_blocks_are_mined(
    complete: tuple[Path, Path], release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, full = complete
    with monkeypatch.context() as patched:
        patched.setattr(steps, "_plan", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            _update(release, str(source), "2026-11-26")
    assert _update(release, str(source), "2026-11-26").release.updates[-1].articles["retried"] == 1
    assert samples(release) == samples(full)
