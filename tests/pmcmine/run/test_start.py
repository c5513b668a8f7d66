"""A run's steps with graphs that are plain loops: what a run does needs no Beam."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import job
from pmcmine.config import MineConfig
from pmcmine.demo import demo_articles, write_bucket
from pmcmine.errors import PmcmineError
from pmcmine.run import start
from pmcmine.run.dry_run import dry_run
from pmcmine.run.progress import Progress
from tests.conftest import config_for
from tests.helpers import NO_MODELS, release_json, tree
from tests.plain_graphs import PlainGraphs

QUIET = Progress(quiet=True)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bucket")
    write_bucket(folder, demo_articles(6))
    return folder


def config(bucket: Path, out: Path) -> MineConfig:
    return config_for(bucket, out, **NO_MODELS)


def test_plain_loops_make_the_same_bytes_as_beam(bucket: Path, tmp_path: Path) -> None:
    outcome = start.run(config(bucket, tmp_path / "plain"), lambda config: PlainGraphs(), QUIET)
    job.run(config(bucket, tmp_path / "beam"), QUIET)
    assert outcome.fresh and outcome.release.run.apache_beam is None
    assert "apache_beam" in release_json(tmp_path / "beam")["run"]
    assert tree(tmp_path / "plain", "shards", "tables") == tree(tmp_path / "beam", "shards", "tables")
    assert not start.run(config(bucket, tmp_path / "plain"), lambda config: PlainGraphs(), QUIET).fresh


@dataclass(frozen=True)
class Refused(PlainGraphs):
    """Graphs that don't get far."""

    def near_duplicates(self, *args: object) -> None:
        raise PmcmineError("no further")


def test_a_run_resumes_after_a_step_that_failed(bucket: Path, tmp_path: Path) -> None:
    chosen = config(bucket, tmp_path / "out")
    with pytest.raises(PmcmineError, match="no further"):
        start.run(chosen, lambda config: Refused(), QUIET)
    assert not (tmp_path / "out" / "release.json").exists()
    assert start.run(chosen, lambda config: PlainGraphs(), QUIET).release.run.resumed_blocks > 0


def test_a_dry_run_checks_the_graphs_and_writes_nothing(bucket: Path, tmp_path: Path) -> None:
    seen: list[MineConfig] = []

    def graphs_for(config: MineConfig) -> PlainGraphs:
        seen.append(config)
        return PlainGraphs()

    assert dry_run(config(bucket, tmp_path / "out"), graphs_for)["snapshot"]["n_pmcids"] > 0
    assert seen and not (tmp_path / "out").exists()


def test_the_steps_of_a_run_load_no_beam() -> None:
    code = "import sys, pmcmine.run.start, pmcmine.run.template; assert 'apache_beam' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
