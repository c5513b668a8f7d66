"""Who may import whom, and what a consumer's import loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY = {
    "schemas": {"schemas"},
    "pmcmine": {"pmcmine", "schemas"},
    "classifiers": {"classifiers", "pmcmine", "schemas"},
    "pipelines": {"pipelines", "classifiers", "pmcmine", "schemas"},
}
# From low to high: a room may import itself and what stands before it.
ROOMS = """
schemas _version __init__ text errors plugins io ids rejects evaluation images rights vocabulary release config_keys config jats pdf panels concepts cases
sources work duplicates pointers miner assemble describe update publish run exports stream score write find curate browse classifiers pipelines
demo notebook commands cli __main__
""".split()
ROOTS = (*MAY, "benchmarks")
LIGHT = ("__init__.py", "_version.py", "errors.py", "stream/__init__.py", "release/__init__.py", "io/__init__.py")


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
        if path.name == "cli.py" or path.parent.name in ("commands", "notebook"):
            extra -= {"pipelines", "classifiers"}  # lazily, inside of functions
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


@cache
def _modules() -> dict[str, Path]:
    paths = [p for root in MAY for p in (ROOT / root).rglob("*.py")]
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in paths}


def _room(module: str) -> str:
    parts = module.split(".")
    if parts[0] != "pmcmine":
        return parts[0]
    return parts[1] if len(parts) > 1 else "__init__"


def _edges() -> dict[str, set[str]]:
    """Module → modules of ours that it imports, at its top or late."""
    modules = _modules()
    edges: dict[str, set[str]] = {m: set() for m in modules}
    for module, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                edges[module] |= {a.name for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                full = {f"{node.module}.{a.name}" for a in node.names}
                edges[module] |= {f if f in modules else node.module for f in full}
        edges[module] = (edges[module] & modules.keys()) - {module}
    return edges


def test_no_room_imports_a_higher_one() -> None:
    upwards = {
        f"{m} imports {t}" for m, ts in _edges().items() for t in ts if ROOMS.index(_room(t)) > ROOMS.index(_room(m))
    }
    assert not upwards


def test_no_import_goes_in_a_circle() -> None:
    edges = _edges()
    while leaves := {m for m, ts in edges.items() if not ts & edges.keys()}:
        edges = {m: ts for m, ts in edges.items() if m not in leaves}
    assert not edges


LONGEST = 60  # lines of a function, its docstring apart


def _long_functions(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            code = node.body[1:] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body
            lines = node.body[0].lineno - node.lineno + (node.end_lineno or 0) - code[0].lineno + 1
            if lines > LONGEST:
                found.add(f"{path.relative_to(ROOT)}: {node.name}")
    return found


def test_no_file_is_long() -> None:
    files = [path for root in ROOTS for path in (ROOT / root).rglob("*.py")]
    assert not [path for path in files if len(path.read_text().splitlines()) > 400]


def test_no_function_is_long() -> None:
    long = {f for root in ROOTS for path in (ROOT / root).rglob("*.py") for f in _long_functions(path)}
    assert not long


def _private_imports(path: Path) -> set[str]:
    """Private names of other modules of ours that a module imports, or reaches through a module."""
    tree = ast.parse(path.read_text("utf-8"))
    ours = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module and n.module.split(".")[0] in ROOTS]
    names = {a.name: f"{n.module}.{a.name}" for n in ours for a in n.names}
    modules = {a.asname or a.name for n in ours for a in n.names if f"{n.module}.{a.name}" in _modules()}
    reached = {
        f"{n.value.id}.{n.attr}": n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in modules
    }
    found = {full for name, full in names.items() if _is_private(name) and full not in _modules()}
    return {f"{path.relative_to(ROOT)}: {f}" for f in found | {f for f, name in reached.items() if _is_private(name)}}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_no_private_name_is_imported_from_another_module() -> None:
    assert not {p for root in ROOTS for path in (ROOT / root).rglob("*.py") for p in _private_imports(path)}
