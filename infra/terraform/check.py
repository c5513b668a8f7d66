"""Hold every resource's arguments against the provider's own schema, as its published bindings state it.

    pip install checkov cdktf-cdktf-provider-google cdktf-cdktf-provider-google-beta     # checkov brings python-hcl2
    python infra/terraform/check.py

Where the provider itself can be downloaded, `terraform validate` does the same and more.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hcl2

HERE = Path(__file__).parent
META = {"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection"}


@cache
def classes(resource: str, kind: str) -> dict[str, dict[str, tuple[bool, str]]]:
    """Class of the bindings → argument → (whether it is required, its type), from their source, which is not run."""
    folder = resource.removeprefix("google_")
    folder = f"data_{resource}" if kind == "data" else folder
    for package in ("cdktf_cdktf_provider_google", "cdktf_cdktf_provider_google_beta"):
        spec = find_spec(package)
        for name in (folder, resource):
            path = Path(next(iter(spec.submodule_search_locations or ()))) / name / "__init__.py" if spec else None
            if path is not None and path.is_file():
                return _read(path)
    raise SystemExit(f"{resource}: in neither of the bindings")


def _read(path: Path) -> dict[str, dict[str, tuple[bool, str]]]:
    found: dict[str, dict[str, tuple[bool, str]]] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for member in node.body:
            if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                arguments = member.args.kwonlyargs
                found[node.name] = {
                    a.arg: (default is None, ast.unparse(a.annotation) if a.annotation else "")
                    for a, default in zip(arguments, member.args.kw_defaults, strict=True)
                }
    return found


def check(where: str, body: dict[str, Any], config: str, known: dict[str, dict[str, tuple[bool, str]]]) -> list[str]:
    """List errors of a block: unknown arguments, and required ones that are missing."""
    arguments = known[config]
    problems = []
    for name, value in body.items():
        if name in META or name.startswith("__"):
            continue
        if name not in arguments:
            problems.append(f"{where}: {config} has no argument '{name}'")
            continue
        nested = re.findall(r"\b([A-Z]\w+)\b", arguments[name][1])
        inner = next((n for n in nested if n in known), None)
        if inner is not None:
            for block in value if isinstance(value, list) else [value]:
                if isinstance(block, dict):
                    problems += check(f"{where}.{name}", block, inner, known)
    for name, (required, _) in arguments.items():
        if required and name not in body and name not in ("scope", "id_"):
            problems.append(f"{where}: {config} needs '{name}'")
    return problems


def main() -> int:
    """Check all files; the number of problems decides the exit code."""
    problems: list[str] = []
    n = 0
    for path in sorted(HERE.rglob("*.tf")):
        with path.open() as stream:
            content = hcl2.load(stream)
        for kind in ("resource", "data"):
            for block in content.get(kind, []):
                for resource, named in block.items():
                    for label, body in named.items():
                        known = classes(resource, kind)
                        config = next(c for c in known if c.endswith("Config"))
                        n += 1
                        problems += check(f"{path.relative_to(HERE)}: {resource}.{label}", body, config, known)
    for problem in problems:
        print(problem)
    print(f"{n} resources and data sources, {len(problems)} problems")
    return 1 if problems or n == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
