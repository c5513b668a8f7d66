"""Teacher labels over HTTP: a stub server, faults, resumption, cost, and the key that is never shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import ProtocolError

from classifiers.text import ask
from pmcmine.errors import PmcmineError

PARAGRAPHS = [{"paragraph_id": f"PMC{i}.1/p[0]", "text": f"Text {i}."} for i in range(6)]


@pytest.fixture
def server() -> Iterator[Any]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state = self.server.state  # type: ignore[attr-defined]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state["asked"].append((body["messages"][1]["content"], self.headers.get("Authorization")))
            status, content = state["answers"].pop(0) if state["answers"] else (200, None)
            if content is None:
                content = json.dumps({"type": "study", "domain": "clinical", "quality": 3})
            reply = {
                "choices": [{"message": {"content": content}}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5},
            }
            data = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.state = {"asked": [], "answers": []}  # type: ignore[attr-defined]
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield httpd
    httpd.shutdown()


def teacher(server: Any, **more: Any) -> ask.Teacher:
    return ask.Teacher(f"http://127.0.0.1:{server.server_address[1]}/v1", "stub", **more)


def test_labels_are_resumed_and_a_cut_line_is_mended(server: Any, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    server.state["answers"] = [
        (429, None),
        (500, None),
        (200, 'Sure: {"type": "review", "domain": "other", "quality": 2}'),
    ]
    said = list(ask.label(teacher(server, key="s3cret"), iter(PARAGRAPHS[:3]), out, lambda _: None))
    assert [r for _, r, _ in said] == [10, 10, 10]
    assert server.state["asked"][0][1] == "Bearer s3cret" and "s3cret" not in out.read_text() + repr(
        teacher(server, key="s3cret")
    )
    with out.open("a") as stream:
        stream.write('{"paragraph_id": "PMC3.1/p[0]", "te')
    asked = len(server.state["asked"])
    list(ask.label(teacher(server), iter(PARAGRAPHS), out, lambda _: None))
    assert len(server.state["asked"]) - asked == 3
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["paragraph_id"] for r in rows] == [p["paragraph_id"] for p in PARAGRAPHS]
    assert rows[0]["type"] == "review" and rows[0]["rubric"] == ask.RUBRIC_VERSION


@pytest.mark.parametrize(
    "content", ["no", '{"type": "poem"}', '{"type": "study", "domain": "clinical", "quality": 9}', "{"]
)
def test_an_answer_without_labels_is_told_and_passed_over(server: Any, tmp_path: Path, content: str) -> None:
    server.state["answers"] = [(200, content)]
    first, second = ask.label(teacher(server), iter(PARAGRAPHS[:2]), tmp_path / "out", lambda _: None)
    assert first[0].startswith("PMC0.1/p[0]: ") and first[1] == 0 and second[1] == 10


@pytest.mark.parametrize("answer", [
    b"[1]", b"null", b"5", b"", b"<html>", b"[" * 100_000, b'{"choices": 1}', b'{"choices": [{"message": null}]}',
    b'{"choices": [{"message": {"content": "{}"}}], "usage": 7}',
    b'{"choices": [{"message": {"content": "{}"}}], "usage": {"prompt_tokens": Infinity}}',
])  # fmt: skip
def test_an_answer_of_another_form_is_told(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ask._parse(answer)


def test_a_body_that_breaks_off_is_asked_for_again(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> bytes:
        raise ProtocolError("broken")

    monkeypatch.setattr("urllib3.response.HTTPResponse.read", broken)
    with pytest.raises(PmcmineError, match="no answer after 2 tries"):
        ask.ask(teacher(server, retries=1), "text", lambda _: None)


def test_a_refusal_ends_with_a_line(server: Any, tmp_path: Path) -> None:
    server.state["answers"] = [(401, None)]
    with pytest.raises(PmcmineError, match="status 401"):
        list(ask.label(teacher(server), iter(PARAGRAPHS), tmp_path / "out", lambda _: None))
    server.state["answers"] = [(503, None)] * 3
    with pytest.raises(PmcmineError, match="no answer after 3 tries"):
        list(ask.label(teacher(server, retries=2), iter(PARAGRAPHS), tmp_path / "out", lambda _: None))
