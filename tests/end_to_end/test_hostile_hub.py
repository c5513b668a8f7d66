"""A Hub whose answers are none, lead elsewhere or have no end: one line, and no other host gets the token."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from pmcmine.errors import PmcmineError
from pmcmine.io.loopback import LoopbackServer
from pmcmine.publish import retry, verify
from pmcmine.publish.session import guarded
from pmcmine.publish.upload import publish
from pmcmine.publish.verify import verify_hub
from tests import hub_server
from tests.end_to_end.test_publish_ownership import _client, _release, hub, one_hub  # noqa: F401 - fixtures
from tests.hub_server import HubServer

QUESTIONS = {
    "info": r"/api/datasets/[^/]+/[^/]+", "tree": r".*/tree/.*", "commit": r".*/commit/.*", "refs": r".*/refs",
    "batch": r".*/objects/batch", "preupload": r".*/preupload/.*", "create": r"/api/repos/create",
}  # fmt: skip
ANSWERS = (b"[1]", b"null", b"<html>", b"[" * 100_000, b"", b'[{"type": "file"}]', b"5", b'{"sha": 5, "id": 7}',
           b'[{"type": "file", "path": 5, "oid": [], "size": "a"}]')  # fmt: skip
Answer = Callable[[Any, str, bytes], None]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_delay", lambda attempt: 0.0)


@pytest.fixture
def lie(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Answer], None]:
    """Replace the Hub's answer to a question."""
    honest = hub_server._Handler._route

    def set_to(pattern: str, answer: Answer) -> None:
        def route(self: Any, path: str, query: dict[str, list[str]], body: bytes) -> None:
            if re.fullmatch(pattern, path):
                answer(self, path, body)
            else:
                honest(self, path, query, body)

        monkeypatch.setattr(hub_server._Handler, "_route", route)

    return set_to


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str | None]]]:
    """Another server, and the credentials that came to it."""
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with LoopbackServer(Handler) as server:
        yield server.url.rstrip("/"), seen


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_that_is_none_is_one_line(
    question: str,
    lie: Callable[[str, Answer], None],
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
) -> None:
    release = _release(tmp_path)
    for body in ANSWERS:
        hub.repos.clear()
        lie(QUESTIONS[question], lambda self, _, __, b=body: self._answer(200, b))  # type: ignore[misc]
        with pytest.raises(PmcmineError) as raised:
            publish(release, "org/pairs", endpoint=hub.url)
        assert len(str(raised.value).splitlines()) == 1 and len(str(raised.value)) < 600


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418])
@pytest.mark.parametrize("where", [*QUESTIONS.values(), "/lfs/.*"])
def test_a_refusal_is_one_short_line(
    where: str,
    status: int,
    lie: Callable[[str, Answer], None],
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
) -> None:
    said = {"X-Error-Message": "no " * 2_000}
    lie(where, lambda self, _, __: self._answer(status, b"{}", said))
    with pytest.raises(PmcmineError) as raised:
        publish(_release(tmp_path), "org/pairs", endpoint=hub.url)
    assert len(str(raised.value).splitlines()) == 1 and len(str(raised.value)) < 600


def test_a_hub_that_is_busy_for_a_while_is_not_taken_for_another_server(
    lie: Callable[[str, Answer], None],
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest, asked = hub_server._Handler._route, []

    def busy(self: Any, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if path == "/api/validate-yaml" and len(asked) < 6:  # a part of a commit whose status is read last
            asked.append(path)
            self._answer(503 if len(asked) % 2 else 429, b"<html>busy</html>", {"Retry-After": "0"})
        else:
            honest(self, path, query, body)

    monkeypatch.setattr(hub_server._Handler, "_route", busy)
    release = _release(tmp_path)
    publish(release, "org/pairs", endpoint=hub.url)
    assert len(asked) == 6 and "release.json" in hub.files("org/pairs")
    hub.repos.clear()
    lie("/api/validate-yaml", lambda self, _, __: self._answer(503, b"<html>busy</html>", {"Retry-After": "0"}))
    with pytest.raises(PmcmineError, match=r"503"):
        publish(release, "org/pairs", endpoint=hub.url)


def test_warnings_of_the_client_are_shown_once_and_without_signatures(
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest, refused = hub_server._Storage._object, []

    def once(self: Any, oid: str, body: bytes) -> None:
        if self.command == "PUT" and not refused:
            refused.append(oid)
            self._answer(503, b"busy")
        else:
            honest(self, oid, body)

    monkeypatch.setattr(hub_server._Storage, "_object", once)
    import huggingface_hub.utils.logging  # noqa: F401 - adds its handler

    before = [(h, h.formatter) for h in logging.getLogger("huggingface_hub").handlers]
    publish(_release(tmp_path / "library"), "org/pairs", endpoint=hub.url)  # the client's own handler
    assert [(h, h.formatter) for h in logging.getLogger("huggingface_hub").handlers] == before
    refused.clear()
    hub.repos.clear()
    hub.objects.clear()
    args = ["publish", str(_release(tmp_path / "command")), "org/pairs", "--endpoint", hub.url]
    env = os.environ | {"HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pmcmine", *args], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("thrown while requesting PUT") == 1, done.stderr
    assert "X-Amz-Signature=***" in done.stderr and hub_server._signature(refused[0]) not in done.stderr


def test_the_token_is_sent_to_the_hub_alone(
    lie: Callable[[str, Answer], None],
    elsewhere: tuple[str, list[str | None]],
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
) -> None:
    address, seen = elsewhere

    def next_page(self: Any, path: str, body: bytes) -> None:
        self._answer(200, b"[]", {"Link": f'<{address}{path}>; rel="next"'})

    def upload_there(self: Any, path: str, body: bytes) -> None:
        actions = {name: {"href": f"{address}/{name}", "header": {}} for name in ("upload", "verify")}
        objects = [{"oid": o["oid"], "size": o["size"], "actions": actions} for o in json.loads(body)["objects"]]
        self._json({"transfer": "basic", "objects": objects})

    def redirect(self: Any, path: str, body: bytes) -> None:
        self._answer(307, b"", {"Location": address + path})

    lies: list[tuple[str, Answer]] = [("tree", next_page), ("batch", upload_there), ("info", redirect)]
    for question, answer in lies:
        hub.repos.clear()
        seen.clear()
        lie(QUESTIONS[question], answer)
        with pytest.raises(PmcmineError):
            publish(_release(tmp_path / question), "org/pairs", endpoint=hub.url)
        assert seen and set(seen) == {None}, question


def test_a_listing_has_an_end(
    lie: Callable[[str, Answer], None],
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry.patiently, "__defaults__", (0.5,))
    monkeypatch.setattr(verify, "SECONDS_OF_A_QUESTION", 0.5)
    release = _release(tmp_path)
    publish(release, "org/pairs", endpoint=hub.url)

    def endless(self: Any, path: str, body: bytes) -> None:
        self._answer(200, b"[]", {"Link": f'<{hub.url}{path}?cursor={time.time_ns()}>; rel="next"'})

    lie(QUESTIONS["tree"], endless)
    with pytest.raises(PmcmineError, match="does not end"):
        publish(release, "org/pairs", endpoint=hub.url)
    with pytest.raises(PmcmineError, match="does not end"):
        verify_hub("org/pairs", endpoint=hub.url)


def test_other_uses_of_the_client_keep_their_token() -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    with HubServer(token="hf_secret_of_the_test") as first, HubServer(token="hf_secret_of_the_test") as second:
        with guarded(first.url):
            HfApi(endpoint=first.url, token="hf_secret_of_the_test").create_repo("org/a", repo_type="dataset")
            with pytest.raises(HfHubHTTPError, match="401"):
                HfApi(endpoint=second.url, token="hf_secret_of_the_test").create_repo("org/a", repo_type="dataset")
        HfApi(endpoint=second.url, token="hf_secret_of_the_test").create_repo("org/a", repo_type="dataset")


def test_a_hub_on_https_leads_to_no_plain_http() -> None:
    from huggingface_hub import get_session

    def asked(url: str) -> dict[str, str]:
        request = get_session().build_request("GET", url, headers={"Authorization": "Bearer of-mine"})
        for hook in get_session().event_hooks["request"]:
            hook(request)
        return dict(request.headers)

    with guarded("https://hub.example.org"):
        assert asked("https://hub.example.org/api")["authorization"] == "Bearer of-mine"
        assert "authorization" not in asked("https://storage.example.org/a")
        with pytest.raises(PmcmineError, match=r"storage\.example\.org over plain HTTP"):
            asked("http://storage.example.org/a")
    with guarded("http://127.0.0.1:1"):  # a Hub of one's own that has no HTTPS itself
        assert "authorization" not in asked("http://127.0.0.1:2/a")
