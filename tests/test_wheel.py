"""The wheel in an environment of its own, as a consumer installs it."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent


def test_the_wheel_imports_in_a_clean_environment_and_reads_a_release(tmp_path: Path, demo_release: Path) -> None:
    pip = [sys.executable, "-m", "pip", "-q", "wheel", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(pip, check=True, timeout=240)
    wheel = next(tmp_path.glob("pmcmine-*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names if "dist-info" not in n} == {
        "pmcmine",
        "schemas",
        "classifiers",
        "pipelines",
    }
    assert {"pmcmine/describe/report.html.j2", "pmcmine/describe/shards.md.j2", "pmcmine/py.typed"} <= set(names)
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    lock = str(ROOT / "requirements.lock")
    subprocess.run([python, "-m", "pip", "-q", "install", "-c", lock, str(wheel)], check=True, timeout=240)
    code = (
        "import sys, pmcmine; from pmcmine import stream; "
        f"print(sum(1 for _ in stream.open({str(demo_release)!r}))); "
        "assert 'apache_beam' not in sys.modules"
    )
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50
    mine = subprocess.run([python, "-m", "pmcmine", "mine"], cwd=tmp_path, capture_output=True, text=True)
    assert mine.returncode == 2 and "pip install 'pmcmine[mine]'" in mine.stderr and len(mine.stderr.splitlines()) == 1
