"""Serve the page: loopback only, read-only, without resources from other hosts."""

from __future__ import annotations

import json
import math
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from pmcmine.browse.data import ReleaseData
from pmcmine.errors import PmcmineError
from pmcmine.io.loopback import LoopbackServer
from pmcmine.release.tables import MALFORMED, malformed
from pmcmine.text.clean import for_terminal

_STATIC: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


_CONNECTIONS: Final = 32  # a browser opens six
_IDLE_SECONDS: Final = 15.0


def _finite(value: Any) -> Any:
    """Replace each number that is not finite by None."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class BrowseServer(LoopbackServer):
    """Serves a release's page on loopback.

    Args:
        data: the release.
        port: port; any free one where 0.
    """

    def __init__(self, data: ReleaseData, port: int = 0) -> None:
        class Handler(_Handler):
            release = data

        super().__init__(Handler, port, _CONNECTIONS)


class _Handler(BaseHTTPRequestHandler):
    release: ReleaseData
    protocol_version = "HTTP/1.1"
    server_version = "pmcmine"
    sys_version = ""
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        """Answer a request; a table that is damaged or was tampered with is an answer of its own."""
        try:
            self._respond()
        except PmcmineError as error:
            self._json({"error": for_terminal(str(error), 500)}, 503)
        except MALFORMED as error:
            self._json({"error": for_terminal(malformed("release", error), 500)}, 500)

    def _respond(self) -> None:
        # A page elsewhere whose name was made to point here must not read a release (DNS rebinding).
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            self._answer(403, b"this page is for this machine alone", "text/plain")
            return
        # Any page may ask for an address of this machine; it can't see the answer, but would keep this server at work.
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            self._answer(403, b"this page is not for other pages", "text/plain")
            return
        address = urlsplit(self.path)
        query = {k: v[-1] for k, v in parse_qs(address.query, keep_blank_values=True).items()}
        if address.path in _STATIC:
            name, kind = _STATIC[address.path]
            self._answer(200, resources.files("pmcmine.browse").joinpath("static", name).read_bytes(), kind)
        elif address.path == "/api/info":
            self._json(self.release.info())
        elif address.path == "/api/figures":
            self._figures(query)
        elif address.path == "/api/figure":
            found = self.release.figure(query.get("id", ""))
            self._json(found if found is not None else {"error": "no such figure"}, 200 if found is not None else 404)
        elif address.path == "/api/document":
            document = self.release.document(query.get("id", ""))
            self._json(document or {"error": "this release has no document of the article"}, 200 if document else 404)
        elif address.path in ("/image", "/thumbnail"):
            read = self.release.image if address.path == "/image" else self.release.thumbnail
            image = read(query.get("id", ""))
            if image is None:
                self._answer(404, b"no image", "text/plain")
            else:
                self._answer(200, image.data, image.type)
        else:
            self._answer(404, b"nothing here", "text/plain")

    def _figures(self, query: dict[str, str]) -> None:
        try:
            offset = int(query.pop("offset", "0"))
            self._json(self.release.figures(query, offset))
        except (ValueError, OverflowError) as error:
            self._json({"error": str(error)}, 400)

    def _json(self, value: Any, status: int = 200) -> None:
        try:
            text = json.dumps(value, default=str, allow_nan=False)
        except ValueError:  # a number that JSON does not know
            text = json.dumps(_finite(value), default=str)
        self._answer(status, text.encode(), "application/json; charset=utf-8")

    def _answer(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are a person's keystrokes."""
