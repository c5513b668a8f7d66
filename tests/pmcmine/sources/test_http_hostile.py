"""The HTTP client against servers that mean harm: each answer ends in a verdict, soon, and within its bounds."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from pmcmine.io.retry import retry_after
from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.http import HttpClient, HttpLimits

ONCE = HttpLimits(retries=0, retry_seconds=0.01, timeout=0.5, requests_per_second=10_000)
Answer = Callable[[socket.socket, str], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server on loopback that hands each connection and the path it asks for to a function."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := connection.recv(4096)):
                    return
                head += data
            answer(connection, head.split(b" ")[1].decode())

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def drip(head: bytes, unit: bytes = b"x", seconds: float = 0.05) -> Answer:
    def answer(connection: socket.socket, path: str) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(unit)
            time.sleep(seconds)

    return answer


def flood(head: bytes, unit: bytes) -> Answer:
    return drip(head, unit * (1 << 16), 0.0)


def at_once(data: bytes) -> Answer:
    return lambda connection, path: connection.sendall(data)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("answer", [
    drip(OK + b"Content-Length: 900000\r\n\r\n"),
    drip(OK + b"Connection: close\r\n\r\n"),
    drip(b"HTTP/1.0 200 OK\r\n\r\n"),
    drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    drip(OK + b"Transfer-Encoding: chunked\r\n\r\n80000\r\n"),
    drip(b"", b"H"),
    drip(OK, b"A: b\r\n"),
    drip(OK + b"A: "),
    drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    drip(b"HTTP/1.1 302 Found\r\nLocation: /again\r\n", b"A: b\r\n"),
])  # fmt: skip
def test_a_byte_now_and_then_does_not_outlive_the_deadline(answer: Answer) -> None:
    begun = time.monotonic()
    with serving(answer) as url, pytest.raises(Rejected) as caught:
        HttpClient(url, ONCE).get("a", max_bytes=1_000_000)
    assert caught.value.reason == Reason.FETCH_FAILED
    assert time.monotonic() - begun < 15


def test_a_long_body_may_take_longer_than_the_timeout() -> None:
    def answer(connection: socket.socket, path: str) -> None:
        connection.sendall(OK + b"Content-Length: 800000\r\n\r\n")
        for _ in range(8):
            connection.sendall(b"x" * 100_000)
            time.sleep(0.25)

    with serving(answer) as url:
        assert len(HttpClient(url, ONCE).get("a", max_bytes=1_000_000)) == 800_000


@pytest.mark.parametrize("answer", [
    flood(OK, b"A"),
    flood(OK, b"A: b\r\n"),
    flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    flood(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    flood(OK + b"Transfer-Encoding: chunked\r\n\r\n1", b";"),
    flood(OK + b"\r\n", b"x"),
    flood(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    at_once(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx"),
    at_once(OK + b"Content-Length: \xb2\r\n\r\n" + b"x" * 200_000),
    at_once(OK + b"Content-Length: 3, 4\r\n\r\nxxx"),
    at_once(OK + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(bytes(50_000_000))),
    at_once(OK + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"x" * 999)[:-9]),
    at_once(OK + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\nno gzip at all"),
    at_once(b"\0" * 100),
    at_once(b"HTTP/1.1 999999999999 OK\r\n\r\n"),
    at_once(b""),
])  # fmt: skip
def test_an_answer_out_of_bounds_is_a_verdict(answer: Answer) -> None:
    begun = time.monotonic()
    with serving(answer) as url, pytest.raises(Rejected):
        HttpClient(url, ONCE).get("a", max_bytes=100_000)
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("location", [
    b"", b"//", b"http://", b"http:///x", b"file:///etc/passwd", b"ftp://127.0.0.1/x", b"javascript:0", b"data:,x",
    b"http://[::1", b"http://127.0.0.1:99999999/", b"http://127.0.0.1:x/", b"http://\xff\xfe/", b"http://.../",
    b"http://" + b"a" * 300 + b"/", b"\\\\host\\x", b"/loop", b"?x",
])  # fmt: skip
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_bad_redirect_is_a_verdict(location: bytes, status: int) -> None:
    head = b"HTTP/1.1 %d Moved\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % (status, location)
    with serving(at_once(head)) as url, pytest.raises(Rejected) as caught:
        HttpClient(url, ONCE).get("a", max_bytes=100_000)
    assert caught.value.reason == Reason.FETCH_FAILED


def test_a_good_redirect_is_followed_whatever_its_own_body() -> None:
    def answer(connection: socket.socket, path: str) -> None:
        if path == "/b":
            connection.sendall(OK + b"Content-Length: 2\r\n\r\nhi")
            return
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
        while True:
            connection.sendall(b"x" * (1 << 16))

    with serving(answer) as url:
        assert HttpClient(url, ONCE).get("a", max_bytes=10) == b"hi"


def test_a_proxy_that_packs_unasked_is_read() -> None:
    body = gzip.compress(b"hello " * 1000)
    with serving(at_once(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) as url:
        assert HttpClient(url, ONCE).get("a", max_bytes=10_000) == b"hello " * 1000


def test_a_key_that_no_url_can_hold() -> None:
    with serving(at_once(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")) as url, pytest.raises(Rejected):
        HttpClient(url, ONCE).get("PMC1.1/\ud800.jpg", max_bytes=10)


@pytest.mark.parametrize("value", [
    "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2030 00:00:00 +99999999999999", "9" * 5000, "²", "\0",
    "Thu, 01 Jan 1970 99999:99:99 GMT", "Fri, 31 Dec 9999 23:59:59 -2359",
])  # fmt: skip
def test_a_wait_that_no_clock_knows(value: str) -> None:
    wait = retry_after(value, 5.0)
    assert wait is None or 0 <= wait <= 5
