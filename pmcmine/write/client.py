"""Ask a server with OpenAI's chat completions: vLLM, llama.cpp, Ollama, and services that speak the same protocol.

One exchange is bounded in bytes and time. Passing failures are tried again with growing waits that all threads share,
and `Retry-After` counts. Redirects are never followed: they would carry article and key elsewhere.
"""

from __future__ import annotations

import ipaddress
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from pmcmine.errors import PmcmineError
from pmcmine.io.deadlines import DeadlineAdapter, deadline
from pmcmine.io.retry import retry_after
from pmcmine.text.clean import for_terminal

_MOST_ANSWER: Final = 1 << 20  # bytes of an answer
_MOST_SAID: Final = 2_000  # bytes of an error that are read
_FIRST_WAIT, _MOST_WAIT, _MOST_ASKED = 0.5, 60.0, 600.0  # seconds; the last one is what `Retry-After` may ask for
_PASSING: Final = frozenset({408, 425, 429})
_OF_THE_REQUEST: Final = frozenset({400, 413, 422})
_FORMATS: Final = ("json_schema", "json_object", "")


class NoAnswer(PmcmineError):
    """The server gave no answer after all tries; the same request may succeed later."""


class Refused(PmcmineError):
    """The server refuses this one request, such as one that is too long for the model."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server and a model of it.

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


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered.

    Attributes:
        text: its answer.
        finish: why it ended: `stop`, `length` if it was cut off, or what else the server says.
        read: tokens of the request; None if the server states none.
        written: tokens of the answer; None likewise.
    """

    text: str
    finish: str
    read: int | None
    written: int | None


def check_endpoint(url: str, key: str, option: str = "--endpoint") -> str:
    """Return the base URL without a slash at its end.

    Args:
        url: as the user gave it.
        key: the key that would be sent there.
        option: what gave it, for the message.

    Raises:
        PmcmineError: if it is no http(s) URL, holds a user name, password or query, or the key would cross a network
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
    """Sends the key and nothing else: without it, `requests` would send what ~/.netrc has for the host."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, r: Any) -> Any:
        if self._key:
            r.headers["Authorization"] = f"Bearer {self._key}"
        return r


class Client:
    """Asks one server, from any number of threads.

    Args:
        endpoint: the server.
        wait: waits so many seconds; returns true if the run is being stopped. By default a wait that `stop` ends.
    """

    def __init__(self, endpoint: Endpoint, wait: Callable[[float], bool] | None = None) -> None:
        self.endpoint = endpoint
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait
        self._format = 0  # place in _FORMATS; grows if the server knows a format not
        self._until = 0.0  # until when the server asked to be left alone
        self._lock = threading.Lock()
        self._own = threading.local()

    def stop(self) -> None:
        """End all waits; exchanges that are under way are finished."""
        self._stopped.set()

    def ask(self, body: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> Reply:
        """Ask once, and again after passing failures.

        Args:
            body: the request without its format.
            schema: JSON schema of the answer; its format falls back to any JSON object and then to none if the server
                refuses it.
            name: name of the schema.

        Raises:
            NoAnswer: after all tries, or if the run is being stopped.
            Refused: if the server refuses this request.
            PmcmineError: if it refuses all requests.
        """
        first = self._format
        for place in range(first, len(_FORMATS)):
            try:
                reply = self._retried({**body, **_format(_FORMATS[place], schema, name)})
            except Refused:
                if place + 1 == len(_FORMATS):
                    raise
                continue
            with self._lock:
                self._format = max(self._format, place)
            return reply
        raise AssertionError("a format is left")  # pragma: no cover

    def _retried(self, body: Mapping[str, Any]) -> Reply:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        said = ""
        for attempt in range(self.endpoint.retries + 1):
            pause = min(_FIRST_WAIT * 2**attempt, _MOST_WAIT) if attempt else 0.0
            with self._lock:
                pause = max(pause, self._until - time.monotonic())
            if (pause > 0 and self._wait(pause)) or self._stopped.is_set():
                raise NoAnswer(f"{self.endpoint.url}: the run was stopped")
            try:
                with deadline(3 * self.endpoint.timeout):
                    found = self._exchange(data)
            except (requests.RequestException, HTTPError, OSError) as error:  # reading a body raises urllib3's
                found = type(error).__name__
            if isinstance(found, Reply):
                return found
            said = found
        raise NoAnswer(f"{self.endpoint.url}: no answer after {self.endpoint.retries + 1} tries ({said})")

    def _exchange(self, data: bytes) -> Reply | str:
        """Send a request; returns the reply, or the passing failure."""
        with self._session().post(
            f"{self.endpoint.url}/chat/completions",
            data=data,
            headers={"Content-Type": "application/json", "Accept": "application/json, text/event-stream"},
            auth=_Bearer(self.endpoint.key),
            timeout=self.endpoint.timeout,
            stream=True,
            allow_redirects=False,
        ) as answer:
            status = answer.status_code
            if status in _PASSING or status >= 500:
                self._hold(retry_after(answer.headers.get("Retry-After"), _MOST_ASKED))
                return f"status {status}"
            if status != 200:
                raise self._refusal(answer)
            body = answer.raw.read(_MOST_ANSWER + 1, decode_content=True)
            if len(body) > _MOST_ANSWER:
                raise Refused(f"{self.endpoint.url}: the answer has more than {_MOST_ANSWER >> 20} MiB")
            streamed = answer.headers.get("Content-Type", "").startswith("text/event-stream")
        try:
            return _of_stream(body) if streamed else _of_object(body)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            return f"an answer that is no completion, {type(error).__name__}"

    def _refusal(self, answer: requests.Response) -> PmcmineError:
        status = answer.status_code
        if 300 <= status < 400:
            to = for_terminal(str(answer.headers.get("Location", "")), 200)
            return PmcmineError(f"{self.endpoint.url}: redirects to {to!r}; give the address that is meant")
        try:
            raw = answer.raw.read(_MOST_SAID, decode_content=True)
        except (HTTPError, OSError):
            raw = b""
        text = for_terminal(" ".join(raw.decode("utf-8", "replace").split()), 200)
        said = f"{self.endpoint.url}: status {status}" + (f" ({text})" if text else "")
        return Refused(said) if status in _OF_THE_REQUEST else PmcmineError(said)

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


def _format(kind: str, schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    if kind == "json_schema":
        return {"response_format": {"type": kind, "json_schema": {"name": name, "schema": schema, "strict": True}}}
    return {"response_format": {"type": kind}} if kind else {}


def _of_object(data: bytes) -> Reply:
    """Parse an answer.

    Raises:
        ValueError: and others, if it is no completion.
    """
    found = json.loads(data)
    choice = found["choices"][0]
    text = choice["message"]["content"]
    if text is None:
        text = str(choice["message"].get("refusal") or "")
    if not isinstance(text, str):
        raise ValueError("content that is no text")
    return Reply(text, _finish(choice.get("finish_reason")), *_usage(found.get("usage")))


def _of_stream(data: bytes) -> Reply:
    """Parse an answer in server-sent events, which some servers send although nobody asked.

    Raises:
        ValueError: and others, if it is none or was cut.
    """
    parts: list[str] = []
    finish, usage, whole = "", None, False
    for line in data.split(b"\n"):
        if not line.startswith(b"data:"):
            continue
        event = line[5:].strip()
        if event == b"[DONE]":
            whole = True
            break
        found = json.loads(event)
        usage = found.get("usage") or usage
        for choice in found.get("choices") or ():
            parts.append(str((choice.get("delta") or {}).get("content") or ""))
            finish = choice.get("finish_reason") or finish
    if not whole and not finish:
        raise ValueError("a stream without an end")
    return Reply("".join(parts), _finish(finish), *_usage(usage))


def _finish(value: object) -> str:
    return value[:30] if isinstance(value, str) else ""


def _usage(value: object) -> tuple[int | None, int | None]:
    """Return the tokens read and written, None where none or no number is stated."""
    stated = value if isinstance(value, Mapping) else {}
    read, written = (stated.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return _number(read), _number(written)


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 40 else None
