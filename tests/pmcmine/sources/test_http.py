"""The HTTP client against a server that fails on purpose."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import pytest

from pmcmine.demo import BucketServer, Faults
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.http import HttpClient, HttpLimits, RateLimiter

FAST = HttpLimits(retries=3, retry_seconds=0.01, timeout=5, requests_per_second=10_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "PMC1.1").mkdir()
    (tmp_path / "PMC1.1" / "a b#1%.jpg").write_bytes(b"x" * 100_000)
    return tmp_path


KEY = "PMC1.1/a b#1%.jpg"


@pytest.mark.parametrize("kind", ["503", "429", "reset", "truncated", "corrupt"])
def test_each_fault_is_outlived(folder: Path, kind: str) -> None:
    md5 = hashlib.md5(b"x" * 100_000).hexdigest()
    with BucketServer(folder, Faults(share=1.0, kinds=(kind,), most=2)) as server:
        client = HttpClient(server.url, FAST)
        assert client.get(KEY, max_bytes=1_000_000, md5=md5) == b"x" * 100_000
        assert server.requests[KEY] == 3
        client.close()


@pytest.mark.parametrize(("kind", "reason"), [("503", Reason.FETCH_FAILED), ("corrupt", Reason.CHECKSUM_MISMATCH),
                                              ("truncated", Reason.FETCH_FAILED)])  # fmt: skip
def test_a_fault_without_end_is_a_verdict(folder: Path, kind: str, reason: Reason) -> None:
    md5 = hashlib.md5(b"x" * 100_000).hexdigest()
    with BucketServer(folder, Faults(share=1.0, kinds=(kind,), most=99)) as server, pytest.raises(Rejected) as caught:
        HttpClient(server.url, FAST).get(KEY, max_bytes=1_000_000, md5=md5)
    assert caught.value.reason == reason and server.requests[KEY] == 4


def test_missing_is_told_at_once_and_large_is_cut(folder: Path) -> None:
    with BucketServer(folder) as server:
        client = HttpClient(server.url, FAST)
        with pytest.raises(Rejected) as caught:
            client.get("PMC1.1/none.jpg", max_bytes=10)
        assert caught.value.reason == Reason.XML_MISSING and server.requests["PMC1.1/none.jpg"] == 1
        with pytest.raises(Rejected) as caught:
            client.get(KEY, max_bytes=10)
        assert caught.value.reason == Reason.MEDIA_TOO_LARGE and server.requests[KEY] == 1


def test_the_server_does_not_leave_its_folder(folder: Path) -> None:
    (folder / "secret").write_text("x")
    with BucketServer(folder / "PMC1.1") as server, pytest.raises(Rejected):
        HttpClient(server.url, FAST).get("../secret", max_bytes=10)


def test_the_budget_spaces_requests() -> None:
    limiter = RateLimiter(100)
    start = time.monotonic()
    for _ in range(21):
        limiter.wait()
    assert time.monotonic() - start >= 0.19


def test_quiet_holds_those_that_wait_for_their_turn() -> None:
    limiter, start, began = RateLimiter(5), time.monotonic(), []

    def call() -> None:
        limiter.wait()
        began.append(time.monotonic() - start)

    limiter.wait()
    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    limiter.pause(1.0)
    for thread in threads:
        thread.join()
    assert min(began) >= 1.0 and max(began) < 3.0
