"""Programs of the Spark cluster on loopback: a port that is taken, a program that can't start."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from infra.spark import cluster as spark
from infra.spark.cluster import Cluster

# Ends at once the first FAILURES times, as a program does whose port was taken; then listens.
PROGRAM = """
import pathlib, socket, sys, time
tries = pathlib.Path("tries")
n = len(tries.read_text()) if tries.exists() else 0
tries.write_text("x" * (n + 1))
if n < int(sys.argv[1]):
    sys.exit("Address already in use")
s = socket.create_server(("127.0.0.1", int(sys.argv[3])))
time.sleep(60)
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    made = Cluster(tmp_path)
    made._env = dict(os.environ)
    return made


def test_another_port_is_tried(cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        port = cluster._listen("server", "--port", sys.executable, "-c", PROGRAM, "1")
        socket.create_connection(("127.0.0.1", port), 5).close()
    finally:
        cluster.stop()
    assert (cluster.folder / "tries").read_text() == "xx"
    assert "server ended as it started (attempt 1)" in capfd.readouterr().err


def test_a_program_that_never_starts_is_shown_by_its_own_words(cluster: Cluster) -> None:
    with pytest.raises(RuntimeError, match=r"server ended as it started: .*Address already in use.*server\.log"):
        cluster._listen("server", "--port", sys.executable, "-c", PROGRAM, "9")


# Finds its port taken after a while, as a JVM does.
SLOW = """
import socket, sys, time
time.sleep(1)
try:
    s = socket.create_server(("127.0.0.1", int(sys.argv[2])))
except OSError as error:
    sys.exit(str(error))
time.sleep(60)
"""


def test_another_programs_answer_is_not_taken_for_its_own(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = iter([taken, spark.free_port()])
        monkeypatch.setattr(spark, "free_port", lambda: next(ports))
        try:
            port = cluster._listen("server", "--port", sys.executable, "-c", SLOW)
        finally:
            cluster.stop()
    assert port != taken


def test_ports_are_those_that_no_outgoing_connection_gets() -> None:
    assert all(spark.free_port() in spark.PORTS for _ in range(20))
