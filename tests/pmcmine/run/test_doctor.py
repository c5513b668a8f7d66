"""`pmcmine doctor`: it says what is there, what is missing and what to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pmcmine.io import extras
from pmcmine.run import doctor
from tests.test_cli import call


def _findings(out: str) -> dict[str, dict[str, str]]:
    return {f["what"]: f for f in json.loads(out.splitlines()[-1])["findings"]}


def test_it_names_what_is_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_a_secret_token_of_this_test")
    code, out, _ = call(capsys, "doctor", "--offline", "--out", str(tmp_path / "new" / "release"), "--json")
    found = _findings(out)
    assert code == 0 and found["extra mine"]["state"] == "ok"
    assert sys.version.split()[0] in found["Python"]["said"]
    assert found["disk"]["state"] == "ok" and "GB free" in found["disk"]["said"]
    assert found["Hub token"]["state"] == "ok" and "hf_a_secret" not in out
    assert "network" not in found and not (tmp_path / "new").exists()


def test_what_is_missing_has_a_way_out(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"apache_beam", "pymupdf"}
    monkeypatch.setattr(doctor, "has", lambda module: module not in missing and extras.has(module))
    monkeypatch.setenv("PATH", "/nowhere")
    code, out, _ = call(capsys, "doctor", "--offline")
    assert code == 1
    lines = {line[7:27].strip(): line for line in out.splitlines()}
    assert lines["extra mine"].startswith("broken") and "pip install 'pmcmine[mine]'" in lines["extra mine"]
    assert lines["extra pdf"].startswith("note") and "lacks pymupdf" in lines["extra pdf"]
    assert "only --runner slurm needs it" in lines["sbatch"]


def test_a_host_that_does_not_answer_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmcmine.config.PMC_BUCKET", "http://127.0.0.1:9/")
    code, out, _ = call(capsys, "doctor", "--seconds", "0.5", "--json")
    found = _findings(out)
    assert code == 0 and found["network"]["state"] == "note" and "refuses the connection" in found["network"]["said"]
    assert "pmcmine demo" in found["network"]["todo"]


@pytest.mark.parametrize(
    ("given", "size"),
    [("1GB", 10**9), ("500 MB", 5 * 10**8), ("64MiB", 64 << 20), ("1.5G", 15 * 10**8), ("2048", 2048), ("1KiB", 1024)],
)
def test_sizes_have_units(capsys: pytest.CaptureFixture[str], tmp_path: Path, given: str, size: int) -> None:
    from pmcmine.config import load_config

    assert load_config({"shard_bytes": given}).shard_bytes == size
    file = tmp_path / "config.toml"
    file.write_text(f'max_image_bytes = "{given}"\n')
    assert load_config({}, str(file)).max_image_bytes == size


@pytest.mark.parametrize("given", ["GB", "1 XB", "-1GB", "1e9GB", "1" * 40 + "GB", "1K\u0130", "1m\u0131B"])
def test_other_sizes_are_one_line(capsys: pytest.CaptureFixture[str], given: str) -> None:
    code, _, err = call(capsys, "mine", "--source", ".", "--dry-run", f"--shard-bytes={given}")
    assert code == 2 and "shard_bytes" in err and len(err.splitlines()) == 1
