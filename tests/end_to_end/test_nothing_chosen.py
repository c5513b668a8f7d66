"""What a release can't answer, because it was mined without the model or the table, is said in one line."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pmcmine import stream
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.plugins.enrichers import enricher_of, installed
from pmcmine.plugins.load import OWN
from pmcmine.release.unlabelled import LABELS, unlabelled
from tests.helpers import NO_MODELS, mine
from tests.test_cli import call


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release without labels, concepts and panel shards, and with an index."""
    folder = tmp_path_factory.mktemp("unlabelled")
    write_bucket(folder / "bucket", many_articles(4, first=9_700_001))
    mine(load_config({**NO_MODELS, "source": str(folder / "bucket"), "out": str(folder / "release")}))
    return folder / "release"


def test_columns_of_labels_are_those_that_enrichers_fill() -> None:
    filled: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for plugin in (p for p in installed() if p.package == OWN):
        enricher = enricher_of(plugin)
        held = filled[enricher.switch].get(enricher.table, ())
        filled[enricher.switch][enricher.table] = (*held, *(c.name for c in enricher.columns))
    as_sets = {switch: {t: {*columns} for t, columns in tables.items()} for switch, tables in filled.items()}
    assert {switch: {t: {*columns} for t, columns in tables.items()} for switch, tables in LABELS.items()} == as_sets


@pytest.mark.parametrize(("config", "condition", "said"), [
    ({"image_kinds": False}, "len(image_kinds) > 0", "image_kinds=false"),
    ({"image_kinds": False}, "LEN(Image_Kinds) > 0", "image_kinds=false"),
    ({"image_kinds": False}, "caption = 'it''s image_kinds'", ""),
    ({"image_kinds": True}, "len(image_kinds) > 0", ""),
    ({}, "len(image_kinds) > 0", ""),
    ("no mapping", "len(image_kinds) > 0", ""),
    ({"classify": False, "privacy": False}, "len(privacy) > 0 AND caption_quality > 3", "classify=false; "),
])  # fmt: skip
def test_a_condition_names_columns_that_are_not_filled(config: Any, condition: str, said: str) -> None:
    found = unlabelled(config, "figures", condition)
    assert said in found and bool(found) is bool(said)


KINDS = "len(image_kinds) > 0"
RECIPES = {
    "where": f'where = "{KINDS}"\n',
    "quantile": '[[quantile]]\ncolumn = "caption_quality"\nleast = 0.5\nmost = 1.0\n',
}


@pytest.mark.parametrize(("args", "said"), [
    (["subset", "--view", "clinical-cases", "--out", "OUT/x.parquet"], "paragraphs have no type"),
    (["subset", "--view", "radiology", "--out", "OUT/x.parquet"], "figures have no image_kind_scores"),
    (["subset", "--view", "radiology", "--shards", "--out", "OUT/x"], "figures have no image_kind_scores"),
    (["subset", "--where", KINDS, "--out", "OUT/x.parquet"], "--set image_kinds=false"),
    (["curate", "--recipe", "OUT/where.toml", "--out", "OUT/x.parquet"], "--set image_kinds=false"),
    (["curate", "--recipe", "OUT/quantile.toml", "--out", "OUT/x.parquet"], "--set classify=false"),
    (["write", "--task", "caption", "--dry-run", "--where", KINDS], "--set image_kinds=false"),
    (["stats", "--where", KINDS], "--set image_kinds=false"),
    (["stats", "--concepts", "liver"], "no table concepts; mine with --vocab"),
    (["export", "--format", "imagefolder", "--where", KINDS, "--out", "OUT/x"], "--set image_kinds=false"),
    (["export", "--format", "imagefolder", "--where", "year > 3000", "--out", "OUT/x"], "no row meets it"),
    (["score", "--with", "image-statistics", "--table", "panels"], "mine it with --panel-shards"),
])  # fmt: skip
def test_what_can_match_nothing_is_an_error_in_one_line(
    release: Path, tmp_path: Path, args: list[str], said: str, capsys: Any
) -> None:
    for name, text in RECIPES.items():
        (tmp_path / f"{name}.toml").write_text(text)
    before = {*tmp_path.iterdir()}
    code, out, err = call(capsys, args[0], str(release), *(a.replace("OUT", str(tmp_path)) for a in args[1:]))
    assert (code, out, err.count("\n")) == (2, "", 1) and said in err
    assert {*tmp_path.iterdir()} == before and not (release / "scores").exists()


def test_what_matches_no_row_by_chance_is_a_result(release: Path, tmp_path: Path, capsys: Any) -> None:
    code, out, err = call(
        capsys, "subset", str(release), "--where", "year > 3000", "--out", str(tmp_path / "x.parquet")
    )
    assert (code, err) == (0, "") and "0 rows" in out
    assert call(capsys, "score", str(release), "--with", "caption-tokens", "--table", "panels", "--out",
                str(tmp_path / "s.parquet"))[0] == 0  # reads no images  # fmt: skip


def test_searches_and_streams_say_why_they_are_empty(release: Path, capsys: Any) -> None:
    assert call(capsys, "index", str(release))[0] == 0
    code, out, err = call(capsys, "search", str(release), "cells", "--where", KINDS)
    assert code == 0 and "nothing found" in out and "--set image_kinds=false" in err
    with pytest.warns(UserWarning, match="--set image_kinds=false"):
        assert not len(stream.open(str(release), where=KINDS))
