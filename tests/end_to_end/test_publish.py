"""A release to a Hub and back: real clients against a small Hub on loopback, faults, kills, tokens."""

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

from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError
from pmcmine.publish.upload import publish
from pmcmine.publish.verify import verify_folder, verify_hub
from tests.helpers import NO_MODELS, mine, release_json, rows
from tests.hub_server import Faults, HubServer
from tests.test_cli import call


@pytest.fixture(autouse=True)
def _client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The Hub of the tests speaks LFS, not Xet."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_test")
    yield


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publish")
    write_bucket(folder / "bucket", many_articles(14))
    config = {"source": str(folder / "bucket"), "out": str(folder / "release"), "shard_bytes": 200_000, **NO_MODELS}
    mine(load_config({**config, "panel_shards": True, "parquet_images": True}))
    return folder / "release"


def _expected(release: Path, folder: str) -> dict[str, bytes]:
    root = release / folder
    found = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file() and p.name != "README.md"}
    return found | {"release.json": (release / "release.json").read_bytes()}


def _remote(hub: HubServer, repo: str) -> dict[str, bytes]:
    return {p: d for p, d in hub.files(repo).items() if p not in ("README.md", ".gitattributes")}


def test_published_read_back_and_published_again(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with HubServer(token="hf_secret_of_the_test") as hub:
        asked = ("publish", str(release), "org/pairs", "--endpoint", hub.url, "--dry-run")
        code, out, err = call(capsys, *asked)
        assert code == 0 and out.count("would be created, private") == 4, out + err
        assert not hub.repos
        code, out, err = call(capsys, *asked[:-1])
        assert code == 0, err
        (planned,) = (r for r in json.loads(call(capsys, *asked, "--json")[1])["repos"] if r["repo"] == "org/pairs")
        assert (planned["exists"], planned["send"], planned["remove"]) == (True, 0, 0) and planned["kept"] > 2
        assert "hf_secret" not in out + err
        for repo, folder in (
            ("org/pairs", "shards"),
            ("org/pairs-tables", "tables"),
            ("org/pairs-panels", "shards-panels"),
            ("org/pairs-parquet", "shards-parquet"),
        ):
            assert _remote(hub, repo) == _expected(release, folder)
            assert hub.repos[repo].private and list(hub.repos[repo].tags)
            card = hub.files(repo)["README.md"].decode()
            assert card.startswith("---\n") and "The rest of this release" in card and "PATH_OR_REPO" not in card
            assert "README.md" not in hub.repos[repo].commits[-2][1]  # the card came last
        assert not hub.sent_again()
        code, out, err = call(capsys, "verify", "org/pairs", "--endpoint", hub.url)
        assert code == 0 and "as release.json says" in out, out + err
        commits = len(hub.repos["org/pairs"].commits)
        publish(release, "org/pairs", endpoint=hub.url)
        assert len(hub.repos["org/pairs"].commits) == commits and not hub.sent_again()


def test_what_others_put_there_stays(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from huggingface_hub import HfApi

    with HubServer(token="hf_secret_of_the_test") as hub:
        api = HfApi(endpoint=hub.url)
        add: dict[str, Any] = {"repo_type": "dataset", "path_in_repo": "data/precious.csv", "path_or_fileobj": b"1,2\n"}
        api.create_repo("org/other", repo_type="dataset")
        api.upload_file(repo_id="org/other", **add)
        code, _, err = call(capsys, "publish", str(release), "org/other", "--endpoint", hub.url, "-q")
        assert code == 2 and err.count("\n") == 1 and "did not put there (data/precious.csv)" in err
        assert call(capsys, "publish", str(release), "org/other", "--endpoint", hub.url, "--dry-run", "-q")[2] == err
        assert _remote(hub, "org/other") == {"data/precious.csv": b"1,2\n"}
        publish(release, "org/pairs", endpoint=hub.url)
        api.upload_file(repo_id="org/pairs", **add)
        old = "commercial/train/000/train-00000-of-00099.tar"
        api.upload_file(
            repo_id="org/pairs", repo_type="dataset", path_in_repo=old, path_or_fileobj=b"of another author"
        )
        before = hub.files("org/pairs")
        capsys.readouterr()
        code, _, err = call(capsys, "publish", str(release), "org/pairs", "--endpoint", hub.url, "-q")
        assert code == 2 and err.count("\n") == 1 and f"mistake for this release ({old})" in err, err
        assert hub.files("org/pairs") == before  # nothing is removed that pmcmine did not put there, unless told to
        code, out, err = call(capsys, "publish", str(release), "org/pairs", "--endpoint", hub.url, "-q", "--adopt")
        assert code == 0 and "adopted: it held 1 files that readers would mistake" in out, err
        assert _remote(hub, "org/pairs") == _expected(release, "shards") | {"data/precious.csv": b"1,2\n"}


@pytest.mark.slow  # a minute of waiting and of requests sent again; the test above has a Hub that answers
def test_a_busy_hub_and_broken_connections(release: Path) -> None:
    with HubServer(Faults(0.12, seed=4)) as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        assert _remote(hub, "org/pairs") == _expected(release, "shards")
        found = verify_hub("org/pairs", endpoint=hub.url)
        assert not found.problems and found.files == len(release_json(release)["files"]) - 4  # cards


@pytest.mark.slow
def test_killed_at_many_moments(release: Path) -> None:
    """However often it is killed, the remote ends as the release, and no object that came whole is sent again."""
    with HubServer() as hub:
        env = {**os.environ, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "x", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        command = [
            sys.executable,
            "-P",
            "-m",
            "pmcmine",
            "publish",
            str(release),
            "org/pairs",
            "--endpoint",
            hub.url,
            "-q",
        ]
        for kill_at in (1, 4, 9, 15, 24, 33, 45, 60, 75, 90):  # requests that have come
            before = len(hub.requests)
            child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while child.poll() is None and len(hub.requests) - before < kill_at:
                time.sleep(0.002)
            child.send_signal(signal.SIGKILL)
            child.wait()
        done = subprocess.run(command, env=env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        for repo, folder in (
            ("org/pairs", "shards"),
            ("org/pairs-tables", "tables"),
            ("org/pairs-panels", "shards-panels"),
            ("org/pairs-parquet", "shards-parquet"),
        ):
            assert _remote(hub, repo) == _expected(release, folder)
        assert hub.puts and not hub.sent_again()


def test_readers_load_both_repos(release: Path, tmp_path: Path) -> None:
    """`datasets` and DuckDB through `hf://`, in a process of their own for the endpoint is read at import."""
    with HubServer() as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        script = """
import json
from datasets import load_dataset
import duckdb, fsspec
pairs = load_dataset("org/pairs", "commercial", split="train", streaming=True)
first = next(iter(pairs))
figures = load_dataset("org/pairs-tables", "figures-commercial", split="train")
from datetime import datetime
fs = fsspec.filesystem("hf")
fs.modified = lambda path: datetime(2000, 1, 1)  # which DuckDB asks for, and this file system does not tell
duckdb.register_filesystem(fs)
n = duckdb.sql("select count(*) from read_parquet('hf://datasets/org/pairs-tables/figures/commercial/train-*.parquet')").fetchall()[0][0]
print(json.dumps({"size": first["jpg"].size, "id": first["json"]["figure_id"], "figures": len(figures), "n": n}))
"""
        env = {
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path),
            "HF_HUB_DISABLE_XET": "1",
            "HF_TOKEN": "x",
        }
        done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr[-2000:]
        found = json.loads(done.stdout.splitlines()[-1])
        train = [f for f in rows(release, "figures") if f["license_group"] == "commercial" and f["split"] == "train"]
        assert found["figures"] == found["n"] == len(train) and found["id"] in {f["figure_id"] for f in train}


def test_what_verify_notices(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    assert not verify_folder(copy).problems
    shard = next((copy / "shards").rglob("*.tar"))
    data = bytearray(shard.read_bytes())
    data[700] ^= 1
    shard.write_bytes(bytes(data))
    next((copy / "tables" / "figures").rglob("*.parquet")).unlink()
    code, out, _ = call(capsys, "verify", str(copy))
    assert code == 1 and "another SHA-256" in out and "missing" in out
    with HubServer() as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        repo = hub.repos["org/pairs"]
        sha, tree, message = repo.commits[-1]
        some = next(p for p in tree if p.endswith(".tar"))
        repo.commits[-1] = (sha, {p: f for p, f in tree.items() if p not in (some, "README.md")}, message)
        problems = verify_hub("org/pairs", endpoint=hub.url).problems
        assert any(some in p for p in problems) and any("did not end" in p for p in problems)


def test_refusals_are_one_line(release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with HubServer(token="another") as hub:
        code, out, err = call(capsys, "publish", str(release), "org/pairs", "--endpoint", hub.url, "-q")
        assert code == 2 and err.count("\n") == 1 and "hf_secret" not in out + err and "HF_TOKEN" in err
    for args in (("publish", str(tmp_path), "org/pairs"), ("publish", str(release), "pairs")):
        code, _, err = call(capsys, *args)
        assert code == 2 and err.count("\n") == 1
    with HubServer() as hub, pytest.raises(PmcmineError, match=r"nothing was published|reading"):
        verify_hub("org/nothing", endpoint=hub.url)


@pytest.mark.slow  # four runs; the one below is killed, too
def test_shards_go_to_the_hub_as_they_become_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_bucket(tmp_path / "bucket", many_articles(14))
    common = [
        "--source",
        str(tmp_path / "bucket"),
        "--shard-bytes",
        "200000",
        "--panel-shards",
        "--parquet-images",
        "-q",
        "--vocab",
        "none",
    ]
    light = [f"--set={key}=false" for key in ("classify", "image_kinds", "languages", "privacy")]
    code, _, err = call(capsys, "mine", *common, *light, "--out", str(tmp_path / "kept"))
    assert code == 0, err
    with HubServer(token="hf_secret_of_the_test") as hub:
        hub_flags = ["--publish-to", "org/pairs", "--endpoint", hub.url, "--free-published"]
        out = tmp_path / "freed"
        code, said, err = call(capsys, "mine", *common, *light, *hub_flags, "--out", str(out))
        assert code == 0 and "published org/pairs-tables" in said and "hf_secret" not in said + err, said + err
        assert (
            not list(out.rglob("*.tar"))
            and not list((out / "shards-parquet").rglob("*.parquet"))
            and (out / "release.json").is_file()
        )
        kept = tmp_path / "kept"
        for repo, folder in (
            ("org/pairs", "shards"),
            ("org/pairs-panels", "shards-panels"),
            ("org/pairs-parquet", "shards-parquet"),
        ):
            ours = {p: d for p, d in _remote(hub, repo).items() if p.endswith((".tar", ".parquet"))}
            theirs = {p: d for p, d in _expected(kept, folder).items() if p.endswith((".tar", ".parquet"))}
            assert ours == theirs and len(ours) > 3
            assert "README.md" not in {p for commit in hub.repos[repo].commits[:-1] for p in commit[1]}
        assert not hub.sent_again()
        assert not verify_hub("org/pairs", endpoint=hub.url).problems
        code, said, err = call(capsys, "mine", *common, *light, *hub_flags, "--out", str(out))
        assert code == 0 and "already complete" in said, said + err


@pytest.mark.slow
def test_publishing_while_mining_is_killed_and_goes_on(tmp_path: Path) -> None:
    write_bucket(tmp_path / "bucket", many_articles(24))
    out = tmp_path / "release"
    with HubServer(Faults(0.1, seed=2), token="hf_secret_of_the_test") as hub:
        command = [
            sys.executable, "-m", "pmcmine", "mine", "--source", str(tmp_path / "bucket"), "--out", str(out), "-q",
            "--shard-bytes", "200000", "--vocab", "none", "--publish-to", "org/pairs", "--endpoint", hub.url,
            "--free-published", *(f"--set={key}=false" for key in ("classify", "image_kinds", "languages", "privacy")),
        ]  # fmt: skip
        environment = os.environ | {"PMCMINE_VOCAB_DIR": os.devnull, "HF_HUB_DISABLE_XET": "1"}
        for seconds in (3.0, 4.5, 6.0):
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
            try:
                process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        assert subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0
        assert not verify_hub("org/pairs", endpoint=hub.url).problems
        assert not [p for p in out.rglob("*.tar") if "left-out" not in p.parts]  # those are kept here, not published
        assert not hub.sent_again(), "an object was sent again"
