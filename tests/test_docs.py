"""Docs: links lead somewhere, names exist, the map of rooms is complete."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.test_layers import ROOMS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "infra").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAME = re.compile(r"`((?:pmcmine|pipelines|classifiers|schemas)(?:\.\w+)+)`")
ROOTS = ("schemas", "pmcmine", "classifiers", "pipelines", "benchmarks", "tests", "infra")


def prose(page: Path) -> str:
    """Text of a page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """Anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    plain = (re.sub(r"[^\w\- ]", "", h.lower()) for h in headings)
    return {h.strip().replace(" ", "-") for h in plain}


def defined(name: str) -> bool:
    """Whether a dotted name is a module, or a name at the top of one or in one of its classes."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:n])
        path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if not path.is_file():
            continue
        body: list[ast.stmt] = ast.parse(path.read_text("utf-8")).body
        for part in parts[n:]:
            found = [b for b in body if part in bound(b)]
            if not found:
                return False
            body = found[0].body if isinstance(found[0], ast.ClassDef) else []
        return True
    return False


def bound(statement: ast.stmt) -> set[str]:
    """Names that a statement binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.ImportFrom):
        return {a.asname or a.name for a in statement.names}
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return {statement.target.id}
    if isinstance(statement, ast.Assign) and "__all__" in ast.dump(statement.targets[0]):
        return set(ast.literal_eval(statement.value))  # imported late
    if isinstance(statement, ast.Assign):
        return {n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return set()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_names_in_the_docs_exist(page: str) -> None:
    names = set(NAME.findall((ROOT / page).read_text("utf-8"))) - {"pmcmine.stream"}
    assert names
    assert not {n for n in names if not defined(n)}


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_paths_in_the_docs_exist(page: str) -> None:
    paths = re.findall(rf"`((?:{'|'.join(ROOTS)})/[\w/.]*)`", (ROOT / page).read_text("utf-8"))
    assert paths
    assert not {p for p in paths if not (ROOT / p).exists()}


def test_the_map_of_rooms_is_whole_and_in_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    mapped = [m.removesuffix(".py") for m in re.findall(r"^\| `pmcmine/([\w.]+)` \|", text, re.M)]
    rooms = [
        r for r in ROOMS if r.strip("_") == r and (ROOT / "pmcmine" / r).exists() | (ROOT / f"pmcmine/{r}.py").exists()
    ]
    assert mapped == rooms
    for folder in [p for p in (ROOT / "classifiers").iterdir() if (p / "__init__.py").is_file()]:
        assert f"| `classifiers/{folder.name}` |" in text
    assert all(f"| `{root}/` |" in text for root in ROOTS)
