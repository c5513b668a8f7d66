"""The fault suite of `python -m benchmarks.soak`, small; and what a run tells machines."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak.__main__ import SCENARIOS, play
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.release.facts import RejectCount, Sum
from pmcmine.release.metrics import Metrics
from pmcmine.run import metrics as observe
from pmcmine.sources.http import RateLimiter
from tests.conftest import config_for
from tests.helpers import NO_MODELS, flags_of, mine, release_json
from tests.test_cli import call


@pytest.fixture(scope="module")
def faulty_bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three articles, of which one is damaged and one lacks its XML."""
    folder = tmp_path_factory.mktemp("faulty")
    sound, damaged, lost = many_articles(3)
    write_bucket(folder, [sound, replace(damaged, damage="truncated"), replace(lost, damage="missing")])
    return folder


QUICK = ("permission_denied",)
# Other tests show the same.
ELSEWHERE = {
    "passing_faults": "test_faults.py: a tenth of answers is wrong",
    "killed_at_many_moments": "test_faults.py: kill -9, Ctrl-C and the same command again",
    "two_at_once": "test_faults.py: a second run in the folder",
    "disk_full": "test_cli.py: a full disk, and one that fills up under a run",
    "no_such_host": "test_no_network.py",
}


@pytest.mark.parametrize("name", QUICK)
def test_quick_scenario(name: str) -> None:
    problem = play(name, seed=1, articles=8, moments=2)
    assert problem is None, problem


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - set(QUICK) - set(ELSEWHERE)))
def test_scenario(name: str) -> None:
    problem = play(name, seed=1, articles=12, moments=3)
    assert problem is None, problem


@pytest.mark.skipif(sys.platform != "linux", reason="reads what node_exporter would")
def test_metrics_for_prometheus(faulty_bucket: Path, tmp_path: Path) -> None:
    text = tmp_path / "pmcmine.prom"
    mine(config_for(faulty_bucket, tmp_path / "out", metrics=str(text), **NO_MODELS))
    from prometheus_client.parser import text_string_to_metric_families

    found = {
        (s.name, *sorted(s.labels.values())): s.value
        for family in text_string_to_metric_families(text.read_text())
        for s in family.samples
    }
    described = release_json(tmp_path / "out")
    for stage in described["counts"]["stages"]:
        labels = sorted((stage["stage"], stage["unit"]))
        assert found["pmcmine_stage_in", *labels] == stage["in"]
        assert found["pmcmine_stage_out", *labels] + found["pmcmine_stage_rejected", *labels] == stage["in"]
    for reject in described["counts"]["rejects"]:
        assert found["pmcmine_rejects", *sorted((reject["stage"], reject["unit"], reject["reason"]))] == reject["n"]
    read = sum(path.stat().st_size for path in faulty_bucket.glob("PMC*/*.xml"))
    assert found["pmcmine_run_seconds",] > 0 and found["pmcmine_bytes", "xml"] == read
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["cpu_seconds"] > 0 and metrics["peak_memory_bytes"] > 50_000_000


METRICS = Metrics(
    seconds=2.5,
    seconds_by_step={"mine": 2.0},
    stages=(Sum("select", "version", 3, 2, 1),),
    rejects=(RejectCount("select", "version", "retracted", 1),),
    bytes={"xml": 10},
    counts={},
)


def test_metrics_over_otlp() -> None:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            import gzip

            data = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(data) if self.headers.get("Content-Encoding") == "gzip" else data)
            assert self.path == "/v1/metrics"
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    observe.export(METRICS, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    request = ExportMetricsServiceRequest.FromString(bodies[0])
    names = {m.name: m for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics}
    assert {"pmcmine.stage_in", "pmcmine.rejects", "pmcmine.run_seconds"} <= set(names)
    assert names["pmcmine.run_seconds"].gauge.data_points[0].as_double == 2.5


def test_metrics_that_go_nowhere_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(PmcmineError, match="can't write"):
        observe.export(METRICS, "/dev/null/metrics.prom")


def test_logs_are_json_lines(tmp_path: Path, demo_bucket: Path) -> None:
    import subprocess

    command = [sys.executable, "-m", "pmcmine", "--log-json", "mine", "--source", str(demo_bucket), "--out", str(tmp_path / "out"), "-q",
               "--limit", "2", "--max-reject-rate", "1", *flags_of(NO_MODELS)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert lines and all({"time", "level", "logger", "message"} <= set(line) for line in lines)


def test_exit_code_1_above_the_threshold(
    tmp_path: Path, faulty_bucket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "mine", "--source", str(faulty_bucket), "--out", str(tmp_path / "out"), "-q",
                        "--max-reject-rate", "0.0001", *flags_of(NO_MODELS))  # fmt: skip
    assert code == 1 and "rejected because of faults" in err


def test_a_pause_holds_all_threads() -> None:
    limiter = RateLimiter(1000)
    limiter.pause(0.3)
    import time

    start = time.monotonic()
    threads = [threading.Thread(target=limiter.wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - start >= 0.29


@pytest.mark.parametrize("skew", [-86_400.0, 86_400.0])
def test_a_lease_whose_clock_is_wrong_is_told_by_its_silence(monkeypatch: pytest.MonkeyPatch, skew: float) -> None:
    import time

    from pmcmine.io import lock

    monkeypatch.setattr(lock, "_SILENCE", 0.2)
    folder = Folder(f"memory://lease-{skew}")
    folder.write("lock", json.dumps({"run": "other/1", "at": time.time() + skew}).encode(), replace=True)
    with held(folder):
        pass  # nobody renewed it: the run that left it is dead

    def beats(seconds: float) -> None:
        folder.write("lock", json.dumps({"run": "other/1", "at": time.time() + skew + 1}).encode(), replace=True)

    folder.write("lock", json.dumps({"run": "other/1", "at": time.time() + skew}).encode(), replace=True)
    monkeypatch.setattr(lock.time, "sleep", beats)
    with pytest.raises(ReleaseError, match="other/1"), held(folder):
        pass
