"""The container's definition names what exists: no engine is needed to see a wrong path, extra or version."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "infra" / "container" / "Dockerfile"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def instructions() -> list[tuple[str, list[str]]]:
    """Return the instructions and their words; lines that go on are one."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.M).replace("\\\n", " ")
    return [(line.split()[0], line.split()[1:]) for line in text.splitlines() if line.strip()]


def context() -> list[str]:
    """Return the files that a build from a clean clone sees: those of git without those of .dockerignore."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    whole = [p for p in ignored if not p.startswith("**/")]
    return [f for f in listed if f and not any(fnmatch.fnmatch(f.split("/")[0], p) for p in whole)]


def args() -> dict[str, str]:
    return dict(words[0].split("=", 1) for name, words in instructions() if name == "ARG")


def test_what_is_copied_exists() -> None:
    files, stages = context(), [words[-1] for name, words in instructions() if name == "FROM" and "AS" in words]
    copied = [words for name, words in instructions() if name == "COPY"]
    assert len(copied) >= 5
    for words in copied:
        if words[0].startswith("--from="):
            assert words[0].removeprefix("--from=") in stages, words
            continue
        for source in words[:-1]:
            assert source == "." or any(f == source or f.startswith(f"{source}/") for f in files), (
                f"no {source} in the context"
            )


def test_the_context_holds_what_the_wheel_is_built_from() -> None:
    files = set(context())
    assert {"pyproject.toml", "LICENSE", PROJECT["readme"], "requirements.lock", "pmcmine/cli.py"} <= files
    roots = {f.split("/")[0] for f in files if f.endswith(".py")}
    assert {"pmcmine", "pipelines", "classifiers", "schemas"} <= roots and "tests" not in roots


def test_what_is_installed_exists() -> None:
    (extras,) = re.findall(r"/src\[([\w,-]+)\]", DOCKERFILE.read_text("utf-8"))
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def test_beam_and_python_are_those_of_the_package() -> None:
    (beam,) = [d for d in PROJECT["optional-dependencies"]["mine"] if d.startswith("apache-beam==")]
    assert args()["BEAM"] == beam.removeprefix("apache-beam==")
    images = [words[0] for name, words in instructions() if name == "FROM"]
    minors = {m for image in images for m in re.findall(r"python:?(3\.?\d+)", image)}
    assert {m.replace(".", "") for m in minors} == {"311"}, images
    assert "Programming Language :: Python :: 3.11" in PROJECT["classifiers"]
