"""The build that compiles the splitting of captions: it splits as plain Python does, also what is hostile."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from pmcmine.panels.captions import split_caption

ROOT = Path(__file__).parent.parent
Given = tuple[str, tuple[tuple[int, int], ...], frozenset[str] | None]
# Reads what is to be split, splits it also in processes of their own, and writes what came out.
SPLIT = """
import multiprocessing, pickle, sys
from pmcmine.panels.captions import split_caption
import pmcmine.panels.captions, pmcmine.run.doctor

if __name__ == "__main__":
    given = pickle.load(open(sys.argv[1], "rb"))
    out = [split_caption(text, bold, named=named) for text, bold, named in given]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        again = pool.starmap(split_caption, [(text, bold) for text, bold, named in given if named is None], 50)
    assert again == [x for x, (_, _, named) in zip(out, given, strict=True) if named is None]
    plain = [([tuple(p) for p in x.panels], x.shared) for x in out]
    said = (pmcmine.panels.captions.__file__, pmcmine.run.doctor.captions_are_compiled(), [repr(x) for x in plain])
    pickle.dump(said, open(sys.argv[2], "wb"))
"""


def _without_tools() -> str:
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"no C compiler ({compiler})"
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return "no headers of Python"
    return "" if importlib.util.find_spec("mypyc") else "no mypyc"


def _copy(to: Path) -> Path:
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, to / name)
    unneeded = shutil.ignore_patterns("__pycache__", "*.onnx", "*.so")
    for name in ("pmcmine", "schemas", "classifiers", "pipelines"):
        shutil.copytree(ROOT / name, to / name, ignore=unneeded)
    return to


def _wheel(source: Path, out: Path, value: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out), str(source)]
    return subprocess.run(
        command, env=os.environ | {"PMCMINE_COMPILE": value}, capture_output=True, text=True, timeout=900
    )


def _captions() -> list[str]:
    """Return invented captions, parts of two of them with some characters changed, and hostile ones."""
    path = ROOT / "classifiers" / "panels" / "captions" / "labels" / "invented.jsonl"
    out = [json.loads(line)["caption"] for line in path.read_text("utf-8").splitlines()]
    r = random.Random(1)
    for _ in range(1_500):
        one, other = r.sample(out, 2)
        a, b = r.randrange(len(one) + 1), r.randrange(len(other) + 1)
        changed = one[:a] + other[b:]
        out.append("".join(r.choice("(A)b,.;–²éß 1") if r.random() < 0.02 else c for c in changed))
    alphabet = "aAbBcC(),.;: –and12[]i'′\u2003αβ中\U0001f600\ud800٣\x00"
    out += ["".join(r.choices(alphabet, k=r.randrange(90))) for _ in range(3_000)]
    letters = [chr(65 + n % 26) + str(n // 26) for n in range(3_000)]
    out += [
        *("", " ", "\n", "(", "A", "(A)", "²" * 300),
        *(
            x * (20_000 // len(x))
            for x in ("(A) ", "A, ", "(", "a b ", "(A–Z) ", "A-Z ", "a - ", "A. B. ", "(i) ", "é (a) ")
        ),
        " ".join(f"({x}) cells of {x}." for x in letters),
        f"Maps of {', '.join(letters)} and more.",
        f"({', '.join(letters)}) Maps. " + "The words of a sentence, and of others. " * 600,
    ]
    return out


def _given() -> list[Given]:
    r = random.Random(2)
    out: list[Given] = []
    for text in _captions():
        starts = sorted(r.randrange(len(text) + 1) for _ in range(r.randrange(6)))
        bold = tuple((a, a + r.randrange(4)) for a in starts)
        out += [(text, (), None), (text, bold, None), (text, bold, frozenset(r.sample("ABCDE", r.randrange(5))))]
    return out


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_compiled_modules_split_as_plain_python_does(tmp_path: Path) -> None:
    lacks = _without_tools()
    if lacks:
        pytest.skip(lacks)
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    done = _wheel(_copy(source), tmp_path / "wheels", "1")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    wheel = next((tmp_path / "wheels").iterdir())
    assert "none-any" not in wheel.name
    zipfile.ZipFile(wheel).extractall(site)

    given = _given()
    (tmp_path / "given").write_bytes(pickle.dumps(given))
    (tmp_path / "split.py").write_text(SPLIT, "utf-8")
    command = [sys.executable, str(tmp_path / "split.py"), str(tmp_path / "given"), str(tmp_path / "out")]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(site)}, cwd=tmp_path, check=True, timeout=600)
    file, compiled, found = pickle.loads((tmp_path / "out").read_bytes())
    assert compiled and Path(file).is_relative_to(site) and not file.endswith(".py")

    panels = 0
    for (text, bold, named), theirs in zip(given, found, strict=True):
        mine = split_caption(text, bold, named=named)
        panels += bool(mine.panels)
        assert repr(([tuple(p) for p in mine.panels], mine.shared)) == theirs, (text[:300], bold, named)
    assert panels > 1_000

    # Also what the tests say of captions, growth of time included: mypyc has `cached_property` work without a cache.
    shutil.copytree(ROOT / "tests", site / "tests", ignore=shutil.ignore_patterns("__pycache__", "data"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, site / name)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/pmcmine/panels/test_captions.py"]
    tests = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=600)
    assert tests.returncode == 0, tests.stdout[-3000:]


def test_what_splits_captions_is_compiled() -> None:
    """Compare the list of modules with what is imported: a new one would silently stay plain Python."""
    code = (
        "import sys, pmcmine.panels.captions; print(*sorted(m for m in sys.modules if m.startswith('pmcmine.panels.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    listed = re.findall(r'"(\w+)"', (ROOT / "setup.py").read_text("utf-8").split("MODULES", 1)[1].split("]", 1)[0])
    assert sorted(f"pmcmine.panels.{name}" for name in listed) == loaded.stdout.split()


@pytest.mark.parametrize(
    ("value", "command", "said"),
    [("yes", "bdist_wheel", "give 1 to compile"), ("1", "editable_wheel", "an editable installation")],
)
def test_what_can_not_be_compiled_is_refused_in_one_line(value: str, command: str, said: str) -> None:
    env = os.environ | {"PMCMINE_COMPILE": value}
    done = subprocess.run([sys.executable, "setup.py", command], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_switch_is_off_by_default(tmp_path: Path) -> None:
    _copy(tmp_path)
    assert _wheel(tmp_path, tmp_path / "wheels", "").returncode == 0
    (wheel,) = (tmp_path / "wheels").iterdir()
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".so", ".pyd", ".c"))]
