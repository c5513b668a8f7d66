"""Who may import whom, and what a consumer's import loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY = {
    "schemas": {"schemas"},
    "pmcmine": {"pmcmine", "schemas"},
    "classifiers": {"classifiers", "pmcmine", "schemas"},
    "pipelines": {"pipelines", "classifiers", "pmcmine", "schemas"},
}
LIGHT = ("__init__.py", "_version.py", "errors.py", "stream.py")


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("root", sorted(MAY))
def test_each_root_imports_only_what_it_may(root: str) -> None:
    for path in (ROOT / root).rglob("*.py"):
        extra = (_imports(path) & MAY.keys()) - MAY[root]
        if path.name == "cli.py" or path.parent.name == "commands":
            extra -= {"pipelines", "classifiers"}  # lazily, inside of commands
        assert not extra, f"{path} imports {extra}"
        if root != "pipelines":
            assert "apache_beam" not in _imports(path), path


def test_the_command_line_reaches_other_roots_only_inside_of_commands() -> None:
    for path in (ROOT / "pmcmine" / "cli.py", *(ROOT / "pmcmine" / "commands").glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        top = {n.module.split(".")[0] for n in tree.body if isinstance(n, ast.ImportFrom) and n.module}
        assert not top & {"pipelines", "classifiers", "schemas", "apache_beam"}, path


@pytest.mark.parametrize("name", LIGHT)
def test_consumer_modules_need_no_other_root(name: str) -> None:
    assert not _imports(ROOT / "pmcmine" / name) & {"schemas", "pipelines", "classifiers"}


def test_a_consumer_loads_no_heavy_package_even_among_folders_of_our_names(tmp_path: Path) -> None:
    for name in ("schemas", "pipelines", "classifiers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the user own module was imported')")
    code = (
        "import sys; import pmcmine, pmcmine.stream; "
        "heavy = {'apache_beam', 'torch', 'spacy', 'transformers', 'lxml', 'scipy'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_the_command_runs_among_folders_of_our_names(tmp_path: Path) -> None:
    for name in ("schemas", "pipelines"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the user own module was imported')")
    done = subprocess.run(
        [sys.executable, "-m", "pmcmine", "mine", "--source", "nowhere"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "pmcmine: nowhere: no such folder; give a folder of articles or the base URL of a bucket"
    )
