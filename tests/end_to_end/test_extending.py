"""The package of docs/extending.md, built, installed into an environment of its own, and used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pmcmine import stream
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from tests.helpers import rows
from tests.test_cli import call

DOCS = Path(__file__).parents[2] / "docs" / "extending.md"
LIGHT = [
    f"--set={key}=false"
    for key in ("image_kinds", "privacy", "classify", "languages", "near_duplicates", "small_splits", "panels")
]


def _write_package(folder: Path) -> None:
    """Write the files of the docs: each code block that begins with its name."""
    blocks = re.findall(r"```\w+\n# (\S+)\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 8
    for name, text in blocks:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "lab_extensions" / "__init__.py").touch()


class Environment:
    """A fresh environment that sees the installed packages, the articles of the demo, and a folder to write to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv")
        self.python = folder / "venv" / "bin" / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        site = folder / "venv" / "lib" / version / "site-packages"
        (site / "installed.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        _write_package(folder / "package")
        pip = ["-m", "pip", "-q", "install", "--no-deps", "--no-build-isolation", "--no-index", "--force-reinstall"]
        self.run([*pip, "--disable-pip-version-check", str(folder / "package")])
        write_bucket(folder / "articles", many_articles(2))

    def run(self, args: list[str]) -> str:
        """Run Python in the environment; return what it prints."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PMCMINE_MINE", "PYTHONPATH"))}
        env |= {"LAB_DRIVE": str(self.folder), "PMCMINE_VOCAB_DIR": os.devnull}
        done = subprocess.run(
            [self.python, *args], cwd=self.folder, env=env, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pmcmine(self, *args: str) -> str:
        """Run a command of pmcmine in the environment."""
        return self.run(["-m", "pmcmine", *args])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("lab"))
    environment.pmcmine(
        "mine", "--source", "lab:articles", "--out", "release", "--set", "long_word=8", "--quiet", *LIGHT
    )
    return environment


def _described(lab: Environment, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((lab.folder / "release" / name).read_text("utf-8"))
    return content


def test_columns_of_an_enricher_are_everywhere(lab: Environment) -> None:
    release = lab.folder / "release"
    figures = rows(release, "figures")
    assert figures and all(f["n_words"] == (len(f["caption"].split()) if f["caption"] else None) for f in figures)
    assert any(f["long_words"] for f in figures)
    assert all(len(w) >= 8 for f in figures for w in f["long_words"] or ())
    by_id = {f["figure_id"]: f for f in figures}
    samples = [s["json"] for s in stream.open(str(release))]  # without the package
    assert samples and all(s["n_words"] == by_id[s["figure_id"]]["n_words"] for s in samples)
    assert list(samples[0])[-4:] == ["n_words", "long_words", "split", "duplicate_of"]
    for folder in ("tables", "shards"):
        assert "| `n_words` | `int32` | Words of the caption. | words |" in (release / folder / "README.md").read_text()
    assert "long_words" in (release / "shards" / "croissant.json").read_text()
    fields = [f["name"] for s in _described(lab, "tables/croissant.json")["recordSet"] for f in s["field"]]
    assert {"n_words", "long_words"} <= {*fields}
    stated = {f["name"]: f for f in _described(lab, "tables/schema.json")["figures"]}["n_words"]
    assert (stated["unit"], stated["null"]) == ("words", "no caption")
    assert "n_words" in {f["name"] for f in _described(lab, "shards/schema.json")["json"]}


def test_options_models_and_package_are_stated(lab: Environment) -> None:
    release = _described(lab, "release.json")
    assert (release["config"]["count_words"], release["config"]["long_word"]) == (True, 8)
    assert {"name": "caption_words", "version": "1", "license": "MIT", "trained_on": "rules, no training"} in (
        release["classifiers"]
    )
    assert release["enrichers"] == [
        {
            "name": "caption_words",
            "package": "lab-extensions",
            "version": "1.0",
            "table": "figures",
            "columns": ["n_words", "long_words"],
        }
    ]
    assert release["snapshot"]["kind"] == "lab"


def test_exporter_view_and_vocabulary_format_are_found(lab: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    assert "captions" in lab.pmcmine("export", "--help")
    lab.pmcmine("export", "release", "--format", "captions", "--out", "captions")
    lines = (lab.folder / "captions" / "captions.jsonl").read_text("utf-8").splitlines()
    assert lines and {"figure_id", "caption", "license", "attribution"} == {*json.loads(lines[0])}
    assert "caption-letters" in lab.pmcmine("score", "release", "--with", "caption-letters")
    said = json.loads(lab.pmcmine("write", "release", "--task", "title", "--dry-run", "--json"))
    assert said["task"] == "title" and said["most_written"] == 60 * said["asked"] > 0
    lab.pmcmine("subset", "release", "--view", "long-captions", "--out", "long.parquet")
    assert "n_words" in pq.read_schema(lab.folder / "long.parquet").names
    (lab.folder / "terms.tsv").write_text("L1\tmyocardial infarction\nL2\tasthma\n")
    lab.pmcmine("vocab", "build", "terms.tsv", "--out", "lab.vocab")
    assert "LAB" in call(capsys, "vocab", "info", str(lab.folder / "lab.vocab"))[1]


def test_an_update_of_a_release_without_the_package_leaves_it_off(
    lab: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["--source", str(lab.folder / "articles"), "--out", str(lab.folder / "plain"), "--quiet", *LIGHT]
    assert call(capsys, "mine", *args)[0] == 0
    assert "nothing" in lab.pmcmine("update", "plain")


def test_the_release_is_read_without_the_package_and_updated_with_it(
    lab: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    release = str(lab.folder / "release")
    code, out, _ = call(capsys, "stats", release, "--sql", "SELECT sum(n_words) AS n FROM figures", "--json")
    assert code == 0 and int(json.loads(out)["n"]) > 0
    code, _, err = call(capsys, "update", release)
    assert code == 2 and err.count("\n") == 1
    assert "enricher caption_words of the package lab-extensions, which is not installed" in err
    write_bucket(lab.folder / "articles", many_articles(3))
    lab.pmcmine("update", release)
    figures = rows(lab.folder / "release", "figures")
    assert len({f["pmcid"] for f in figures}) == 3 and all(f["n_words"] for f in figures if f["caption"])
