"""A bucket on loopback: objects of a folder over HTTP/1.1, S3's listing, and faults on request."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from pmcmine.io.loopback import LoopbackServer

_DRIP_SECONDS = 30.0


@dataclass(frozen=True)
class Faults:
    """Shares of answers that fail, by kind of fault.

    Attributes:
        share: share of GETs that go wrong.
        kinds: any of 503, 429, reset, truncated, corrupt, 403, 404, garbage, endless.
        seed: seed of the choice.
        most: most faults for one path, so that retries get through.
        quiet: seconds that a 429 asks for.
    """

    share: float = 0.1
    kinds: tuple[str, ...] = ("503", "429", "reset", "truncated", "corrupt")
    seed: int = 0
    most: int = 3
    quiet: int = 0


class BucketServer(LoopbackServer):
    """Serves a folder in a thread; a context manager whose `url` is the base URL."""

    def __init__(self, folder: Path, faults: Faults | None = None) -> None:
        self._folder = folder.resolve()
        self._faults = faults
        self.quiet = faults.quiet if faults is not None else 0
        self._lock = threading.Lock()
        self.requests: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.faults_given: Counter[str] = Counter()
        self._per_path: Counter[str] = Counter()
        server = self

        class Handler(_Handler):
            bucket = server

        super().__init__(Handler)

    def fault(self, path: str) -> str | None:
        """Choose the fault of this answer; None for no fault."""
        with self._lock:
            self.requests[path] += 1
            if self._faults is None or self._per_path[path] >= self._faults.most:
                return None
            # By path and try, so that the faults are the same however the requests are interleaved.
            draw = random.Random(f"{self._faults.seed}/{path}/{self.requests[path]}")
            if draw.random() >= self._faults.share:
                return None
            self._per_path[path] += 1
            kind = draw.choice(self._faults.kinds)
            self.faults_given[kind] += 1
            return kind

    def find(self, key: str) -> Path | None:
        """Find the file of a key; None if missing or outside the folder."""
        path = (self._folder / key).resolve()
        return path if path.is_relative_to(self._folder) and path.is_file() else None

    def listing(self, prefix: str, delimiter: str) -> str:
        """Return ListObjectsV2 of a prefix."""
        keys = sorted(str(p.relative_to(self._folder)) for p in self._folder.rglob("*") if p.is_file())
        contents, prefixes = [], []
        for key in keys:
            if not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                prefixes.append(prefix + rest.split(delimiter)[0] + delimiter)
                continue
            etag = md5((self._folder / key).read_bytes(), usedforsecurity=False).hexdigest()
            contents.append(f"<Contents><Key>{escape(key)}</Key><ETag>&quot;{etag}&quot;</ETag></Contents>")
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(p)}</Prefix></CommonPrefixes>" for p in dict.fromkeys(prefixes)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>false</IsTruncated>{''.join(contents)}{common}</ListBucketResult>"
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: BucketServer

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        key = unquote(parts.path).lstrip("/")
        self.bucket.agents.add(self.headers.get("User-Agent", ""))
        fault = self.bucket.fault(key or self.path)
        if fault in ("503", "429"):
            headers = {"Retry-After": str(self.bucket.quiet)} if fault == "429" else {}
            self._answer(int(fault), b"<Error><Code>SlowDown</Code></Error>", "application/xml", headers)
            return
        if fault in ("403", "404"):
            self._answer(int(fault), b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
            return
        if fault == "garbage":
            self._answer(200, b"<html><body>Please log in to this network.</body></html>", "text/html")
            return
        if fault == "endless":
            self._drip()
            return
        if query.get("list-type") == ["2"]:
            body = self.bucket.listing(query.get("prefix", [""])[0], query.get("delimiter", [""])[0]).encode()
        else:
            path = self.bucket.find(key)
            if path is None:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
                return
            body = path.read_bytes()
        if fault == "reset":
            # An abortive close (RST): linger on, for no time.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        if fault == "truncated" and body:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        if fault == "corrupt" and body:
            body = bytes([body[0] ^ 0xFF]) + body[1:]
        self._answer(200, body, "application/octet-stream")

    def _drip(self) -> None:
        """Send an endless body a little at a time."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        until = time.monotonic() + _DRIP_SECONDS
        try:
            while time.monotonic() < until:
                self.wfile.write(b"10\r\n" + bytes(16) + b"\r\n")
                time.sleep(0.05)
        except OSError:
            return  # the client closed the connection

    def _answer(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", formatdate(0, usegmt=True))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
