"""Enforce total deadlines on HTTP answers: socket timeouts limit one wait, not a peer that sends a byte a second."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from pmcmine.io.watch import Watch

_current = threading.local()


class Deadline:
    """The deadline of this thread's exchange, and the connection to break when it passes."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.passed = False
        self.connection: Any = None
        self.sock: Any = None

    def extend(self, seconds: float) -> None:
        """Extend the deadline: the peer has sent something."""
        self.at += seconds

    def is_over(self) -> bool:
        """Return whether the deadline has passed."""
        return self.at <= time.monotonic()

    def release(self) -> None:
        """Do nothing: a connection that was broken stays so."""

    def enforce(self) -> None:
        """Break the connection, which ends all waits on it."""
        self.passed = True
        # A connection that is not kept alive releases its socket while the answer is still being read.
        for sock in {s for s in (self.sock, getattr(self.connection, "sock", None)) if s is not None}:
            with contextlib.suppress(OSError):  # the peer was faster
                # Not the method of TLS sockets, which would expose undecrypted bytes to the reading thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


_watch = Watch("deadlines")


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Limit the HTTP exchanges of this thread, including connection and headers, to a total time."""
    new = Deadline(seconds)
    _current.deadline = new
    _watch.add(new)
    try:
        yield new
    finally:
        _current.deadline = None
        _watch.remove(new)


def _attach(connection: Any) -> None:
    current: Deadline | None = getattr(_current, "deadline", None)
    if current is not None:
        current.connection, current.sock = connection, connection.sock


class _Attached:
    """Register a connection with the deadline of this thread."""

    def connect(self) -> None:
        _attach(self)
        super().connect()  # type: ignore[misc]  # mixed into connections, which have both

    def request(self, *args: Any, **kwargs: Any) -> None:
        _attach(self)
        super().request(*args, **kwargs)  # type: ignore[misc]  # as above
        _attach(self)


class _Http(_Attached, HTTPConnection): ...


class _Https(_Attached, HTTPSConnection): ...


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class DeadlineAdapter(HTTPAdapter):
    """A `requests` adapter with connections that `deadline` can break."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools; see `HTTPAdapter`."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Create the pools behind a proxy; see `HTTPAdapter`."""
        manager = super().proxy_manager_for(*args, **kwargs)
        if manager.pool_classes_by_scheme.get("http") is HTTPConnectionPool:  # SOCKS has its own pools
            manager.pool_classes_by_scheme = _POOLS
        return manager
