"""Run a small HTTP server on loopback in a thread, for the demo's bucket and the browse page."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

_MOST: Final = 256  # open connections, each with a thread


class _Server(ThreadingHTTPServer):
    """A server with a thread per connection, and a limit on their number: the oldest is closed for a new one."""

    daemon_threads = True
    request_queue_size = 128  # with the default of five, a burst of connections waits for seconds
    most = _MOST

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: dict[Any, None] = {}
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a connection."""
        with self._lock:
            while len(self._open) >= self.most:
                oldest = next(iter(self._open))
                del self._open[oldest]
                with suppress(OSError):  # its thread was faster
                    oldest.shutdown(socket.SHUT_RDWR)
            self._open[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class LoopbackServer:
    """Serve on 127.0.0.1; a context manager with a `url` that ends with a slash.

    Args:
        handler: class of its request handlers.
        port: port; 0 for any free one.
        most: maximum open connections.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0, most: int = _MOST) -> None:
        self._server = _Server(("127.0.0.1", port), handler)
        self._server.most = most
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        """Serve in this thread until interrupted."""
        try:
            self._server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            self._server.server_close()
