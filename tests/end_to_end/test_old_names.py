"""A release of an earlier version, with the names of its time, is read and updated as one of today."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import job
from pmcmine import stream
from pmcmine.browse.data import ReleaseData
from pmcmine.config import load_config, update_config
from pmcmine.demo import demo_articles, write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure
from pmcmine.errors import PmcmineError
from pmcmine.exports.reader import ReleaseReader
from pmcmine.io.folder import Folder
from pmcmine.publish.repos import measured_section, read_release
from pmcmine.release.metrics import load_metrics
from pmcmine.release.tables import table_names
from pmcmine.run.progress import Progress
from tests.helpers import NO_MODELS, contents, mine, places_hold, release_json, rows
from tests.old_release import age, before_documents
from tests.test_cli import call

LIGHT = NO_MODELS | {
    "small_splits": False, "shard_bytes": 300_000, "max_reject_share": 1.0,
    "groups": ("commercial",), "pointers": True,
}  # fmt: skip


def _articles() -> list[DemoArticle]:
    """Two articles that share a picture, one with tables and a figure without a file, and a few others."""
    wanted = {9000002, 9000003, 9100014, 9100015, 9100017}
    missing = (DemoFigure(("bars",)), DemoFigure(media=False))
    changes: dict[int, dict[str, Any]] = {
        9100015: {"license_code": "CC BY"},
        9100017: {"license_code": "CC BY-NC", "figures": missing},
    }
    return [replace(a, **changes.get(a.pmcid, {})) for a in demo_articles() if a.pmcid in wanted]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source, a release of it, and the same with old names."""
    folder = tmp_path_factory.mktemp("old")
    write_bucket(folder / "source", _articles())
    mine(load_config({**LIGHT, "source": str(folder / "source"), "out": str(folder / "new")}))
    shutil.copytree(folder / "new", folder / "old")
    age(folder / "old")
    return folder


def test_the_old_release_has_the_old_names(made: Path) -> None:
    old = release_json(made / "old")
    assert (made / "old" / "tables" / "table_wraps").is_dir()
    assert not (made / "old" / "tables" / "article_tables").exists()
    assert {"came", "went"} <= set(old["counts"]["stages"][0])
    clusters = next((made / "old" / "tables" / "clusters").rglob("*.parquet"))
    assert "likeness" in pq.read_schema(clusters).names


def test_stats_subset_and_verify(made: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for query in ("SELECT * EXCLUDE (attribution) FROM article_tables ORDER BY table_id",
                  "SELECT member_id, similarity FROM clusters ORDER BY row_id"):  # fmt: skip
        answers = [call(capsys, "stats", str(made / which), "--sql", query, "--json") for which in ("old", "new")]
        assert answers[0] == answers[1] and answers[0][0] == 0 and answers[0][1]
    code, out, err = call(
        capsys, "subset", str(made / "old"), "--table", "article_tables", "--out", str(tmp_path / "t.parquet")
    )
    assert code == 0 and f": {len(rows(made / 'new', 'article_tables'))} rows" in out, err
    assert call(capsys, "verify", str(made / "old"))[0] == 0
    assert table_names(made / "old") == table_names(made / "new")


def test_browse_export_stream_and_publish(made: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pages = [ReleaseData(made / which) for which in ("old", "new")]
    ids = pages[1].figures({"duplicates": "1"}, 0)["ids"]
    assert ids and pages[0].figure(ids[0]) == pages[1].figure(ids[0])
    assert pages[0].figure(ids[0])["clusters"][0]["similarity"] > 0.9  # type: ignore[index]
    assert ReleaseReader(made / "old").tables == ReleaseReader(made / "new").tables
    assert call(capsys, "export", str(made / "old"), "--format", "pmc15m", "--out", str(tmp_path / "export"))[0] == 0
    numbers = [sum(1 for _ in stream.open(str(made / which))) for which in ("old", "new")]
    assert numbers[0] == numbers[1] > 0
    folders = [Folder(str(made / which)) for which in ("old", "new")]
    cards = [measured_section(read_release(folder), load_metrics(folder)) for folder in folders]
    assert cards[0] == cards[1] and "0 article versions" not in cards[0]


def test_rehydrate(made: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = call(
        capsys, "rehydrate", str(made / "old"), "--source", str(made / "source"), "--out", str(tmp_path / "filled")
    )
    assert code == 0, err
    path = next((tmp_path / "filled" / "tables" / "table_wraps").rglob("*.parquet"))
    assert "Counts." in pq.read_table(path)["caption"].to_pylist()


@pytest.mark.parametrize("compact", [False, True])
def test_an_update_gives_the_names_of_today(made: Path, tmp_path: Path, compact: bool) -> None:
    articles = [a for a in _articles() if a.pmcid != 9000003]
    articles.append(replace(demo_articles()[0], pmcid=9_200_001))
    write_bucket(tmp_path / "source", articles)
    found = []
    for which in ("old", "new"):
        release = tmp_path / which
        shutil.copytree(made / which, release)
        config = update_config(str(release), {"source": str(made / "source"), "max_reject_share": 1.0})
        if not compact:  # a figure without a file is tried again, with the same outcome
            assert not job.update(config, "2026-11-01", False, Progress(quiet=True)).fresh
        config = update_config(str(release), {"source": str(tmp_path / "source"), "max_reject_share": 1.0})
        assert job.update(config, "2026-11-02", compact, Progress(quiet=True)).fresh
        places_hold(release)
        assert not list((release / "tables" / "table_wraps").rglob("*.parquet"))
        shutil.rmtree(release / "tables" / "table_wraps", ignore_errors=True)
        found.append(contents(release))
    assert found[0] == found[1]
    old, new = (
        {
            f["name"]: f["sha256"]
            for f in release_json(tmp_path / which)["files"]
            if f["name"].startswith(("shards/", "tables/"))
        }
        for which in ("old", "new")
    )
    assert old == new


def test_an_update_adds_tables_and_columns_to_a_release_that_had_none(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = tmp_path / "release"
    shutil.copytree(made / "new", release)
    before_documents(release)
    assert call(capsys, "verify", str(release))[0] == 0
    added = replace(demo_articles()[0], pmcid=9_200_001)
    write_bucket(tmp_path / "source", [*(a for a in _articles() if a.pmcid != 9000003), added])
    config = update_config(str(release), {"source": str(tmp_path / "source"), "max_reject_share": 1.0})
    assert job.update(config, "2026-11-02", False, Progress(quiet=True)).fresh
    assert call(capsys, "verify", str(release))[0] == 0
    places_hold(release)
    assert {d["pmcid"] for d in rows(release, "documents")} == {"PMC9200001"}
    for table in ("figures", "panels"):
        assert {r["pmcid"] for r in rows(release, table) if r["context"]} == {"PMC9200001"}, table
        files = (release / "tables" / table).rglob("*.parquet")
        assert all("context" in pq.read_schema(f).names for f in files)
    for stage in release_json(release)["counts"]["stages"]:
        assert stage["in"] == stage["out"] + stage["rejected"], stage
    with pytest.raises(PmcmineError, match="earlier version"):
        list(stream.documents(str(release)))
