"""Exchange requests with a model server: bounded in bytes and time, with retries after temporary failures.

Waits grow and all threads share them; `Retry-After` counts. Redirects are never followed: they would carry article and
key elsewhere.
"""

from __future__ import annotations

import ipaddress
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from pmcmine.errors import PmcmineError
from pmcmine.io.deadlines import DeadlineAdapter, deadline
from pmcmine.io.retry import retry_after
from pmcmine.text.clean import for_terminal

_MOST_SAID: Final = 2_000  # bytes read of an error response
_FIRST_WAIT, _MOST_WAIT, _MOST_ASKED = 0.5, 60.0, 600.0  # seconds; the last is the longest accepted `Retry-After`
_PASSING: Final = frozenset({408, 425, 429})
_OF_THE_REQUEST: Final = frozenset({400, 413, 422})
# llama.cpp answers 500 to images if the model has no vision, and to unknown formats.
_UNSUPPORTED: Final = re.compile(r"\b(?:not|un)[ -]?(?:supported|implemented)", re.IGNORECASE)
T = TypeVar("T")


class NoAnswer(PmcmineError):
    """The server gave no answer after all tries; the same request may succeed later.

    Attributes:
        status: status of the last answer; None if there was none.
    """

    def __init__(self, said: str, status: int | None = None) -> None:
        super().__init__(said)
        self.status = status


class Rejected(PmcmineError):
    """The server refuses all requests, or does not know the address.

    Attributes:
        status: status of its answer.
    """

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


class Refused(PmcmineError):
    """The server refuses this one request, for example because it is too long for the model."""


class TooLong(Refused):
    """An answer exceeds its limit in bytes."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server and one of its models.

    Attributes:
        url: base URL, such as http://127.0.0.1:8000/v1.
        model: name of the model there.
        key: bearer token, never shown; empty for none.
        retries: tries after the first one.
        timeout: seconds without a byte of the answer; the whole answer may take three times as long.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    retries: int = 5
    timeout: float = 120.0


def check_endpoint(url: str, key: str, option: str = "--endpoint") -> str:
    """Check the base URL and return it without a trailing slash.

    Args:
        url: as the user gave it.
        key: the key that would be sent there.
        option: option or variable that set it, for the message.

    Raises:
        PmcmineError: if it is not an http(s) URL, holds a user name, password or query, or the key would cross a
            network
            without encryption.
    """
    try:
        parts = urlsplit(url.strip())
        port_ok = parts.port != 0
    except ValueError:
        raise PmcmineError(f"{option}: is no URL; give one such as http://127.0.0.1:8000/v1") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok:
        raise PmcmineError(f"{option} {url}: give an http or https URL, such as http://127.0.0.1:8000/v1")
    if parts.username is not None or parts.password is not None:
        raise PmcmineError(f"{option}: holds a user name or password; give the key in the environment instead")
    if parts.query or parts.fragment:
        raise PmcmineError(f"{option}: has a query; give the base URL alone, such as http://127.0.0.1:8000/v1")
    if key and parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise PmcmineError(
            f"{option} {url}: the key would cross the network in plain text; use https, or a tunnel to this machine"
        )
    return url.strip().rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class _Bearer(AuthBase):
    """Send the key and nothing else: otherwise `requests` would send credentials from ~/.netrc for the host."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, r: Any) -> Any:
        if self._key:
            r.headers["Authorization"] = f"Bearer {self._key}"
        return r


class Transport:
    """Exchange requests with one server, from any number of threads.

    Args:
        endpoint: the server.
        wait: waits this many seconds; returns true if the run is being stopped. The default is a wait that `stop` ends.
    """

    def __init__(self, endpoint: Endpoint, wait: Callable[[float], bool] | None = None) -> None:
        self.endpoint = endpoint
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait
        self._until = 0.0  # end of the pause that the server asked for
        self._lock = threading.Lock()
        self._own = threading.local()

    def stop(self) -> None:
        """End all waits; exchanges under way are finished."""
        self._stopped.set()

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            NoAnswer: if the run is being stopped.
        """
        if (seconds > 0 and self._wait(seconds)) or self._stopped.is_set():
            raise NoAnswer(f"{self.endpoint.url}: the run was stopped")

    def call(
        self, method: str, path: str, read: Callable[[requests.Response], T], data: bytes | None = None,
        kind: str = "application/json", retries: int | None = None, seconds: float | None = None,
        lost: Callable[[], None] | None = None,
    ) -> T:  # fmt: skip
        """Make a request, and retry after temporary failures.

        Args:
            method: HTTP method.
            path: path below the base URL.
            read: parses the answer; if it raises ValueError or the like, that counts as a temporary failure.
            data: request body.
            kind: its media type.
            retries: tries after the first one; the endpoint's if None.
            seconds: time for the whole exchange; three times the timeout if None.
            lost: called after each try that the server answered, or worked on until the time was over, but without a
                readable
                answer: it may have to be paid for. An exception from it ends the tries.

        Raises:
            NoAnswer: after all tries, or if the run is being stopped.
            Refused: if the server refuses this request.
            PmcmineError: if it refuses all requests.
        """
        tries = (self.endpoint.retries if retries is None else retries) + 1
        said, status = "", None
        for attempt in range(tries):
            wanted = min(_FIRST_WAIT * 2**attempt, _MOST_WAIT) if attempt else 0.0
            with self._lock:
                wanted = max(wanted, self._until - time.monotonic())
            self.pause(wanted)
            status, late = None, False
            try:
                with deadline(seconds or 3 * self.endpoint.timeout) as limit:
                    try:
                        with self._send(method, path, data, kind) as answer:
                            status = answer.status_code
                            said = self._failure(answer)
                            if not said:
                                return read(answer)
                    finally:
                        late = limit.passed
            except (requests.RequestException, HTTPError, OSError) as error:  # reading a body raises urllib3's errors
                said = type(error).__name__
                late = late or isinstance(error, requests.ReadTimeout)
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                said = f"an answer of another form, {type(error).__name__}"
            if lost is not None and (late or status == HTTPStatus.OK):
                lost()
        times = "1 try" if tries == 1 else f"{tries} tries"
        raise NoAnswer(f"{self.endpoint.url}: no answer after {times} ({said})", status)

    def _send(self, method: str, path: str, data: bytes | None, kind: str) -> requests.Response:
        return self._session().request(
            method,
            f"{self.endpoint.url}/{path}",
            data=data,
            headers={"Accept": "application/json, text/event-stream"} | ({"Content-Type": kind} if data else {}),
            auth=_Bearer(self.endpoint.key),
            timeout=self.endpoint.timeout,
            stream=True,
            allow_redirects=False,
        )

    def _failure(self, answer: requests.Response) -> str:
        """Return the temporary failure; empty if the answer may be read.

        Raises:
            Refused: if the server refuses this request.
            PmcmineError: if it refuses all requests.
        """
        status = answer.status_code
        if status == HTTPStatus.OK:
            return ""
        if 300 <= status < 400:
            to = for_terminal(str(answer.headers.get("Location", "")), 200)
            raise PmcmineError(f"{self.endpoint.url}: redirects to {to!r}; give the address that is meant")
        said = f"status {status}"
        text = _words(answer)
        if text:
            said = f"{said}: {text}"
        if status in _OF_THE_REQUEST or (status == 500 and _UNSUPPORTED.search(text)):
            raise Refused(f"{self.endpoint.url}: {said}")
        if status not in _PASSING and status < 500:
            raise Rejected(f"{self.endpoint.url}: {said}", status)
        self._hold(retry_after(answer.headers.get("Retry-After"), _MOST_ASKED))
        return said

    def _hold(self, seconds: float | None) -> None:
        if seconds:
            with self._lock:
                self._until = max(self._until, time.monotonic() + seconds)

    def _session(self) -> requests.Session:
        """Return the session of this thread."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            for scheme in ("http://", "https://"):
                session.mount(scheme, DeadlineAdapter())
        return session


def _words(answer: requests.Response) -> str:
    """Return the beginning of a server's error message: that of its JSON, otherwise the whole text."""
    try:
        raw = answer.raw.read(_MOST_SAID, decode_content=True)
    except (HTTPError, OSError):
        return ""
    text = raw.decode("utf-8", "replace")
    with suppress(ValueError, LookupError, TypeError, RecursionError):  # it is not JSON, or has another form
        text = str(json.loads(text)["error"]["message"])
    return for_terminal(" ".join(text.split()), 200)


def bounded(answer: requests.Response, most: int, url: str) -> bytes:
    """Return the body of an answer.

    Args:
        answer: the answer.
        most: limit in bytes.
        url: the server, for the message.

    Raises:
        TooLong: if it has more.
    """
    body = bytes(answer.raw.read(most + 1, decode_content=True))
    if len(body) > most:
        raise TooLong(f"{url}: the answer has more than {most >> 20} MiB")
    return body
