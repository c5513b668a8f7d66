"""A server that fails, a process that is killed, a folder that is in use: nothing is lost."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pmcmine.demo import BucketServer, Faults, demo_articles, write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import ReleaseError, SourceError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.miner.at_work import forget_starts
from tests.conftest import PLAIN, PLAIN_OPTIONS, config_for
from tests.helpers import NO_MODELS, flags_of, mine, release_json, rows, tree


@pytest.mark.slow
def test_a_tenth_of_answers_wrong_changes_nothing(demo_release: Path, demo_bucket: Path, tmp_path: Path) -> None:
    with BucketServer(demo_bucket, Faults(share=0.1, seed=3)) as server:
        mine(config_for(server.url, tmp_path / "out", retries=8))
        assert len(server.faults_given) >= 4 and sum(server.faults_given.values()) > 10
    assert tree(tmp_path / "out", "shards", "tables") == tree(demo_release, "shards", "tables")


def test_what_never_comes_is_a_reject_and_the_rest_is_whole(tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    write_bucket(bucket, many_articles(12))
    mine(config_for(bucket, tmp_path / "clean", **PLAIN))
    (bucket / "PMC9200002.1" / "PMC9200002.1.xml").unlink()
    shutil.rmtree(bucket / "PMC9200003.1")
    (bucket / "metadata" / "PMC9200005.1.json").unlink()
    with BucketServer(bucket) as server:
        mine(config_for(server.url, tmp_path / "out", retries=1, **PLAIN))
    lost = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects")}
    assert lost == {"PMC9200002": "xml_missing", "PMC9200003": "xml_missing", "PMC9200005": "metadata_missing"}
    want = {a["article_id"] for a in rows(tmp_path / "clean", "articles") if a["pmcid"] not in lost}
    assert {a["article_id"] for a in rows(tmp_path / "out", "articles")} == want


def test_metadata_that_changed_since_the_snapshot_is_taken_as_it_is(tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    write_bucket(bucket, many_articles(2))
    path = bucket / "metadata" / "PMC9200001.1.json"
    path.write_text(path.read_text().replace('"CC BY"', '"CC BY-NC"'))
    with BucketServer(bucket) as server:
        mine(config_for(server.url, tmp_path / "out", retries=1, **PLAIN))
    assert {a["pmcid"]: a["license"] for a in rows(tmp_path / "out", "articles")}["PMC9200001"] == "CC-BY-NC"


@pytest.mark.parametrize(("change", "said"), [
    (lambda m: m | {"fileSchema": "Bucket, Key, Size"}, "PMC changed its layout"),
    (lambda m: m | {"files": []}, "the manifest names no files"),
])  # fmt: skip
def test_inventories_that_are_other_than_promised(tmp_path: Path, change: object, said: str) -> None:
    write_bucket(tmp_path, many_articles(1))
    for path in tmp_path.rglob("manifest.json"):
        path.write_text(json.dumps(change(json.loads(path.read_text()))))  # type: ignore[operator]
    with BucketServer(tmp_path) as server, pytest.raises(SourceError, match=said):
        mine(config_for(server.url, tmp_path / "out", retries=0, **PLAIN))


@pytest.mark.parametrize("seed", range(6))
def test_the_inventory_is_found_however_the_server_fails(tmp_path: Path, seed: int) -> None:
    """Half of all answers wrong, listing and manifest among them, which no checksum covers."""
    from pmcmine.sources.bucket import BucketSource
    from pmcmine.sources.http import HttpLimits

    write_bucket(tmp_path, many_articles(4))
    limits = HttpLimits(retries=6, retry_seconds=0.01, requests_per_second=10_000)
    with BucketServer(tmp_path, Faults(share=0.5, most=2, seed=seed)) as server:
        assert len(list(BucketSource(server.url, limits).entries(None))) == 4


def test_no_inventory_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with BucketServer(tmp_path / "empty") as server, pytest.raises(SourceError, match="no complete inventory"):
        mine(config_for(server.url, tmp_path / "out", retries=0, **PLAIN))


def test_pmcids_are_found_by_listing(tmp_path: Path) -> None:
    write_bucket(tmp_path / "bucket", demo_articles(4))
    shutil.rmtree(tmp_path / "bucket" / "inventory-reports")
    with BucketServer(tmp_path / "bucket") as server:
        mine(config_for(server.url, tmp_path / "out", pmcid=("PMC9000001", "PMC9100006"), **PLAIN))
    assert {a["article_id"] for a in rows(tmp_path / "out", "articles")} == {"PMC9000001.1", "PMC9100006.3"}


def _command(*args: str) -> list[str]:
    return [sys.executable, "-m", "pmcmine", *args, *PLAIN_OPTIONS]


def spoil(bucket: Path, pmcid: str, mark: bytes) -> None:
    """Append a mark to the first image of an article, and see to its checksum."""
    victim = next((bucket / f"{pmcid}.1").glob("*.jpg"))
    metadata = bucket / "metadata" / f"{pmcid}.1.json"
    was = victim.read_bytes()
    victim.write_bytes(was + mark)
    digests = [hashlib.md5(data).hexdigest() for data in (was, was + mark)]
    metadata.write_text(metadata.read_text().replace(*digests))


def test_kill_9_and_the_same_command_again(tmp_path: Path) -> None:
    bucket, clean, out = tmp_path / "bucket", tmp_path / "clean", tmp_path / "out"
    write_bucket(bucket, many_articles(12))
    mine(config_for(bucket, clean, shard_bytes=1_000_000, block_articles=2, **PLAIN))
    args = ["mine", "--source", str(bucket), "--out", str(out), "--shard-bytes", "1000000"]
    args += ["--set", "block_articles=2"]
    kills = 0
    for wanted in (1, 3):
        process = subprocess.Popen(_command(*args), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if len(list(out.glob("_work/blocks/*/*/manifest.json"))) >= wanted:
                break
            time.sleep(0.005)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 2
    done = subprocess.run(_command(*args), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert tree(out, "shards", "tables") == tree(clean, "shards", "tables")
    resumed = release_json(out)["run"]["resumed_blocks"]
    assert resumed > 0
    assert not (out / "_work").exists()
    if resumed < 6:  # a slow machine may commit the last block before it kills; then nothing is left to be counted
        # The line of progress counts articles of committed blocks once, and those of others when they are mined.
        figures, rejects = (len(rows(out, table)) for table in ("figures", "rejects"))
        counted = [line for line in done.stderr.splitlines() if " articles read, " in line][-1]
        assert counted.startswith(f"12 of 12 articles read, {figures} figures, {rejects} rejects, "), counted


@pytest.mark.slow
def test_ctrl_c_says_so_and_resumes(tmp_path: Path) -> None:
    bucket, out = tmp_path / "bucket", tmp_path / "out"
    write_bucket(bucket, many_articles(16))
    args = ["mine", "--source", str(bucket), "--out", str(out), "-q", "--set", "block_articles=4"]
    process = subprocess.Popen(
        _command(*args),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(out.glob("_work/blocks/*/*/manifest.json")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip().splitlines()[-1] == "pmcmine: interrupted; the same command resumes"
    assert not list(out.glob("_work/blocks/*/*/started-*"))
    assert subprocess.run(_command(*args), capture_output=True).returncode == 0


HANGER = """
import time
import pmcmine.images.check as images
check = images.check_image
def slow(data, **bounds):
    while b"HANG-THE-WORKER" in data:
        time.sleep(0.05)
    return check(data, **bounds)
images.check_image = slow
import pmcmine.miner.at_work as at_work
import pmcmine.miner.children as children
assert children._CHILD_SECONDS and at_work._SLOW_SECONDS and at_work._NAMING_SECONDS
children._CHILD_SECONDS = (30.0, 0.0)
at_work._SLOW_SECONDS, at_work._NAMING_SECONDS = 2.0, 0.2
"""


def _markers(out: Path) -> list[Path]:
    """Markers of started blocks, without those that are being written."""
    return [p for p in out.glob("_work/blocks/*/*/started-*") if p.suffix != ".tmp"]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_in_a_hang_does_not_hang_again(tmp_path: Path, end: signal.Signals) -> None:
    bucket, out, hook = tmp_path / "bucket", tmp_path / "out", tmp_path / "hook"
    write_bucket(bucket, many_articles(10))
    spoil(bucket, "PMC9200004", b"HANG-THE-WORKER")
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HANGER)
    args = _command("mine", "--source", str(bucket), "--out", str(out), "-q", "--max-reject-share", "1")
    args += ["--set", "block_articles=100", "--set", "max_article_seconds=20"]  # a child gets 1.2 times that, or 30
    env = {**os.environ, "PYTHONPATH": str(hook)}
    process = subprocess.Popen(
        args, env=env, stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(p.stat().st_size for p in _markers(out)):
        time.sleep(0.05)
    process.send_signal(end)
    process.wait(timeout=60)
    (marker,) = _markers(out)
    assert "PMC9200004" in json.loads(marker.read_text())["suspects"]
    assert subprocess.run(args, env=env, capture_output=True, timeout=200).returncode == 0
    assert [(r["pmcid"], r["reason"]) for r in rows(out, "rejects")] == [("PMC9200004", "worker_killed")]
    assert len(rows(out, "articles")) == 9


def test_of_a_marker_only_what_is_at_work_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Folder(str(tmp_path))
    for name in ("mine", "idle", "other"):
        work.write(f"blocks/000/000000/started-{os.getpid()}-{name}", b"")
    now = time.monotonic()
    at_work = {"mine": {"PMC1": now - 100, "PMC2": now - 1}, "idle": {"PMC3": now - 1}}
    markers = {f"blocks/000/000000/started-{os.getpid()}-{k}": v for k, v in at_work.items()}
    monkeypatch.setattr("pmcmine.miner.at_work.STARTS_AT_WORK", markers)
    forget_starts(work)
    # A marker of the same process id is of an earlier run: in containers all runs have one.
    left = {n.rsplit("-", 1)[1]: work.read(f"blocks/000/000000/{n}") for n in work.names("blocks/000/000000")}
    assert left == {"mine": b'{"suspects": ["PMC1"]}', "other": b""}


KILLER = """
import os, signal
import pmcmine.images.check as images
check = images.check_image
def deadly(data, **bounds):
    if b"KILL-THE-WORKER" in data:
        os.kill(os.getpid(), signal.SIGKILL)
    return check(data, **bounds)
images.check_image = deadly
"""


@pytest.mark.slow  # three processes that start and are killed, and one for each half of a block
def test_an_article_that_ends_its_worker_is_found_and_rejected(tmp_path: Path) -> None:
    bucket, out, hook = tmp_path / "bucket", tmp_path / "out", tmp_path / "hook"
    write_bucket(bucket, many_articles(10))
    spoil(bucket, "PMC9200004", b"KILL-THE-WORKER")
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(KILLER)
    env = {**os.environ, "PYTHONPATH": str(hook)}
    args = [
        "mine",
        "--source",
        str(bucket),
        "--out",
        str(out),
        "-q",
        "--set",
        "block_articles=100",
        "--max-reject-share",
        "1",
        *flags_of(NO_MODELS),
    ]
    codes = [subprocess.run(_command(*args), env=env, capture_output=True).returncode for _ in range(3)]
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert [(r["pmcid"], r["reason"]) for r in rows(out, "rejects")] == [("PMC9200004", "worker_killed")]
    assert len(rows(out, "articles")) == 9


def test_another_configuration_is_refused_with_the_difference(demo_release: Path, demo_bucket: Path) -> None:
    with pytest.raises(ReleaseError, match=r"limit: null → 3"):
        mine(config_for(release_json(demo_release)["config"]["source"], demo_release, limit=3))


def test_a_folder_of_others_is_refused(demo_bucket: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ReleaseError, match=r"holds other files \(thesis.tex\)"):
        mine(config_for(demo_bucket, tmp_path))


def test_a_second_run_in_the_folder_is_refused(tmp_path: Path) -> None:
    write_bucket(tmp_path / "bucket", many_articles(2))
    with held(Folder(str(tmp_path / "out" / "_work"))), pytest.raises(ReleaseError, match="another run is at work"):
        mine(config_for(tmp_path / "bucket", tmp_path / "out", **PLAIN))
    mine(config_for(tmp_path / "bucket", tmp_path / "out", **PLAIN))


@pytest.fixture
def quick_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"_BEAT": 0.1, "_SILENCE": 0.5, "_SETTLE": 0.2}.items():
        monkeypatch.setattr(f"pmcmine.io.lock.{name}", seconds)


@pytest.mark.usefixtures("quick_lease")
@pytest.mark.parametrize("left", [json.dumps({"run": "dead", "at": 0}), json.dumps({"run": "ahead", "at": 9e12}), "{"])
def test_an_object_store_lock_outlives_no_run(left: str) -> None:
    work = Folder(f"memory://lock-test-{zlib.crc32(left.encode())}")
    with held(work), pytest.raises(ReleaseError), held(work):
        pass
    with held(work):
        pass
    work.write("lock", left.encode(), replace=True)
    with held(work):
        pass
    assert not work.exists("lock")


@pytest.mark.usefixtures("quick_lease")
@pytest.mark.parametrize("dead", [False, True])
def test_of_runs_that_begin_at_once_one_is_let_in(dead: bool) -> None:
    work = Folder(f"memory://at-once-{dead}")
    if dead:
        work.write("lock", json.dumps({"run": "dead", "at": 0}).encode())
    inside, ended = [], threading.Event()

    def run() -> str:
        try:
            with held(work):
                inside.append(1)
                ended.wait(20)
                return "held"
        except ReleaseError:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(run) for _ in range(8)]
        deadline = time.monotonic() + 15
        while sum(f.done() for f in waiting) < 7 and time.monotonic() < deadline:
            time.sleep(0.05)
        ended.set()
        assert sorted(f.result() for f in waiting) == ["held", *["refused"] * 7]


@pytest.mark.usefixtures("quick_lease")
@pytest.mark.parametrize("background", [False, True])
def test_a_run_whose_lease_was_taken_stops(background: bool) -> None:
    work = Folder(f"memory://taken-{background}")
    # As the command line has them, and as it finds SIGINT where a shell started it in the background.
    wanted = {signal.SIGTERM: signal.default_int_handler}
    wanted[signal.SIGINT] = signal.SIG_IGN if background else signal.default_int_handler
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        with pytest.raises(KeyboardInterrupt), held(work):
            work.write("lock", json.dumps({"run": "other", "at": time.time()}).encode(), replace=True)
            time.sleep(10)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert json.loads(work.read("lock"))["run"] == "other"
