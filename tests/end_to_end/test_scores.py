"""Scores travel with a release: to a Hub and back to a stream, through an update, and away with an excluded article."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import pmcmine
from pipelines import job
from pipelines.score import run_blocks
from pmcmine import stream
from pmcmine.config import load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.find.build import build_index
from pmcmine.publish.upload import publish
from pmcmine.publish.verify import verify_folder, verify_hub
from pmcmine.run.progress import Progress
from pmcmine.score.blocks import BLOCK_ROWS
from pmcmine.score.registry import request_for
from pmcmine.score.run import Scored, score_release
from tests.helpers import NO_MODELS, mine, release_json, rows, tree
from tests.hub_server import HubServer


def _mine(folder: Path, n: int, **options: Any) -> Path:
    write_bucket(folder / "bucket", many_articles(n, first=9_300_001))
    config = {**NO_MODELS, "source": str(folder / "bucket"), "out": str(folder / "release"), "table_bytes": 20_000}
    mine(load_config({**config, "shard_bytes": 200_000, "small_splits": False, **options}))
    return folder / "release"


def _score(release: Path, scorer: str = "caption-tokens", rows: int = BLOCK_ROWS) -> Scored:
    graph = partial(run_blocks, load_config({"vocab": "none"}))
    request = request_for(scorer, None, None, {})
    return score_release(release, request, graph, out=None, overwrite=False, block_rows=rows)


def _ids(release: Path) -> set[str]:
    return {i for f in (release / "scores").rglob("*.parquet") for i in pq.read_table(f)["figure_id"].to_pylist()}


@pytest.mark.slow
def test_scores_on_the_hub_and_after_an_exclusion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfFileSystem

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_test")
    release = _mine(tmp_path, 6)
    assert _score(release).rows == len(rows(release, "figures"))
    build_index(release)
    with HubServer(token="hf_secret_of_the_test") as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        assert not verify_hub("org/pairs", endpoint=hub.url).problems
        assert "config_name: caption-tokens" in hub.files("org/pairs-scores")["README.md"].decode()
        where = "caption_tokens > 12"
        wanted = [s["key"] for s in stream.open(str(release), where=where)]
        with monkeypatch.context() as patched:
            patched.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
            template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
            patched.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
            HfFileSystem.clear_instance_cache()
            assert wanted and [s["key"] for s in stream.open("org/pairs", where=where)] == wanted
            carried = stream.open("org/pairs", where=where, scores=["caption_tokens"])
            assert all(s["json"]["caption_tokens"] > 12 for s in carried)
            word = max((rows(release, "figures")[0]["caption"] or "").split(), key=len)
            hits = pmcmine.search("org/pairs", word, where=where, k=3)
            assert hits and hits == pmcmine.search(release, word, where=where, k=3)
        HfFileSystem.clear_instance_cache()

        unwanted = rows(release, "figures")[0]
        (tmp_path / "takedowns.txt").write_text(unwanted["pmcid"])
        flags = {"source": str(tmp_path / "bucket"), "exclude": (str(tmp_path / "takedowns.txt"),)}
        config = update_config(str(release), flags)
        job.update(config, "2026-11-20", False, Progress(quiet=True))
        assert not verify_folder(release).problems
        assert not any(i.startswith(unwanted["pmcid"]) for i in _ids(release))
        assert list(stream.open(str(release), where="caption_tokens >= 0 OR year > 0"))
        _score(release)
        figures = {f["figure_id"] for f in rows(release, "figures")}
        assert _ids(release) == figures
        assert not verify_folder(release).problems
        publish(release, "org/pairs", endpoint=hub.url)
        assert not verify_hub("org/pairs", endpoint=hub.url).problems


@pytest.mark.slow
def test_an_update_keeps_scores_of_rows_that_stay(tmp_path: Path) -> None:
    release = _mine(tmp_path, 30)
    _score(release)
    before = {s["name"]: s["of"] for s in release_json(release)["scores"]}["caption-tokens"]
    write_bucket(tmp_path / "bucket", many_articles(31, first=9_300_001))
    config = update_config(str(release), {"source": str(tmp_path / "bucket")})
    job.update(config, "2026-11-20", False, Progress(quiet=True))
    kept = {s["name"]: s["of"] for s in release_json(release)["scores"]}["caption-tokens"]
    assert kept and kept.items() < before.items()
    assert _score(release).kept == len(kept)
    assert _ids(release) == {f["figure_id"] for f in rows(release, "figures")}


class Interrupted(Exception):
    """Ends a run in a test."""


def test_blocks_that_are_done_are_not_done_again(tmp_path: Path) -> None:
    release = _mine(tmp_path, 5)
    request = request_for("caption-tokens", None, None, {})
    graph = partial(run_blocks, load_config({"vocab": "none"}))

    def two_blocks(folder: Path, scratch: Any, blocks: Any, *rest: Any) -> None:
        graph(folder, scratch, blocks[:2], *rest)
        raise Interrupted

    before = release_json(release)
    with pytest.raises(Interrupted):
        score_release(release, request, two_blocks, out=None, overwrite=False, block_rows=3)
    assert release_json(release) == before and not verify_folder(release).problems
    found = score_release(release, request, graph, out=None, overwrite=False, block_rows=3)
    assert found.resumed == 2 and found.blocks > 0
    first = tree(release, "scores", ".")
    score_release(release, request, graph, out=None, overwrite=True, block_rows=512)
    assert tree(release, "scores", ".") == first


@pytest.mark.slow
def test_a_killed_run_resumes(tmp_path: Path) -> None:
    release = _mine(tmp_path, 20)
    args = [sys.executable, "-m", "pmcmine", "score", str(release), "--with", "image-embedding", "--block-rows", "2"]
    run = subprocess.Popen(args)
    parts = release / "scores" / ".image-embedding" / "parts"
    while len(list(parts.glob("*.parquet")) if parts.is_dir() else ()) < 2:
        assert run.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert not verify_folder(release).problems, "what is not finished is no part of the release"
    done = len(list(parts.glob("*.parquet")))
    found = _score(release, "image-embedding", 2)
    assert found.resumed == done and found.blocks > 0
    assert not (release / "scores" / ".image-embedding").exists() and not verify_folder(release).problems
