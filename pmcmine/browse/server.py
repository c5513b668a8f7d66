"""Serve the page: loopback only, read-only, without resources from other hosts."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from pmcmine.browse.data import ReleaseData
from pmcmine.browse.filters import QueryError
from pmcmine.errors import PmcmineError
from pmcmine.io.loopback import LoopbackServer
from pmcmine.release.tables import MALFORMED, malformed
from pmcmine.text.clean import for_terminal

_SCRIPTS: Final = ("app", "basket", "common", "figure", "filters", "grid")
_STATIC: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    **{f"/{name}.js": (f"{name}.js", "text/javascript; charset=utf-8") for name in _SCRIPTS},
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


_CONNECTIONS: Final = 32  # a browser opens six
_IDLE_SECONDS: Final = 15.0
_MOST_FIELDS: Final = 500  # maximum values of filters in one URL
_MOST_BODY: Final = 64 << 20  # bytes of a basket
_PARQUET: Final = "application/vnd.apache.parquet"


def _whole(text: str) -> int:
    """Parse a number of rows.

    Raises:
        QueryError: if it is invalid.
    """
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise QueryError("the offset is no number")
    return int(text)


def _finite(value: Any) -> Any:
    """Replace non-finite numbers by None."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class BrowseServer(LoopbackServer):
    """Serve a release's page on loopback.

    Args:
        data: the release.
        port: port; 0 for any free one.
    """

    def __init__(self, data: ReleaseData, port: int = 0) -> None:
        class Handler(_Handler):
            release = data
            token = secrets.token_hex(8)

        super().__init__(Handler, port, _CONNECTIONS)


class _Handler(BaseHTTPRequestHandler):
    release: ReleaseData
    token: str
    protocol_version = "HTTP/1.1"
    server_version = "pmcmine"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # headers and body are two writes; the second would wait 40 ms for an answer

    def do_GET(self) -> None:
        """Answer a request; a damaged or manipulated table also gets an answer."""
        self._guarded(self._respond)

    def do_POST(self) -> None:
        """Make a list of the figures in the body, or accept an image to search by; nothing is written here."""
        self._guarded(self._take_image if urlsplit(self.path).path == "/api/like" else self._make_list)

    def _guarded(self, answer: Callable[[], None]) -> None:
        if (refusal := self._refusal()) is not None:
            self.close_connection = True  # the body was not read
            self._answer(403, refusal, "text/plain")
            return
        try:
            answer()
        except QueryError as error:
            self._json({"error": for_terminal(str(error), 500)}, 400)
        except PmcmineError as error:
            self._json({"error": for_terminal(str(error), 500)}, 503)
        except MALFORMED as error:
            self._json({"error": for_terminal(malformed("release", error), 500)}, 500)

    def _refusal(self) -> bytes | None:
        """Return the reason for refusing a request; None if it is allowed."""
        # A remote page with a name that resolves to this machine must not read a release (DNS rebinding).
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            return b"this page is for this machine alone"
        # Any page may send requests to this machine; it can't see the answer, but would keep this server busy.
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return b"this page is not for other pages"
        return None

    def _respond(self) -> None:
        address = urlsplit(self.path)
        try:
            query = parse_qs(address.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise QueryError("too many filters") from None
        if address.path in _STATIC:
            name, kind = _STATIC[address.path]
            self._answer(200, resources.files("pmcmine.browse").joinpath("static", name).read_bytes(), kind)
        elif address.path in ("/image", "/thumbnail"):
            self._image(address.path, query)
        elif address.path == "/list.parquet":
            self._answer(200, self.release.list_of(query), _PARQUET)
        elif address.path.startswith("/api/"):
            self._api(address.path, query)
        else:
            self._answer(404, b"nothing here", "text/plain")

    def _api(self, path: str, query: dict[str, list[str]]) -> None:
        wanted = query.get("id", [""])[-1]
        if path == "/api/info":
            self._json(self.release.info() | {"token": self.token})
        elif path == "/api/figures":
            offset = query.pop("offset", ["0"])[-1]
            self._json(self.release.figures(query, _whole(offset)))
        elif path == "/api/counts":
            self._json(self.release.counts(query))
        elif path == "/api/suggest":
            self._json({"values": self.release.suggest(query.get("of", [""])[-1], query.get("text", [""])[-1])})
        elif path == "/api/figure":
            found = self.release.figure(wanted)
            self._json(found if found is not None else {"error": "no such figure"}, 200 if found is not None else 404)
        elif path == "/api/document":
            document = self.release.document(wanted)
            self._json(document or {"error": "this release has no document of the article"}, 200 if document else 404)
        else:
            self._answer(404, b"nothing here", "text/plain")

    def _image(self, path: str, query: dict[str, list[str]]) -> None:
        read = self.release.image if path == "/image" else self.release.thumbnail
        image = read(query.get("id", [""])[-1])
        if image is None:
            self._answer(404, b"no image", "text/plain")
            return
        # The token differs in each run: cached responses never belong to another release at this address.
        kept = query.get("v", [""])[-1] == self.token
        self._answer(200, image.data, image.type, "private, max-age=3600, immutable" if kept else "no-store")

    def _body(self, what: str) -> bytes:
        """Read the body of a request.

        Raises:
            QueryError: if it is too large.
        """
        size = self.headers.get("Content-Length") or ""
        if not size.isascii() or not size.isdigit() or len(size) > 9 or int(size) > _MOST_BODY:
            self.close_connection = True
            raise QueryError(f"the {what} is too large")
        return self.rfile.read(int(size))

    def _take_image(self) -> None:
        if self.headers.get_content_type() not in ("image/jpeg", "image/png"):
            self.close_connection = True
            raise QueryError("give a JPEG or PNG")
        self._json({"like": self.release.show_image(self._body("image"))})

    def _make_list(self) -> None:
        if urlsplit(self.path).path != "/list.parquet" or self.headers.get_content_type() != "application/json":
            self.close_connection = True
            self._answer(404, b"nothing here", "text/plain")
            return
        data = self._body("basket")
        try:
            ids = json.loads(data)["ids"]
        except (ValueError, LookupError, TypeError, RecursionError):
            ids = None
        if not isinstance(ids, list):
            raise QueryError("the basket is no list of ids")
        self._answer(200, self.release.list_of_ids(ids), _PARQUET)

    def _json(self, value: Any, status: int = 200) -> None:
        try:
            text = json.dumps(value, default=str, allow_nan=False)
        except ValueError:  # a number that JSON can't represent
            text = json.dumps(_finite(value), default=str)
        self._answer(status, text.encode(), "application/json; charset=utf-8")

    def _answer(self, status: int, data: bytes, kind: str, keep: str = "no-store") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", keep)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: requests reflect a person's keystrokes."""
