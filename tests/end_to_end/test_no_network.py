"""No network: each command that needs one says what it tries, gives up soon, and ends with one fitting line."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmcmine.demo import BucketServer, Faults, demo_articles, write_bucket
from pmcmine.errors import PmcmineError, VocabularyError
from pmcmine.io.contact import meaning, reach
from pmcmine.vocabulary.open import Ontology, get_open
from tests.helpers import tree
from tests.test_cli import call

NOWHERE = "http://no-such-host.invalid"


@pytest.fixture
def silent() -> Iterator[str]:
    """A host that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.close()
        for connection in held:
            connection.close()


@pytest.fixture
def dripping() -> Iterator[str]:
    """A host that sends its headers a byte at a time, for ever: no limit on a single wait ever ends it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip(connection: socket.socket) -> None:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                for _ in range(300):
                    connection.sendall(b"a")
                    time.sleep(0.1)
            except OSError:
                return

        def accept() -> None:
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.close()


def _gives_up(capsys: pytest.CaptureFixture[str], *args: str, said: str, seconds: float = 5.0) -> None:
    started = time.monotonic()
    code, out, err = call(capsys, *args)
    assert code == 2 and out == "" and time.monotonic() - started < seconds
    lines = err.strip().splitlines()
    assert lines[-1].startswith("pmcmine: ") and said in lines[-1] and "can't be reached" in lines[-1], err
    assert len(lines) == 1 if "-q" in args else len(lines) <= 2 and "contacting" in lines[0]


@pytest.mark.parametrize("asked", [["--pmcid", "PMC1,PMC2"], ["--limit", "3"], ["--inventory", "2026-01-01"]])
def test_mining(asked: list[str], silent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "out"), "--set", "first_contact_seconds=1", "--vocab", "none", "-q"]
    _gives_up(capsys, "mine", "--source", silent, *asked, *out, said="nothing was mined")
    _gives_up(capsys, "mine", "--source", NOWHERE, *asked, *out, said="the name of the host can't be resolved")
    assert not (tmp_path / "out").exists()


def test_a_host_that_drips(dripping: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "out"), "--set", "first_contact_seconds=1", "--vocab", "none", "-q"]
    _gives_up(capsys, "mine", "--source", dripping, *out, said="no answer within 1 s")


def test_what_is_tried_is_said(tmp_path: Path) -> None:
    """In a process of its own, whose stderr is that of a user."""
    done = subprocess.run(
        [sys.executable, "-m", "pmcmine", "mine", "--source", NOWHERE, "--pmcid", "PMC1", "--vocab", "none",
         "--out", str(tmp_path / "out")],
        capture_output=True, text=True, timeout=60, env={**os.environ, "PMCMINE_MINE_FIRST_CONTACT_SECONDS": "2"},
    )  # fmt: skip
    first, last = done.stderr.strip().splitlines()
    assert done.returncode == 2 and first == f"contacting {NOWHERE} (for at most 2 s)" and NOWHERE in last


def test_the_hub(
    demo_release: Path, silent: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    short = ["--first-contact-seconds", "1"]
    for address in (silent, NOWHERE):
        _gives_up(
            capsys, "publish", str(demo_release), "org/name", "--endpoint", address, *short, said="nothing was sent"
        )
        _gives_up(capsys, "verify", "org/name", "--endpoint", address, *short, "-q", said="nothing was checked")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", silent)  # what HF_ENDPOINT sets
    _gives_up(capsys, "verify", "org/name", *short, said=silent)
    code, _, err = call(capsys, "verify", "no-such-folder", *short)
    assert code == 2 and err.count("\n") == 1 and "give ORG/NAME" in err


def test_publishing_while_mining_asks_before_it_mines(
    demo_bucket: Path,
    silent: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_TOKEN", "hf_any")  # without one, nothing is asked
    _gives_up(
        capsys, "mine", "--source", str(demo_bucket), "--out", str(tmp_path / "out"), "--vocab", "none", "-q",
        "--publish-to", "org/name", "--endpoint", silent, "--set", "first_contact_seconds=1", said=silent,
    )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_an_update_leaves_the_release_as_it_was(
    demo_release: Path, silent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shutil.copytree(demo_release, tmp_path / "out")
    before = tree(out, "shards", "tables", "state")
    short = ["--set", "first_contact_seconds=1", "-q"]
    _gives_up(capsys, "update", str(out), "--source", silent, *short, said="the release is as it was")
    assert tree(out, "shards", "tables", "state") == before
    assert not (out / "_work" / "run.json").exists()


def test_passing_faults_are_waited_for_and_any_answer_is_one() -> None:
    tries: list[float] = []

    def ask(left: float) -> None:
        tries.append(left)
        if len(tries) < 3:
            raise ConnectionResetError("reset")

    lines: list[str] = []
    reach("http://x", ask, 5.0, "nothing", lines.append)
    assert len(tries) == 3 and tries[0] > tries[2] and lines == ["contacting http://x (for at most 5 s)"]


def test_a_host_whose_first_answers_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_bucket(tmp_path / "in", demo_articles(1)[:1])
    faults = Faults(share=1.0, kinds=("503", "reset", "403"), most=2)
    with BucketServer(tmp_path / "in", faults) as server:
        code, _, err = call(
            capsys, "mine", "--source", server.url, "--pmcid", "PMC9000001", "--out", str(tmp_path / "out"), "-q",
            "--set", "retry_seconds=0.01", "--vocab", "none", "--max-reject-share", "1",
        )  # fmt: skip
    assert code in (0, 2) and "can't be reached" not in err


def test_a_host_that_is_always_busy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with BucketServer(tmp_path, Faults(share=1.0, kinds=("503",), most=10_000)) as server:
        out = ["--out", str(tmp_path / "out"), "--set", "first_contact_seconds=2", "--vocab", "none", "-q"]
        _gives_up(capsys, "mine", "--source", server.url, "--pmcid", "PMC1", *out, said="it answers HTTP 503")


@pytest.mark.parametrize("address", ["http://", "http://:80/", "http://a b/", "https://[::1/"])
def test_addresses_that_are_none(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(
        capsys, "mine", "--source", address, "--out", str(tmp_path / "out"), "-q", "--vocab", "none",
        "--set", "first_contact_seconds=2",
    )  # fmt: skip
    assert code == 2 and err.count("\n") == 1 and "Traceback" not in err


def test_what_errors_mean() -> None:
    assert "resolved" in meaning(socket.gaierror(-3, "Temporary failure in name resolution"))
    assert "refuses" in meaning(ConnectionRefusedError(111, "Connection refused"))
    assert "answer" in meaning(TimeoutError("timed out"))
    assert "route" in meaning(OSError(101, "Network is unreachable"))
    assert meaning(KeyError("x")) == "KeyError"
    with pytest.raises(PmcmineError, match="KeyError"):
        reach("http://x", lambda left: {}["x"], 0.3, "nothing")


def test_a_vocabulary_asks_a_dead_host_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said: list[str] = []
    parts = tuple(Ontology(name, f"http://127.0.0.1:{port}/{name}.obo") for name in ("mondo", "cl", "doid"))
    with pytest.raises(VocabularyError, match="no ontology"):
        get_open(tmp_path / "open.vocab", tell=said.append, ontologies=parts)
    assert [line.split(":")[0] for line in said] == ["mondo", "mondo", "cl", "doid"]
    assert "refuses" in said[1] and "does not answer" in said[2]
