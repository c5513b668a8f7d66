"""A stand-in for vLLM, llama.cpp and Ollama: chat completions on loopback, with the faults that such servers have."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from pmcmine.io.loopback import LoopbackServer

# A fault: a status, or a word for what else goes wrong with the answer.
Fault = int | str


def faithful(body: dict[str, Any]) -> str:
    """Answer from what was given: a caption or summary that repeats the first passage, or a question about it."""
    user = body["messages"][1]["content"]
    text = user if isinstance(user, str) else next(p["text"] for p in user if p["type"] == "text")
    system = body["messages"][0]["content"]
    passage = re.sub(r"^- ", "", text.split(":\n", 1)[1].split("\n")[0])
    for name in ("caption", "summary"):
        if f'{{"{name}": "..."}}' in system:
            return json.dumps({name: passage})
    if '"score"' in system:
        return json.dumps({"score": 5, "reason": "all of it stands there"})
    question, answer = ("instruction", "response") if '"instruction"' in system else ("question", "answer")
    return json.dumps({"turns": [{question: "What is described?", answer: passage}]})


@dataclass
class State:
    """What the server was asked, and what it does.

    Attributes:
        answer: makes the text of an answer of a request.
        faults: what goes wrong with the next requests, in order.
        formats: formats of answers that it knows.
        unknown_format: status that others have.
        usage: whether it states tokens.
        retry_after: value of that header on 429 and 503.
        seconds: time that an answer takes.
        key: bearer token that it wants; empty for none.
        bodies: requests that were answered well.
        requests: number of all requests.
        at_once: most requests that were under way at a time.
    """

    answer: Callable[[dict[str, Any]], str] = faithful
    faults: deque[Fault] = field(default_factory=deque)
    formats: tuple[str, ...] = ("json_schema", "json_object", "")
    unknown_format: int = 400
    usage: bool = True
    retry_after: str = "0"
    seconds: float = 0.0
    key: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    requests: int = 0
    at_once: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)


def prompt_of(body: dict[str, Any]) -> str:
    """Identify a request: what was said in it, and with which seed."""
    return json.dumps([body["messages"], body.get("seed")], sort_keys=True)


class ModelServer:
    """Serves chat completions on loopback; a context manager."""

    def __init__(self, **state: Any) -> None:
        self.state = State(**state)
        outer, lock, under_way = self, threading.Lock(), Counter[str]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                held = outer.state
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    held.requests += 1
                    held.headers.append(dict(self.headers))
                    under_way["n"] += 1
                    held.at_once = max(held.at_once, under_way["n"])
                    fault = held.faults.popleft() if held.faults else None
                try:
                    self._answer(held, body, fault)
                finally:
                    with lock:
                        under_way["n"] -= 1

            def _answer(self, held: State, body: dict[str, Any], fault: Fault | None) -> None:
                if held.key and self.headers.get("Authorization") != f"Bearer {held.key}":
                    return self._send(401, b'{"error": {"message": "no such key"}}')
                if body.get("response_format", {}).get("type", "") not in held.formats:
                    return self._send(
                        held.unknown_format, b'{"error": {"message": "response_format is not supported"}}'
                    )
                if isinstance(fault, int):
                    more = {"Retry-After": held.retry_after} if fault in (429, 503) else {}
                    more |= {"Location": "http://127.0.0.1:9/v1/chat/completions"} if 300 <= fault < 400 else {}
                    return self._send(fault, b'{"error": {"message": "fault"}}', more)
                time.sleep(held.seconds)
                text, finish = held.answer(body), "stop"
                if fault == "cut_off":
                    text, finish = text[: len(text) // 2], "length"
                if fault == "wrong_json":
                    text = "Sure! Here is what you asked for: {caption: none"
                usage = {"prompt_tokens": 100, "completion_tokens": 20} if held.usage else None
                data = json.dumps({
                    "id": "x", "object": "chat.completion", "model": body["model"], "usage": usage,
                    "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
                }).encode()  # fmt: skip
                kind = "application/json"
                if fault in ("stream", "cut_stream"):
                    data, kind = _events(text, usage, whole=fault == "stream"), "text/event-stream; charset=utf-8"
                if fault == "broken":
                    data = data[: len(data) // 2]
                with lock:
                    held.bodies.append(body)
                self._send(200, data, {"Content-Type": kind}, short=fault == "dropped")

            def _send(self, status: int, data: bytes, more: dict[str, str] | None = None, short: bool = False) -> None:
                outer.state.statuses[status] += 1
                self.send_response(status)
                for name, value in (more or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                if short:
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if short else data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = LoopbackServer(Handler)

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return f"{self._server.url}v1"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)


@cache
def _running() -> ModelServer:
    """Return a server that runs until the process ends: to stop one takes half a second."""
    return ModelServer().__enter__()


@contextmanager
def served(**state: Any) -> Iterator[ModelServer]:
    """Serve with another state; one at a time."""
    server = _running()
    server.state = State(**state)
    yield server


def _events(text: str, usage: dict[str, int] | None, whole: bool) -> bytes:
    """Return an answer as server-sent events of a few characters each, as vLLM and Ollama stream it."""
    parts = [text[i : i + 7] for i in range(0, len(text), 7)]
    events: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": {"content": part}}]} for part in parts]
    if whole:
        events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": usage}]
    lines = [f"data: {json.dumps(e)}\n\n" for e in events] + (["data: [DONE]\n\n"] if whole else [])
    return "".join(lines).encode()
