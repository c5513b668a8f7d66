"""The mine job as Dataflow would get it: built with every option, staged, and sent by the real client, to loopback.

Dataflow's API and Cloud Storage are small servers here (the storage one is fake-gcs-server): nothing runs the job.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pmcmine.config import MineConfig
from pmcmine.demo import demo_articles, write_bucket
from pmcmine.errors import PmcmineError
from pmcmine.run import template
from tests.end_to_end.test_engines import FAKE_GCS, gcs

ROOT = Path(__file__).parents[2]
__all__ = ["gcs"]
IMAGE = f"us-east4-docker.pkg.dev/project-123/pmcmine/pmcmine@sha256:{'0' * 64}"


def options(bucket: str, endpoint: str = "") -> list[str]:
    """What terraform's modules pass, and what the launcher of a Flex Template adds."""
    return [
        "--runner=DataflowRunner", "--project=project-123", "--region=us-east4", "--job_name=pmcmine-mine",
        f"--temp_location={bucket}/temp", f"--staging_location={bucket}/staging",
        "--service_account_email=pmcmine-worker@project-123.iam.gserviceaccount.com",
        "--subnetwork=https://www.googleapis.com/compute/v1/projects/project-123/regions/us-east4/subnetworks/pmcmine",
        "--no_use_public_ips", "--dataflow_kms_key=projects/project-123/locations/us-east4/keyRings/k/cryptoKeys/k",
        f"--sdk_container_image={IMAGE}", "--max_num_workers=8", "--num_workers=2",
        "--worker_machine_type=n2-standard-4", "--disk_size_gb=100", "--experiments=use_runner_v2",
        "--labels=app=pmcmine", "--number_of_worker_harness_threads=4",
        *([f"--dataflow_endpoint={endpoint}", "--no_auth"] if endpoint else []),
    ]  # fmt: skip


def test_metadata_is_that_of_the_options() -> None:
    written = json.loads((ROOT / "infra" / "dataflow" / "metadata.json").read_text())
    assert written == template.metadata(), "run: python -m pipelines.template metadata > infra/dataflow/metadata.json"
    names = [p["name"] for p in written["parameters"]]
    assert {"out", "source", "groups", "limit", "requests_per_second"} <= set(names) <= set(MineConfig.model_fields)
    assert not {"runner", "beam", "workers", "publish_to", "endpoint"} & set(names)
    assert [p["name"] for p in written["parameters"] if not p["isOptional"]] == ["out"]
    for parameter in written["parameters"]:
        assert set(parameter) == {"name", "label", "helpText", "isOptional", "regexes", "paramType"}
        assert all(re.compile(r) for r in parameter["regexes"])


def test_no_parameter_has_the_name_of_an_option_of_beam() -> None:
    import argparse

    from apache_beam.options.pipeline_options import PipelineOptions

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for group in PipelineOptions.__subclasses__():
        group._add_argparse_args(parser)
    names = {s.lstrip("-") for a in parser._actions for s in a.option_strings}
    assert not names & set(template.parameters())


def test_the_spec_is_what_terraform_writes() -> None:
    spec = template.spec(IMAGE)
    assert list(spec) == ["image", "sdkInfo", "metadata", "defaultEnvironment"]
    text = (ROOT / "infra" / "terraform" / "modules" / "template" / "main.tf").read_text()
    local = text[text.index("spec = {") : text.index("resource")]
    assert re.findall(r"^ {4}(\w+) +=", local, re.MULTILINE) == list(spec)
    assert '"PYTHON"' in local and '["use_runner_v2"]' in local


def test_arguments_of_the_launcher_are_parted() -> None:
    keys, rest = template.split_arguments(
        ["--out=gs://b-1/r", "--groups=commercial,noncommercial", *options("gs://b-1")]
    )
    assert keys == {"out": "gs://b-1/r", "groups": ("commercial", "noncommercial")}
    assert "--runner=DataflowRunner" not in rest and "--no_use_public_ips" in rest
    with pytest.raises(PmcmineError, match="give the release folder"):
        template.configuration([])
    with pytest.raises(PmcmineError, match="which articles"):
        template.configuration(["--out=gs://b-1/r"])
    assert template.configuration(["--out=gs://b-1/r", "--all=true", "--vocab=none"]).all


class DataflowApi:
    """Takes jobs and says that they run."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.jobs.append({"path": self.path, **body})
                answer = json.dumps({"id": "job-1", "name": body["name"], "projectId": "project-123",
                                     "location": "us-east4", "currentState": "JOB_STATE_RUNNING"}).encode()  # fmt: skip
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> DataflowApi:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()


@pytest.fixture
def api() -> Iterator[DataflowApi]:
    with DataflowApi() as running:
        yield running


@pytest.mark.slow
@pytest.mark.skipif(not FAKE_GCS, reason="PMCMINE_FAKE_GCS names no GCS emulator")
def test_the_job_is_built_staged_and_sent(gcs: str, api: DataflowApi, tmp_path: Path) -> None:
    pytest.importorskip("google.cloud.dataflow", reason="pip install '.[dataflow]'")
    write_bucket(tmp_path / "source", demo_articles(8))
    bucket = gcs.removesuffix("/release")
    from apache_beam.portability.api import beam_runner_api_pb2

    from pipelines.job import submit_mine

    arguments = [f"--out={gcs}", f"--source={tmp_path / 'source'}", "--vocab=none", "--requests_per_second=50",
                 *options(bucket, api.url)]  # fmt: skip
    result = submit_mine(template.configuration(arguments))
    assert result.job_id() == "job-1"
    [job] = api.jobs
    assert job["path"].startswith("/v1b3/projects/project-123/locations/us-east4/jobs")
    environment = job["environment"]
    assert environment["serviceAccountEmail"].startswith("pmcmine-worker@")
    assert environment["serviceKmsKeyName"].endswith("cryptoKeys/k")
    [pool] = environment["workerPools"]
    assert pool["ipConfiguration"] in (2, "WORKER_IP_PRIVATE")  # the client writes enums as numbers
    assert pool["subnetwork"].endswith("/pmcmine")
    assert pool["machineType"] == "n2-standard-4" and pool["autoscalingSettings"]["maxNumWorkers"] == 8
    assert pool["sdkHarnessContainerImages"][0]["containerImage"] == IMAGE
    # The graph that was staged is the mine job's, whole and pickled.
    import fsspec

    fs = fsspec.filesystem("gs", token="anon")
    found = [p for p in fs.find(f"{bucket}/staging") if p.endswith("pipeline.pb")]
    proto = beam_runner_api_pb2.Pipeline.FromString(fs.cat_file(found[0]))
    names = {t.unique_name for t in proto.components.transforms.values()}
    assert {"Blocks", "FetchKey", "OneAtATime", "MineBlocks"} <= names
    options_seen = json.dumps(environment["sdkPipelineOptions"])
    assert "secret" not in options_seen.lower() and os.environ.get("HF_TOKEN", "hf_none") not in options_seen
    assert json.loads(fs.cat_file(f"{gcs}/_work/snapshot/snapshot.json"))["n_pmcids"] > 10
