"""Bounded, polite HTTP: pooled connections, a request budget, retries, checked bytes."""

from __future__ import annotations

import hashlib
import http.client
import random
import threading
import time
import zlib
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import requests
import tenacity
import urllib3

from pmcmine import __version__
from pmcmine.io.contact import Busy, Refused
from pmcmine.io.deadlines import Deadline, DeadlineAdapter, deadline
from pmcmine.io.retry import retry_after
from pmcmine.rejects import Reason, Rejected
from pmcmine.text.bounds import clean

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})
_QUIET = frozenset({429, 503})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_MIN_RATE = 16_384  # bytes a second that an answer brings at least, or its connection is broken
_GRACE = 2.0  # timeouts that an answer may take beyond its bytes
_CHUNK = 1 << 15
_MAX_WAIT = 120.0  # seconds; a longer Retry-After is cut to this


class RateLimiter:
    """Spaces calls so that no more than `rate` start in a second, over all threads that share it."""

    def __init__(self, rate: float) -> None:
        self._interval = 1.0 / rate
        self._next = 0.0
        self._quiet = 0.0
        self._lock = threading.Lock()

    def pause(self, seconds: float) -> None:
        """Block all calls for this long, also those already waiting: the host asked for it."""
        with self._lock:
            self._quiet = max(self._quiet, time.monotonic() + seconds)

    def wait(self) -> None:
        """Return when the next call may start."""
        while True:
            with self._lock:
                at = max(time.monotonic(), self._next, self._quiet)
                self._next = at + self._interval
            time.sleep(max(at - time.monotonic(), 0.0))
            with self._lock:
                if self._quiet <= at:
                    return


class _Transient(Exception):
    """An answer worth another try."""

    def __init__(self, reason: Reason, detail: str, wait: float | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.wait = wait


@dataclass(frozen=True)
class HttpLimits:
    """Limits of an HTTP client: attempts, waits (seconds) and connections."""

    retries: int = 6
    retry_seconds: float = 0.5
    timeout: float = 60.0
    connections: int = 8
    requests_per_second: float = 200.0
    contact: str | None = None


def user_agent(contact: str | None) -> str:
    """Name the client (RFC 9110, 10.1.5) and whom to contact."""
    return f"pmcmine/{__version__} (contact: {contact})" if contact else f"pmcmine/{__version__}"


class _Session(requests.Session):
    """A session that leaves redirects to its caller: `requests` reads their bodies whole, however long they are."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: redirects are followed elsewhere."""
        return


class HttpClient:
    """GETs of one base URL. Safe to use from several threads."""

    def __init__(self, base: str, limits: HttpLimits) -> None:
        self.base = base.rstrip("/") + "/"
        self._limits = limits
        self._limiter = RateLimiter(limits.requests_per_second)
        self._session = _Session()
        self._session.headers["User-Agent"] = user_agent(limits.contact)
        self._session.headers["Accept-Encoding"] = "identity"  # sizes and checksums are of the bytes as stored
        adapter = DeadlineAdapter(pool_connections=2, pool_maxsize=limits.connections)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def touch(self, seconds: float, query: str = "") -> None:
        """Ask for the base URL once; the body of the answer is not read.

        Args:
            seconds: limit of connecting, and of waiting for the answer.
            query: query string, already encoded.

        Raises:
            Busy: if the answer is one of those that are worth another try, such as 503.
            Refused: if the URL is none, or the host redirects permanently.
            requests.RequestException: if no answer comes.
        """
        url = self.base + (f"?{query}" if query else "")
        try:
            with self._session.get(url, stream=True, timeout=(seconds, seconds)) as answer:
                if answer.status_code in _RETRIED:
                    raise Busy(f"it answers HTTP {answer.status_code}")
        except (ValueError, requests.TooManyRedirects) as error:  # InvalidURL and the like are ValueErrors
            raise Refused(f"{type(error).__name__}: {error}") from None

    def get(self, key: str, *, max_bytes: int, md5: str | None = None, query: str = "") -> bytes:
        """Download an object.

        Args:
            key: key below the base URL, not yet URL-encoded.
            max_bytes: bound on the size of the body.
            md5: expected MD5 in hex; a body with another one is requested again.
            query: query string, already encoded.

        Raises:
            Rejected: XML_MISSING stands for any 404 or 410 (callers name the thing), MEDIA_TOO_LARGE for the
                bound, CHECKSUM_MISMATCH and FETCH_FAILED after all tries.
        """
        url = self.base + quote(clean(key), safe="/") + (f"?{query}" if query else "")
        backoff = tenacity.wait_exponential_jitter(
            initial=self._limits.retry_seconds, max=30.0, jitter=self._limits.retry_seconds
        )

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.wait if isinstance(error, _Transient) else None
            if asked is not None:
                return asked + random.uniform(0, self._limits.retry_seconds)
            return backoff(state)

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._limits.retries + 1),
            wait=wait,
            retry=tenacity.retry_if_exception_type(_Transient),
            reraise=True,
        )
        mismatch: _Transient | None = None

        def attempt() -> bytes:
            nonlocal mismatch
            try:
                return self._once(url, key, max_bytes, md5)
            except _Transient as error:
                mismatch = error if error.reason == Reason.CHECKSUM_MISMATCH else mismatch
                raise

        try:
            return retrying(attempt)
        except _Transient as error:
            # A checksum error is more informative than the error of the last try.
            told = mismatch or error
            raise Rejected(told.reason, f"{key}: {told.detail}") from None

    def _once(self, url: str, key: str, max_bytes: int, md5: str | None) -> bytes:
        self._limiter.wait()
        with deadline(_GRACE * self._limits.timeout) as until:
            try:
                body = self._body(url, key, max_bytes, until)
            except (
                requests.RequestException,
                urllib3.exceptions.HTTPError,
                http.client.HTTPException,
                OSError,
            ) as error:
                name = "the answer came too slowly" if until.passed else type(error).__name__
                raise _Transient(Reason.FETCH_FAILED, name) from None
            if until.passed:
                raise _Transient(Reason.FETCH_FAILED, "the answer came too slowly")
        if md5 is not None and hashlib.md5(body, usedforsecurity=False).hexdigest() != md5:
            raise _Transient(Reason.CHECKSUM_MISMATCH, f"the MD5 is never the stated {md5}")
        return body

    def _body(self, url: str, key: str, max_bytes: int, until: Deadline) -> bytes:
        """Return the bytes of the answer, redirects followed."""
        for _ in range(_MAX_REDIRECTS + 1):
            with self._session.get(url, stream=True, timeout=(10.0, self._limits.timeout)) as answer:
                if answer.status_code not in _REDIRECTS:
                    self._check_status(answer, key)
                    return _read(answer, key, max_bytes, until)
                url = _redirected(url, answer.headers.get("Location", ""), key)
        raise Rejected(Reason.FETCH_FAILED, f"{key}: more than {_MAX_REDIRECTS} redirects")

    def _check_status(self, answer: requests.Response, key: str) -> None:
        if answer.status_code in _GONE:
            raise Rejected(Reason.XML_MISSING, f"{key}: not there")
        if answer.status_code in _RETRIED:
            asked = retry_after(answer.headers.get("Retry-After"), _MAX_WAIT)
            if asked is not None and answer.status_code in _QUIET:
                self._limiter.pause(asked)  # all threads, not this one alone
            raise _Transient(Reason.FETCH_FAILED, f"HTTP {answer.status_code}", asked)
        if answer.status_code != 200:
            raise Rejected(Reason.FETCH_FAILED, f"{key}: HTTP {answer.status_code}")


def _redirected(url: str, location: str, key: str) -> str:
    """Resolve the URL of a redirect.

    Raises:
        Rejected: FETCH_FAILED if it is none of HTTP.
    """
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        if location and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            requests.Request("GET", target).prepare()
            return target
    except (ValueError, requests.RequestException):
        pass
    raise Rejected(Reason.FETCH_FAILED, f"{key}: a redirect to no HTTP address ({location[:100]!r})")


def _read(answer: requests.Response, key: str, max_bytes: int, until: Deadline) -> bytes:
    """Read a body within its size limit and minimum rate."""
    data = bytearray()
    # Not `iter_content`: it unpacks unrequested compression, and reads chunk headers of any length.
    while chunk := answer.raw.read(_CHUNK, decode_content=False):
        data += chunk
        until.extend(len(chunk) / _MIN_RATE)
        if len(data) > max_bytes:
            raise Rejected(Reason.MEDIA_TOO_LARGE, f"{key}: more than {max_bytes} bytes")
    length = answer.headers.get("Content-Length")
    # As text, for it may have any number of digits; a proxy may have joined two equal headers.
    if length and {n.strip().lstrip("0") for n in length.split(",")} != {str(len(data)).lstrip("0")}:
        raise _Transient(Reason.FETCH_FAILED, f"{len(data)} of {length[:20]} bytes")
    if answer.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip"):  # a proxy that packs unasked
        return _unpacked(bytes(data), key, max_bytes)
    return bytes(data)


def _unpacked(data: bytes, key: str, max_bytes: int) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        whole = inflate.decompress(data, max_bytes + 1)
    except zlib.error:
        raise _Transient(Reason.FETCH_FAILED, "a body that can't be unpacked") from None
    if len(whole) > max_bytes:
        raise Rejected(Reason.MEDIA_TOO_LARGE, f"{key}: more than {max_bytes} bytes")
    if not inflate.eof:
        raise _Transient(Reason.FETCH_FAILED, "a packed body that ends early")
    return whole
