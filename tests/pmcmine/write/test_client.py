"""Asking a server: faults, waits, formats, redirects, and the key."""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from email.utils import formatdate
from typing import Any

import pytest

from pmcmine.errors import PmcmineError
from pmcmine.write.client import TOO_LONG, Client, Reply
from pmcmine.write.transport import Endpoint, NoAnswer, Refused, check_endpoint
from tests.model_server import ModelServer, served

SCHEMA = {"type": "object", "properties": {"caption": {"type": "string"}}}
BODY = {
    "model": "stub",
    "messages": [
        {"role": "system", "content": 'Its only key is "caption".'},
        {"role": "user", "content": "Caption:\nA lung."},
    ],
    "max_tokens": 50,
}


def client(server: ModelServer, waits: list[float] | None = None, **more: Any) -> Client:
    def wait(seconds: float) -> bool:
        if waits is not None:
            waits.append(seconds)
        return False

    return Client(Endpoint(server.url, "stub", **more), wait)


def ask(found: Client) -> str:
    return str(json.loads(found.ask(BODY, SCHEMA, "caption").text)["caption"])


def test_passing_faults_are_tried_again_with_growing_waits() -> None:
    waits: list[float] = []
    with served(faults=deque([500, 503, 429, "broken", "dropped", "cut_stream"]), retry_after="") as server:
        assert ask(client(server, waits, retries=6)) == "A lung."
    assert waits == [1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("fault", ["stream", ""])
def test_an_answer_comes_whole_or_as_a_stream_with_its_tokens(fault: str) -> None:
    with served(faults=deque([fault])) as server:
        reply = client(server).ask(BODY, SCHEMA, "caption")
    assert json.loads(reply.text) == {"caption": "A lung."}
    assert (reply.finish, reply.read, reply.written) == ("stop", 100, 20)


@pytest.mark.parametrize("header", ["7", "date"])
def test_retry_after_is_honoured_by_all_threads(header: str) -> None:
    waits: list[float] = []
    said = formatdate(time.time() + 8, usegmt=True) if header == "date" else header
    with served(faults=deque([429]), retry_after=said) as server:
        one = client(server, waits)
        ask(one)
        assert 5 < waits[0] <= 8
        ask(one)  # as another thread would
    assert len(waits) == 2 and waits[1] > 5


def test_the_format_falls_back_and_is_remembered() -> None:
    with served(formats=("json_object", "")) as server:
        one = client(server)
        assert ask(one) == ask(one) == "A lung."
        assert server.state.statuses == {400: 1, 200: 2}
        assert [b["response_format"]["type"] for b in server.state.bodies] == ["json_object"] * 2
    with served(formats=("",)) as server:
        assert ask(client(server)) == "A lung."
        assert "response_format" not in server.state.bodies[0]


@pytest.mark.parametrize(("status", "times"), [(500, 1), (501, 3)])  # with 500 it says why
def test_a_format_that_the_server_fails_at_falls_back_too(status: int, times: int) -> None:
    with served(formats=("json_object", ""), unknown_format=status) as server:
        one = client(server, retries=2)
        assert ask(one) == ask(one) == "A lung."
        assert server.state.statuses == {status: times, 200: 2}
    with served() as server:
        one = client(server, retries=1)
        assert ask(one) == "A lung."
        server.state.faults.extend([500, 500])
        with pytest.raises(NoAnswer, match="status 500"):
            ask(one)
        assert ask(one) == "A lung." and server.state.bodies[-1]["response_format"]["type"] == "json_schema"


def test_a_request_that_is_refused_is_no_fault_of_the_server() -> None:
    with served(faults=deque([400, 400, 400])) as server:
        one = client(server)
        with pytest.raises(Refused, match="status 400"):
            ask(one)
        assert ask(one) == "A lung."
        assert server.state.bodies[0]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("status", [401, 403, 404, 301, 307, 308])
def test_what_will_not_pass_ends_with_one_line_and_redirects_are_not_followed(status: int) -> None:
    with served(faults=deque([status])) as server:
        with pytest.raises(PmcmineError) as error:
            ask(client(server, key="k3y-of-the-test"))
        assert server.state.requests == 1
    assert "\n" not in str(error.value) and "k3y-of-the-test" not in str(error.value)
    assert not isinstance(error.value, NoAnswer | Refused)


def test_a_server_that_is_gone_or_never_well_is_one_line() -> None:
    with (
        served(faults=deque([500] * 5)) as server,
        pytest.raises(NoAnswer, match=r"after 3 tries \(status 500: fault\)"),
    ):
        ask(client(server, retries=2))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    gone = Client(Endpoint(url, "stub", retries=1), lambda _: False)
    with pytest.raises(NoAnswer, match="after 2 tries"):
        ask(gone)


def test_an_answer_without_end_is_bounded() -> None:
    with served(answer=lambda _: "x" * (1 << 21)) as server:
        assert client(server).ask(BODY, SCHEMA, "caption") == Reply("", TOO_LONG, None, None)
        assert server.state.requests == 1


def test_a_slow_server_is_given_up() -> None:
    with served(seconds=1.0) as server, pytest.raises(NoAnswer, match="Timeout"):
        ask(client(server, retries=0, timeout=0.2))


def test_stopping_ends_waits() -> None:
    with served(faults=deque([500] * 9)) as server:
        one = Client(Endpoint(server.url, "stub", retries=8))
        one.stop()
        with pytest.raises(NoAnswer, match="stopped"):
            ask(one)
        assert server.state.requests == 0


def test_the_key_goes_to_the_server_and_nothing_else_does(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password of-the-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with served(key="k3y-of-the-test") as server:
        assert ask(client(server, key="k3y-of-the-test")) == "A lung."
        with pytest.raises(PmcmineError, match="status 401"):
            ask(client(server))
        assert [h.get("Authorization") for h in server.state.headers] == ["Bearer k3y-of-the-test", None]
    assert "k3y" not in repr(Endpoint("u", "m", "k3y-of-the-test"))


@pytest.mark.parametrize(("url", "key", "said"), [
    ("ftp://host/v1", "", "give an http or https URL"),
    ("host:8000", "", "give an http or https URL"),
    ("http://", "", "give an http or https URL"),
    ("http://[::1", "", "is no URL"),
    ("https://me:secret@host/v1", "", "holds a user name"),
    ("https://host/v1?key=secret", "", "has a query"),
    ("http://host/v1", "k", "in plain text"),
])  # fmt: skip
def test_endpoints_that_are_not_used(url: str, key: str, said: str) -> None:
    with pytest.raises(PmcmineError, match=said) as error:
        check_endpoint(url, key)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:1/v1/", "http://127.0.0.1/v1", "http://[::1]:8/v1", "https://host/v1"]
)
def test_endpoints_that_may_have_a_key(url: str) -> None:
    assert check_endpoint(url, "k") == url.rstrip("/")


@pytest.mark.parametrize("answer", [
    b"[1]", b"null", b"5", b"", b"<html>", b"[" * 100_000, b'{"choices": 1}', b'{"choices": [{"message": null}]}',
    b'{"choices": [{"message": {"content": 5}}]}', b'{"choices": []}',
])  # fmt: skip
def test_an_answer_of_another_form_is_a_passing_fault(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib3.response.HTTPResponse.read", lambda *_, **__: answer)
    with served() as server, pytest.raises(NoAnswer, match="of another form"):
        ask(client(server, retries=0))
