"""Written texts through kills, an update and a Hub: nothing paid for twice, and nothing left of an excluded article."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from pipelines import job
from pmcmine import stream
from pmcmine.config import load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.publish.upload import publish
from pmcmine.publish.verify import verify_folder, verify_hub
from pmcmine.run.progress import Progress
from pmcmine.write.run import journal_path
from tests.helpers import NO_MODELS, mine, rows, tree
from tests.hub_server import HubServer
from tests.model_server import ModelServer, prompt_of, served
from tests.pmcmine.write.conftest import Write
from tests.pmcmine.write.conftest import write as write  # a fixture
from tests.pmcmine.write.test_write import side


def _mine(folder: Path, n: int) -> Path:
    write_bucket(folder / "bucket", many_articles(n, first=9_400_001))
    config = {**NO_MODELS, "source": str(folder / "bucket"), "out": str(folder / "release"), "table_bytes": 20_000}
    mine(load_config({**config, "shard_bytes": 200_000, "small_splits": False}))
    return folder / "release"


@pytest.mark.slow
def test_texts_on_the_hub_and_after_an_exclusion(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfFileSystem

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_test")
    release = _mine(tmp_path, 6)
    with served() as server:
        write(release, server, image_size=0)
    wanted = {s["key"]: s["txt"] for s in stream.open(str(release), caption="written:caption", missing="skip")}
    with HubServer(token="hf_secret_of_the_test") as hub:
        publish(release, "org/pairs", endpoint=hub.url)
        assert not verify_hub("org/pairs", endpoint=hub.url).problems
        held = hub.files("org/pairs-written")
        assert "no author of the articles did" in held["README.md"].decode() and not any(".answers" in n for n in held)
        with monkeypatch.context() as patched:
            patched.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
            template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
            patched.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
            HfFileSystem.clear_instance_cache()
            found = stream.open("org/pairs", caption="written:caption", missing="skip")
            assert wanted and {s["key"]: s["txt"] for s in found} == wanted
        HfFileSystem.clear_instance_cache()
    unwanted = side(release, "caption")[0]["pmcid"]
    (tmp_path / "takedowns.txt").write_text(unwanted)
    flags = {"source": str(tmp_path / "bucket"), "exclude": (str(tmp_path / "takedowns.txt"),)}
    job.update(update_config(str(release), flags), "2026-11-20", False, Progress(quiet=True))
    assert not verify_folder(release).problems
    assert not any(r["pmcid"] == unwanted for part in ("texts", "rejects") for r in side(release, "caption", part))
    with served() as server:
        write(release, server, image_size=0)
        assert server.state.requests == 0, "all answers are in the journal"
    figures = {f["figure_id"] for f in rows(release, "figures")}
    assert {r["row_id"] for r in side(release, "caption")} <= figures and not verify_folder(release).problems


def _killed(release: Path, server: ModelServer, after: int, how: int) -> int:
    """Run until so many answers more have come, then end it; return its exit code."""
    args = ["--task", "caption", "--endpoint", server.url, "--model", "stub", "--concurrency", "3", "--no-image"]
    answered = len(server.state.bodies)
    run = subprocess.Popen(
        [sys.executable, "-m", "pmcmine", "write", str(release), *args],
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    while len(server.state.bodies) < answered + after and run.poll() is None:
        time.sleep(0.002)
    os.kill(run.pid, how)
    _, said = run.communicate()
    assert how != signal.SIGINT or run.returncode or b"the same command resumes" in said
    assert b"Traceback" not in said
    return run.returncode


@pytest.mark.slow
def test_a_run_killed_at_ten_moments_pays_for_nothing_twice(tmp_path: Path, write: Write) -> None:
    release = _mine(tmp_path, 5)
    with served() as calm:
        write(release, calm, name="calm", image_size=0)
    with served(seconds=0.02) as server:
        for n in range(10):
            code = _killed(release, server, after=n % 4, how=signal.SIGINT if n == 5 else signal.SIGKILL)
            assert code == (130 if n == 5 else -signal.SIGKILL), n
            assert not verify_folder(release).problems
        done = write(release, server, image_size=0)
        times = Counter(map(prompt_of, server.state.bodies))
    lines = [json.loads(line)["request"] for line in journal_path(release, "caption").read_text().splitlines()]
    assert len(lines) == len({*lines}) and set(times) and max(times.values()) <= 4
    assert sum(times.values()) - len(lines) <= 9 * 3, "only what was under way is asked for again"
    assert done.facts.counts["kept"] == len(side(release, "calm")) and not done.left
    texts = [{r["row_id"]: r["text"] for r in side(release, name)} for name in ("calm", "caption")]
    assert texts[0] == texts[1] and not any(".tmp" in name for name in tree(release, "written"))
