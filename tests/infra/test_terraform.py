"""Terraform's files: formatted, known to the provider's bindings, clean for checkov, and the same options everywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pmcmine.config import MineConfig

ROOT = Path(__file__).parents[2] / "infra"
TERRAFORM = ROOT / "terraform"
# bin/ of an environment with checkov, cdktf-cdktf-provider-google and cdktf-cdktf-provider-google-beta.
IAC = os.environ.get("PMCMINE_IAC")


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")
def test_formatted() -> None:
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff", str(TERRAFORM)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not IAC, reason="PMCMINE_IAC names no environment with checkov and the provider's bindings")
def test_arguments_are_the_provider_s(tmp_path: Path) -> None:
    copy = tmp_path / "terraform"
    shutil.copytree(TERRAFORM, copy)
    command = [f"{IAC}/python", str(copy / "check.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and re.search(r"^[3-9]\d resources", done.stdout, re.MULTILINE), (
        done.stdout + done.stderr
    )
    broken = copy / "modules" / "launcher" / "main.tf"
    broken.write_text(broken.read_text().replace('egress = "ALL', 'egres = "ALL'))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "has no argument 'egres'" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not IAC, reason="PMCMINE_IAC names no environment with checkov and the provider's bindings")
def test_checkov_passes_and_each_skip_says_why() -> None:
    done = subprocess.run(
        [f"{IAC}/checkov", "-d", str(ROOT), "--compact", "-o", "json", "--framework", "terraform", "dockerfile", "secrets"],
        capture_output=True, text=True, env=os.environ | {"LOG_LEVEL": "CRITICAL"},
    )  # fmt: skip
    reports = json.loads(done.stdout)
    assert {r["check_type"] for r in reports} >= {"terraform", "dockerfile"}
    for report in reports:
        assert report["summary"]["failed"] == 0, report["results"]["failed_checks"]
        assert report["summary"]["passed"] > 20 or report["check_type"] == "secrets"
    files = [*ROOT.rglob("*.tf"), *ROOT.rglob("Dockerfile*")]
    skips = [line for p in files for line in p.read_text("utf-8").splitlines() if "checkov:skip" in line]
    assert skips and all(re.search(r"checkov:skip=CKV\w+:\w.{15,}", line) for line in skips)


def test_every_variable_is_described_and_the_example_is_whole() -> None:
    text = (TERRAFORM / "variables.tf").read_text()
    variables = dict(re.findall(r'variable "(\w+)" \{(.*?)\n\}', text, re.DOTALL))
    assert all("description" in body and "type" in body for body in variables.values())
    example = re.findall(r"^(\w+)\s*=", (TERRAFORM / "terraform.tfvars.example").read_text(), re.MULTILINE)
    assert set(example) <= set(variables)
    assert {name for name, body in variables.items() if "default" not in body} <= set(example)
    readme = (TERRAFORM / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in variables)


def test_beam_options_of_the_launcher_are_known() -> None:
    from pipelines.runners import option_names
    from pmcmine.run.runner_options import check_known

    text = (TERRAFORM / "modules" / "launcher" / "main.tf").read_text()
    options = re.findall(r'"(--\w+)', text[text.index("beam = [") : text.index("update = concat")])
    assert "--no_use_public_ips" in options and len(options) > 10
    check_known(options, option_names())
    assert all(key in MineConfig.RUN_ONLY for key in re.findall(r'"--set", "(\w+)=', text))


def test_no_secret_lies_in_the_files() -> None:
    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix in (".tf", ".example", ".json", ".md", ".py", ""):
            assert not re.search(
                r"hf_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY", path.read_text("utf-8")
            )
    assert "secret_data" not in (TERRAFORM / "modules" / "secrets" / "main.tf").read_text()
