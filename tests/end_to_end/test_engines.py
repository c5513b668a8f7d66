"""The same bytes on other runners and file systems. Slow to start, so in a group of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pmcmine import stream
from pmcmine.demo import BucketServer
from pmcmine.io.folder import Folder
from tests.conftest import config_for
from tests.helpers import mine, tree
from tests.listening import watched

pytestmark = pytest.mark.slow
PRISM = os.environ.get("PMCMINE_PRISM")
FAKE_GCS = os.environ.get("PMCMINE_FAKE_GCS")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def test_two_processes(demo_release: Path, demo_server: BucketServer, tmp_path: Path) -> None:
    with watched(os.getpid()) as addresses:
        mine(config_for(demo_server.url, tmp_path / "out", workers=2))
    assert addresses and all(address.is_loopback for address in addresses)
    assert tree(tmp_path / "out", "shards", "tables") == tree(demo_release, "shards", "tables")


def test_two_processes_from_a_folder_of_our_names(
    demo_release: Path, demo_server: BucketServer, tmp_path: Path
) -> None:
    """Workers must not import the user's modules."""
    for name in ("schemas", "pipelines"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported the module of the user')")
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "pmcmine", "mine", "--source", demo_server.url, "--out", "out", "--workers", "2",
         "--max-reject-share", "1", "--shard-bytes", "1000000", "-q", "--set", "retry_seconds=0.01"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "out", "shards", "tables") == tree(demo_release, "shards", "tables")


@pytest.mark.skipif(not PRISM, reason="PMCMINE_PRISM names no Prism binary")
def test_prism(demo_release: Path, demo_server: BucketServer, tmp_path: Path) -> None:
    beam = (f"--prism_location={PRISM}",)
    # Prism itself, a program of Beam's, opens its workers' ports on every interface, and has no option for it.
    with watched(os.getpid(), but=Path(str(PRISM))) as addresses:
        mine(config_for(demo_server.url, tmp_path / "out", runner="prism", beam=beam))
    assert addresses and all(address.is_loopback for address in addresses)
    assert tree(tmp_path / "out", "shards", "tables") == tree(demo_release, "shards", "tables")


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A GCS emulator on loopback with an empty bucket."""
    port = free_port()
    host = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [str(FAKE_GCS), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-public-host", f"127.0.0.1:{port}",
         "-external-url", host, "-backend", "memory"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", host)
    try:
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        import fsspec.config
        import gcsfs

        # The emulator knows no credentials; users would say so in fsspec's configuration file.
        monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
        gcsfs.GCSFileSystem.clear_instance_cache()
        fs = gcsfs.GCSFileSystem(token="anon", project="test")
        fs.mkdir("corpus")
        yield "gs://corpus/release"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.skipif(not FAKE_GCS, reason="PMCMINE_FAKE_GCS names no GCS emulator")
def test_an_object_store(demo_release: Path, demo_server: BucketServer, gcs: str, tmp_path: Path) -> None:
    mine(config_for(demo_server.url, gcs))
    out = Folder(gcs)
    for name in out.walk():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(out.read(name))
    assert tree(tmp_path, "shards", "tables") == tree(demo_release, "shards", "tables")
    assert not any(n.startswith("_work") for n in out.walk())
    keys = [s["key"] for s in stream.open(gcs, where="kind = 'figure'")]
    assert keys == [s["key"] for s in stream.open(str(demo_release), where="kind = 'figure'")]
    assert not mine(config_for(demo_server.url, gcs)).fresh


@pytest.mark.skipif(not FAKE_GCS, reason="PMCMINE_FAKE_GCS names no GCS emulator")
def test_of_many_writers_to_an_object_store_one_is_first(gcs: str) -> None:
    out = Folder(gcs)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: out.write("blocks/one.json", str(n).encode()), range(8)))
    assert sum(won) == 1
    assert out.read("blocks/one.json") == str(won.index(True)).encode()


def test_workers_that_die_end_the_run_and_the_same_command_resumes(
    demo_release: Path, demo_bucket: Path, tmp_path: Path
) -> None:
    import signal
    import sys

    command = [sys.executable, "-m", "pmcmine", "mine", "--source", str(demo_bucket), "--out", str(tmp_path / "out")]
    command += ["--workers", "2", "--max-reject-share", "1", "--shard-bytes", "1000000", "-q"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    killed = 0
    while time.monotonic() < deadline and not killed and run.poll() is None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
                parent = (path.parent / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if parent == str(run.pid) and any(b"sdk_worker_main" in w for w in words):
                os.kill(int(path.parent.name), signal.SIGKILL)
                killed += 1
        time.sleep(0.05)
    _, err = run.communicate(timeout=90)
    assert killed and run.returncode == 2 and "the same command resumes" in err
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert tree(tmp_path / "out", "shards", "tables") == tree(demo_release, "shards", "tables")
