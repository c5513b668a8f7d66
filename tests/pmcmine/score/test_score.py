"""Scores of a release: side tables, conditions that name them, a kill in between, updates and exclusions."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pmcmine import Release, stream
from pmcmine.errors import PmcmineError
from pmcmine.publish.verify import verify_folder
from tests.helpers import release_json, rows, tree
from tests.test_cli import call


@pytest.fixture(scope="module")
def scored(demo_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's release with two scores."""
    from pmcmine.cli import main

    release = tmp_path_factory.mktemp("scored") / "release"
    shutil.copytree(demo_release, release)
    for name in ("caption-tokens", "image-statistics"):
        with pytest.raises(SystemExit) as done:
            main(["score", str(release), "--with", name])
        assert not done.value.code
    return release


def _scores(release: Path, name: str) -> dict[str, dict[str, Any]]:
    files = sorted((release / "scores" / name).rglob("*.parquet"))
    return {r["figure_id"]: r for f in files for r in pq.ParquetFile(f).read().to_pylist()}


def test_each_row_has_a_score_and_the_release_says_how_it_was_made(scored: Path) -> None:
    figures = {f["figure_id"]: f for f in rows(scored, "figures")}
    tokens, statistics = _scores(scored, "caption-tokens"), _scores(scored, "image-statistics")
    assert tokens.keys() == statistics.keys() == figures.keys()
    for key, figure in figures.items():
        assert (tokens[key]["caption_tokens"] is None) == (not figure["caption"])
        assert (statistics[key]["image_statistics_entropy"] is None) == (figure["shard"] is None)
    said = {s["name"]: s for s in release_json(scored)["scores"]}
    assert said["image-statistics"]["model"]["sha256"] and said["image-statistics"]["preprocessing"]
    assert not verify_folder(scored).problems
    assert "config_name: caption-tokens" in (scored / "scores" / "README.md").read_text()


def test_conditions_name_scores(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tokens = _scores(scored, "caption-tokens")
    wanted = {f["key"] for f in rows(scored, "figures")
              if f["shard"] and f["split"] == "train" and (tokens[f["figure_id"]]["caption_tokens"] or 0) > 30}  # fmt: skip
    assert wanted
    where = "caption_tokens > 30 AND image_statistics_entropy >= 0"
    assert {s["key"] for s in stream.open(str(scored), where=where)} == wanted
    out = tmp_path / "chosen.parquet"
    code, _, err = call(capsys, "subset", str(scored), "--where", f"{where} AND split = 'train'", "--out", str(out))
    assert code == 0, err
    chosen = pq.read_table(out)
    assert set(chosen["key"].to_pylist()) == wanted and "caption_tokens" not in chosen.column_names
    code, said, err = call(capsys, "stats", str(scored), "--by", "split", "--where", where, "--json")
    assert code == 0, err
    counted = {r["split"]: r["pairs"] for r in map(json.loads, said.splitlines())}
    assert counted["train"] == len(wanted)
    assert {r["key"] for r in Release(scored)["figures"].where(f"{where} AND split = 'train'")} == wanted


def test_samples_carry_the_scores_that_are_asked_for(scored: Path) -> None:
    names = ["image_statistics_entropy", "caption_tokens"]
    of = {name: _scores(scored, name) for name in ("image-statistics", "caption-tokens")}
    samples = list(stream.open(scored, scores=names, columns=("figure_id", "pmcid"), where="year > 0"))
    for sample in samples:
        figure = sample["json"]["figure_id"]
        assert list(sample["json"]) == ["figure_id", "pmcid", *names]
        assert sample["json"]["image_statistics_entropy"] == of["image-statistics"][figure]["image_statistics_entropy"]
        assert sample["json"]["caption_tokens"] == of["caption-tokens"][figure]["caption_tokens"]
    assert samples and "caption_tokens" not in next(iter(stream.open(scored)))["json"]
    opened = pickle.loads(pickle.dumps(stream.open(scored, scores=names[1:], columns=())))  # as workers get it
    assert [s["json"] for s in opened] == [{"caption_tokens": s["json"]["caption_tokens"]} for s in stream.open(scored, scores=names)]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "said"),
    [("caption_tokens", "give a list"), (["caption_token"], "'caption_tokens'"), ([1], "give a list")],
)
def test_scores_that_are_none_are_one_line(scored: Path, names: Any, said: str) -> None:
    with pytest.raises(PmcmineError, match=said):
        stream.open(scored, scores=names)


def test_a_name_that_is_nearly_a_score_is_one_line(scored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PmcmineError, match=r"caption_token: neither a column .* did you mean 'caption_tokens'"):
        stream.open(str(scored), where="caption_token > 3")
    code, _, err = call(capsys, "stats", str(scored), "--where", "image_statistic_entropy > 3")
    assert code == 2 and err.count("\n") == 1 and "image_statistics_entropy" in err


@pytest.mark.parametrize(("args", "said"), [
    (["--with", "caption-token"], "did you mean 'caption-tokens'"),
    (["--with", "caption-tokens", "--table", "articles"], "scores figures, panels, paragraphs"),
    (["--with", "caption-tokens", "--option", "tokeniser=x"], "did you mean 'tokenizer'"),
    (["--with", "caption-tokens", "--option", "tokenizer"], "give NAME=VALUE"),
    (["--with", "caption-tokens", "--option", "tokenizer=/nowhere"], "can't be read"),
    (["--with", "caption-tokens", "--name", "Nice Name"], "small letters"),
    (["--with", "caption-tokens", "--name", "year"], "has a column 'year' already"),
    (["--with", "image-embedding", "--name", "caption-tokens"], "--overwrite to replace it"),
    (["--with", "clip-score"], "needs --option model"),
])  # fmt: skip
def test_mistakes_end_with_one_line(
    scored: Path, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    before = (scored / "release.json").read_bytes()
    code, out, err = call(capsys, "score", str(scored), *args)
    assert (code, out, err.count("\n")) == (2, "", 1) and said in err
    assert (scored / "release.json").read_bytes() == before


def test_a_second_run_has_nothing_to_do(scored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(scored, "scores", ".")
    code, out, _ = call(capsys, "score", str(scored), "--with", "caption-tokens", "--json")
    assert code == 0 and json.loads(out)["blocks"] == 0
    assert tree(scored, "scores", ".") == before


def test_a_file_instead_of_a_score_of_the_release(
    scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, out = tree(scored, "."), tmp_path / "lengths.parquet"
    args = ("score", str(scored), "--with", "caption-tokens", "--table", "paragraphs", "--out", str(out))
    assert call(capsys, *args)[0] == 0
    assert pq.read_table(out).column_names == ["paragraph_id", "caption_tokens_paragraphs"]
    assert len(pq.read_table(out)) == len(rows(scored, "paragraphs"))
    assert tree(scored, ".") == before and [p.name for p in tmp_path.iterdir()] == [out.name]
    assert call(capsys, *args)[0] == 2  # it exists


def test_hostile_facts_of_scores_are_one_line(scored: Path, tmp_path: Path) -> None:
    for change in (
        {"of": {"../../../etc/passwd": "0"}}, {"of": {"scores/caption-tokens/../../x.parquet": "0"}},
        {"columns": {"caption_tokens\"; DROP": "x"}}, {"name": "../x"}, {"of": []}, {"key": 3}, {"columns": {}},
    ):  # fmt: skip
        folder = tmp_path / "hostile"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(scored, folder, symlinks=True)
        said = release_json(folder)
        said["scores"][0] |= change
        (folder / "release.json").write_text(json.dumps(said))
        with pytest.raises(PmcmineError) as error:
            list(stream.open(str(folder), where="caption_tokens > 3"))
        assert "\n" not in str(error.value)
