"""A download holds what a run reads: mined without the server it makes the same release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pmcmine.cli import main
from pmcmine.demo import BucketServer, Faults, write_bucket
from pmcmine.demo.corpus import many_articles
from tests.conftest import PLAIN, config_for
from tests.helpers import mine, tree
from tests.test_cli import call


def _files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write whole articles as a bucket."""
    folder = tmp_path_factory.mktemp("download") / "bucket"
    write_bucket(folder, many_articles(12))
    return folder


@pytest.mark.slow
def test_mining_a_download_makes_the_release_that_mining_the_server_makes(bucket: Path, tmp_path: Path) -> None:
    with BucketServer(bucket, Faults(share=0.1, seed=5)) as server:
        mine(config_for(server.url, tmp_path / "direct", retries=8, **PLAIN))
        mine(config_for(server.url, tmp_path / "few", limit=5, retries=8, **PLAIN))
        options = ("--source", server.url, "--retries", "8", "--retry-seconds", "0.01", "-q", "--json")
        for to, more in (("all", ()), ("five", ("--limit", "5"))):
            done = tmp_path / to
            with pytest.raises(SystemExit) as ended:
                main(["download", "--to", str(done), *options, *more])
            assert ended.value.code == 0
    for to, release in (("all", "direct"), ("five", "few")):
        mine(config_for(tmp_path / to, tmp_path / f"{release}-2", **PLAIN))
        assert tree(tmp_path / f"{release}-2", "shards", "tables") == tree(tmp_path / release, "shards", "tables")
    assert _files(tmp_path / "five") < _files(tmp_path / "all") < _files(bucket)
    named = {p.split("/")[0] for p in _files(tmp_path / "all")}
    assert "metadata" in named and "inventory-reports" not in named


def test_what_is_there_is_kept_and_what_is_damaged_comes_again(
    bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "articles"
    with BucketServer(bucket) as server:
        args = ("download", "--source", server.url, "--to", str(to), "-q", "--json")
        code, out, _ = call(capsys, *args)
        first = json.loads(out)
        assert code == 0 and first["kept"] == 0 and first["files"] == len(_files(to)) and first["failed"] == 0
        assert first["bytes"] == sum(p.stat().st_size for p in to.rglob("*") if p.is_file())
        xml = sorted(to.rglob("*.xml"))
        xml[0].write_bytes(b"")
        xml[1].unlink()
        code, out, _ = call(capsys, *args)
        again = json.loads(out)
        assert code == 0 and again["files"] == 2 and again["kept"] == first["files"] - 2
    assert xml[0].read_bytes() == (bucket / xml[0].relative_to(to)).read_bytes() and xml[1].exists()


def test_files_that_never_come_are_named_and_come_later(
    bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "articles"
    with BucketServer(bucket, Faults(share=0.4, seed=1, kinds=("503",), most=99)) as server:
        code, out, err = call(
            capsys, "download", "--source", server.url, "--to", str(to), "--retries", "1", "--retry-seconds", "0", "-q"
        )
    if "no complete inventory" in err:
        pytest.skip("the faults hit the inventory")
    assert code == 1 and "files could not be downloaded, the first is" in err and "tries again" in err
    with BucketServer(bucket) as server:
        code, out, err = call(capsys, "download", "--source", server.url, "--to", str(to), "-q")
    assert code == 0 and "tries again" not in err and "pmcmine mine --source" in out


def test_bad_requests_get_one_line(bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = tmp_path / "release"
    (release / "_work").mkdir(parents=True)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with BucketServer(bucket) as server:
        for args, said in (
            (("--source", server.url), "--to: give the folder"),
            (("--to", str(tmp_path / "a")), "which articles?"),
            (("--source", str(bucket), "--to", str(tmp_path / "a")), "of the kind folder, which is mined as it is"),
            (("--source", server.url, "--to", str(release)), "is a release"),
            (("--source", server.url, "--to", str(blocked)), "file"),
        ):
            code, _, err = call(capsys, "download", *args, "-q")
            assert code == 2 and said in err and len(err.splitlines()) == 1, err
        code, _, err = call(
            capsys, "download", "--source", server.url, "--pmcid", "PMC1", "--to", str(tmp_path / "b"), "-q"
        )
        assert code == 1 and "PMC1" in err
