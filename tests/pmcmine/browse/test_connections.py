"""The page's server under many connections: their number is bounded, and so is what an idle one holds."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import duckdb
import pytest

from pmcmine.browse import server as browse_server
from pmcmine.browse.server import BrowseServer


class _NoRelease:
    """Stands for a release whose tables were tampered with."""

    def info(self) -> Any:
        raise duckdb.BinderException("Binder Error: no column \x1b[31m\nLINE 1: SELECT")

    def figures(self, filters: dict[str, str], offset: int) -> Any:
        return {"filters": filters, "offset": offset}


@pytest.fixture(scope="module")
def page() -> Iterator[BrowseServer]:
    with BrowseServer(_NoRelease()) as running:  # type: ignore[arg-type]
        yield running


def _connect(page: BrowseServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", page.port), timeout=5)


def _get(page: BrowseServer, path: str, *headers: str) -> bytes:
    with _connect(page) as connection:
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{page.port}", "Connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        found = b""
        while part := connection.recv(65536):
            found += part
    return found


def test_idle_connections_hold_a_bounded_number_of_threads(page: BrowseServer) -> None:
    before = threading.active_count()
    with ExitStack() as stack:
        idle = [stack.enter_context(_connect(page)) for _ in range(300)]
        assert _get(page, "/").startswith(b"HTTP/1.1 200")  # the page still answers
        deadline = time.monotonic() + 5
        while threading.active_count() - before > browse_server._CONNECTIONS + 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert threading.active_count() - before <= browse_server._CONNECTIONS + 1
        assert idle[0].recv(1) == b""  # the oldest was closed


def test_an_idle_connection_ends(page: BrowseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse_server._Handler, "timeout", 0.1)
    with _connect(page) as quiet, _connect(page) as half:
        half.sendall(b"GET / HT")
        assert quiet.recv(1) == b"" and half.recv(1) == b""


@pytest.mark.parametrize("path", [
    "/api/figures?offset=" + "9" * 5000, "/api/figures?offset=-1e9", "/api/figures?offset=%F0%9F%98%80", "//[", "/" + "a" * 70_000,
    "/api/figures?" + "&".join(f"a{i}=1" for i in range(3000)), "/image", "/%00", "/..%2f..%2fetc/passwd",
])  # fmt: skip
def test_odd_requests_have_an_answer(page: BrowseServer, path: str) -> None:
    answer = _get(page, path)
    assert answer.startswith(b"HTTP/1.1 ") and b"Traceback" not in answer


def test_a_damaged_table_is_an_answer_in_one_clean_line(page: BrowseServer) -> None:
    answer = _get(page, "/api/info")
    assert answer.startswith(b"HTTP/1.1 500") and b"its tables are not those of a release" in answer
    assert b"\x1b" not in answer
