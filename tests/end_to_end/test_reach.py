"""An update reads only samples of shards that it writes, and comes to the same as a full run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pmcmine.assemble import old_rows, routing
from pmcmine.config import load_config, update_config
from pmcmine.demo.corpus import DemoFigure, many_articles
from pmcmine.io.folder import Folder
from pmcmine.release.layout import file_entry, open_file
from pmcmine.release.plan import Base, Plan, TableFile
from pmcmine.release.record import load_release
from pmcmine.run import start
from pmcmine.run.progress import Progress
from tests import plain_graphs
from tests.end_to_end.test_update import LIGHT, Articles, _numbers, _same, _source
from tests.helpers import rows, tree

_SHARED = DemoFigure(
    ("micrograph", "bars"), seed=77, caption="(A) A picture that train and test share. (B) Its counts."
)


_SHARING = tuple(f"PMC{n}." for n in (*_numbers("train", 2, 9_510_000), *_numbers("test", 1, 9_510_000)))


def _articles() -> Articles:
    """Eight articles of train; one shares a figure with one of test, another with one of train."""
    articles = {a.pmcid: a for a in many_articles(8, first=9_500_001)}
    first = next(iter(articles.values()))
    for number in (*_numbers("train", 2, 9_510_000), *_numbers("test", 1, 9_510_000)):
        articles[number] = replace(first, pmcid=number, figures=(_SHARED,))
    return articles


def _made(folder: Path, source: str) -> Path:
    given = {
        **LIGHT,
        "parquet_images": False,
        "shard_bytes": 100_000,
        "table_bytes": 40_000,
        "source": source,
        "out": str(folder),
    }
    start.run(load_config(given), lambda _: plain_graphs.PlainGraphs(), Progress(quiet=True))
    return folder


def _updated(release: Path, source: str) -> None:
    config = update_config(str(release), {"source": source, "max_reject_share": 1.0})
    start.update(config, lambda _: plain_graphs.PlainGraphs(), "2026-11-28", False, Progress(quiet=True))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Articles]:
    folder = tmp_path_factory.mktemp("reach")
    articles = _articles()
    release = _made(folder / "release", _source(folder / "source", articles))
    assert {r["leaks_into"] for r in rows(release, "figures")} == {None, "test"}
    return release, articles


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Samples of the old release that the graph reads."""
    found: list[Any] = []

    def spied(*args: Any) -> Iterator[Any]:
        for element in routing.read_old(*args):
            found.append(element)
            yield element

    monkeypatch.setattr(plain_graphs, "read_old", spied)
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Table files of the old release that are opened for the names of their columns."""
    found: list[Any] = []
    monkeypatch.setattr(old_rows, "open_file", lambda *args: found.append(args[1]) or open_file(*args))
    return found


def test_an_update_without_figures_reads_no_old_sample(
    begun: tuple[Path, Articles], read: list[Any], opened: list[Any], tmp_path: Path
) -> None:
    release, articles = begun
    release = shutil.copytree(release, tmp_path / "release")
    before = tree(release, "shards", "shards-panels", "state")
    plain = [replace(a, figures=()) for a in many_articles(1, first=9_520_001)]
    source = _source(tmp_path / "source", articles | {a.pmcid: a for a in plain})
    _updated(release, source)
    assert not read and not opened
    now = tree(release, "shards", "shards-panels", "state")
    kept = {name for name in before if name.endswith((".tar", ".tar.json"))}
    assert kept and all(now.get(name) == before[name] for name in kept)
    _same(release, _made(tmp_path / "full", source))


@pytest.mark.parametrize("split", ["train", "test"])
def test_samples_beside_those_that_are_gone_are_all_that_is_read(
    begun: tuple[Path, Articles], read: list[Any], tmp_path: Path, split: str
) -> None:
    release, articles = begun
    release = shutil.copytree(release, tmp_path / "release")
    before = {r["figure_id"]: r["shard"] for r in rows(release, "figures")}
    gone = _numbers(split, 1, 9_510_000)[0]
    source = _source(tmp_path / "source", {n: a for n, a in articles.items() if n != gone})
    _updated(release, source)
    rewritten = load_release(Folder(str(release))).updates[-1].rewritten
    seen = {value[1]["figure_id"] for _, value in read if "figure_id" in value[1]}
    assert seen and len(seen) < len(before) / 2
    # What is read lies in a shard that was written anew or emptied, or beside the picture that others share.
    held = {f"shards/{before[figure]}" for figure in seen if before[figure]}
    beside = {f"shards/{shard}" for figure, shard in before.items() if figure.startswith(_SHARING)}
    assert all(name in beside or name in rewritten or not (release / name).exists() for name in held)
    _same(release, _made(tmp_path / "full", source))


def test_tables_of_another_version_are_opened_for_their_columns(
    begun: tuple[Path, Articles], opened: list[Any], tmp_path: Path
) -> None:
    """What `tables/schema.json` says of other columns, whatever the version's number is, is not taken for today's."""
    release, articles = begun
    release = shutil.copytree(release, tmp_path / "release")
    record = load_release(Folder(str(release)))
    data = (release / "tables" / "schema.json").read_bytes().replace(b"license_url", b"licence_url")
    (release / "tables" / "schema.json").write_bytes(data)
    files = [file_entry(f.name, data) if f.name == "tables/schema.json" else f for f in record.files]
    (release / "release.json").write_bytes(replace(record, files=tuple(files)).to_bytes())
    _updated(release, _source(tmp_path / "source", dict(list(articles.items())[1:])))
    assert opened and b"licence_url" not in (release / "tables" / "schema.json").read_bytes()


def test_a_release_without_kept_leaks_is_looked_at_as_a_whole(
    begun: tuple[Path, Articles], read: list[Any], tmp_path: Path
) -> None:
    """As one that an earlier version made."""
    release, articles = begun
    release = shutil.copytree(release, tmp_path / "release")
    path = release / "state" / "state.json"
    state = json.loads(path.read_bytes())
    del state["leaks"]
    path.write_text(json.dumps(state))
    record = json.loads((release / "release.json").read_bytes())
    record["run"]["files"] = [f for f in record["run"]["files"] if f["name"] != "state/state.json"]
    record.pop("crc32", None)
    (release / "release.json").write_text(json.dumps(record))
    gone = _numbers("test", 1, 9_510_000)[0]
    source = _source(tmp_path / "source", {n: a for n, a in articles.items() if n != gone})
    _updated(release, source)
    assert len(read) > 10 and json.loads(path.read_bytes())["leaks"] is True
    _same(release, _made(tmp_path / "full", source))


def test_the_files_that_are_read_are_those_of_the_old_release() -> None:
    """A new layout (`--compact`) of a release that grew has more files."""
    series = ("figures", "commercial", "train")
    base = Base({}, {series: 1, ("panels", "commercial", "train"): 1}, "inc20261128", fresh=True)
    plan = Plan(4, {}, {}, {}, {series: 3}, 0, base=base)
    assert routing.old_files(plan) == [TableFile(*series, 0)]
