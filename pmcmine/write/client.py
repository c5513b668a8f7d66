"""Ask a server through OpenAI's chat completions: vLLM, llama.cpp, Ollama, and compatible services."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from pmcmine.write.transport import Endpoint, NoAnswer, Refused, TooLong, Transport, bounded

MOST_ANSWER: Final = 1 << 20  # bytes of an answer
TOO_LONG: Final = "too_long"  # `finish` of an answer with more bytes
_UNABLE: Final = frozenset({500, 501})  # statuses of servers that fail at a format; 502 to 504 mean a busy server
_FORMATS: Final = ("json_schema", "json_object", "")
LAST_FORMAT: Final = len(_FORMATS) - 1


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply.

    Attributes:
        text: its answer.
        finish: why it ended: `stop`, `length` if it was cut off, or another reason stated by the server; `TOO_LONG` if
            it exceeded the limit in bytes, and `text` is empty.
        read: tokens of the request; None if the server states none.
        written: tokens of the answer; None likewise.
    """

    text: str
    finish: str
    read: int | None
    written: int | None


class Client:
    """Ask one server, from any number of threads.

    Args:
        endpoint: the server.
        wait: waits this many seconds; returns true if the run is being stopped. The default is a wait that `stop` ends.
    """

    def __init__(self, endpoint: Endpoint, wait: Callable[[float], bool] | None = None) -> None:
        self.endpoint = endpoint
        self.transport = Transport(endpoint, wait)
        self._format = 0  # index into _FORMATS; grows if the server does not know a format
        self._known = False  # whether the server has answered in that format
        self._lock = threading.Lock()

    def stop(self) -> None:
        """End all waits; exchanges under way are finished."""
        self.transport.stop()

    def ask(
        self, body: Mapping[str, Any], schema: Mapping[str, Any], name: str, lost: Callable[[], None] | None = None
    ) -> Reply:
        """Ask once, and retry after temporary failures.

        Args:
            body: the request without its format.
            schema: JSON schema of the answer; the format falls back to any JSON object and then to none if the server
                refuses it, or fails with status 500 or 501 at each request that has it.
            name: name of the schema.
            lost: called after each answer that could not be read; see `Transport.call`.

        Raises:
            NoAnswer: after all tries, or if the run is being stopped.
            Refused: if the server refuses this request.
            PmcmineError: if it refuses all requests.
        """
        place, failed = self._format, None
        while True:
            last = place == LAST_FORMAT
            try:
                reply = self._asked({**body, **format_of(place, schema, name)}, None if failed is None else 0, lost)
                break
            except Refused as error:
                if last:
                    raise failed or error from None
            except NoAnswer as error:
                failed = failed or error
                if last or self._known or error.status not in _UNABLE:
                    raise failed from None
            place += 1
        with self._lock:
            self._format, self._known = max(self._format, place), True
        return reply

    def _asked(self, body: Mapping[str, Any], retries: int | None, lost: Callable[[], None] | None) -> Reply:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return self.transport.call("POST", "chat/completions", self._read, data, retries=retries, lost=lost)

    def _read(self, answer: requests.Response) -> Reply:
        try:
            body = bounded(answer, MOST_ANSWER, self.endpoint.url)
        except TooLong:  # it was paid for all the same, and would be again
            return Reply("", TOO_LONG, None, None)
        streamed = answer.headers.get("Content-Type", "").startswith("text/event-stream")
        return _of_stream(body) if streamed else completion(json.loads(body))


def format_of(place: int, schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the part of a request that sets the answer format: 0 for the schema, 1 any JSON object, 2 none."""
    kind = _FORMATS[place]
    if kind == "json_schema":
        return {"response_format": {"type": kind, "json_schema": {"name": name, "schema": schema, "strict": True}}}
    return {"response_format": {"type": kind}} if kind else {}


def completion(found: Any) -> Reply:
    """Parse a chat completion, which is hostile input.

    Raises:
        ValueError: and others, if it is not a completion.
    """
    choice = found["choices"][0]
    text = choice["message"]["content"]
    if text is None:
        text = str(choice["message"].get("refusal") or "")
    if not isinstance(text, str):
        raise ValueError("content that is no text")
    return Reply(text, _finish(choice.get("finish_reason")), *_usage(found.get("usage")))


def _of_stream(data: bytes) -> Reply:
    """Parse an answer in server-sent events, which some servers send unasked.

    Raises:
        ValueError: and others, if it is not one or was cut off.
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
    """Return the tokens read and written, each None if no valid number is stated."""
    stated = value if isinstance(value, Mapping) else {}
    read, written = (stated.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return _number(read), _number(written)


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 40 else None
