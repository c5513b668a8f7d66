"""Damage of releases and work folders: it is found, told in one line with a way out, or mended; nothing is stuck."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from pipelines import job
from pmcmine.config import load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError
from pmcmine.publish.verify import verify_folder
from pmcmine.run import steps
from pmcmine.run.progress import Progress
from tests.helpers import NO_MODELS, mine, release_json, samples

LIGHT = NO_MODELS | {
    "small_splits": False, "panel_shards": True, "shard_bytes": 300_000, "max_reject_share": 1.0,
}  # fmt: skip


def _flip(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 0x11]) + data[at + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "flipped": _flip,
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "types": lambda data: b'[{"n": 1e999}]',
    "deep": lambda data: b"[" * 200_000,
}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damage")
    write_bucket(folder / "now", many_articles(6))
    write_bucket(folder / "later", many_articles(6)[1:])
    return folder


@pytest.fixture(scope="module")
def release(bucket: Path) -> Path:
    mine(load_config({**LIGHT, "source": str(bucket / "now"), "out": str(bucket / "release")}))
    return bucket / "release"


@pytest.fixture(scope="module")
def half_done(bucket: Path) -> Path:
    """A work folder in which all is assembled and nothing ended."""

    def stop(*given: Any) -> Any:
        raise PmcmineError("stopped")

    finish, steps.finish = steps.finish, stop
    try:
        with pytest.raises(PmcmineError, match="stopped"):
            _mine(bucket / "half", bucket)
    finally:
        steps.finish = finish
    return bucket / "half"


def _mine(out: Path, bucket: Path) -> None:
    mine(load_config({**LIGHT, "source": str(bucket / "now"), "out": str(out)}))


def _update(release: Path, bucket: Path, **flags: Any) -> None:
    config = update_config(str(release), {"source": str(bucket / "later"), "max_reject_share": 1.0})
    job.update(config, "2026-12-01", flags.get("compact", False), Progress(quiet=True))


def _said(action: Callable[[], object]) -> str:
    """What an action says in one line, nothing if it does not fail."""
    try:
        action()
    except PmcmineError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
        return str(error)
    return ""


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _damaged(whole: Path, name: str, kind: str, copy: Path) -> Path:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    path = copy / name
    path.write_bytes(DAMAGE[kind](path.read_bytes()))
    return copy


def _verify_names(release: Path, name: str, kind: str, copy: Path) -> Path:
    damaged = _damaged(release, name, kind, copy)
    said: list[str] = []
    if not (problem := _said(lambda: said.extend(verify_folder(damaged).problems))):
        assert any(name in line for line in said), (name, kind, said)
    else:
        assert name in problem
    return damaged


def _release_survives(release: Path, name: str, kind: str, bucket: Path, copy: Path) -> None:
    damaged = _verify_names(release, name, kind, copy)
    first = _said(lambda: _update(damaged, bucket))
    if first:
        assert name in first and "pmcmine verify" in first and "while running" not in first
        assert _said(lambda: _update(damaged, bucket)) == first  # it stays that, and goes no further
        shutil.copy(release / name, damaged / name)
        assert not _said(lambda: _update(damaged, bucket))  # the way out
        assert not verify_folder(damaged).problems
    assert not (damaged / "_work").exists()


def _not_assembled(out: Path) -> None:
    """Take a run back to before its plan, so that everything is read again."""
    for path in out.iterdir():
        if path.is_dir() and path.name != "_work":
            shutil.rmtree(path)
    shutil.rmtree(out / "_work" / "assembled")
    (out / "_work" / "plan.json").unlink()


def _work_survives(half_done: Path, name: str, kind: str, bucket: Path, copy: Path) -> None:
    damaged = _damaged(half_done, name, kind, copy)
    if not name.startswith(("_work/assembled", "_work/progress", "_work/plan")):
        _not_assembled(damaged)
        if "near" not in name:
            (damaged / "_work" / "near" / "near.json").unlink()
    first = _said(lambda: _mine(damaged, bucket))
    if first:
        assert name in first and "remove" in first
    else:
        assert not verify_folder(damaged).problems


SAMPLE = [
    ("state/state.json", "types"), ("state/000/000000.ledger.arrow", "cut"), ("release.json", "deep"),
    ("tables/articles/commercial/train-00000-of-00001.parquet", "flipped"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), SAMPLE)
def test_a_damaged_release_is_one_line(release: Path, name: str, kind: str, bucket: Path, tmp_path: Path) -> None:
    damaged = _damaged(release, name, kind, tmp_path / "copy")
    said = [_said(lambda: _update(damaged, bucket)) for _ in range(2)]
    assert name in said[0] and "pmcmine verify" in said[0] and said[0] == said[1]


def test_a_damaged_image_is_read_again_from_the_source(release: Path, bucket: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "copy"
    shutil.copytree(release, damaged)
    for shard in (damaged / "shards").rglob("*.tar"):
        data = bytearray(shard.read_bytes())
        data[2000] ^= 1
        shard.write_bytes(data)
    assert len(verify_folder(damaged).problems) == len(list((damaged / "shards").rglob("*.tar")))
    _update(damaged, bucket, compact=True)
    assert not verify_folder(damaged).problems
    gone = str(many_articles(1)[0].pmcid)  # the update's source does not have it any more
    assert samples(damaged) == {key: sample for key, sample in samples(release).items() if gone not in key}


def _one_of_each(half_done: Path) -> Iterator[str]:
    seen = set()
    for name in _files(half_done):
        kind = name.rsplit("/", 1)[-1] if "/blocks/" in name else "/".join(name.split("/")[:3])
        if name.startswith("_work/") and not name.endswith("/lock") and kind not in seen:
            seen.add(kind)
            yield name


def test_a_damaged_work_folder_is_mended(half_done: Path, bucket: Path, tmp_path: Path) -> None:
    names = ["manifest.json", "figures.arrow", "pack.bin"]
    copy = tmp_path / "copy"
    shutil.copytree(half_done, copy)
    for name in (n for n in _one_of_each(half_done) if n.rsplit("/", 1)[-1] in names):
        (copy / name).write_bytes(_flip((copy / name).read_bytes()))
    _not_assembled(copy)
    _mine(copy, bucket)
    assert not verify_folder(copy).problems


def test_a_run_that_stopped_before_its_end_knows_its_files(half_done: Path, bucket: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(half_done, copy)
    assert list((copy / "tables" / "clusters").rglob("*.parquet"))  # planned later than the others
    _mine(copy, bucket)
    assert not verify_folder(copy).problems


def test_without_its_plan_a_run_claims_no_file(half_done: Path, bucket: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(half_done, copy)
    (copy / "_work" / "plan.json").unlink()
    before = _files(copy)
    assert "this run did not write" in _said(lambda: _mine(copy, bucket))
    assert set(before) - {"_work/plan.json"} <= set(_files(copy))


def test_a_damaged_run_says_what_to_remove(half_done: Path, bucket: Path, tmp_path: Path) -> None:
    for name in ("_work/run.json", "_work/snapshot/snapshot.json"):
        damaged = _damaged(half_done, name, "cut", tmp_path / "copy")
        said = _said(lambda: _mine(damaged, bucket))  # noqa: B023 - called at once
        assert name in said and f"remove {damaged}" in said
        shutil.rmtree(damaged)


def _damages(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give every file a kind of damage, in turn, so that all kinds occur."""
    turn = cycle(DAMAGE)
    for name in names:
        yield name, next(kind for kind in turn if name.endswith("json") or kind not in ("types", "deep"))


@pytest.mark.slow  # some dozen updates, a second each; one of each kind of damage is above
@pytest.mark.timeout(3600)
def test_every_file_of_a_release_is_damaged(release: Path, bucket: Path, tmp_path: Path) -> None:
    seen = set()
    for name, kind in _damages(_files(release)):
        sort = (name.split("/")[:2], kind) if name.startswith("tables") else (name.rsplit(".", 2)[1:], kind)
        if str(sort) in seen:
            _verify_names(release, name, kind, tmp_path / "copy")
        else:
            seen.add(str(sort))
            _release_survives(release, name, kind, bucket, tmp_path / "copy")


@pytest.mark.slow  # some dozen runs that resume, two seconds each
@pytest.mark.timeout(3600)
def test_every_file_of_a_work_folder_is_damaged(half_done: Path, bucket: Path, tmp_path: Path) -> None:
    for name, kind in _damages(_one_of_each(half_done)):
        _work_survives(half_done, name, kind, bucket, tmp_path / "copy")


TAMPERING: dict[str, Callable[[Path, dict[str, Any]], None]] = {
    "a shard more": lambda r, d: _copy_of_shard(r),
    "a table more": lambda r, d: (r / "tables/figures/commercial/train-00001-of-00001.parquet").write_bytes(b"PAR1"),
    "another report": lambda r, d: (r / "report.html").write_text("all is well"),
    "other metrics": lambda r, d: (r / "metrics.json").write_text("{}"),
    "another state": lambda r, d: (r / "state/state.json").write_text('{"plan": {}, "files": []}'),
    "no files": lambda r, d: d.update(files=[]),
    "no list": lambda r, d: d.pop("files"),
    "outside": lambda r, d: d["files"].append({**d["files"][0], "name": "../x"}),
    "outside, as a side table": lambda r, d: d["files"].append({**d["files"][0], "name": "written/../../x"}),
    "without its shards": lambda r, d: d.update(files=[f for f in d["files"] if not f["name"].startswith("shards/")]),
    "without a table": lambda r, d: d.update(files=[f for f in d["files"] if "/articles/" not in f["name"]]),
    "twice": lambda r, d: d["files"].append(d["files"][0]),
    "without hashes": lambda r, d: d["files"][0].pop("sha256"),
    "other counts": lambda r, d: d["counts"]["samples"].update(x=1),
    "an update that was killed": lambda r, d: ((r / "_work").mkdir(), (r / "_work/journal.json").write_text("{}"))[0],
}


def _copy_of_shard(release: Path) -> None:
    shard = next((release / "shards").rglob("train-*.tar"))
    shutil.copy(shard, shard.with_name("train-99999.tar"))


@pytest.mark.parametrize("how", TAMPERING)
def test_verify_does_not_say_ok(release: Path, how: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    assert not verify_folder(copy).problems
    described = release_json(copy)
    described.pop("crc32")  # somebody knows how it is computed
    TAMPERING[how](copy, described)
    (copy / "release.json").write_text(json.dumps(described))
    assert verify_folder(copy).problems


def test_verify_tells_an_edited_release(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    described = release_json(copy)
    described["seed"] = 7
    (copy / "release.json").write_text(json.dumps(described))
    assert any("checksum" in line for line in verify_folder(copy).problems)
