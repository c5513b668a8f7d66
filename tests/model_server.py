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
        if f'key is "{name}"' in system:
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
        fault_of: what goes wrong with a request by what it says, whenever it comes.
        formats: formats of answers that it knows.
        unknown_format: status that others have.
        usage: whether it states tokens.
        read: tokens of a request of a batch that it states.
        retry_after: value of that header on 429 and 503.
        seconds: time that an answer takes.
        key: bearer token that it wants; empty for none.
        bodies: requests that were answered well.
        requests: number of all requests.
        files: uploaded files, and those with answers.
        batches: batches that were made.
        slow: looks at a batch until it is over.
        batch_end: status that batches end with; without `completed`, the second half has no answer.
        lost: answers to making a batch that get lost.
        late: looks at a completed batch without the names of its files.
        listing: status of the list of batches.
        has_batches: whether it knows files and batches.
        errors: numbers of requests of a batch that fail with status 400.
        at_once: most requests that were under way at a time.
    """

    answer: Callable[[dict[str, Any]], str] = faithful
    faults: deque[Fault] = field(default_factory=deque)
    fault_of: Callable[[dict[str, Any]], Fault | None] = lambda body: None
    formats: tuple[str, ...] = ("json_schema", "json_object", "")
    unknown_format: int = 400
    usage: bool = True
    read: int = 100
    retry_after: str = "0"
    seconds: float = 0.0
    key: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    requests: int = 0
    at_once: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    slow: int = 1
    batch_end: str = "completed"
    lost: int = 0
    late: int = 0
    listing: int = 200
    has_batches: bool = True
    errors: tuple[int, ...] = ()


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

            def do_GET(self) -> None:
                self._send(*_looked(outer.state, self.path))

            def do_POST(self) -> None:
                held = outer.state
                data = self.rfile.read(int(self.headers["Content-Length"]))
                if not self.path.endswith("/completions"):
                    return self._send(*_sent(held, self.path, data))
                body = json.loads(data)
                with lock:
                    held.requests += 1
                    held.headers.append(dict(self.headers))
                    under_way["n"] += 1
                    held.at_once = max(held.at_once, under_way["n"])
                    fault = held.faults.popleft() if held.faults else held.fault_of(body)
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
                    return self._send(fault, b'{"error": {"message": "fault"}}', _headers(held, fault))
                time.sleep(held.seconds)
                text, finish = _said(held, body, fault)
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


def _said(held: State, body: dict[str, Any], fault: Fault | None) -> tuple[str, str]:
    """Return the text of an answer, and why it ends."""
    text = held.answer(body)
    if fault == "cut_off":
        return text[: len(text) // 2], "length"
    return ("Sure! Here is what you asked for: {caption: none" if fault == "wrong_json" else text), "stop"


def _headers(held: State, status: int) -> dict[str, str]:
    """Return the headers of a fault."""
    more = {"Retry-After": held.retry_after} if status in (429, 503) else {}
    return more | ({"Location": "http://127.0.0.1:9/v1/chat/completions"} if 300 <= status < 400 else {})


def _sent(held: State, path: str, data: bytes) -> tuple[int, bytes]:
    """Answer to the upload of a file, which is kept, or to the request for a batch."""
    if not held.has_batches:
        return 404, b'{"error": {"message": "File Not Found"}}'
    if path.endswith("/batches"):
        return _made(held, json.loads(data))
    name = f"file-{len(held.files)}"
    held.files[name] = data.split(b"application/jsonl\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    return 200, json.dumps({"id": name, "object": "file", "purpose": "batch"}).encode()


def _made(held: State, body: dict[str, Any]) -> tuple[int, bytes]:
    """Make a batch of a file."""
    if body["input_file_id"] not in held.files:
        return 400, b'{"error": {"message": "no such file"}}'
    name = f"batch_{len(held.batches)}"
    held.batches[name] = {"id": name, "object": "batch", "status": "in_progress", "looks": 0, **body}
    if held.lost:
        held.lost -= 1
        return 500, b"{}"
    return 200, json.dumps(held.batches[name]).encode()


def _looked(held: State, path: str) -> tuple[int, bytes]:
    """Answer to a GET: the batches, one of them, or what a file holds."""
    parts = path.split("?")[0].split("/")[2:]
    if parts == ["batches"]:
        return held.listing, json.dumps({"object": "list", "data": list(held.batches.values())}).encode()
    if parts[0] == "files":
        return 200, held.files[parts[1]]
    if parts[1] not in held.batches:
        return 404, b'{"error": {"message": "no such batch"}}'
    batch = held.batches[parts[1]]
    batch["looks"] += 1
    if batch["looks"] > held.slow and batch["status"] == "in_progress":
        _answered(held, batch)
    if held.late and batch["status"] == "completed":
        held.late -= 1
        return 200, json.dumps({k: v for k, v in batch.items() if not k.startswith(("output", "error"))}).encode()
    return 200, json.dumps(batch).encode()


def _answered(held: State, batch: dict[str, Any]) -> None:
    """End a batch: answers in another order than the requests, errors in a file of their own."""
    asked = [json.loads(line) for line in held.files[batch["input_file_id"]].splitlines()]
    whole = held.batch_end == "completed"
    lines: dict[str, list[str]] = {"output": [], "error": []}
    for n, one in enumerate(asked if whole else asked[: len(asked) // 2]):
        body, status, kind = {"error": {"message": "too long"}}, 400, "error"
        if one["body"].get("response_format", {}).get("type", "") not in held.formats:
            body = {"error": {"message": "response_format is not supported"}}
        elif n not in held.errors:
            held.bodies.append(one["body"])
            message = {"role": "assistant", "content": held.answer(one["body"])}
            usage = {"prompt_tokens": held.read, "completion_tokens": 20} if held.usage else None
            body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "usage": usage}
            status, kind = 200, "output"
        line = {"custom_id": one["custom_id"], "response": {"status_code": status, "body": body}, "error": None}
        lines[kind].insert(0, json.dumps(line))
    for kind, found in lines.items():
        if found and held.batch_end != "failed":
            name = batch[f"{kind}_file_id"] = f"file-{len(held.files)}"
            held.files[name] = "\n".join([*found, "no JSON", '{"custom_id": 5}', ""]).encode()
    batch["status"] = held.batch_end
    batch["request_counts"] = {"total": len(asked), "completed": len(lines["output"]), "failed": len(lines["error"])}
    if held.batch_end == "failed":
        batch["errors"] = {"data": [{"message": "the model does not exist"}]}


def _events(text: str, usage: dict[str, int] | None, whole: bool) -> bytes:
    """Return an answer as server-sent events of a few characters each, as vLLM and Ollama stream it."""
    parts = [text[i : i + 7] for i in range(0, len(text), 7)]
    events: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": {"content": part}}]} for part in parts]
    if whole:
        events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": usage}]
    lines = [f"data: {json.dumps(e)}\n\n" for e in events] + (["data: [DONE]\n\n"] if whole else [])
    return "".join(lines).encode()
