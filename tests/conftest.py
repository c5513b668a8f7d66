"""What all tests share: real data where it is, the demo's bucket, and no network but loopback."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pmcmine.config import MineConfig, load_config
from pmcmine.demo import BucketServer, demo_articles, write_bucket

# gcsfs asks Google over gRPC what kind of bucket it has, which the emulator does not speak.
os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"
os.environ["PMCMINE_VOCAB_DIR"] = os.devnull  # no vocabulary of the user's own
# Container images often set it; then each of some hundred processes would compile 2,000 modules anew, in 4 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
REAL = os.environ.get("PMCMINE_REAL_DATA")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `real` skip without the real articles."""
    for item in items:
        if item.get_closest_marker("real") and not REAL:
            item.add_marker(pytest.mark.skip(reason="PMCMINE_REAL_DATA names no folder of real articles"))


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection to another machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1")):
            raise AssertionError(f"a test connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real articles."""
    return Path(REAL or "")


@pytest.fixture(scope="session")
def demo_bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's articles in the bucket's layout."""
    folder = tmp_path_factory.mktemp("bucket")
    write_bucket(folder, demo_articles())
    return folder


@pytest.fixture(scope="session")
def demo_server(demo_bucket: Path) -> Iterator[BucketServer]:
    """The demo's bucket on loopback."""
    with BucketServer(demo_bucket) as server:
        yield server


# Without what takes most of the time and has tests of its own: kinds of images, and faces in them.
PLAIN: dict[str, Any] = {"image_kinds": False, "privacy": False}
PLAIN_OPTIONS = ("--set", "image_kinds=false", "--set", "privacy=false")


def config_for(source: object, out: object, **flags: Any) -> MineConfig:
    """A configuration for tests: small shards, short waits."""
    defaults: dict[str, Any] = {"shard_bytes": 1_000_000, "retries": 4, "retry_seconds": 0.01, "max_reject_share": 1.0}
    return load_config({**defaults, "source": str(source), "out": str(out), **flags})


@pytest.fixture(scope="session")
def demo_release(demo_server: BucketServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the demo's articles, mined over HTTP."""
    from pipelines.job import run
    from pmcmine.run.progress import Progress

    out = tmp_path_factory.mktemp("demo") / "release"
    run(config_for(demo_server.url, out), Progress(quiet=True))
    return out
