"""Total deadlines on HTTP answers: timeouts of sockets bound one wait, not a peer that sends a byte a second."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_TICK: Final = 0.25  # seconds by which a deadline may be late
_current = threading.local()


class Deadline:
    """When the exchange of this thread has to be over, and the connection to break if it is not."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.passed = False
        self.connection: Any = None
        self.sock: Any = None

    def extend(self, seconds: float) -> None:
        """Move the deadline: the peer has sent something."""
        self.at += seconds

    def enforce(self) -> None:
        """Break the connection, which ends whatever waits for it."""
        self.passed = True
        # A connection lets go of its socket while the answer is still read if it is not to be kept.
        for sock in {s for s in (self.sock, getattr(self.connection, "sock", None)) if s is not None}:
            with contextlib.suppress(OSError):  # the peer was faster
                # Not the method of TLS sockets, which would let the reading thread see bytes that are not decrypted.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Watch:
    """One thread a process that enforces deadlines; it starts with the first one and again in a forked process."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._open: set[Deadline] = set()
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._wake:
            self._open.add(deadline)
            self._wake.notify()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()

    def remove(self, deadline: Deadline) -> None:
        with self._wake:
            self._open.discard(deadline)

    def _run(self) -> None:
        while True:
            with self._wake:
                now = time.monotonic()
                for deadline in self._open:
                    if deadline.at <= now:
                        deadline.enforce()
                self._wake.wait(_TICK if self._open else None)


_watch = _Watch()


def _renew() -> None:
    """Forget the thread and the lock, which a forked process does not have."""
    global _watch
    _watch = _Watch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Bound the HTTP exchanges of this thread, connection and headers included, to a total time."""
    new = Deadline(seconds)
    _current.deadline = new
    watch = _watch
    watch.add(new)
    try:
        yield new
    finally:
        _current.deadline = None
        watch.remove(new)


def _attach(connection: Any) -> None:
    current: Deadline | None = getattr(_current, "deadline", None)
    if current is not None:
        current.connection, current.sock = connection, connection.sock


class _Http(HTTPConnection):
    def connect(self) -> None:
        _attach(self)
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        _attach(self)
        super().request(*args, **kwargs)
        _attach(self)


class _Https(HTTPSConnection):
    def connect(self) -> None:
        _attach(self)
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        _attach(self)
        super().request(*args, **kwargs)
        _attach(self)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class DeadlineAdapter(HTTPAdapter):
    """An adapter of `requests` whose connections `deadline` can break."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools; see `HTTPAdapter`."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make the pools behind a proxy; see `HTTPAdapter`."""
        manager = super().proxy_manager_for(*args, **kwargs)
        if manager.pool_classes_by_scheme.get("http") is HTTPConnectionPool:  # SOCKS has pools of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager
