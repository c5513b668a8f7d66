"""Searches of a release on a server: the same hits as at home, few bytes, and one line for a server that lies."""

from __future__ import annotations

import re
import shutil
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

import pmcmine
import pmcmine.stream
from classifiers.scorers.queries import encoders
from pmcmine.errors import PmcmineError
from pmcmine.find import remote
from pmcmine.io.loopback import LoopbackServer
from tests.pmcmine.find.test_find import indexed  # noqa: F401 - a fixture


class _Server(LoopbackServer):
    """Serves a folder by ranges; `mode` is how it answers one below `index/`."""

    def __init__(self, folder: Path, mode: str = "ranges") -> None:
        self.sent: Counter[str] = Counter()
        self.asked = 0
        server, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                path = folder / self.path.lstrip("/")
                found = path.is_file()
                data = path.read_bytes() if found else b""
                wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
                start, end = (int(wanted[1]), min(int(wanted[2]) + 1, len(data))) if wanted else (0, len(data))
                part, status = data[start:end], 206 if wanted else 200
                if mode != "ranges" and self.path.startswith("/index/"):
                    with lock:
                        server.asked += 1
                        first = server.asked % 3
                    if (mode == "busy" and first) or mode == "down":
                        status, part = 503, b""
                    elif mode == "noise":
                        part = b"\xff" * len(part)
                    elif mode == "short":
                        part = part[: len(part) // 2]
                status = status if found else 404
                self.send_response(status)
                self.send_header("Accept-Ranges", "bytes")
                if status == 206:
                    self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
                self.send_header("Content-Length", str(len(part) if self.command == "GET" else len(data)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(part)
                    with lock:
                        server.sent[self.path.lstrip("/").partition("/")[0]] += len(part)

        super().__init__(Handler)


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_WAIT", 0.001)


def test_the_same_hits_as_at_home(indexed: Path) -> None:  # noqa: F811
    """By words, concepts, image and condition, for figures and paragraphs; shards stay where they are."""
    image = next(iter(pmcmine.stream.open(indexed)))["jpg"]
    asked: list[dict[str, Any]] = [
        {"text": "survival curves", "k": 5},
        {"text": "glomus tumour", "k": 5},
        {"text": "glomus tumour", "where": "year >= 2000 AND concept_below('X:1')", "k": 3},
        {"text": "patients", "table": "paragraphs", "k": 4},
        {"image": image, "encoders": encoders(), "k": 3},
    ]
    with _Server(indexed) as server:
        for query in asked:
            there = pmcmine.search(server.url.rstrip("/"), **query)
            assert there and there == pmcmine.search(indexed, **query), query
        assert not server.sent["shards"]


def test_few_bytes_are_read(indexed: Path) -> None:  # noqa: F811
    """Words are looked up without the vectors of images, which are most of the index here."""
    with _Server(indexed) as server:
        assert pmcmine.search(server.url.rstrip("/"), "survival curves", k=1)
        size = sum(p.stat().st_size for p in (indexed / "index").iterdir())
        assert 0 < server.sent["index"] < size / 2


@pytest.mark.parametrize(("mode", "said"), [
    ("down", "can't be read"), ("noise", "damaged"), ("short", "can't be read"),
])  # fmt: skip
def test_a_server_that_lies_is_one_line(indexed: Path, mode: str, said: str) -> None:  # noqa: F811
    with _Server(indexed, mode) as server, pytest.raises(PmcmineError) as caught:
        pmcmine.search(server.url.rstrip("/"), "survival")
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_busy_server_is_asked_again(indexed: Path) -> None:  # noqa: F811
    with _Server(indexed, "busy") as server:
        there = pmcmine.search(server.url.rstrip("/"), "survival curves", k=2)
    assert there and there == pmcmine.search(indexed, "survival curves", k=2)


def test_what_is_missing_is_one_line(indexed: Path, tmp_path: Path) -> None:  # noqa: F811
    with _Server(tmp_path) as server, pytest.raises(PmcmineError, match=r"no release\.json"):
        pmcmine.search(server.url.rstrip("/"), "survival")
    copy = tmp_path / "release"
    shutil.copytree(indexed, copy, ignore=shutil.ignore_patterns("shards", "index"))
    with _Server(copy) as server, pytest.raises(PmcmineError, match=r"has no index|can't be read"):
        pmcmine.search(server.url.rstrip("/"), "survival")


def test_files_of_many_parts_are_found_by_the_article() -> None:
    """Every file of a table is the holder of some article, and of each article exactly one per group and split."""
    names = [
        f"tables/figures/{g}/train-{n:05}-of-00007.parquet" for g in ("commercial", "noncommercial") for n in range(7)
    ]
    held: Counter[str] = Counter()
    for number in range(300):
        found = remote._holders(names, f"PMC{number}.1/f1")
        assert [n.split("/")[2] for n in found] == ["commercial", "noncommercial"]
        held.update(found)
    assert set(held) == set(names)
