"""The wheel in an environment of its own, as a consumer installs it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent


def test_the_wheel_imports_in_a_clean_environment_and_reads_a_release(tmp_path: Path, demo_release: Path) -> None:
    build = [sys.executable, "-m", "build", "-q", "-o", str(tmp_path), str(ROOT)]  # the wheel from the source archive
    subprocess.run(build, check=True, timeout=240)
    wheel, source = next(tmp_path.glob("pmcmine-*.whl")), next(tmp_path.glob("pmcmine-*.tar.gz"))
    with tarfile.open(source) as archive:
        held = {name.split("/", 1)[-1] for name in archive.getnames()}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    wanted = {name for name in listed.stdout.splitlines() if not name.startswith((".git", ".docker"))}
    assert not wanted - held, "MANIFEST.in leaves these out"
    assert not [name for name in held if name.startswith(("tests/data", ".venv")) or name.endswith(".pyc")]
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
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    )
    installed = {line.split("==")[0].lower() for line in listed.stdout.splitlines()} - {"pip", "setuptools", "pmcmine"}
    assert installed == {"pyarrow", "duckdb", "fsspec", "click", "rich", "markdown-it-py", "mdurl", "pygments"}
    code = (
        "import sys, pmcmine; from pmcmine import stream; "
        f"print(sum(1 for _ in stream.open({str(demo_release)!r}))); "
        "assert 'apache_beam' not in sys.modules"
    )
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50
    mine = subprocess.run([python, "-m", "pmcmine", "mine"], cwd=tmp_path, capture_output=True, text=True)
    assert mine.returncode == 2 and "pip install 'pmcmine[mine]'" in mine.stderr and len(mine.stderr.splitlines()) == 1
