"""Nothing is deleted, rewritten or waited for that nobody asked for."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import job
from pipelines.progress import Progress
from pmcmine.config import update_config
from pmcmine.contact import reach
from pmcmine.demo import BucketServer, clear_demo, write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import ReleaseError, SourceError
from tests.conftest import config_for
from tests.helpers import mine, release_json, rows, tree
from tests.test_cli import call

LIGHT = {"vocab": "none", "classify": False, "image_kinds": False, "languages": False, "privacy": False}


def test_the_demo_replaces_a_demo_alone(demo_release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(demo_release, ".")
    code, _, err = call(capsys, "demo", "--out", str(demo_release), "--articles", "1", "-q")
    assert code == 2 and "is no demo" in err and err.count("\n") == 1
    assert tree(demo_release, ".") == before


def test_what_a_demo_removes(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    clear_demo(folder)
    (folder / "tables").mkdir()
    (folder / "tables" / "x").write_text("1")
    clear_demo(folder)
    assert [p.name for p in folder.iterdir()] == [".pmcmine-demo"]
    (folder / "notes.txt").write_text("mine")
    (folder / "release.json").write_text("{}")
    with pytest.raises(ReleaseError, match=r"notes\.txt"):
        clear_demo(folder)
    assert (folder / "release.json").exists()
    for other in ("a.txt", "release.json", "_work"):
        place = tmp_path / f"with-{other}"
        place.mkdir()
        (place / other).write_text("mine")
        with pytest.raises(ReleaseError, match="is no demo"):
            clear_demo(place)
        assert (place / other).read_text() == "mine"
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(ReleaseError, match="is no demo"):
        clear_demo(tmp_path / "link")


def _everything(folder: Path) -> dict[str, tuple[str, int]]:
    hashes = tree(folder, ".")
    return {name: (digest, (folder / name).stat().st_mtime_ns) for name, digest in hashes.items()}


@pytest.mark.parametrize("missing", ["media", "xml", "both"])
def test_an_update_of_an_unchanged_source_changes_nothing(tmp_path: Path, missing: str) -> None:
    """Though it tries again what was missing; and takes it once it is there."""
    source, out = tmp_path / "in", tmp_path / "out"
    write_bucket(source, many_articles(12, 9_460_001))
    taken: dict[Path, bytes] = {}
    images = sorted(source.glob("PMC946*/*.jpg"))[:2]
    for path in (
        *(images if missing != "xml" else ()),
        *(sorted(source.glob("PMC946001[12]*/*.xml")) if missing != "media" else ()),
    ):
        taken[path] = path.read_bytes()
        path.unlink()
    assert taken
    mine(config_for(source, out, **LIGHT))
    lost = [r for r in rows(out, "rejects") if r["reason"] in ("media_missing", "xml_missing")]
    assert len(lost) >= len(taken)
    before = _everything(out)
    for day in ("2026-11-01", "2026-11-02"):
        outcome = job.update(update_config(str(out), {"max_reject_share": 1.0}), day, False, Progress(quiet=True))
        assert not outcome.fresh and _everything(out) == before
        assert not (out / "_work").exists()
    path, data = next(iter(taken.items()))
    path.write_bytes(data)
    outcome = job.update(update_config(str(out), {"max_reject_share": 1.0}), "2026-11-03", False, Progress(quiet=True))
    assert outcome.fresh
    still = [r for r in rows(out, "rejects") if r["reason"] in ("media_missing", "xml_missing")]
    assert len(still) < len(lost)
    assert release_json(out)["updates"][-1]["articles"]["retried"] == 1
    whole = tmp_path / "whole"
    mine(config_for(source, whole, **LIGHT))
    assert {r["figure_id"]: r["sha256"] for r in rows(out, "figures")} == {
        r["figure_id"]: r["sha256"] for r in rows(whole, "figures")
    }


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _closed() -> str:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["silent", "closed"])
@pytest.mark.parametrize("asked", [(), ("--pmcid", "PMC1")])
def test_a_host_that_never_answers_is_told_soon(
    kind: str, asked: tuple[str, ...], silent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = silent if kind == "silent" else _closed()
    started = time.monotonic()
    code, _, err = call(
        capsys,
        "mine",
        "--source",
        url,
        "--out",
        str(tmp_path / "out"),
        "--set",
        "first_contact_seconds=2",
        "-q",
        *asked,
    )
    assert code == 2 and "can't be reached" in err and err.count("\n") == 1
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("kind", ["silent", "closed"])
def test_a_hub_that_never_answers_is_told_soon(
    kind: str, silent: str, demo_release: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("pmcmine.commands.publish.FIRST_CONTACT_SECONDS", 1.0)
    url = silent if kind == "silent" else _closed()
    for command in (("verify", "ORG/NAME"), ("publish", str(demo_release), "ORG/NAME")):
        code, _, err = call(capsys, *command, "--endpoint", url, "-q")
        assert code == 2 and "can't be reached" in err and err.count("\n") == 1


def test_any_answer_is_contact(tmp_path: Path) -> None:
    write_bucket(tmp_path, many_articles(1, 9_470_001))
    with BucketServer(tmp_path) as server:
        reach(server.url, 5, "")
        reach(server.url + "nothing/here", 5, "")
    reach("/a/folder", 5, "")
    with pytest.raises(SourceError, match=r"no-such-host\.invalid can't be reached"):
        reach("https://user:secret@no-such-host.invalid/x", 5, "")
    with pytest.raises(SourceError) as error:
        reach("https://user:secret@no-such-host.invalid/x", 5, "")
    assert "secret" not in str(error.value)


def test_the_end_of_a_run_names_the_most_frequent_reasons(
    tmp_path: Path, demo_server: BucketServer, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [f"--set={k}={json.dumps(v).strip(chr(34))}" for k, v in LIGHT.items()]
    code, out, _ = call(
        capsys, "mine", "--source", demo_server.url, "--out", str(tmp_path / "out"), "--max-reject-share", "1",
        "--set", "retry_seconds=0.01", "-q", *flags,
    )  # fmt: skip
    assert code == 0
    counts = sorted((r["n"] for r in release_json(tmp_path / "out")["counts"]["rejects"]), reverse=True)
    shown = [line for line in out.splitlines() if any(f" {n:,} " in f" {' '.join(line.split())} " for n in counts[:1])]
    assert shown
